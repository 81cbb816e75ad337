"""GeoReport v2 as an integrator finds it. A test's number is its line in `docs/open311.md`."""

from __future__ import annotations

import io
import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from tests.integration.api.open311.conftest import Here, add_key
from tests.integration.api.open311.speaking import BASE, Caller, heard
from tests.integration.api.system import Json, System, until

LAMP = {"service_code": "LAMP"}
POTHOLE = {"service_code": "POTHOLE"}


def task_of(system: System, number: str, tenant: str = "akyurt") -> Json:
    """The one task of a request, as an operator sees it once a department has it."""
    operator = system.staff(tenant)

    def there() -> list[Json]:
        found: list[Json] = system.call("GET", "/api/tasks", operator, params={"text": number})[
            "tasks"
        ]
        return found

    (found,) = until(there, f"the task of {number}")
    return system.task(tenant, found["id"])


def test_07_a_key_is_needed_to_post_and_it_must_be_ours(here: Here, format: str) -> None:
    anybody = here.anybody(format)
    assert anybody.post("requests", **LAMP, **here.place).status == 403
    tenant, name, secret = here.key.split(".")
    for key in ("x", "a.b.c", f"{tenant}.{name}.{secret}x", f"{tenant}.nobody.{secret}", "..", "ş"):
        assert anybody.post("requests", api_key=key, **LAMP, **here.place).status == 403
    assert anybody.post("requests", api_key=here.other_key, **LAMP, **here.place).status == 403
    assert anybody.get("requests").status == 200
    assert anybody.get("requests", api_key="x").status == 403


def test_07_a_key_of_one_town_cannot_post_to_another(here: Here, format: str) -> None:
    stranger = Caller(here.system, format, "cubuk", here.key)
    assert stranger.post("requests", service_code="POTHOLE", **here.away).status == 403
    own = Caller(here.system, format, "cubuk", here.other_key)
    assert own.post("requests", service_code="POTHOLE", **here.away).status == 200


def test_07_a_key_is_taken_in_the_query_as_well(here: Here, format: str) -> None:
    told = {"jurisdiction_id": "akyurt.bel.tr", **LAMP, **here.place}
    path = f"{BASE}/requests.{format}"
    said = here.system.http.post(path, params={"api_key": here.key}, data=told)
    assert heard(said, format, "posted").status == 200


def test_07_scopes_rotation_and_removal_hold(here: Here, format: str) -> None:
    system, admin = here.system, here.system.staff("akyurt", "admin")
    reader = here.caller(format, here.reading_key)
    assert reader.post("requests", **LAMP, **here.place).status == 403
    name = f"turning-{format}"
    old = add_key(system, "akyurt", name)
    path = f"/api/integrators/{name}"
    new = system.call("POST", f"{path}/rotate", admin)["api_key"]
    assert here.caller(format, old).post("requests", **LAMP, **here.place).status == 403
    number = here.caller(format, new).number(**LAMP, **here.place)
    system.call("DELETE", path, admin)
    assert here.caller(format, new).post("requests", **LAMP, **here.place).status == 403
    again = add_key(system, "akyurt", name)
    told = {"service_request_id": number, **_update("x")}
    assert here.caller(format, again).post("servicerequestupdates", **told).status == 404
    listed = system.call("GET", "/api/integrators", admin)
    assert name in [one["name"] for one in listed]
    assert not any({"digest", "api_key"} & set(one) for one in listed)


def test_07_an_integrator_who_calls_too_often_is_told_when_to_come_again(
    here: Here, format: str
) -> None:
    key = add_key(here.system, "akyurt", f"hasty-{format}", rate=0.1)
    caller = here.caller(format, key)
    assert caller.post("requests", **LAMP, **here.place).status == 200
    said = caller.post("requests", **LAMP, **here.place)
    assert (said.status, int(said.response.headers["retry-after"]) > 0) == (429, True)
    assert len(said.value) == 1


@pytest.mark.parametrize("how", ["point", "address", "neighbourhood"])
def test_10_each_way_to_say_where_passes_alone(here: Here, caller: Caller, how: str) -> None:
    where = {
        "point": here.place,
        "address": {"address_string": "Güney Mahallesi, Okul Sokak 3"},
        "neighbourhood": {"address_id": "south"},
    }[how]
    one = caller.one(caller.number(**LAMP, **where))
    assert (one["address"], one["address_id"]) == ("Güney", "south")
    assert (one["lat"] is None) == (how != "point")
    task = task_of(here.system, one["service_request_id"])
    assert task["neighbourhood"] == {"code": "south", "name": "Güney"}


