"""No caller sees or changes another tenant's data: every route, every role, both ways."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial

import pytest
from fastapi import FastAPI

from libs.runtime.settings import Settings
from libs.web.access import Rule, RuleMissing, routes_of, rule_of
from services.cli.serve import SERVICES, build

from .callers import AWAY, EVERYBODY, HOME, Who, refusal, strangers
from .calls import CALLS, Call, Route
from .system import Json, System, point_in, town, until

NOWHERE = Settings(kafka="127.0.0.1:9", mongo="mongodb://127.0.0.1:9/?directConnection=true")
APPS: dict[str, FastAPI] = {name: build(name, NOWHERE) for name in SERVICES}
LETTERS = {"intake": "tasks", "routing": "requests", "crm": "requests", "reporting": "requests"}
POISONED = 8
OVERDUE_DAYS = (20, 6)
"""Ages of old requests whose category promises five days of working time, day and night."""

NEWER = re.compile(r'"(as_of|lag_seconds)":[^,}]*')


def _rules() -> Iterator[tuple[Route, Rule | None]]:
    for name, app in APPS.items():
        for route in routes_of(app):
            for method in sorted(route.methods or ()):
                try:
                    rule = rule_of(route)
                except RuleMissing:
                    rule = None  # told by the first test
                yield (name, method, route.path_format or ""), rule


RULES = dict(_rules())
ROUTES = sorted(RULES)


@dataclass
class Town:
    """A tenant with its own data, each piece of it marked with words of its own."""

    system: System
    slug: str
    document: Json
    mark: str
    fresh: bool = False
    requests: list[Json] = field(default_factory=list)
    letters: dict[str, list[str]] = field(default_factory=dict)
    before: str = ""
    hook: str = ""

    @property
    def own_category(self) -> str:
        return f"ONLY_{self.slug.upper()}"

    @property
    def point(self) -> Json:
        return point_in(self.document)

    @property
    def request(self) -> Json:
        """The planted one, or where calls are to change things a new one."""
        return self._a_request() if self.fresh else self.requests[0]

    @cached_property
    def another(self) -> Json:
        """One that is not looked at again: anybody may add a voice to it."""
        return self._a_request()

    def letter(self, service: str) -> str:
        places = self.letters[service]
        return places.pop() if self.fresh and len(places) > 1 else places[0]

    def _a_request(self) -> Json:
        body = {"text": f"Çukur, {self.mark}-text", "point": self.point}
        found = self.system.submit(body)
        self.system.task(self.slug, found["id"])
        return found

    def plant(self, count: int) -> None:
        """Requests with words, an answer and a note; a number of them that is this town's own."""
        for _ in range(count):
            body = {
                "text": f"Yolda çukur var, {self.mark}-text",
                "point": self.point,
                "category": self.own_category,
                "address": f"{self.mark}-address",
                "contact": {"name": f"{self.mark}-name", "email": f"{self.mark}@example.org"},
            }
            found = self.system.submit(body)
            self.system.task(self.slug, found["id"])
            self.requests.append(found)
        self._plant_overdue()
        self.hook = until(self._a_webhook, f"a webhook of {self.slug}")
        path = f"/api/tasks/{self.requests[0]['id']}/comments"
        for public in (True, False):
            note = {"message": f"{self.mark}-message", "public": public}
            self.system.call("POST", path, self.system.staff(self.slug), json=note)

    def _a_webhook(self) -> str | None:
        """To a name that nobody has; there is none before the tenant's topic is."""
        body = {"url": f"https://{self.mark}.invalid/hook", "note": f"{self.mark}-note"}
        admin = self.system.staff(self.slug, "admin")
        answer = self.system.http.post("/api/webhooks", json=body, headers=admin)
        return answer.json()["id"] if answer.status_code == 201 else None

    def _plant_overdue(self) -> None:
        """Old requests still open, which were due some days ago and yesterday."""
        now = datetime.now(UTC)
        rows = [
            {
                "source_number": f"overdue {days}",
                "opened_at": (now - timedelta(days=days)).isoformat(),
                "text": f"Eski çukur, {self.mark}-text",
                "point": self.point,
                "category": self.own_category,
            }
            for days in OVERDUE_DAYS
        ]
        body, admin = {"source": "old", "rows": rows}, self.system.staff(self.slug, "admin")
        taken = self.system.call("POST", "/api/requests/import", admin, json=body)
        assert [row["outcome"] for row in taken["rows"]] == ["accepted"] * len(rows)

    def letters_from(self, service: str) -> None:
        """The places of this town's records that a service has put aside."""
        path = f"/ops/{service}/dead"

        def parked() -> list[str]:
            rows = self.system.call("GET", path, self.system.platform, params={"limit": 500})
            found = [row["id"] for row in rows if self.mark in row["value"]["text"]]
            return found if len(found) >= POISONED else []

        self.letters[service] = until(parked, f"dead letters of {service}")

    def seen(self) -> str:
        """All that this town has, as those see it who may; what only grows older is left out."""
        system, reader = self.system, self.system.staff(self.slug, "auditor")
        of = f"/api/tenants/{self.slug}"
        parts = [system.call("GET", f"{of}{path}", reader) for path in ("/document", "/versions")]
        hook = system.call("GET", f"/api/webhooks/{self.hook}", reader)
        parts.append([hook[name] for name in ("url", "note", "state", "rotated_at")])
        for request in self.requests:
            parts.append(system.call("GET", f"/api/tasks/{request['id']}", reader))
            secret = {"Sokak-Secret": request["secret"]}
            own = f"/api/requests/{request['tracking_number']}"
            parts.append(system.call("GET", own, headers=secret))
        for service, places in self.letters.items():
            parts.append(system.call("GET", f"/ops/{service}/dead/{places[0]}", system.platform))
        return NEWER.sub("", str(parts))


