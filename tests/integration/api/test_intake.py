"""What a citizen meets: handing in, looking, correcting, withdrawing, and what goes wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from libs.text.meanings import WORDS
from libs.web.problems import MAX_BODY_BYTES, MEDIA_TYPE
from services.cli import app

from .system import Headers, Json, System, point_in, town, until

MAMAK, ALTINDAG = town("mamak", 33.00), town("altindag", 33.05)
IN_NEIGHBOURHOOD = {"lat": 39.91, "lon": 33.02}
OUTSIDE_IT = {"lat": 39.94, "lon": 33.02}


@pytest.fixture(scope="module")
def sokak(system: System) -> System:
    system.admit(MAMAK, ALTINDAG)
    return system


def body(**changes: Any) -> Json:
    return {"text": f"Yolda çukur var {uuid.uuid4()}", "point": point_in(MAMAK)} | changes


def post(sokak: System, sent: Json | bytes, who: Headers | None = None, **headers: str) -> Any:
    """The answer to a submission, as it is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = {"Content-Type": "application/json"} | (who or {}) | named
    return sokak.http.post("/api/requests", content=content, headers=headers)


def own(sokak: System, request: Json, secret: bool = True) -> Json:
    headers = {"Sokak-Secret": request["secret"]} if secret else {}
    found: Json = sokak.call("GET", f"/api/requests/{request['tracking_number']}", headers=headers)
    return found


def fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == MEDIA_TYPE
    return sorted(error["field"] for error in answer.json().get("errors", ()))


def mamaks(sokak: System, text: str) -> list[Json]:
    """Mamak's tasks with these words."""
    query = {"text": text}
    found: list[Json] = sokak.call("GET", "/api/tasks", sokak.staff("mamak"), params=query)["tasks"]
    return found


def test_a_request_is_taken_and_becomes_one_task(sokak: System) -> None:
    sent = body(category="POTHOLE", answers={"size": "plate"}, address="Aktepe 12")
    answer = post(sokak, sent)
    got = answer.json()
    assert answer.status_code == 201
    assert (got["tenant"]["slug"], got["neighbourhood"]) == ("mamak", "Güney")
    promised = datetime.fromisoformat(got["usually_by"])
    assert promised - datetime.fromisoformat(got["submitted_at"]) == timedelta(minutes=1440)
    task = sokak.task("mamak", got["id"])
    assert (task["tracking_number"], task["text"]) == (got["tracking_number"], sent["text"])
    assert task["answers"] == [{"question": "size", "answer": "plate"}]
    assert task["due_at"]
    assert [one["id"] for one in mamaks(sokak, sent["text"])] == [got["id"]]


# --- once, however often it is sent


def test_the_same_key_and_body_give_the_first_answer_with_its_secret(sokak: System) -> None:
    sent, key = body(category="POTHOLE"), str(uuid.uuid4())
    answers = [post(sokak, sent, Idempotency_Key=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.text for answer in answers}) == 1
    assert own(sokak, answers[2].json())["text"] == sent["text"]
    assert sokak.task("mamak", answers[0].json()["id"])
    assert len(mamaks(sokak, sent["text"])) == 1


def test_the_field_does_what_the_header_does(sokak: System) -> None:
    sent = body(client_request_id=str(uuid.uuid4()))
    assert post(sokak, sent).json() == post(sokak, sent).json()


def test_the_header_goes_before_the_field(sokak: System) -> None:
    field, header = str(uuid.uuid4()), str(uuid.uuid4())
    sent = body()
    by_field = post(sokak, sent | {"client_request_id": field}).json()
    both = post(sokak, sent | {"client_request_id": field}, Idempotency_Key=header).json()
    by_header = post(sokak, sent, Idempotency_Key=header).json()
    assert by_field["id"] != both["id"] == by_header["id"]