def test_10_no_place_half_a_place_or_an_impossible_one_is_refused(
    here: Here, caller: Caller
) -> None:
    for where in (
        {},
        {"lat": "39.9"},
        {"long": "32.8"},
        {"lat": "91", "long": "32.8"},
        {"lat": "39.9", "long": "181"},
        {"lat": "nan", "long": "32.8"},
        {"lat": "39,9", "long": "32,8"},
        {"address_id": "north"},
        {"lat": "39.9", "address_string": "Okul Sokak 3"},
    ):
        assert caller.post("requests", **LAMP, **where).status == 400, where


def test_10_elsewhere_is_refused_and_told_whose_it_is(here: Here, caller: Caller) -> None:
    said = caller.post("requests", **LAMP, **here.away)
    assert (said.status, said.faults()) == (400, ["Bu yerden Cubuk sorumlu: cubuk."])
    nobody = caller.post("requests", **LAMP, lat="10", long="10")
    assert nobody.status == 400
    assert "en yakını" in nobody.faults()[0]


@pytest.mark.parametrize("told", [
    {},
    {"attribute[size]": "huge"},
    {"attribute[size]": ["plate", "wheel"]},
    {"attribute[size]": "plate", "attribute[nothing]": "x"},
    {"attribute[size]": "plate", "attribute[seen][]": ["wheel", "huge"]},
    {"attribute[size]": "plate", "attribute[count]": "viele"},
    {"attribute[size]": "plate", "attribute[count]": "1e5"},
    {"attribute[size]": "plate", "attribute[wires]": "true"},
    {"attribute[size]": "plate", "attribute[pole]": "x" * 501},
])  # fmt: skip
def test_11_what_is_no_answer_is_refused(here: Here, caller: Caller, told: Json) -> None:
    assert caller.post("requests", **POTHOLE, **here.place, **told).status == 400


def test_11_several_values_arrive_as_several(here: Here, caller: Caller) -> None:
    told: Json = {
        "attribute[size]": "plate",
        "attribute[seen][]": ["wheel", "larger"],
        "attribute[count]": "-2.5",
        "attribute[wires]": "no",
        "attribute[pole]": "Direk & <7>",
        "media_url": "https://example.org/a.jpg",
    }
    number = caller.number(**POTHOLE, **here.place, **told)
    answers = task_of(here.system, number)["answers"]
    assert {one["question"]: one["answer"] for one in answers} == {
        "size": "plate",
        "seen": "wheel,larger",
        "count": "-2.5",
        "wires": "no",
        "pole": "Direk & <7>",
        "media_url": "https://example.org/a.jpg",
    }


def test_11_a_description_has_4000_characters_at_most(here: Here, caller: Caller) -> None:
    taken = caller.number(**LAMP, **here.place, description="ş" * 3999 + "\n" * 3 + "x"[:0])
    assert task_of(here.system, taken)["text"] == "ş" * 3999
    assert caller.post("requests", **LAMP, **here.place, description="ş" * 4000).status == 200
    assert caller.post("requests", **LAMP, **here.place, description="ş" * 4001).status == 400


def test_11_everything_that_is_wrong_is_told_at_once(here: Here, caller: Caller) -> None:
    told = {
        "lat": "x",
        "long": "1",
        "email": "nobody",
        "phone": "evet",
        "media_url": "javascript:1",
        "client_request_id": "a b",
        "attribute[nothing]": "1",
        "description": "x" * 4001,
    }
    said = caller.post("requests", **POTHOLE, **told)
    assert said.status == 400
    for word in ("lat", "email", "phone", "media_url", "client_request_id", "[nothing]", "[size]"):
        assert any(word in one for one in said.faults()), word
    assert len(said.faults()) == 8


def test_11_a_body_of_another_kind_is_refused(here: Here, format: str) -> None:
    path = f"{BASE}/requests.{format}"
    http = here.system.http
    for content, kind in (
        (b"{}", "application/json"),
        (b"description=\xff", "application/x-www-form-urlencoded"),
        (b"description=%FF", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(400)), "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
    ):
        said = http.post(path, content=content, headers={"Content-Type": kind})
        assert heard(said, format).status == 400, kind
    large = http.post(path, content=b"a=" + b"x" * 11_000_000)
    assert heard(large, format).status == 413


