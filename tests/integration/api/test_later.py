"""What citizens do about a request later, over HTTP: voices, photos, answers, claims."""

from __future__ import annotations

import io
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from libs.events import Point
from services.intake.place import coarse, metres_between

from .system import Headers, Json, System, point_in, town, until

SINCAN = town("sincan", 33.10)


@pytest.fixture(scope="module")
def sokak(system: System) -> System:
    system.admit(SINCAN)
    return system


def submitted(sokak: System, **changes: Any) -> Json:
    sent = {"text": f"Yolda çukur var {uuid.uuid4()}", "point": point_in(SINCAN)} | changes
    return sokak.submit(sent)


def secret_of(request: Json) -> Headers:
    return {"Sokak-Secret": request["secret"]}


def post(
    sokak: System, request: Json, act: str, who: Headers | None = None, **sent: Any
) -> httpx.Response:
    path = f"/api/requests/{request['tracking_number']}/{act}"
    return sokak.http.post(path, headers=who or {}, **sent)


def citizen(sokak: System, name: str) -> Headers:
    return sokak.signer.header(sokak.signer.token(name, citizen=True))


def own(sokak: System, request: Json) -> Json:
    path = f"/api/requests/{request['tracking_number']}"
    found: Json = sokak.call("GET", path, headers=secret_of(request))
    return found


def moved(sokak: System, request: Json, status: str, **more: Any) -> None:
    """The municipality has moved it, and intake has heard."""
    sokak.task("sincan", request["id"])
    path = f"/api/tasks/{request['id']}/status"
    who = sokak.staff("sincan") | {"If-Match": "*"}
    if status == "resolved":
        sokak.call("POST", path, who, json={"status": "in_progress"})
    sokak.call("POST", path, who, json={"status": status, "message": "Söz", **more})
    until(lambda: own(sokak, request)["status"] == status, f"{status} to be heard")