def test_a_key_is_not_for_another_body(sokak: System) -> None:
    key = str(uuid.uuid4())
    first, other = body(), body()
    assert post(sokak, first, Idempotency_Key=key).status_code == 201
    answer = post(sokak, other, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert mamaks(sokak, other["text"]) == []


def test_many_at_once_with_one_key_are_one_request(sokak: System) -> None:
    sent, key = body(), str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(sokak, sent, Idempotency_Key=key), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1


def test_another_callers_key_is_another_key(sokak: System) -> None:
    """Who knows somebody's key and body does not get at his secret."""
    sent, key = body(), str(uuid.uuid4())
    callers: tuple[Headers, ...] = (
        sokak.signer.citizen("zeynep"),
        sokak.signer.citizen("emre"),
        {},
    )
    answers = [post(sokak, sent, who, Idempotency_Key=key).json() for who in callers]
    assert len({answer["id"] for answer in answers}) == 3


def test_a_key_is_answered_again_although_the_category_is_gone(sokak: System) -> None:
    """A retry asks what became of the first attempt, not whether a new one would be taken."""
    shrinking = town("golbasi", 33.20)
    sokak.admit(shrinking)
    sent = body(category="POTHOLE", point=point_in(shrinking))
    key = str(uuid.uuid4())
    first = post(sokak, sent, Idempotency_Key=key)
    categories = [one for one in shrinking["categories"] if one["code"] != "POTHOLE"]
    changed = shrinking | {"categories": categories}
    sokak.call("PUT", "/api/tenants/golbasi", sokak.platform, json=changed)
    until(lambda: post(sokak, sent).status_code == 422, "the category to be gone")
    again = post(sokak, sent, Idempotency_Key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = post(sokak, sent | {"text": "Başka bir söz"}, Idempotency_Key=key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


# --- what is not taken


def test_a_point_outside_names_the_nearest(sokak: System) -> None:
    answer = post(sokak, body(point={"lat": 39.92, "lon": 32.998}))
    problem = answer.json()
    assert (answer.status_code, fields(answer)) == (422, ["point"])
    assert problem["type"] == "/problems/outside-every-jurisdiction"
    assert problem["nearest"]["slug"] == "mamak"
    assert 100 < problem["nearest"]["distance_m"] < 200


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"category": "NOPE"}, ["category"]),
        ({"category": "ROADS"}, ["category"]),
        ({"category": "POTHOLE", "answers": {"size": "huge", "hue": "x"}},
         ["answers.hue", "answers.size"]),
        ({"answers": {"size": "plate"}}, ["answers.size"]),
        ({"text": "ş" * 4001}, ["text"]),
        ({"text": "ab"}, ["text"]),
        ({"text": ["a", "b"], "type": 7, "simulated": "no", "extra": 1},
         ["extra", "simulated", "text", "type"]),
        ({"text": "\ud800" * 3}, ["text"]),
        ({"point": {"lat": "39.91", "lon": 233}}, ["point.lat", "point.lon"]),
        ({"point": {"lat": True}}, ["point.lat", "point.lon"]),
        ({"contact": {"email": "nobody", "phone": "x"}}, ["contact.email", "contact.phone"]),
        ({"client_request_id": "short"}, ["client_request_id"]),
        ({"point": None, "text": None}, ["point", "text"]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named_and_nothing_is_stored(
    sokak: System, changes: Json, wrong: list[str]
) -> None:
    key = str(uuid.uuid4())
    sent = body() | changes
    answer = post(sokak, sent, Idempotency_Key=key)
    assert (answer.status_code, fields(answer)) == (422, wrong)
    right = body()
    assert post(sokak, right, Idempotency_Key=key).status_code == 201, "the key was not used up"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"text": "Yolda', b"\xff\xfe", b"null", b"[]", b'"text"', b"[" * 100_000,
     b'{"point": ' + b"9" * 5000 + b"}", b"text=abc"],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_what_is_no_body_is_a_problem_document(sokak: System, content: bytes) -> None:
    answer = post(sokak, content)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["status"] == answer.status_code


def test_a_body_of_another_type_is_not_taken(sokak: System) -> None:
    answer = post(sokak, body(), Content_Type="text/plain")
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)


@pytest.mark.parametrize("told", [True, False])
def test_a_body_over_the_limit_is_refused(sokak: System, told: bool) -> None:
    content = json.dumps(body(text="a" * MAX_BODY_BYTES)).encode()
    pieces = (content[at : at + 65536] for at in range(0, len(content), 65536))
    answer = sokak.http.post(
        "/api/requests",
        content=content if told else pieces,
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)
    assert answer.json()["type"] == "/problems/body-too-large"


def test_the_longest_text_is_taken_whole(sokak: System) -> None:
    mark = str(uuid.uuid4())
    text = (mark + "ş🕳\0\n" * 1000).ljust(4000, "ğ")[:3999] + "."
    got = sokak.submit(body(text=text))
    assert own(sokak, got)["text"] == text
    assert sokak.task("mamak", got["id"])["text"] == text


@pytest.mark.parametrize(
    ("role", "changes", "status"),
    [
        (None, {"channel": "call_centre"}, 403),
        ("citizen", {"channel": "call_centre"}, 403),
        ("altindag/operator", {"channel": "call_centre"}, 403),
        ("mamak/auditor", {"channel": "call_centre"}, 403),
        ("mamak/operator", {"channel": "call_centre"}, 201),
        ("platform", {"channel": "sms"}, 201),
        (None, {"simulated": True}, 403),
        ("mamak/admin", {"simulated": True}, 403),
        ("platform", {"simulated": True}, 201),
    ],
)
def test_the_channel_is_the_municipalitys_to_set(
    sokak: System, role: str | None, changes: Json, status: int
) -> None:
    answer = post(sokak, body(**changes), _who(sokak, role))
    assert answer.status_code == status
    if status == 201 and "channel" in changes:
        task = sokak.task("mamak", answer.json()["id"])
        assert task["channel"] == changes["channel"]


def _who(sokak: System, role: str | None) -> Headers:
    if role is None:
        return {}
    if role in ("citizen", "platform"):
        return sokak.platform if role == "platform" else sokak.signer.citizen()
    return sokak.staff(*role.split("/"))


# --- looking at it


def test_a_number_is_found_however_it_is_typed(sokak: System) -> None:
    number = sokak.submit(body())["tracking_number"]
    bare = number.replace("-", "")
    typed = (bare, bare.lower(), f" {number} ", bare.replace("0", "O").replace("1", "l"))
    for text in typed:
        found = sokak.call("GET", f"/api/requests/{text}")
        assert found["tracking_number"] == number


def test_a_slip_in_a_number_finds_nobody_elses_request(sokak: System) -> None:
    number = sokak.submit(body())["tracking_number"].replace("-", "")
    wrong = [number[:3] + ("2" if number[3] != "2" else "3") + number[4:], number[:-1], "x", "%00"]
    if number[0] != number[1]:
        wrong.append(number[1] + number[0] + number[2:])
    for text in wrong:
        answer = sokak.http.get(f"/api/requests/{text}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/request-unknown")


def test_the_number_alone_shows_none_of_the_words(sokak: System) -> None:
    sent = body(address="Gizli sokak 1", contact={"name": "Zeynep Gizli", "phone": "0500 111"})
    got = sokak.submit(sent)
    other = sokak.submit(body())
    path = f"/api/requests/{got['tracking_number']}"
    for headers in ({}, {"Sokak-Secret": other["secret"]}, {"Sokak-Secret": got["secret"][:-1]}):
        seen = sokak.http.get(path, headers=headers).text
        for words in (sent["text"], "Gizli", "0500", '"point"', '"channel"', '"updates"'):
            assert words not in seen
    assert own(sokak, got)["address"] == "Gizli sokak 1"
    assert "Zeynep" not in json.dumps(own(sokak, got), ensure_ascii=False)


def test_a_citizen_needs_no_secret_for_what_is_theirs(sokak: System) -> None:
    zeynep, emre = sokak.signer.citizen("zeynep"), sokak.signer.citizen("emre")
    got = sokak.submit(body(), zeynep)
    path = f"/api/requests/{got['tracking_number']}"
    assert sokak.call("GET", path, zeynep)["text"]
    assert "text" not in sokak.call("GET", path, emre)
    amended = sokak.call("PATCH", path, zeynep, json={"text": "Düzelttim"})
    assert amended["text"] == "Düzelttim"
    assert sokak.http.patch(path, json={"text": "x y z"}, headers=emre).status_code == 403


def test_a_citizen_takes_along_all_that_is_kept_and_nobody_elses(sokak: System) -> None:
    name = f"aylin-{uuid.uuid4().hex}"
    aylin, zeynep = sokak.signer.citizen(name), sokak.signer.citizen("zeynep")
    reached = {"name": "Aylin", "phone": "0312 444 06 00", "email": None}
    sent = [body(contact=reached), body()]
    given = [sokak.submit(one, aylin) for one in sent]
    sokak.submit(body(), zeynep)
    answer = sokak.http.get("/api/requests/mine", headers=aylin)
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    newest, oldest = answer.json()
    assert [oldest["tracking_number"], newest["tracking_number"]] == [
        one["tracking_number"] for one in given
    ]
    assert [oldest["text"], newest["text"]] == [one["text"] for one in sent]
    assert (oldest["contact"], newest["contact"]) == (reached, None)
    shown = own(sokak, given[0])
    assert shown["text"] == sent[0]["text"]
    assert not {"contact", "answers"} & shown.keys()
    staff = sokak.signer.header(sokak.signer.token(name, groups=["mamak/admin"]))
    for who in ({}, staff):
        assert sokak.http.get("/api/requests/mine", headers=who).status_code == 401


def test_who_only_carries_the_citizens_name_is_not_the_citizen(sokak: System) -> None:
    """A token of the municipality with the same subject gives no citizen's right."""
    got = sokak.submit(body(), sokak.signer.citizen("zeynep"))
    path = f"/api/requests/{got['tracking_number']}"
    token = sokak.signer.token("zeynep", groups=["mamak/admin"])
    assert "text" not in sokak.call("GET", path, sokak.signer.header(token))


# --- correcting and withdrawing


@pytest.mark.parametrize(
    "role", [None, "citizen", "mamak/operator", "mamak/admin", "altindag/admin", "platform"]
)
def test_nobody_else_corrects_or_withdraws(sokak: System, role: str | None) -> None:
    got = sokak.submit(body())
    path = f"/api/requests/{got['tracking_number']}"
    wrong = _who(sokak, role) | {"Sokak-Secret": "a" * 26}
    for headers in (_who(sokak, role), wrong):
        amend = sokak.http.patch(path, json={"text": "Başka"}, headers=headers)
        withdraw = sokak.http.post(f"{path}/withdraw", json={}, headers=headers)
        assert (amend.status_code, withdraw.status_code) == (403, 403)
    assert own(sokak, got)["status"] != "withdrawn"


def test_a_correction_reaches_the_task(sokak: System) -> None:
    got = sokak.submit(body(point=IN_NEIGHBOURHOOD))
    sokak.task("mamak", got["id"])
    secret = {"Sokak-Secret": got["secret"]}
    path = f"/api/requests/{got['tracking_number']}"
    changes = {"text": "Ağaç devrildi", "category": "ONLY_MAMAK", "point": OUTSIDE_IT}
    amended = sokak.call("PATCH", path, headers=secret, json=changes)
    assert (amended["text"], amended["neighbourhood"]) == ("Ağaç devrildi", None)
    assert amended["point"] == OUTSIDE_IT

    def follows() -> bool:
        task = sokak.task("mamak", got["id"])
        wished = (task["wished"] or {}).get("code")
        seen = (task["text"], wished, task["point"], task["neighbourhood"])
        return seen == ("Ağaç devrildi", "ONLY_MAMAK", OUTSIDE_IT, None)

    until(follows, "the correction in the task")


def test_a_point_cannot_move_to_another_municipality(sokak: System) -> None:
    got = sokak.submit(body())
    secret = {"Sokak-Secret": got["secret"]}
    path = f"/api/requests/{got['tracking_number']}"
    before = own(sokak, got)
    for point, slug in (
        (point_in(ALTINDAG), "point-elsewhere"),
        ({"lat": 0, "lon": 0}, "outside-every-jurisdiction"),
    ):
        answer = sokak.http.patch(path, json={"point": point, "text": "Taşındı"}, headers=secret)
        assert (answer.status_code, fields(answer)) == (422, ["point"])
        assert answer.json()["type"] == f"/problems/{slug}"
    assert own(sokak, got) | {"as_of": None} == before | {"as_of": None}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"category": "NOPE"}, ["category"]),
        ({"text": ""}, ["text"]),
        ({"text": "x" * 4001, "channel": "web"}, ["channel", "text"]),
        ({"point": {"lat": "1", "lon": 2}}, ["point.lat"]),
    ],
)
def test_a_wrong_correction_changes_nothing(sokak: System, changes: Json, wrong: list[str]) -> None:
    got = sokak.submit(body())
    path = f"/api/requests/{got['tracking_number']}"
    secret = {"Sokak-Secret": got["secret"]}
    answer = sokak.http.patch(path, json={"address": "Yeni"} | changes, headers=secret)
    assert (answer.status_code, fields(answer)) == (422, wrong)
    assert own(sokak, got)["address"] is None