def test_12_real_time_answers_with_a_number_alone(here: Here, caller: Caller) -> None:
    said = caller.post("requests", "posted", **LAMP, **here.place)
    assert said.status == 200
    assert said.value[0].keys() & {"service_request_id", "token"} == {"service_request_id"}


def test_12_batch_answers_with_a_token_that_resolves_later(here: Here, caller: Caller) -> None:
    said = caller.post("requests", "posted", service_code="SLOW", **here.place)
    assert said.status == 200
    assert said.value[0].keys() & {"service_request_id", "token"} == {"token"}
    token = said.value[0]["token"]
    anybody = here.anybody(caller.format)
    first = anybody.get(f"tokens/{token}", "tokens")
    assert (first.status, first.value[0]["token"]) == (200, token)

    def resolved() -> Any:
        return anybody.get(f"tokens/{token}", "tokens").value[0]["service_request_id"]

    number = until(resolved, "the number for a token")
    assert anybody.one(number)["service_code"] == "SLOW"
    assert Caller(here.system, caller.format, "cubuk").get(f"tokens/{token}").status == 404


def test_12_black_box_answers_with_neither(here: Here, caller: Caller) -> None:
    said = caller.post("requests", "posted", service_code="BOX", **here.place)
    assert said.status == 200
    assert said.value[0].keys() & {"service_request_id", "token"} == set()


def test_13_what_was_posted_is_read_at_once_and_becomes_one_task(
    here: Here, caller: Caller
) -> None:
    told = {"description": "Lamba yanmıyor\nikinci satır", "address_string": "Okul Sokak 3"}
    number = caller.number(**LAMP, **here.place, **told)
    one = here.anybody(caller.format).one(number)
    assert (one["status"], one["service_code"]) == ("open", "LAMP")
    task = task_of(here.system, number)
    assert (task["channel"], task["text"]) == ("open311", told["description"])
    assert task["address"] == told["address_string"]


def _update(words: str, **told: str) -> Json:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "update_id": uuid.uuid4().hex,
        "status": "OPEN",
        "updated_datetime": now,
        "description": words,
        **told,
    }


def _windowed() -> Json:
    now = datetime.now(UTC)
    return {
        "start_date": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "end_date": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }


def test_19_updates_go_out_with_stable_ids(here: Here, caller: Caller) -> None:
    number = caller.number(**LAMP, **here.place)
    task = task_of(here.system, number)
    for status, more in (("in_progress", {}), ("resolved", {"message": "Değiştirildi"})):
        body = {"status": status, **more}
        path = f"/api/tasks/{task['id']}/status"
        operator, headers = here.system.staff("akyurt"), {"If-Match": "*"}
        here.system.call("POST", path, operator, json=body, headers=headers)

    def told(by: Caller) -> list[Json]:
        said = by.get("servicerequestupdates", "service_request_updates", **_windowed())
        return [one for one in said.value if one["service_request_id"] == number]

    until(lambda: len(told(caller)) == 3, "three updates")
    mine, theirs = told(caller), told(here.anybody(caller.format))
    assert [one["status"] for one in mine] == ["INVESTIGATING", "IN_PROGRESS", "FIXED"]
    assert [one["description"] for one in mine] == [None, None, "Değiştirildi"]
    assert [one["description"] for one in theirs] == [None] * 3
    ids = [one["update_id"] for one in mine]
    assert ids == [one["update_id"] for one in theirs]
    assert len(set(ids)) == 3
    yesterday = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-02T00:00:00Z"}
    assert caller.get("servicerequestupdates", **yesterday).value == []


def test_19_an_update_comes_in_once_however_often_it_is_sent(here: Here, caller: Caller) -> None:
    number = caller.number(**LAMP, **here.place)
    task = task_of(here.system, number)
    told = _update("Bir sözüm daha var", service_request_id=number)
    first = caller.post("servicerequestupdates", "taken_update", **told)
    again = caller.post("servicerequestupdates", "taken_update", **told)
    assert first.status == again.status == 200
    assert first.value == again.value
    assert list(first.value[0]) == ["update_id"]
    other = caller.post("servicerequestupdates", **told | {"description": "Başka"})
    assert other.status == 400

    def heard_of() -> list[str]:
        task_now = here.system.task("akyurt", task["id"])
        return [one["text"] for one in task_now["remarks"]]

    assert until(heard_of, "the citizen's words") == ["Bir sözüm daha var"]
    assert here.anybody(caller.format).one(number)["status"] == "open"