@pytest.fixture(scope="module")
def towns(system: System) -> dict[str, Town]:
    """Two neighbours: one with three requests, one with two."""
    found = {}
    for slug, west in ((HOME, 32.80), (AWAY, 32.85)):
        found[slug] = Town(system, slug, town(slug, west), f"{slug}-gizli")
    system.admit(*(each.document for each in found.values()))
    for each, count in zip(found.values(), (3, 2), strict=True):
        each.plant(count)
        for topic in sorted(set(LETTERS.values())):
            letters = {str(uuid.uuid4()): f"{each.mark} {n}".encode() for n in range(POISONED)}
            system.poison(topic, letters)
    for each in found.values():
        for service in LETTERS:
            each.letters_from(service)
    return found


@pytest.fixture(scope="module")
def settled(towns: dict[str, Town]) -> dict[str, Town]:
    """The towns once all that was planted has gone round the bus."""
    for each in towns.values():
        until(partial(_answered, each), f"the answer to a citizen of {each.slug}")
        each.before = each.seen()
        for what in ("text", "address", "message", "note"):
            assert f"{each.mark}-{what}" in each.before
    return towns


def _answered(each: Town) -> bool:
    """Whether its citizens have heard all that there is to hear: the last thing for each."""
    views = [
        each.system.call(
            "GET",
            f"/api/requests/{request['tracking_number']}",
            headers={"Sokak-Secret": request["secret"]},
        )
        for request in each.requests
    ]
    heard = f"{each.mark}-message" in str(views[0])
    return heard and all(view["status"] == "assigned" for view in views)


def test_every_route_says_who_may_call_it() -> None:
    for app in APPS.values():
        for route in routes_of(app):
            rule_of(route)


def test_every_route_is_called_here() -> None:
    assert set(CALLS) == set(RULES)


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.name)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_lets_in_whom_its_rule_names(
    towns: dict[str, Town], route: Route, who: Who
) -> None:
    home = towns[HOME]
    method = route[1]
    wanted = refusal(RULES[route], method, who, HOME)
    changing = wanted is None and method != "GET"
    things = Town(
        home.system, HOME, home.document, home.mark, changing, home.requests, home.letters
    )
    call = CALLS[route](things)
    status, body = _send(home.system, method, call, who)
    assert status in ((wanted,) if wanted else call.good), body
    if wanted == 401:
        assert body.startswith('{"type": "/problems/token-')