def photo(size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Gizli yer"
    Image.effect_noise(size, 40).convert("RGB").save(out, kind, exif=exif)
    return out.getvalue()


def test_a_voice_counts_once_for_each_citizen_and_the_number_is_public(sokak: System) -> None:
    request = submitted(sokak)
    ayse, mehmet = citizen(sokak, f"ayşe-{uuid.uuid4()}"), citizen(sokak, f"m-{uuid.uuid4()}")
    counts = [post(sokak, request, "support", who).json() for who in (ayse, ayse, mehmet)]
    assert [one["voices"] for one in counts] == [1, 1, 2]
    public = sokak.call("GET", f"/api/requests/{request['tracking_number']}")
    assert public["voices"] == 2


def test_a_voice_of_nobody_and_ones_own_do_not_count(sokak: System) -> None:
    me = citizen(sokak, f"ben-{uuid.uuid4()}")
    mine = sokak.submit({"text": "Benim sözüm", "point": point_in(SINCAN)}, me)
    assert post(sokak, mine, "support").status_code == 403
    assert post(sokak, mine, "support", me).json()["type"] == "/problems/request-yours"


def test_near_requests_are_found_by_place_and_words_and_tell_no_words(sokak: System) -> None:
    mark = uuid.uuid4().hex
    request = submitted(sokak, text=f"Gizli sözler {mark}", category="POTHOLE")
    sokak.task("sincan", request["id"])
    seen = own(sokak, request)
    asked = {"point": seen["point"], "text": f"Gizli sözler {mark}", "category": "POTHOLE"}
    answer = sokak.http.post("/api/requests/near", json=asked)
    assert request["tracking_number"] in [one["tracking_number"] for one in answer.json()]
    assert mark not in answer.text
    (told,) = [x for x in answer.json() if x["tracking_number"] == request["tracking_number"]]
    here = Point(**seen["point"])
    metres = metres_between(here, coarse(here))
    assert told["metres"] == round(metres / 10) * 10, "to where outsiders are told that it is"
    elsewhere = asked | {"point": {"lat": seen["point"]["lat"] + 0.01, "lon": 33.125}}
    far = sokak.http.post("/api/requests/near", json=elsewhere).json()
    assert request["tracking_number"] not in [one["tracking_number"] for one in far]


def test_only_the_secret_lets_one_answer_judge_and_ask_again(sokak: System) -> None:
    request = submitted(sokak)
    for act, sent in (
        ("answer", {"text": "Evet"}),
        ("feedback", {"rating": 5}),
        ("reopen", {"reason": "came_back"}),
    ):
        assert post(sokak, request, act, json=sent).status_code == 403
        refused = post(sokak, request, act, secret_of(request), json=sent)
        assert refused.status_code == 409, "nothing was asked or closed"
    for act in ("attachments", "claim"):
        files = {"photo": ("a.jpg", photo())} if act == "attachments" else None
        assert post(sokak, request, act, files=files).status_code == 403


def test_an_answer_is_given_once_and_is_told(sokak: System) -> None:
    request = submitted(sokak)
    moved(sokak, request, "awaiting_citizen")
    answered = post(sokak, request, "answer", secret_of(request), json={"text": "Köşede"})
    assert answered.json()["updates"][-1]["message"] == "Köşede"
    again = post(sokak, request, "answer", secret_of(request), json={"text": "Köşede"})
    assert again.json()["type"] == "/problems/nothing-asked"


def test_a_judgement_is_kept_and_reopening_is_asked_once(sokak: System) -> None:
    request = submitted(sokak)
    moved(sokak, request, "resolved")
    who = secret_of(request)
    assert post(sokak, request, "feedback", who, json={"rating": 6}).status_code == 422
    judged = post(sokak, request, "feedback", who, json={"rating": 2, "text": "Olmadı"}).json()
    assert judged["rating"] == 2
    asked = [post(sokak, request, "reopen", who, json={}).json() for _ in range(2)]
    assert asked[0]["reopen_requested_at"] == asked[1]["reopen_requested_at"] is not None


def test_a_claimed_request_is_the_accounts_and_nobody_elses(sokak: System) -> None:
    request = submitted(sokak)
    me, other = (citizen(sokak, f"{name}-{uuid.uuid4()}") for name in ("ben", "o"))
    assert post(sokak, request, "claim", secret_of(request)).status_code == 401
    assert post(sokak, request, "claim", me | secret_of(request)).status_code == 200
    path = f"/api/requests/{request['tracking_number']}"
    assert "text" in sokak.call("GET", path, me)
    assert "text" not in sokak.call("GET", path, other)
    assert post(sokak, request, "claim", other | secret_of(request)).status_code == 409


def test_a_photo_is_stripped_and_shown_to_its_citizen_and_municipality_alone(
    sokak: System,
) -> None:
    me = citizen(sokak, f"ben-{uuid.uuid4()}")
    mine = sokak.submit({"text": "Fotoğraflı", "point": point_in(SINCAN)}, me)
    sent = photo((3000, 1000))
    added = [
        post(sokak, mine, "attachments", me, files={"photo": ("a.jpg", sent)}) for _ in range(2)
    ]
    assert [one.status_code for one in added] == [201, 201], added[0].text
    assert added[0].json() == added[1].json(), "the same photo again is no second one"
    path = f"/attachments/{added[0].json()['id']}"
    kept = sokak.http.get(path, headers=me)
    assert Image.open(io.BytesIO(kept.content)).size == (2048, 683)
    assert b"Gizli" not in kept.content
    small = sokak.http.get(path, params={"size": "small"}, headers=me)
    assert len(small.content) < len(kept.content)
    assert sokak.http.get(path, headers=sokak.staff("sincan")).status_code == 200
    for stranger in ({}, sokak.staff("cankaya"), citizen(sokak, "o"), secret_of(mine)):
        assert sokak.http.get(path, headers=stranger).status_code == 404
    told = sokak.call("GET", f"/api/requests/{mine['tracking_number']}", me)
    assert told["attachments"] == [added[0].json()["id"]]

    def heard() -> bool:
        task = sokak.call("GET", f"/api/tasks/{mine['id']}", sokak.staff("sincan"))
        return [one["id"] for one in task["attachments"]] == told["attachments"]

    sokak.task("sincan", mine["id"])
    until(heard, "the photo's reference in crm")


def test_what_is_no_photo_or_too_much_is_refused(sokak: System) -> None:
    request = submitted(sokak)
    who = secret_of(request)

    def sent(content: bytes) -> int:
        return post(sokak, request, "attachments", who, files={"photo": ("a", content)}).status_code

    assert sent(b"<svg onload=alert(1)>") == 422
    assert sent(b"\xff\xd8" + b"0" * (10 * 1024 * 1024)) == 422
    assert sent(b"0" * (11 * 1024 * 1024)) == 413
    assert [sent(photo((100 + n, 100))) for n in range(6)] == [201] * 5 + [409]
    others = f"/api/requests/{request['tracking_number']}/answer"
    assert sokak.http.post(others, content=b"0" * (2 * 1024 * 1024)).status_code == 413


def test_what_is_erased_is_gone_from_every_holder(sokak: System) -> None:
    mark = f"silinecek{uuid.uuid4().hex[:10]}"
    request = submitted(sokak, text=f"{mark} kaldırım çöktü", address=f"{mark} sokak")
    sokak.task("sincan", request["id"])
    added = post(
        sokak, request, "attachments", secret_of(request), files={"photo": ("a.jpg", photo())}
    )
    picture, admin = f"/attachments/{added.json()['id']}", sokak.staff("sincan", "admin")

    def found() -> list[Json]:
        tasks: list[Json] = sokak.call("GET", "/api/tasks", admin, params={"text": mark})["tasks"]
        return tasks

    def task() -> Json:
        told: Json = sokak.call("GET", f"/api/tasks/{request['id']}", admin)
        return told

    until(found, "the words to be found")
    assert sokak.http.get(picture, headers=admin).status_code == 200
    for stranger in ({}, sokak.staff("sincan", "supervisor"), sokak.staff("cankaya", "admin")):
        refusal = post(sokak, request, "erase", stranger)
        assert (refusal.status_code, refusal.json()["type"]) == (
            403,
            "/problems/request-not-yours",
        )

    seen = post(sokak, request, "erase", secret_of(request)).json()
    assert (seen["text"], seen["address"], seen["attachments"]) == ("", None, [])
    assert (seen["status"], seen["updates"][-1]["kind"]) == ("withdrawn", "erased")
    assert sokak.http.get(picture, headers=admin).status_code == 404
    until(lambda: mark not in str(task()), "the task to forget")
    assert task()["attachments"] == []
    assert found() == []
    again = post(sokak, request, "erase", admin)  # for who asks by letter
    assert again.json() == own(sokak, request)
    added = post(sokak, request, "feedback", secret_of(request), json={"rating": 1, "text": "Ah"})
    assert added.json()["type"] == "/problems/request-erased"


def test_an_administrator_erases_for_who_asks_by_letter(sokak: System) -> None:
    request = submitted(sokak)
    erased = post(sokak, request, "erase", sokak.staff("sincan", "admin"))
    assert erased.status_code == 200
    assert own(sokak, request)["text"] == ""