def test_a_withdrawal_is_seen_at_once_and_closes_the_task(sokak: System) -> None:
    got = sokak.submit(body())
    sokak.task("mamak", got["id"])
    secret = {"Sokak-Secret": got["secret"]}
    path = f"/api/requests/{got['tracking_number']}"
    seen = sokak.call("POST", f"{path}/withdraw", headers=secret, json={"reason": "solved"})
    assert (seen["status"], seen["open"]) == ("withdrawn", False)
    assert seen["status_text"] == WORDS["withdrawn"].model_dump()
    for attempt in (
        partial(sokak.http.patch, path, json={"text": "Yine de"}),
        partial(sokak.http.post, f"{path}/withdraw", json={}),
    ):
        answer = attempt(headers=secret)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-closed")
    until(lambda: sokak.task("mamak", got["id"])["status"] == "withdrawn", "the task to close")
    until(lambda: own(sokak, got)["closed_at"], "the citizen to hear when it was closed")
    assert own(sokak, got)["status"] == "withdrawn"


# --- what the municipality does


def test_the_citizens_view_follows_the_task(sokak: System) -> None:
    got = sokak.submit(body(category="POTHOLE"))
    task = sokak.task("mamak", got["id"])
    who = sokak.staff("mamak")
    at = f"/api/tasks/{got['id']}"
    anything = {"If-Match": "*"}

    def shows(**wanted: Any) -> Callable[[], bool]:
        return lambda: wanted.items() <= own(sokak, got).items()

    until(shows(status="assigned", due_at=task["due_at"]), "the assignment")
    assert own(sokak, got)["department"] == {"tr": "Fen İşleri", "en": "Fen İşleri (en)"}
    sokak.call("POST", f"{at}/comments", who, json={"message": "İç not", "public": False})
    sokak.call("POST", f"{at}/comments", who, json={"message": "Yarın geliriz", "public": True})
    sokak.call("POST", f"{at}/status", who, json={"status": "in_progress"}, headers=anything)
    until(shows(status="in_progress"), "the work")
    assert own(sokak, got)["status_text"] == WORDS["in_progress"].model_dump()
    done = {"status": "resolved", "message": "Onarıldı"}
    task = sokak.call("POST", f"{at}/status", who, json=done, headers=anything)
    until(shows(status="resolved", open=False, closed_at=task["closed_at"]), "the end")
    seen = own(sokak, got)
    told = [update["message"] for update in seen["updates"] if update["message"]]
    assert told == ["Yarın geliriz", "Onarıldı"]
    assert seen["as_of"] >= task["closed_at"]
    again = {"status": "reopened", "reason": "not_solved"}
    sokak.call("POST", f"{at}/status", who, json=again, headers=anything)
    until(shows(status="reopened", open=True, closed_at=None), "the reopening")