@pytest.mark.parametrize("victim", [HOME, AWAY])
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_stranger_sees_and_changes_nothing(
    settled: dict[str, Town], route: Route, victim: str
) -> None:
    """Asked outright, asked without saying which tenant, and asked as one's own."""
    its, system = settled[victim], settled[victim].system
    other = settled[AWAY if victim == HOME else HOME]
    call = CALLS[route](its)
    headers = call.headers | {"Sokak-Secret": other.requests[0]["secret"]}
    silent = {name: value for name, value in call.query.items() if name != "tenant"}
    own = call.query | ({"tenant": other.slug} if "tenant" in call.query else {})
    for who in strangers(victim):
        for query in {str(q): q for q in (call.query, silent, own)}.values():
            sent = Call(call.path, query, call.json, call.files, headers)
            status, body = _send(system, route[1], sent, who)
            assert status < 500 or status in call.good
            assert its.mark not in body, f"{who.name} sees {body}"
    assert its.seen() == its.before


@pytest.mark.parametrize("path", ["/summary", "/breakdown", "/series"])
def test_a_report_counts_its_own_tenants_requests_alone(
    settled: dict[str, Town], path: str
) -> None:
    """Each town's own category: what was planted there, and no row of the other's."""
    for its, other in ((settled[HOME], settled[AWAY]), (settled[AWAY], settled[HOME])):
        until(partial(_all_counted, its, path), f"all of {its.slug} in {path}")
        assert _figures(its, path, other.own_category) == (0, 0, 0)


def _all_counted(its: Town, path: str) -> bool:
    every, overdue = len(its.requests) + len(OVERDUE_DAYS), len(OVERDUE_DAYS)
    present = (0, 0) if path == "/series" else (every, overdue)
    return _figures(its, path, its.own_category) == (every, *present)


def _figures(its: Town, path: str, category: str) -> tuple[int, int, int]:
    """How many of a category a town's operator is told of: opened, open now, overdue."""
    who, query = its.system.staff(its.slug), {"category": category, "by": "category"}
    if path != "/breakdown":
        del query["by"]
    report = its.system.call("GET", f"/api/reports{path}", who, params=query)
    rows = {"/summary": [report], "/series": report.get("days"), "/breakdown": report.get("rows")}
    figures = [row["figures"] for row in rows[path]]
    opened, still, overdue = (
        sum(row.get(name) or 0 for row in figures) for name in ("opened", "open_now", "overdue")
    )
    return opened, still, overdue


def test_two_tenants_old_numbers_do_not_meet(towns: dict[str, Town]) -> None:
    """Both call their old system alike; neither hinders nor sees the other's import."""
    system = towns[HOME].system
    for slug in (HOME, AWAY):
        row = {"source_number": "77", "opened_at": "2026-01-02T03:04:05Z", "text": "Eski"}
        body = {"source": "old", "rows": [row | {"point": towns[slug].point}]}
        other = AWAY if slug == HOME else HOME
        path = "/api/requests/import"
        stranger = system.call("POST", path, system.staff(other, "admin"), json=body)
        assert stranger["rows"][0]["reason"] == "tenant-not-yours"
        own = system.call("POST", path, system.staff(slug, "admin"), json=body)
        assert (own["rows"][0]["outcome"], own["rows"][0]["tenant"]) == ("accepted", slug)
        again = system.call("POST", path, system.staff(slug, "admin"), json=body)
        assert (again["rows"][0]["outcome"], again["rows"][0]["tenant"]) == ("already", slug)


def _send(system: System, method: str, call: Call, who: Who) -> tuple[int, str]:
    with system.http.stream(
        method,
        call.path,
        params=call.query,
        json=call.json,
        files=call.files,
        headers=who.headers(system.signer) | call.headers,
    ) as answer:
        if "event-stream" in answer.headers.get("content-type", ""):
            return answer.status_code, next(answer.iter_text(), "")
        answer.read()
        return answer.status_code, answer.text