def test_19_an_open_status_on_a_closed_request_asks_to_look_again(
    here: Here, caller: Caller
) -> None:
    number = caller.number(**LAMP, **here.place)
    id = task_of(here.system, number)["id"]
    body = {"status": "resolved", "message": "Bitti"}
    operator, headers = here.system.staff("akyurt"), {"If-Match": "*"}
    here.system.call("POST", f"/api/tasks/{id}/status", operator, json=body, headers=headers)
    until(lambda: caller.one(number)["status"] == "closed", "it to be closed")
    told = _update("Hâlâ yanmıyor", service_request_id=number, status="reopen")
    assert caller.post("servicerequestupdates", **told).status == 200
    until(lambda: here.system.task("akyurt", id)["reopen_asked"], "the wish")
    more = _update("Teşekkürler", service_request_id=number, status="FIXED")
    assert caller.post("servicerequestupdates", **more).status == 200
    assert caller.one(number)["status"] == "closed"


def test_19_what_lacks_in_an_update_is_told_and_others_requests_are_not_found(
    here: Here, caller: Caller
) -> None:
    said = caller.post("servicerequestupdates")
    assert (said.status, len(said.faults())) == (400, 5)
    number = caller.number(**LAMP, **here.place)
    told = _update("Söz", service_request_id=number)
    assert caller.post("servicerequestupdates", **told | {"status": "GONE"}).status == 400
    stranger = here.caller(caller.format, here.reading_key)
    assert stranger.post("servicerequestupdates", **told).status == 404


def test_18_the_same_client_request_id_gives_one_request(here: Here, caller: Caller) -> None:
    told = {**LAMP, **here.place, "client_request_id": uuid.uuid4().hex}
    first, again = caller.number(**told), caller.number(**told)
    assert first == again
    assert caller.post("requests", **told | {"description": "başka"}).status == 400


def test_18_photos_come_with_a_request(here: Here, caller: Caller) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG")
    files = {"media": ("a.png", picture.getvalue(), "image/png")}
    said = caller.post("requests", "posted", files=files, **LAMP, **here.place)
    assert said.status == 200
    number = said.value[0]["service_request_id"]
    id = task_of(here.system, number)["id"]

    def attached() -> Any:
        return here.system.task("akyurt", id)["attachments"]

    assert len(until(attached, "the photo")) == 1
    assert caller.one(number)["media_url"] is None
    before = caller.ids()
    bad = caller.post("requests", files={"media": ("a.png", b"no", "x/y")}, **LAMP, **here.place)
    assert (bad.status, caller.ids()) == (400, before)


def test_18_photos_of_several_megabytes_come_together(here: Here, caller: Caller) -> None:
    pictures = [_noise(1700) for _ in range(2)]
    assert min(map(len, pictures)) > 6_000_000
    files = [("media[]", (f"{n}.jpg", one, "image/jpeg")) for n, one in enumerate(pictures)]
    number = caller.post("requests", "posted", files=files, **LAMP, **here.place).value[0]
    id = task_of(here.system, number["service_request_id"])["id"]
    until(lambda: len(here.system.task("akyurt", id)["attachments"]) == 2, "both photos")
    larger = {"media": ("a.jpg", pictures[0] + bytes(5_000_000), "image/jpeg")}
    assert caller.post("requests", files=larger, **LAMP, **here.place).status == 400


def test_08_a_form_without_files_is_one_megabyte_at_most(here: Here, caller: Caller) -> None:
    told = LAMP | {"description": "x" * 1_100_000}
    assert caller.post("requests", **told, **here.place).status == 413


def _noise(side: int) -> bytes:
    """A square JPEG, another one each time; seven megabytes where it is 1,700 px wide."""
    out = io.BytesIO()
    noise = os.urandom(3 * side * side)
    Image.frombytes("RGB", (side, side), noise).save(out, "JPEG", quality=95, subsampling=0)
    return out.getvalue()