# --- a municipality's old requests


def row(number: str, **changes: Any) -> Json:
    opened = {"source_number": number, "opened_at": "2026-01-05T09:00:00+03:00"}
    return opened | {"text": f"Eski başvuru {number}", "point": point_in(MAMAK)} | changes


def take_over(sokak: System, *rows: Json, source: str) -> list[Json]:
    sent = {"source": source, "rows": rows}
    answer: list[Json] = sokak.call("POST", "/api/requests/import", sokak.platform, json=sent)[
        "rows"
    ]
    return answer


def test_each_old_request_is_taken_once(sokak: System) -> None:
    """Also where a file holds one twice, or is sent again with others."""
    source = str(uuid.uuid4())
    first = take_over(sokak, row("1"), row("2"), row("1", text="Yine bir"), source=source)
    assert [one["outcome"] for one in first] == ["accepted", "accepted", "already"]
    again = take_over(sokak, row("3"), row("2"), row("1"), source=source)
    assert [one["outcome"] for one in again] == ["accepted", "already", "already"]
    assert [one["source_number"] for one in again] == ["3", "2", "1"]


def test_an_old_request_that_cannot_be_taken_does_not_hold_up_the_others(sokak: System) -> None:
    closed = {"closed_at": "2026-01-06T09:00:00Z", "status": "resolved"}
    answers = take_over(
        sokak,
        row("1", **closed, department="FEN"),
        row("2", point={"lat": 0, "lon": 0}),
        row("3", category="NOPE"),
        row("4", department="NOPE"),
        row("5", status="resolved"),
        row("6"),
        source=str(uuid.uuid4()),
    )
    assert [one["reason"] for one in answers] == [
        None,
        "outside-every-jurisdiction",
        "category-unknown",
        "department-unknown",
        "status-not-of-times",
        None,
    ]


