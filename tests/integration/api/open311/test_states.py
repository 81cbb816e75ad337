"""A municipality that takes no requests is still read, as long as its data is there."""

from __future__ import annotations

import csv
import io

from tests.integration.api.open311.conftest import add_key
from tests.integration.api.open311.speaking import BASE, FORMATS, Caller, heard
from tests.integration.api.system import System, point_in, town, until

SUSPENDED = {
    "tr": "Bu yerin belediyesi şu anda başvuru almıyor.",
    "en": "The municipality of this place takes no requests at the moment.",
}
LEFT = {
    "tr": "Bu yerin belediyesi burada artık başvuru almıyor.",
    "en": "The municipality of this place takes no requests here any more.",
}


def test_one_that_is_suspended_or_has_left_is_read_and_takes_none(system: System) -> None:
    document = town("nallihan", 33.90)
    system.admit(document)
    caller = Caller(system, "json", "nallihan", add_key(system, "nallihan", "app"))
    point = point_in(document)
    sent = {"service_code": "POTHOLE", "lat": point["lat"], "long": point["lon"]}
    number = caller.number(**sent)
    token = caller.post("requests", **sent).value[0]["service_request_id"]
    until(lambda: caller.one(number)["expected_datetime"], "its department")
    reads = ("discovery", "services", "services/POTHOLE", "requests", f"requests/{number}")
    reads += ("servicerequestupdates",)

    def becomes(state: str) -> None:
        told = {"state": state}
        system.call("PUT", "/api/tenants/nallihan/state", system.platform, json=told)
        until(lambda: caller.post("requests", **sent).status == 400, f"it to be {state}")

    def is_read() -> None:
        for format in FORMATS:
            anybody = Caller(system, format, "nallihan")
            assert {path: anybody.get(path).status for path in reads} == dict.fromkeys(reads, 200)
            assert {number, token} <= set(anybody.ids())
        query = {"jurisdiction_id": "nallihan"}
        file = csv.DictReader(
            io.StringIO(system.http.get(f"{BASE}/requests.csv", params=query).text)
        )
        assert number in {row["service_request_id"] for row in file}

    def says() -> dict[str, list[str]]:
        told: dict[str, list[str]] = {}
        body = {"jurisdiction_id": "nallihan", "api_key": caller.key, **sent}
        for format in FORMATS:
            path = f"{BASE}/requests.{format}"
            for language in ("tr", "en"):
                asked = {"Accept-Language": language}
                answer = heard(system.http.post(path, data=body, headers=asked), format)
                assert answer.status == 400
                told.setdefault(language, []).extend(answer.faults())
        return told

    def adds_to_it() -> int:
        told = {"service_request_id": number, "update_id": "1", "status": "OPEN"}
        told |= {"updated_datetime": "2026-11-01T00:00:00Z", "description": "Bir söz daha"}
        return caller.post("servicerequestupdates", **told).status

    becomes("suspended")
    is_read()
    assert says() == {language: [words] * 2 for language, words in SUSPENDED.items()}
    assert adds_to_it() == 200
    system.call("PUT", "/api/tenants/nallihan/state", system.platform, json={"state": "left"})
    until(lambda: says()["tr"] == [LEFT["tr"]] * 2, "it to have left")
    is_read()
    assert says() == {language: [words] * 2 for language, words in LEFT.items()}
    until(lambda: adds_to_it() == 403, "its integrators to be shut out")
    system.call("DELETE", "/api/tenants/nallihan", system.platform)
    anybody = Caller(system, "json", "nallihan")
    until(lambda: anybody.get("requests").status == 404, "it to be removed")
    assert anybody.get(f"requests/{number}").status == 404
