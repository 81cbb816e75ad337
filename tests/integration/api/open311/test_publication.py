"""The rules of publication bind what citizens and Open311 read, but not him whose request it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.api.open311.conftest import add_key
from tests.integration.api.open311.speaking import BASE, Caller
from tests.integration.api.system import Json, System, point_in, town, until


@dataclass(frozen=True)
class Told:
    """A municipality with a rule, and requests of it that an app and a citizen have sent."""

    system: System
    slug: str
    by_app: str
    by_citizen: Json
    key: str

    @property
    def anybody(self) -> Caller:
        return Caller(self.system, "json", self.slug)

    @property
    def sender(self) -> Caller:
        return Caller(self.system, "json", self.slug, self.key)

    @property
    def numbers(self) -> set[str]:
        return {self.by_app, self.by_citizen["tracking_number"]}

    def features(self) -> dict[str, Json]:
        """What the list's feed tells."""
        feed = self.system.http.get("/requests/feed.geojson", params={"tenant": self.slug})
        return {one["id"]: one for one in feed.json()["features"]}

    def page(self, path: str) -> str:
        """A page as somebody reads it whom nobody knows."""
        answer = self.system.http.get(path, params={"tenant": self.slug})
        assert answer.status_code == 200, path
        return answer.text

    def lists(self) -> dict[str, set[str]]:
        """Which of the requests outsiders find, by where."""
        at = _own(self)["point"]
        query = {"jurisdiction_id": self.slug}
        alike = {"point": at, "text": "Yolda derin bir çukur var", "category": "POTHOLE"}
        around = f"/near?lat={at['lat']}&lon={at['lon']}"
        texts = {
            "page": self.page("/requests"),
            "rss": self.page("/requests/feed.rss"),
            "home": self.page("/"),
            "near": self.system.http.get(around).text,
            "alike": self.system.http.post("/api/requests/near", json=alike).text,
            "geojson": " ".join(self.features()),
            "open311": " ".join(self.anybody.ids()),
            "by number": " ".join(self.anybody.ids(service_request_id=",".join(self.numbers))),
            "since": " ".join(self.anybody.ids(updated_after="2026-01-01T00:00:00Z")),
            "csv": self.system.http.get(f"{BASE}/requests.csv", params=query).text,
            "updates": self.anybody.get("servicerequestupdates").response.text,
        }
        return {
            where: {number for number in self.numbers if number in text}
            for where, text in texts.items()
        }


def _told(system: System, slug: str, west: float, **publication: Any) -> Told:
    document = town(slug, west, publication=publication)
    system.admit(document)
    key = add_key(system, slug, "app")
    sender, point = Caller(system, "json", slug, key), point_in(document)
    place = {"lat": point["lat"], "long": point["lon"]}
    number = sender.number(service_code="POTHOLE", description="Yolda derin bir çukur var", **place)
    body = {"text": "Yolda derin bir çukur var", "category": "POTHOLE", "point": point}
    told = Told(system, slug, number, system.submit(body), key)
    until(lambda: sender.one(number)["expected_datetime"], "its promised day")
    until(lambda: _own(told)["due_at"], "that of the citizen's")
    return told


def _own(told: Told) -> Json:
    """What the citizen reads of his own."""
    secret = {"Sokak-Secret": told.by_citizen["secret"]}
    found: Json = told.system.call(
        "GET", f"/api/requests/{told.by_citizen['tracking_number']}", secret
    )
    return found


def _stays_the_senders(told: Told) -> None:
    assert told.by_app in told.sender.ids()
    assert told.sender.one(told.by_app)["expected_datetime"]
    updates = told.sender.get("servicerequestupdates").value
    assert told.by_app in {one["service_request_id"] for one in updates}
    own = _own(told)
    assert own["due_at"]
    assert own["text"]


def test_without_rules_all_of_it_is_told(system: System) -> None:
    told = _told(system, "ayas", 33.65)
    without = {where: found for where, found in told.lists().items() if found != told.numbers}
    assert without == {}


def test_who_publishes_nothing_is_in_no_list(system: System) -> None:
    told = _told(system, "camlidere", 33.70, published=False)
    assert {where: found for where, found in told.lists().items() if found} == {}
    assert told.anybody.get(f"requests/{told.by_app}").status == 404
    assert told.anybody.get("services").status == 200
    other = Caller(system, "json", told.slug, add_key(system, told.slug, "other"))
    assert (other.ids(), other.get(f"requests/{told.by_app}").status) == ([], 404)
    _stays_the_senders(told)


def test_withheld_categories_are_in_no_list(system: System) -> None:
    told = _told(system, "haymana", 33.75, withheld=["ROADS"])
    point = point_in(town(told.slug, 33.75))
    body = {"text": "Başka bir iş", "category": "ONLY_HAYMANA", "point": point}
    other = system.submit(body)["tracking_number"]
    assert {where: found for where, found in told.lists().items() if found} == {}
    assert told.anybody.get(f"requests/{told.by_app}").status == 404
    assert other in told.anybody.ids()
    assert other in told.features()
    assert other in told.page("/requests")
    _stays_the_senders(told)


def test_places_are_told_by_the_rules_grid(system: System) -> None:
    told = _told(system, "kalecik", 33.80, grid_m=5000)
    places = {(one["lat"], one["long"]) for one in told.anybody.get("requests").value} | {
        tuple(map(str, one["geometry"]["coordinates"][::-1])) for one in told.features().values()
    }
    assert len(places) == 1, "all stand in the middle of one square"
    point = _own(told)["point"]
    ((lat, long),) = places
    own = told.sender.one(told.by_app)
    assert (lat, long) != (own["lat"], own["long"])
    assert float(own["lat"]) == pytest.approx(point["lat"], abs=0.001)
    middle = {"lat": lat, "long": long, "radius": 50}
    assert set(told.anybody.ids(**middle)) >= told.numbers
    box = f"{float(long) - 0.001},{float(lat) - 0.001},{float(long) + 0.001},{float(lat) + 0.001}"
    assert set(told.anybody.ids(bbox=box)) >= told.numbers
    near = {"lat": own["lat"], "long": own["long"], "radius": 50}
    assert told.numbers & set(told.anybody.ids(**near)) == set()
    assert told.sender.ids(**near) == [told.by_app]
    _stays_the_senders(told)


def test_department_and_promised_day_are_told_by_the_rules(system: System) -> None:
    told = _told(system, "kizilcahamam", 33.85, department=False, due_at=False)
    for number in told.numbers:
        one = told.anybody.one(number)
        assert (one["agency_responsible"], one["expected_datetime"]) == (None, None)
        assert told.features()[number]["properties"]["due_at"] is None
        known = system.call("GET", f"/api/requests/{number}")
        assert (known["department"], known["due_at"]) == (None, None)
        page = told.page(f"/requests/{number}")
        assert "Fen İşleri" not in page
        assert "Söz verilen gün" not in page
    assert told.sender.one(told.by_app)["agency_responsible"] == "Fen İşleri"
    assert _own(told)["department"]["tr"] == "Fen İşleri"
    _stays_the_senders(told)
