"""The signed session, and that a form came from our own page."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient

from libs.runtime.rule import Refused
from libs.web import access, problems
from libs.web.caller import Caller
from libs.web.identity.signer import Signer
from libs.web.session import AT_MOST_S, BROWSER, COOKIE, FIELD, LIFETIME_S, Sessions, Stay

SIGNER = Signer.new()
OPERATOR = {"sub": "ayse", "name": "Ayşe D.", "groups": ["kecioren/operator"]}


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def a_site(clock: Clock, secret: str = "a secret of sixteen") -> TestClient:
    sessions = Sessions(secret, now=clock)
    app = FastAPI()
    access.install(app, SIGNER.verifier(), sessions)
    problems.install(app)

    @app.get("/in")
    async def enter(request: Request, response: Response) -> str:
        sessions.start(response, OPERATOR)
        return sessions.form_token(sessions.know_browser(request, response))

    @app.post("/out")
    async def leave(request: Request, response: Response) -> None:
        await sessions.check_form(request)
        sessions.end(response)

    @app.post("/stay")
    async def stay(request: Request, response: Response) -> Stay:
        return sessions.extend(request, response)

    @app.get("/left")
    async def left(request: Request) -> Stay:
        return sessions.stay(sessions.claims(request))

    @app.get("/who")
    async def who(caller: Annotated[Caller | None, Depends(access.Public())]) -> dict[str, Any]:
        return {"subject": caller and caller.subject, "name": caller and caller.name}

    @app.post("/do")
    async def do(caller: Annotated[Caller | None, Depends(access.Public())]) -> str | None:
        return caller and caller.subject

    return TestClient(app, base_url="http://sokak.test")


def test_a_session_is_known_until_it_is_over():
    clock = Clock()
    site = a_site(clock)
    assert site.get("/who").json() == {"subject": None, "name": None}
    site.get("/in")
    assert site.get("/who").json() == {"subject": "ayse", "name": "Ayşe D."}
    clock.now += LIFETIME_S - 1
    assert site.get("/who").json()["subject"] == "ayse"
    clock.now += 2
    assert site.get("/who").json()["subject"] is None


def test_a_session_is_made_longer_but_not_for_ever():
    clock = Clock()
    site = a_site(clock)
    site.get("/in")
    clock.now += LIFETIME_S - 120
    assert site.get("/left").json() | {"who": ""} == {"left": 120, "longer": True, "who": ""}
    left = AT_MOST_S - LIFETIME_S + 120
    told = site.post("/stay").json()
    assert told == site.get("/left").json()
    assert (told["left"], told["longer"]) == (left, False)
    clock.now += 1000
    assert site.post("/stay").json()["left"] == left - 1000
    clock.now += left - 1000 - 1
    assert site.get("/who").json() == {"subject": "ayse", "name": "Ayşe D."}
    clock.now += 1
    assert site.get("/who").json()["subject"] is None


def test_a_longer_session_is_kept_by_the_browser_as_long():
    clock = Clock()
    site = a_site(clock)
    assert f"Max-Age={LIFETIME_S};" in site.get("/in").headers["set-cookie"]
    clock.now += 3600
    assert f"Max-Age={AT_MOST_S - 3600};" in site.post("/stay").headers["set-cookie"]


def test_a_session_that_is_over_is_not_made_longer():
    clock = Clock()
    site = a_site(clock)
    site.get("/in")
    clock.now += LIFETIME_S
    answer = site.post("/stay")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert site.get("/left").json() == {"left": 0, "longer": False, "who": ""}


def test_a_page_knows_one_person_from_another_and_not_who_he_is():
    sessions = Sessions("a secret of sixteen", now=Clock())
    times = {"iat": 1_800_000_000, "exp": 1_800_000_060}
    one, same, other = (sessions.stay({"sub": sub, **times}).who for sub in ("ayse", "ayse", "ali"))
    assert one == same != other
    assert Sessions("another secret of ours").stay({"sub": "ayse", **times}).who != one


def test_a_session_of_another_secret_is_nobodys():
    site, other = a_site(Clock()), a_site(Clock(), "another secret of ours")
    other.get("/in")
    site.cookies.set(COOKIE, other.cookies[COOKIE])
    assert site.get("/who").json()["subject"] is None


@pytest.mark.parametrize("change", [lambda t: t[:-2] + "xx", lambda t: t.replace(".", "", 1), str])
def test_a_changed_session_is_nobodys(change: Any):
    site = a_site(Clock())
    site.get("/in")
    token = site.cookies[COOKIE]
    changed = change(token)
    site.cookies.clear()
    site.cookies.set(COOKIE, changed)
    expected = "ayse" if changed == token else None
    assert site.get("/who").json()["subject"] == expected


def test_a_session_that_browsers_would_drop_is_refused():
    sessions = Sessions("a secret of sixteen", now=Clock())
    many = [f"kecioren/department/{number:06}" for number in range(200)]
    with pytest.raises(Refused, match="too-many-groups"):
        sessions.start(Response(), {**OPERATOR, "groups": many})
    response = Response()
    sessions.start(response, {**OPERATOR, "groups": many[:80]})
    assert len(response.headers["set-cookie"]) < 4096


def test_a_passing_token_is_no_session():
    sessions = Sessions("a secret of sixteen", now=Clock())
    response = Response()
    sessions.passing(response, "step", OPERATOR, 60)
    token = response.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    site = a_site(Clock())
    site.cookies.set(COOKIE, token)
    assert site.get("/who").json()["subject"] is None


def test_a_session_alone_changes_nothing():
    site = a_site(Clock())
    token = site.get("/in").json()
    assert site.post("/do").status_code == 403
    assert site.post("/do", headers={"X-CSRF-Token": token[::-1]}).status_code == 403
    assert site.post("/do", headers={"X-CSRF-Token": b"\xe7al\xfdnt\xfd"}).status_code == 403
    assert site.post("/do", data={FIELD: "çalıntı"}).status_code == 403
    assert site.post("/do", headers={"X-CSRF-Token": token}).json() == "ayse"
    assert site.post("/do", data={FIELD: token}).json() == "ayse"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://sokak.test"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_what_another_site_sends_changes_nothing_even_with_the_token(headers, status):
    site = a_site(Clock())
    token = site.get("/in").json()
    assert site.post("/do", headers={**headers, "X-CSRF-Token": token}).status_code == status


def test_a_token_is_of_one_browser():
    one, other = a_site(Clock()), a_site(Clock())
    one.get("/in")
    theirs = other.get("/in").json()
    assert one.cookies[BROWSER] != other.cookies[BROWSER]
    assert one.post("/do", headers={"X-CSRF-Token": theirs}).status_code == 403


def test_a_bearer_token_needs_no_form_token_and_wins_over_the_session():
    site = a_site(Clock())
    site.get("/in")
    bearer = SIGNER.header(SIGNER.token("murat", groups=["kecioren/operator"]))
    assert site.post("/do", headers=bearer).json() == "murat"


def test_nobody_is_signed_out_by_another_site():
    site = a_site(Clock())
    token = site.get("/in").json()
    assert site.post("/out").status_code == 403
    assert site.get("/who").json()["subject"] == "ayse"
    assert site.post("/out", data={FIELD: token}).status_code == 200
    assert site.get("/who").json()["subject"] is None


def test_cookies_are_out_of_reach_of_scripts_and_other_sites():
    site = a_site(Clock())
    told = site.get("/in").headers.get_list("set-cookie")
    assert len(told) == 2
    assert all("HttpOnly" in one and "SameSite=lax" in one for one in told)
    secure = Response()
    Sessions("a secret of sixteen", secure=True).start(secure, OPERATOR)
    assert "Secure" in secure.headers["set-cookie"]
