"""GeoReport v2 as a reader finds it. A test's number is its line in `docs/open311.md`."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
import pytest

from tests.integration.api.open311.conftest import HARD, SHOWN, Here
from tests.integration.api.open311.speaking import (
    ARRAYS,
    BASE,
    CONTENT_TYPES,
    FORMATS,
    MOMENT,
    Caller,
    heard,
    in_words,
    spark,
)
from tests.integration.api.system import Json, System, names, town, until

UNKNOWN = "ZZZZ-ZZZZ-Z"
NOW = datetime.now(UTC).replace(microsecond=0)


def _old(here: Here, *ages: float, source: str, **row: Any) -> list[str]:
    """Old requests of so many days ago, newest first; their numbers."""
    point = {"lat": here.place["lat"], "lon": here.place["long"]}
    rows = [
        {
            "source_number": f"{index}",
            "opened_at": (NOW - timedelta(days=age)).isoformat(),
            "text": "Eski başvuru",
            "point": point,
            "category": "BENCH.2",
        }
        | row
        for index, age in enumerate(ages)
    ]
    body, admin = {"source": source, "rows": rows}, here.system.staff("akyurt", "admin")
    done = here.system.call("POST", "/api/requests/import", admin, json=body)
    assert [one["outcome"] for one in done["rows"]] == ["accepted"] * len(rows)
    times = {one["opened_at"][:19] + "Z": age for one, age in zip(rows, ages, strict=True)}
    found: dict[float, str] = {}
    for age in ages:
        at = NOW - timedelta(days=age)
        window = {"start_date": _w3(at - timedelta(hours=1)), "end_date": _w3(at)}
        listed = here.anybody("json").get("requests", **window).value
        for one in listed:
            if one["requested_datetime"] in times and one["service_code"] == "BENCH.2":
                found[times[one["requested_datetime"]]] = one["service_request_id"]
    return [found[age] for age in sorted(ages)]


def _w3(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("resource", [
    "discovery", "services", "services/POTHOLE", "requests", "requests/{number}", "tokens/{token}",
    "servicerequestupdates",
])  # fmt: skip
def test_01_xml_put_through_spark_says_what_json_says(here: Here, resource: str) -> None:
    number = here.caller("json").number(service_code="LAMP", **here.place)
    token = here.caller("json").post("requests", service_code="SLOW", **here.place)
    path = resource.format(number=number, token=token.value[0]["token"])
    kinds = {"services/POTHOLE": "service_definition", "tokens/{token}": "tokens"}
    kinds |= {"servicerequestupdates": "service_request_updates"}
    kinds |= {"requests": "service_requests", "requests/{number}": "service_requests"}
    said = {
        format: here.anybody(format).get(path, kinds.get(resource, resource), end_date=_w3(NOW))
        for format in FORMATS
    }
    assert said["xml"].status == said["json"].status == 200
    assert said["xml"].value == said["json"].value


def test_01_a_posted_request_is_answered_alike(here: Here, caller: Caller) -> None:
    (said,) = caller.post("requests", "posted", service_code="LAMP", **here.place).value
    assert list(said) == ["service_request_id", "service_notice", "account_id"]


def test_02_types_of_content_and_the_declaration(anybody: Caller) -> None:
    for path in ("services", "discovery", "requests", "no-such-thing"):
        said = anybody.get(path)
        assert said.response.headers["content-type"] == CONTENT_TYPES[anybody.format]


def test_02_hard_text_comes_out_whole_and_escaped(anybody: Caller) -> None:
    said = anybody.get("services", "services")
    (lamp,) = [one for one in said.value if one["service_code"] == "LAMP"]
    assert lamp["service_name"] == SHOWN
    assert "\x01" in HARD
    body = said.response.content
    assert ("🕳".encode() in body, b"\x01" in body) == (True, False)
    assert anybody.format == "json" or b"<b>" not in body
    assert anybody.get("services/POTHOLE").value["attributes"][-1]["description"] == SHOWN


def test_03_types_in_json(here: Here) -> None:
    """Every other answer here is held to the same schemas."""
    number = here.caller("json").number(service_code="LAMP", **here.place)
    told = json.loads(here.anybody("json").get(f"requests/{number}").response.content)
    assert [type(told[0][name]) for name in ("service_request_id", "lat", "long", "zipcode")] == [
        str, float, float, type(None),
    ]  # fmt: skip
    first = json.loads(here.anybody("json").get("services/POTHOLE").response.content)
    attribute = first["attributes"][0]
    assert [type(attribute[name]) for name in ("variable", "required", "order", "code")] == [
        bool, bool, int, str,
    ]  # fmt: skip
    assert json.loads(here.anybody("json").get("services/LAMP").response.content) == {
        "service_code": "LAMP",
        "attributes": [],
    }


def test_03_one_item_is_still_an_array_and_none_is_an_empty_one(anybody: Caller) -> None:
    number = anybody.ids(page_size=1)
    assert len(number) == 1
    assert anybody.get("requests", "service_requests", service_request_id=UNKNOWN).value == []


def test_04_the_list_has_what_can_be_chosen_and_nothing_else(anybody: Caller) -> None:
    said = anybody.get("services", "services").value
    assert [one["service_code"] for one in said] == ["POTHOLE", "LAMP", "BENCH.2", "SLOW", "BOX"]
    pothole = said[0]
    assert (pothole["group"], pothole["keywords"]) == ("Yol", "çukur,asfalt")
    assert [one["metadata"] for one in said] == ["true", "false", "false", "false", "false"]
    assert [one["type"] for one in said[2:]] == ["realtime", "batch", "blackbox"]


def test_04_a_definition_has_every_question_in_order(anybody: Caller) -> None:
    said = anybody.get("services/POTHOLE", "service_definition").value
    assert [(one["order"], one["code"], one["datatype"]) for one in said["attributes"]] == [
        ("1", "size", "singlevaluelist"),
        ("2", "seen", "multivaluelist"),
        ("3", "count", "number"),
        ("4", "wires", "singlevaluelist"),
        ("5", "pole", "string"),
    ]
    lists = {one["code"]: [v["key"] for v in one.get("values", [])] for one in said["attributes"]}
    assert lists["size"] == lists["seen"] == ["plate", "wheel", "larger"]
    assert (lists["wires"], lists["count"], lists["pole"]) == (["yes", "no"], [], [])
    assert anybody.get("services/BENCH.2", "service_definition").value["attributes"] == []


def test_05_a_list_of_ids_overrides_every_filter(here: Here, anybody: Caller) -> None:
    ancient = _old(here, 400.0, 200.0, source=f"ids-{anybody.format}")
    bad = {"start_date": "nonsense", "status": "lost", "service_code": "LAMP", "page_size": "5"}
    assert anybody.ids(service_request_id=",".join(ancient), **bad) == ancient
    assert anybody.ids(service_request_id=f"{ancient[0]}, {UNKNOWN},x") == ancient[:1]
    assert not set(ancient) & set(anybody.ids())


def test_05_lists_of_codes_and_states_and_empty_is_absent(here: Here, caller: Caller) -> None:
    lamp = caller.number(service_code="LAMP", **here.place)
    bench = caller.number(service_code="BENCH.2", **here.place)
    assert {lamp, bench} <= set(caller.ids(service_code="LAMP,BENCH.2"))
    assert bench not in caller.ids(service_code="LAMP")
    assert lamp in caller.ids(status="open,closed")
    assert lamp not in caller.ids(status="closed")
    empty = dict.fromkeys(
        ("service_code", "status", "start_date", "end_date", "service_request_id", "bbox"), ""
    )
    assert caller.ids(**empty) == caller.ids()
    assert caller.get("requests", status="lost").status == 400


def test_06_a_jurisdiction_is_needed_and_must_be_known(here: Here, format: str) -> None:
    for path in ("services", "services/LAMP", "requests", f"requests/{UNKNOWN}", "tokens/x"):
        assert Caller(here.system, format, None).get(path).status == 400
        assert Caller(here.system, format, "").get(path).status == 400
        assert Caller(here.system, format, "nowhere.bel.tr").get(path).status == 404
    assert Caller(here.system, format, "AKYURT.bel.tr").get("services").status == 200
    assert Caller(here.system, format, "cubuk").get("services").status == 200


def test_06_what_is_unknown_is_404(here: Here, caller: Caller) -> None:
    token = "01890a5d-ac96-774b-bcce-b302099a8057"
    for path in ("services/NONE", "services/ROADS", "services/UNSORTED", f"requests/{UNKNOWN}"):
        assert caller.get(path).status == 404
    for path in (f"tokens/{token}", "tokens/x", "requests/x"):
        assert caller.get(path).status == 404
    assert caller.post("requests", service_code="NONE", **here.place).status == 404
    stranger = Caller(here.system, caller.format, "cubuk")
    number = caller.number(service_code="LAMP", **here.place)
    assert stranger.get(f"requests/{number}").status == 404


def test_08_every_error_is_an_array_in_the_format_asked_for(here: Here, format: str) -> None:
    http, query = here.system.http, {"jurisdiction_id": "akyurt.bel.tr"}
    for method, path, status in (
        ("GET", f"no/such.{format}", 404),
        ("GET", f"%00.{format}", 404),
        ("DELETE", f"services.{format}", 405),
        ("POST", f"services.{format}", 405),
        ("PUT", f"requests.{format}", 405),
        ("GET", f"requests.{format}?bbox=1", 400),
        ("POST", f"requests.{format}", 403),
        ("POST", f"servicerequestupdates.{format}", 403),
    ):
        said = http.request(method, f"{BASE}/{path}", params=None if "?" in path else query)
        told = heard(said, format)
        assert told.status in (status, 400), path
        assert [set(one) for one in told.value] == [{"code", "description"}] * len(told.value)
    browser = {"Accept": "text/html", "Cookie": "sokak_session=x"}
    said = http.get(f"{BASE}/services.{format}", headers=browser)
    assert heard(said, format).status == 400


def test_08_a_path_of_no_format_is_answered_in_xml(here: Here) -> None:
    for path in ("", "/", "/services", "/services.html", "/requests.txt"):
        said = here.system.http.get(f"{BASE}{path}")
        assert heard(said, "xml").status == 404


def test_08_sentences_are_in_the_language_asked_for(here: Here, format: str) -> None:
    said = {
        accept: heard(
            here.system.http.get(f"{BASE}/services.{format}", headers={"Accept-Language": accept}),
            format,
        ).faults()
        for accept in ("tr", "en-GB,en;q=0.9,tr;q=0.5", "de")
    }
    assert said == {
        "tr": ["jurisdiction_id gerekli."],
        "en-GB,en;q=0.9,tr;q=0.5": ["jurisdiction_id is required."],
        "de": ["jurisdiction_id gerekli."],
    }


def test_09_a_span_of_90_days_passes_and_a_longer_one_does_not(anybody: Caller) -> None:
    start = NOW - timedelta(days=90)
    assert anybody.get("requests", start_date=_w3(start), end_date=_w3(NOW)).status == 200
    longer = anybody.get(
        "requests", start_date=_w3(start), end_date=_w3(NOW + timedelta(seconds=1))
    )
    assert longer.status == 400
    assert anybody.get("requests", start_date=_w3(NOW), end_date=_w3(start)).status == 400


def test_09_the_window_without_dates_and_with_one(here: Here, anybody: Caller) -> None:
    young, old = _old(here, 89.0, 95.0, source=f"window-{anybody.format}")
    assert young in anybody.ids()
    assert old not in anybody.ids()
    assert {young, old} <= set(anybody.ids(end_date=_w3(NOW - timedelta(days=80))))
    begin = NOW - timedelta(days=96)
    assert {young, old} <= set(anybody.ids(start_date=_w3(begin)))


def test_09_of_1001_requests_1000_are_told_and_pages_tell_all(system: System) -> None:
    document = town("bala", 33.50)
    system.admit(document)
    numbers = 1001
    rows = [
        {
            "source_number": str(index),
            "opened_at": (NOW - timedelta(minutes=index // 10)).isoformat(),
            "text": "Eski başvuru",
            "point": {"lat": 39.91, "lon": 33.525},
        }
        for index in range(numbers)
    ]
    for first in range(0, numbers, 500):
        body = {"source": "many", "rows": rows[first : first + 500]}
        system.call("POST", "/api/requests/import", system.staff("bala", "admin"), json=body)
    anybody = Caller(system, "json", "bala")
    whole = anybody.ids()
    assert len(whole) == len(set(whole)) == 1000
    pages = [anybody.ids(page=page, page_size=300) for page in (0, 1, 2, 3, 4)]
    assert pages[0] == pages[1]
    paged = [one for page in pages[1:] for one in page]
    assert paged[:1000] == whole
    assert Caller(system, "xml", "bala").ids() == whole
    assert len(set(paged)) == numbers + 1  # and the one by which it was waited for
    assert anybody.get("requests", page_size=1001).status == 400
    assert anybody.get("requests", page=101, page_size=100).status == 400
    file = system.http.get(f"{BASE}/requests.csv", params={"jurisdiction_id": "bala"})
    assert [row["service_request_id"] for row in csv.DictReader(io.StringIO(file.text))] == paged


def test_14_states_of_the_town_s_work_are_open_or_closed(here: Here, caller: Caller) -> None:
    number = caller.number(service_code="LAMP", **here.place)
    id = _work(here, number, "in_progress", "open")
    _work(here, number, "resolved", "closed", message="Yapıldı")
    closed = caller.one(number)
    assert closed["status_notes"] == "Çözüldü."
    said = {"message": "Bir söz daha", "public": True}
    operator = here.system.staff("akyurt")
    here.system.call("POST", f"/api/tasks/{id}/comments", operator, json=said)
    probe = caller.number(service_code="LAMP", **here.place)
    _work(here, probe, "in_progress", "open")  # by now the remark has been heard as well
    assert caller.one(number) == closed


STEPS: tuple[tuple[str, str, Json], ...] = (
    ("in_progress", "open", {}),
    ("scheduled", "open", {"message": "Salı günü"}),
    ("on_hold", "open", {"reason": "weather"}),
    ("awaiting_citizen", "open", {"message": "Nerede?"}),
    ("with_external", "open", {"message": "İletildi"}),
    ("resolved", "closed", {"message": "Yapıldı"}),
    ("reopened", "open", {"reason": "not_solved"}),
    ("rejected", "closed", {"reason": "no_further_action", "message": "Olmaz"}),
    ("reopened", "open", {"reason": "mistake"}),
    ("cancelled", "closed", {"reason": "test"}),
    ("reopened", "open", {"reason": "mistake"}),
    ("duplicate", "closed", {}),
)
"""Where a person can bring a task; handovers are told of in the tests of the rules."""


def test_14_every_status_is_told_and_a_closed_one_with_its_closing(
    here: Here, caller: Caller
) -> None:
    anybody = here.anybody(caller.format)
    number, original = (caller.number(service_code="LAMP", **here.place) for _ in range(2))
    assert anybody.one(number)["status"] == "open"
    _work(here, original, "in_progress", "open")
    for status, expected, told in STEPS:
        more = {"duplicate_of": original} if status == "duplicate" else {}
        _work(here, number, status, expected, **told, **more)
        _is_told(here, anybody, number, expected)


def test_14_one_that_was_withdrawn_is_told_as_closed(here: Here, anybody: Caller) -> None:
    point = {"lat": here.place["lat"], "lon": here.place["long"]}
    sent = here.system.submit({"text": "Lamba yanmıyor", "category": "LAMP", "point": point})
    number, path = sent["tracking_number"], f"/api/requests/{sent['tracking_number']}"
    here.system.task("akyurt", sent["id"])
    here.system.call("POST", f"{path}/withdraw", {"Sokak-Secret": sent["secret"]}, json={})
    assert anybody.one(number)["status"] == "closed"
    until(lambda: here.system.call("GET", path)["closed_at"], "the municipality to close it")
    _is_told(here, anybody, number, "closed")


def _is_told(here: Here, anybody: Caller, number: str, status: str) -> None:
    """By number, in the list of its state alone, in the file; when closed, since its closing."""
    one = anybody.one(number)
    assert one["status"] == status
    assert one in anybody.get("requests", status=status, service_code="LAMP").value
    other = "closed" if status == "open" else "open"
    assert number not in anybody.ids(status=other)
    query = {"jurisdiction_id": "akyurt.bel.tr", "service_request_id": number}
    file = here.system.http.get(f"{BASE}/requests.csv", params=query).text
    (row,) = csv.DictReader(io.StringIO(file))
    closed = here.system.call("GET", f"/api/requests/{number}")["closed_at"]
    if status == "closed":
        assert one["updated_datetime"] == row["closed_date"] == f"{closed[:19]}Z"
    else:
        assert (row["closed_date"], closed) == ("", None)


def _work(here: Here, number: str, status: str, expected: str, **told: Any) -> str:
    """An operator moves the task of a request; its id, once Open311 tells of it."""
    operator = here.system.staff("akyurt")

    def there() -> str | None:
        tasks = here.system.call("GET", "/api/tasks", operator, params={"text": number})
        return next((one["id"] for one in tasks["tasks"]), None)

    id = until(there, f"the task of {number}")
    here.system.task("akyurt", id)
    headers = {"If-Match": "*"}
    body = {"status": status, **told}
    path = f"/api/tasks/{id}/status"
    here.system.call("POST", path, operator, json=body, headers=headers)

    def heard_of() -> bool:
        one = here.anybody("json").get(f"requests/{number}", extensions="true").value[0]
        return bool(one["extended_attributes"]["task_status"] == status)

    until(heard_of, f"{status} of {number}")
    assert here.anybody("json").one(number)["status"] == expected
    return id


def test_15_every_time_has_seconds_and_a_zone(here: Here, caller: Caller) -> None:
    number = caller.number(service_code="LAMP", **here.place)
    one = caller.get(f"requests/{number}", extensions="true").value[0]
    times = [one["requested_datetime"], one["updated_datetime"]]
    times += [caller.get("discovery").value["changeset"]]
    assert [time for time in times if not MOMENT.fullmatch(time)] == []


def test_15_offsets_are_taken_and_a_blank_is_a_plus(anybody: Caller) -> None:
    for date in ("2026-01-01T00:00:00+03:00", "2026-01-01T00:00:00 03:00", "2026-01-01T00:00:00Z"):
        assert anybody.get("requests", start_date=date).status == 200
    for date in ("2026-01-01T00:00:00", "2026-01-01", "1735689600", "2026-13-01T00:00:00Z"):
        assert anybody.get("requests", start_date=date).status == 400


def test_16_discovery_names_what_answers(anybody: Caller) -> None:
    said = anybody.get("discovery", "discovery").value
    assert datetime.fromisoformat(said["changeset"]) <= datetime.now(UTC)
    for endpoint in said["endpoints"]:
        assert endpoint["formats"] == ["text/xml", "application/json"]
        for format in FORMATS:
            query = {"jurisdiction_id": "akyurt.bel.tr"}
            answer = httpx.get(f"{endpoint['url']}/services.{format}", params=query)
            assert answer.status_code == 200


def test_16_the_changeset_moves_when_a_category_changes(system: System) -> None:
    document = town("evren", 33.55)
    system.admit(document)
    caller, other = (Caller(system, format, "evren") for format in FORMATS)
    before = caller.get("discovery").value["changeset"]
    renamed = document["categories"][:1] + [
        one | {"names": names("Yeni")} for one in document["categories"][1:]
    ]

    def moved() -> bool:  # the time is told to the second
        changed = document | {"categories": renamed, "attribution": f"{datetime.now(UTC)}"}
        system.call("PUT", "/api/tenants/evren", system.platform, json=changed)
        return bool(caller.get("discovery").value["changeset"] > before)

    until(moved, "another changeset")
    assert other.get("discovery").value["changeset"] > before
    for each in (caller, other):
        assert "Yeni" in {one["service_name"] for one in each.get("services").value}


PERSONAL = {
    "email": "gizli@ornek.org",
    "first_name": "Gizliad",
    "last_name": "Gizlisoyad",
    "phone": "0312 555 77 31",
    "device_id": "gizli-aygit",
    "account_id": "gizli-hesap",
    "description": "Gizli bir söz",
    "address_string": "Gizli Sokak 7",
    "media_url": "https://gizli.example.org/a.jpg",
    "attribute[pole]": "gizli-direk",
}


def test_17_nothing_personal_is_told(here: Here, caller: Caller) -> None:
    place = {"lat": "39.9123456", "long": "33.4254321"}
    told = PERSONAL | {"attribute[size]": "plate"}
    number = caller.number(service_code="POTHOLE", **place, **told)
    point = [caller.one(number)[name] for name in ("lat", "long")]
    assert point == ["39.912", "33.425"]
    http, query = here.system.http, {"jurisdiction_id": "akyurt.bel.tr", "extensions": "true"}
    public = [f"requests.{caller.format}", f"requests/{number}.{caller.format}", "requests.csv"]
    public += [f"servicerequestupdates.{caller.format}", f"services.{caller.format}"]
    for path in public:
        said = http.get(f"{BASE}/{path}", params=query)
        assert said.status_code == 200
        text = said.text.lower()
        for word in ("gizli", "555", "7731", "39.9123", "33.4254", "eski başvuru"):
            assert word not in text, (path, word)
    assert number in http.get(f"{BASE}/requests.csv", params=query).text


def test_17_what_is_hidden_is_in_no_list_and_not_found(here: Here, caller: Caller) -> None:
    number = caller.number(service_code="LAMP", **here.place)
    id = _work(here, number, "in_progress", "open")
    body = {"public": False, "reason": "sensitive"}
    operator = here.system.staff("akyurt", "supervisor")
    path, headers = f"/api/tasks/{id}/visibility", {"If-Match": "*"}
    here.system.call("POST", path, operator, json=body, headers=headers)
    anybody = here.anybody(caller.format)
    until(lambda: anybody.get(f"requests/{number}").status == 404, "it to be hidden")
    assert number not in anybody.ids()
    assert anybody.ids(service_request_id=number) == []
    query = {"jurisdiction_id": "akyurt.bel.tr"}
    assert number not in here.system.http.get(f"{BASE}/requests.csv", params=query).text
    other = here.caller(caller.format, here.reading_key)
    assert other.get(f"requests/{number}").status == 404
    assert caller.one(number)["status"] == "open"  # to him who sent it for a citizen


def test_18_extensions_change_nothing_unless_asked_for(here: Here, caller: Caller) -> None:
    number = caller.number(service_code="LAMP", **here.place)
    until(lambda: caller.one(number)["expected_datetime"], "its department")
    plain = caller.one(number)
    said = caller.get(f"requests/{number}", "service_requests", extensions="true").value
    assert [plain.items() <= one.items() for one in said] == [True]
    assert said[0]["attributes"] == []
    assert said[0].keys() - plain.keys() == {"attributes", "extended_attributes", "notes"}
    assert caller.get(f"requests/{number}", extensions="false").value == [plain]
    unknown = caller.get("requests", service_request_id=number, colour="red").value
    assert unknown == [plain]


def test_18_places_and_times_of_change_narrow_a_list(here: Here, caller: Caller) -> None:
    west, east = ({"lat": 39.915, "long": 33.405}, {"lat": 39.915, "long": 33.445})
    one, other = (caller.number(service_code="LAMP", **place) for place in (west, east))
    circle = {"lat": 39.915, "long": 33.405, "radius": 500}
    assert set(caller.ids(**circle)) & {one, other} == {one}
    assert set(caller.ids(bbox="33.44,39.90,33.45,39.95")) & {one, other} == {other}
    assert set(caller.ids(bbox="-180,-90,180,90")) & {one, other} == {one, other}
    for wrong in ({"radius": 5}, {"bbox": "1,2,3"}, {"bbox": "33.45,39.9,33.44,39.95"}):
        assert caller.get("requests", **wrong).status == 400
    before, after = (_w3(datetime.now(UTC) + timedelta(seconds=away)) for away in (-3600, 3600))
    assert {one, other} <= set(caller.ids(updated_after=before))
    assert not {one, other} & set(caller.ids(updated_after=after))
    assert not {one, other} & set(caller.ids(updated_before=before))


def test_18_a_file_has_the_columns_of_the_bulk_proposal(here: Here) -> None:
    caller = here.caller("json")
    number = caller.number(service_code="LAMP", **here.place)
    query = {"jurisdiction_id": "akyurt.bel.tr", "service_code": "LAMP"}
    said = here.system.http.get(f"{BASE}/requests.csv", params=query)
    assert said.headers["content-type"] == "text/csv; charset=utf-8"
    assert said.text.splitlines()[0] == (
        "service_request_id,requested_datetime,updated_datetime,closed_date,status_description,"
        "status_notes,source,service_name,service_subtype,description,agency_responsible,address,"
        "lat,long"
    )
    (row,) = [one for one in csv.DictReader(io.StringIO(said.text)) if number in one.values()]
    assert (row["source"], row["service_name"], row["description"]) == ("open311", SHOWN, "")
    bad = here.system.http.get(f"{BASE}/requests.csv", params=query | {"bbox": "x"})
    assert heard(bad, "xml").status == 400


def test_the_reading_of_xml_can_tell_a_difference() -> None:
    """What compares the two formats is no tautology."""
    one = Xml.fromstring("<services><service><a>1</a></service></services>")
    assert spark(one) == in_words([{"a": 1}]) != in_words({"a": 1})
    assert set(ARRAYS) >= {"services", "attributes", "values"}
