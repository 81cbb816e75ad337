"""Signing in at a provider: nobody gets in by an answer that is not to our question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from libs.runtime.rule import Refused
from libs.runtime.settings import Provider, Settings
from libs.web.identity.app import build
from libs.web.identity.settings import IdentitySettings
from libs.web.identity.signer import Signer
from libs.web.providers import Providers, Start
from libs.web.sign_in import inside
from libs.web.tokens import IssuerUnreachable

ISSUER = "http://127.0.0.1:8000/identity"
BACK = "http://127.0.0.1:8000/sign-in/back"
OPERATOR = "demo-operator-kecioren"
CITIZEN = "demo-citizen-Ayşe"


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = IdentitySettings(
        environment="test", issuer=ISSUER, identity_key_file=tmp_path / "key.json"
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build(settings))) as client:
        yield client


def providers_of(http: httpx.AsyncClient, *known: Provider, main: str = ISSUER) -> Providers:
    return Providers(Settings(issuer=main, providers=known), http)


async def picked(http: httpx.AsyncClient, start: Start, subject: str) -> dict[str, str]:
    """What the browser brings back once a person was picked."""
    asked = dict(parse_qsl(urlsplit(start.address).query))
    answer = await http.post(f"{ISSUER}/authorize", data={**asked, "subject": subject})
    assert answer.headers["location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def test_staff_come_with_their_groups_and_citizens_without(http: httpx.AsyncClient):
    providers = providers_of(http)
    start = await providers.start("municipality", BACK)
    claims = await providers.finish(start.remembered, await picked(http, start, OPERATOR))
    assert claims["sub"] == OPERATOR
    assert claims["groups"] == ["kecioren/operator"]
    start = await providers.start("google", BACK)
    claims = await providers.finish(start.remembered, await picked(http, start, CITIZEN))
    assert (claims["sub"], claims["citizen"], "groups" in claims) == (CITIZEN, True, False)


async def test_who_signs_in_where_citizens_do_is_a_citizen_whatever_the_groups_say(
    http: httpx.AsyncClient,
):
    providers = providers_of(http)
    start = await providers.start("google", BACK)
    claims = await providers.finish(start.remembered, await picked(http, start, OPERATOR))
    assert claims["citizen"] is True
    assert "groups" not in claims


async def test_a_subject_of_another_issuer_is_nobody_of_ours(http: httpx.AsyncClient):
    elsewhere = Provider(code="city", name="City", people="staff", issuer=ISSUER)
    providers = providers_of(http, elsewhere, main="http://main.test")
    start = await providers.start("city", BACK)
    claims = await providers.finish(start.remembered, await picked(http, start, OPERATOR))
    assert claims["sub"] == f"city:{OPERATOR}"


class City:
    """A provider of a municipality's own that is not built as ours is."""

    issuer = "http://city.test"

    def __init__(self) -> None:
        self.signer = Signer.new(self.issuer, "sokak-web")
        self.type: str | None = None
        self.claims: dict[str, object] = {}
        self.metadata: object = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
        }
        self.redeemed: object = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/keys":
            return httpx.Response(200, json=self.signer.published().as_dict(private=False))
        if request.url.path == "/token":
            return httpx.Response(200, json=self.redeemed or {"id_token": self._token()})
        return httpx.Response(200, json=self.metadata)

    def _token(self) -> str:
        return self.signer.signed(self.type, "sokak-web", "ayse", 60, self.claims)

    async def signed_in(self) -> dict[str, object]:
        """Who has signed in at it, to us."""
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        known = Provider(code="city", name="City", people="staff", issuer=self.issuer)
        providers = providers_of(http, known)
        start = await providers.start("city", BACK)
        self.claims = {"nonce": start.remembered["nonce"], **self.claims}
        told = {"state": start.remembered["state"], "code": "1"}
        return await providers.finish(start.remembered, told)


@pytest.mark.parametrize("type", ["JWT", None])
async def test_a_provider_need_not_tell_the_type_of_its_tokens(type: str | None):
    city = City()
    city.type = type
    assert (await city.signed_in())["sub"] == "city:ayse"


async def test_only_groups_that_give_a_right_are_kept():
    city = City()
    strange = [f"Staff {number} (all)" for number in range(500)]
    city.claims = {"groups": [*strange, "/kecioren/operator", "platform", "platform", 7]}
    assert (await city.signed_in())["groups"] == ["/kecioren/operator", "platform"]
    city.claims = {"groups": ["//platform", "//kecioren/admin"]}
    assert (await city.signed_in())["groups"] == []
    city.claims = {"groups": "kecioren/operator"}
    assert (await city.signed_in())["groups"] == []


@pytest.mark.parametrize("told", [["id_token"], "id_token", 7, {"id_token": ["a"]}])
async def test_what_is_no_answer_to_a_code_lets_nobody_in(told: object):
    city = City()
    city.redeemed = told
    with pytest.raises(Refused, match="sign-in-failed"):
        await city.signed_in()


@pytest.mark.parametrize("told", [["authorization_endpoint"], "away", 7, None])
async def test_a_provider_that_does_not_describe_itself_is_away(told: object):
    city = City()
    city.metadata = told
    with pytest.raises(IssuerUnreachable):
        await city.signed_in()


@pytest.mark.parametrize(
    "change",
    [
        {"state": "made up"},
        {"state": ""},
        {"state": "çalıntı"},
        {"iss": "http://evil.test"},
        {"code": "made-up"},
        {"code": ""},
    ],
)
async def test_an_answer_that_was_changed_lets_nobody_in(http: httpx.AsyncClient, change):
    providers = providers_of(http)
    start = await providers.start("google", BACK)
    told = await picked(http, start, CITIZEN)
    with pytest.raises(Refused, match="sign-in-failed"):
        await providers.finish(start.remembered, {**told, **change})


async def test_a_code_of_another_question_lets_nobody_in(http: httpx.AsyncClient):
    providers = providers_of(http)
    mine, theirs = await providers.start("google", BACK), await providers.start("google", BACK)
    stolen = await picked(http, theirs, CITIZEN)
    with pytest.raises(Refused, match="sign-in-failed"):
        await providers.finish(mine.remembered, {**stolen, "state": mine.remembered["state"]})


async def test_a_code_works_once(http: httpx.AsyncClient):
    providers = providers_of(http)
    start = await providers.start("google", BACK)
    told = await picked(http, start, CITIZEN)
    await providers.finish(start.remembered, told)
    with pytest.raises(Refused, match="sign-in-failed"):
        await providers.finish(start.remembered, told)


async def test_the_verifier_never_leaves_us(http: httpx.AsyncClient):
    start = await providers_of(http).start("google", BACK)
    asked = parse_qs(urlsplit(start.address).query)
    assert start.remembered["verifier"] not in start.address
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]


async def test_an_unknown_provider_and_one_that_is_away(http: httpx.AsyncClient):
    with pytest.raises(Refused, match="provider-unknown"):
        await providers_of(http).start("nowhere", BACK)
    away = Provider(code="away", name="Away", people="staff", issuer="http://127.0.0.1:1/x")
    async with httpx.AsyncClient(timeout=0.5) as real:
        with pytest.raises(IssuerUnreachable):
            await providers_of(real, away).start("away", BACK)


async def test_production_has_no_provider_that_nobody_set_up(http: httpx.AsyncClient):
    settings = Settings(environment="production", secret="0123456789abcdef", issuer=ISSUER)
    assert Providers(settings, http).of("citizens") == []


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/console?view=mine", "/console?view=mine"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("/a\nb", "/"),
        ("", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(asked: str, to: str):
    assert inside(asked) == to