def test_a_dry_run_tells_what_would_be_and_stores_nothing(sokak: System) -> None:
    source = str(uuid.uuid4())
    take_over(sokak, row("1"), source=source)
    rows = [row("1"), row("2"), row("3", category="NOPE"), row("2")]
    sent, path = {"source": source, "rows": rows}, "/api/requests/import?dry_run=true"
    for _ in range(2):
        told = sokak.call("POST", path, sokak.platform, json=sent)["rows"]
        assert [one["outcome"] for one in told] == ["already", "accepted", "refused", "already"]
        assert told[2]["reason"] == "category-unknown"
        assert told[1]["tenant"] == "mamak"


def test_the_command_sends_less_at_once_where_its_rows_are_long(
    sokak: System, tmp_path: Path
) -> None:
    place, source = point_in(MAMAK), f"old-{uuid.uuid4().hex[:8]}"
    words = "ş" * 4000  # two bytes each: 250 rows are about twice what a body may have
    where = f"{place['lat']},{place['lon']}"
    rows = [f"{number},2024-01-05 09:00,{where},{words}" for number in range(260)]
    (tmp_path / "old.csv").write_text("\n".join(["no,at,lat,lon,words", *rows]), "utf-8")
    columns = {"source_number": "no", "opened_at": "at", "lat": "lat", "lon": "lon"}
    mapping = {"source": source, "columns": columns, "text": "{words}"}
    (tmp_path / "map.yaml").write_text(json.dumps(mapping | {"time_zone": "Europe/Istanbul"}))
    token = sokak.platform["Authorization"].removeprefix("Bearer ")
    files = [str(tmp_path / "old.csv"), "--map", str(tmp_path / "map.yaml")]
    command = ["import", "requests", *files, "--url", sokak.url, "--token", token]
    for told in ("260 accepted, 0 already", "0 accepted, 260 already"):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(told)


def test_every_wrong_time_of_an_old_request_is_named(sokak: System) -> None:
    rows = [
        row("1", opened_at="0001-01-01T00:00:00+14:00"),
        row("2", opened_at=1767600000),
        row("3", closed_at="9999-12-31T23:59:59-14:00"),
        row("4", opened_at="2026-01-05"),
    ]
    sent = {"source": "old", "rows": rows}
    answer = sokak.http.post("/api/requests/import", json=sent, headers=sokak.platform)
    times = ["rows.0.opened_at", "rows.1.opened_at", "rows.2.closed_at", "rows.3.opened_at"]
    assert (answer.status_code, fields(answer)) == (422, times)


def test_a_caller_is_found_by_a_number_however_it_is_written(sokak: System) -> None:
    got = sokak.submit(body(contact={"phone": "0532 777 10 01"}))
    path = "/api/requests/by-phone?tenant=mamak"

    def asked(phone: str, who: Headers | None) -> httpx.Response:
        return sokak.http.post(path, json={"phone": phone}, headers=who or {})

    for phone in ("05327771001", "+90 (532) 777-10-01", "5327771001"):
        assert [one["id"] for one in asked(phone, sokak.staff("mamak")).json()] == [got["id"]]
    assert asked("5327771009", sokak.staff("mamak")).json() == []
    assert asked("12345", sokak.staff("mamak")).json()["type"] == "/problems/phone-invalid"
    for who, status in ((sokak.staff("mamak", "auditor"), 403), (sokak.staff("altindag"), 403)):
        assert asked("5327771001", who).status_code == status
    assert asked("5327771001", None).status_code == 401
