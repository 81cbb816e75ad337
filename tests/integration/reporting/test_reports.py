"""Reports over HTTP from a real database, against counts over the requests themselves."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from libs.events import CLOSED_STATUSES, Channel, Envelope, RequestType, TaskStatus, encode
from libs.runtime.commit import Commit
from libs.runtime.consume import Chain, Rules
from libs.runtime.mongo import Database, connect, ensure_collections
from libs.runtime.record import Record
from libs.runtime.store import Scoped
from libs.tenants import Tenant
from libs.web import access, problems
from services.reporting.api import router
from services.reporting.asked import Period
from services.reporting.consumers import RULES, TOPICS, WHOLE
from services.reporting.cube import cube_for
from services.reporting.overview import overview
from services.reporting.queries import Reader
from services.reporting.report import Report
from services.reporting.store import Generation
from tests.unit.reporting.history import Told

NOW = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Istanbul")
FIRST, LAST = datetime(2026, 10, 20).date(), datetime(2026, 11, 24).date()
PERIOD = f"from={FIRST}&to={LAST}"
SHOWN = Generation(1, as_of=NOW - timedelta(seconds=2), lag_seconds=0.25)


@dataclass(frozen=True)
class Truth:
    """One request as it was; what the reports must come to is counted from these."""

    tenant: str
    channel: Channel
    type: RequestType
    category: str
    neighbourhood: str | None
    department: str
    status: TaskStatus
    opened_at: datetime
    assigned: float
    closed: float | None
    due: float
    voices: int
    rating: int | None
    again: bool

    def told(self) -> Told:
        """What the three services tell of it."""
        told = Told(opened_at=self.opened_at, tenant=self.tenant)
        told.submitted("chosen", self.neighbourhood, self.channel, self.type)
        told.routed(1, to="FIRST", about="guessed").created()
        told.assigned(self.assigned, to=self.department, about=self.category, due=self.due)
        if self.status != "assigned":
            told.moved(self.closed or self.assigned, self.status)
        for voice in range(self.voices):
            told.supported(1, voice + 1)
        if self.rating:
            told.rated(self.closed or 0, self.rating)
        if self.again:
            told.asked_again(self.closed or 0)
        return told

    def at(self, minutes: float) -> datetime:
        """A time of its life."""
        return self.opened_at + timedelta(minutes=minutes)

    @property
    def open(self) -> bool:
        return self.status not in CLOSED_STATUSES

    def open_at_the_end_of(self, day: str) -> bool:
        opened = str(self.opened_at.astimezone(ZONE).date()) <= day
        closed = (
            self.closed is not None and str(self.at(self.closed).astimezone(ZONE).date()) <= day
        )
        return opened and not closed

    def overdue_at_the_end_of(self, day: str) -> bool:
        due = str(self.at(self.due).astimezone(ZONE).date())
        if self.closed is None:
            return self.status != "awaiting_citizen" and due <= day
        closed = str(self.at(self.closed).astimezone(ZONE).date())
        return self.due < self.closed and due <= day < closed

    @property
    def overdue(self) -> bool:
        stopped = self.status == "awaiting_citizen"
        return self.open and not stopped and self.at(self.due) < NOW


def in_period(at: datetime) -> bool:
    return FIRST <= at.astimezone(ZONE).date() <= LAST


def some_truth(number: int) -> Truth:
    chance = random.Random(number)
    status: TaskStatus = chance.choice(
        ("assigned", "in_progress", "awaiting_citizen", "resolved", "resolved", "rejected")
    )
    assigned = chance.choice((0, 5, 90, 2000))
    closed = status in CLOSED_STATUSES
    return Truth(
        tenant=chance.choice(("kecioren", "kecioren", "mamak")),
        channel=chance.choice(get_args(Channel)),
        type=chance.choice(get_args(RequestType)),
        category=chance.choice(("tree", "light", "pothole")),
        neighbourhood=chance.choice((None, "etlik", "ovacik")),
        department=chance.choice(("FEN", "PARK")),
        status=status,
        opened_at=NOW - timedelta(minutes=chance.randrange(60 * 24 * 50)),
        assigned=assigned,
        closed=assigned + chance.randrange(9000) if closed else None,
        due=assigned + chance.randrange(60 * 24 * 60),
        voices=chance.choice((0, 0, 0, 2)),
        rating=chance.choice((None, 2, 4, 5)) if closed else None,
        again=closed and chance.random() < 0.2,
    )


TRUTH = [some_truth(number) for number in range(400)]
KECIOREN = [truth for truth in TRUTH if truth.tenant == "kecioren"]


def expected(truths: list[Truth]) -> dict[str, Any]:
    """The figures of these requests, counted one by one."""
    closed = [t for t in truths if t.closed is not None and in_period(t.at(t.closed))]
    resolved = [t for t in closed if t.status == "resolved"]
    on_time = sum((t.closed or 0) <= t.due for t in resolved)
    return {
        "opened": sum(in_period(t.opened_at) for t in truths),
        "closed": len(closed),
        "resolved": len(resolved),
        "on_time": on_time,
        "late": len(resolved) - on_time,
        "on_time_rate": pytest.approx(on_time / len(resolved), abs=1e-4) if resolved else None,
        "first_assignment": duration([t.assigned for t in truths if in_period(t.at(t.assigned))]),
        "resolution": duration([t.closed or 0 for t in resolved]),
        "open_now": sum(t.open for t in truths),
        "overdue": sum(t.overdue for t in truths),
        "voices": sum(t.voices for t in truths if in_period(t.opened_at)),
        "ratings": len(rated := [t.rating for t in closed if t.rating]),
        "satisfaction": pytest.approx(statistics.mean(rated), abs=0.01) if rated else None,
        "reopen_requests": sum(t.again for t in closed),
    }


def duration(minutes: list[float]) -> dict[str, Any]:
    found = [60 * each for each in minutes]
    tenths = statistics.quantiles(found, n=10, method="inclusive") if len(found) > 1 else found * 9
    return {
        "count": len(found),
        "median_seconds": near(statistics.median(found)) if found else None,
        "p90_seconds": near(tenths[8]) if found else None,
        "few": len(found) < 10,
    }


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.0501)


def records(truths: list[Truth]) -> Iterator[Record]:
    """Each topic whole, one after the other, the tasks before the requests that they are for."""
    stories = [truth.told() for truth in truths]
    for topic in ("tasks", "routing", "requests"):
        offset = 0
        for number, told in enumerate(stories):
            for sequence, event in enumerate(told.topic(topic), start=1):
                envelope = Envelope(
                    id=f"{told.id}:{topic}:{sequence}",
                    source="/sokak/test",
                    type=event.type,
                    subject=told.id,
                    time=NOW,
                    sequence=sequence,
                )
                encoded = encode(event, envelope)
                yield Record(
                    topic,
                    number % 12,
                    offset,
                    NOW,
                    told.id.encode(),
                    encoded.headers,
                    encoded.value,
                )
                offset += 1


async def no_wait(versions: Mapping[str, int]) -> None:
    return None


async def project(database: Database, batch: int) -> None:
    """Let the runtime follow all records, the last batch twice."""
    await ensure_collections(database, {SHOWN.facts.collection, "outbox", "dead", *SHOWN.cells})
    await database[SHOWN.facts.collection].create_indexes(list(SHOWN.facts.indexes))
    for name, indexes in SHOWN.cells.items():
        await database[name].create_indexes(list(indexes))
    rules = Rules(TOPICS, RULES, frozenset(WHOLE), SHOWN.project)
    commit = Commit("reporting", database, lambda: None)
    chain = Chain("reporting", database, SHOWN.facts, rules, commit, lambda slug: None, no_wait)
    waiting = list(records(TRUTH))
    portions = [waiting[at : at + batch] for at in range(0, len(waiting), batch)]
    for portion in [*portions, portions[-1]]:
        await chain(portion)


class Groups:
    """Takes a token for the group that it names."""

    async def verify(self, token: str) -> Mapping[str, object]:
        return {"sub": "somebody", "groups": [token]}


class Stored:
    """The service as far as reports need it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants: dict[str, Tenant] = {}

    def now(self) -> datetime:
        return NOW

    def scoped(self, tenant: str, collection: str) -> Scoped:
        return Scoped(self.database, collection, tenant)


@pytest.fixture
async def ask(mongo: str, database: str) -> AsyncIterator[Callable[[str], Any]]:
    """Ask a report as an auditor of Keçiören, after all events have been followed."""
    db = connect(mongo, f"{database}reporting")
    await project(db, batch=150)
    app = FastAPI()
    problems.install(app)
    access.install(app, Groups())

    async def shown() -> Generation:
        return SHOWN

    app.include_router(router(Stored(db), shown))
    headers = {"Authorization": "Bearer kecioren/auditor"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sokak", headers=headers
    ) as client:

        async def get(query: str) -> Any:
            answer = await client.get(f"/api/reports/{query}")
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield get
    db.client.close()


async def test_reports_equal_a_count_over_the_requests(ask: Callable[[str], Any]) -> None:
    await the_summary_is_right(ask)
    await the_series_is_right(ask)
    await every_split_is_right(ask)
    await statuses_are_right(ask)
    await names_are_those_of_the_events(ask)


@pytest.mark.parametrize(
    "filters", [{}, {"department": "FEN"}, {"category": "light", "neighbourhood": "etlik"}]
)
async def test_what_was_overdue_is_known_for_each_day(
    mongo: str, database: str, filters: dict[str, str]
) -> None:
    db = connect(mongo, f"{database}overdue")
    await project(db, batch=150)
    reader = Reader(lambda name: Scoped(db, SHOWN.collection(name), "kecioren"))
    period = Period(FIRST, LAST, "Europe/Istanbul")
    cube = cube_for(filters)
    assert cube is not None
    found = await overview(Report(reader, cube, period, filters, None, NOW))
    truths = [t for t in KECIOREN if all(getattr(t, f) == v for f, v in filters.items())]
    expected = [sum(t.overdue_at_the_end_of(str(day)) for t in truths) for day in period.days]
    assert [day.overdue for day in found.days] == expected
    assert found.steps[-1].overdue == expected[-1]
    then = sum(t.overdue_at_the_end_of(str(period.before.last)) for t in truths)
    assert found.before.overdue == then
    assert found.figures.overdue == sum(t.overdue for t in truths)
    db.client.close()


async def the_summary_is_right(ask: Callable[[str], Any]) -> None:
    report = await ask(f"summary?{PERIOD}")
    assert report["figures"] == expected(KECIOREN)
    assert report["period"] == {"from": str(FIRST), "to": str(LAST), "time_zone": "UTC"}
    assert (report["as_of"], report["lag_seconds"]) == ("2026-11-24T09:16:58Z", 0.25)
    for filters in (
        {"department": "FEN"},
        {"department": "PARK", "category": "tree"},
        {"category": "light", "neighbourhood": "etlik"},
        {"channel": "web", "type": "complaint"},
        {"department": "NONE"},
    ):
        query = "&".join(f"{field}={value}" for field, value in filters.items())
        narrowed = await ask(f"summary?{PERIOD}&{query}")
        assert narrowed["filters"] == filters
        assert narrowed["figures"] == expected(
            [t for t in KECIOREN if all(getattr(t, f) == v for f, v in filters.items())]
        )


async def the_series_is_right(ask: Callable[[str], Any]) -> None:
    days = (await ask(f"series?{PERIOD}"))["days"]
    opened = Counter(str(t.opened_at.astimezone(ZONE).date()) for t in KECIOREN)
    closed = Counter(
        str(t.at(t.closed).astimezone(ZONE).date()) for t in KECIOREN if t.closed is not None
    )
    assert [day["day"] for day in days] == [
        str(FIRST + timedelta(days=number)) for number in range((LAST - FIRST).days + 1)
    ]
    for day in days:
        assert day["figures"]["opened"] == opened[day["day"]]
        assert day["figures"]["closed"] == closed[day["day"]]
        assert day["open"] == sum(t.open_at_the_end_of(day["day"]) for t in KECIOREN)


async def every_split_is_right(ask: Callable[[str], Any]) -> None:
    for by in ("category", "neighbourhood", "channel", "type", "department"):
        report = await ask(f"breakdown?{PERIOD}&by={by}")
        rows = {row["code"]: row["figures"] for row in report["rows"]}
        assert set(rows) == {getattr(t, by) for t in KECIOREN}
        for code, figures in rows.items():
            assert figures == expected([t for t in KECIOREN if getattr(t, by) == code]), (by, code)
        order = [row["figures"]["opened"] for row in report["rows"]]
        assert order == sorted(order, reverse=True)


async def statuses_are_right(ask: Callable[[str], Any]) -> None:
    rows = (await ask(f"breakdown?{PERIOD}&by=status&department=FEN"))["rows"]
    figures = {row["code"]: row["figures"] for row in rows}
    for status in get_args(TaskStatus):
        those = [t for t in KECIOREN if t.status == status and t.department == "FEN"]
        if status in CLOSED_STATUSES:
            assert figures[status]["closed"] == expected(those)["closed"]
            assert figures[status]["open_now"] is None
        else:
            assert figures[status]["open_now"] == len(those)
            assert figures[status]["overdue"] == expected(those)["overdue"]
            assert figures[status]["opened"] is None


async def names_are_those_of_the_events(ask: Callable[[str], Any]) -> None:
    rows = (await ask(f"breakdown?{PERIOD}&by=category"))["rows"]
    assert {row["code"]: row["names"] for row in rows} == {
        code: {"tr": f"{code} (tr)", "en": f"{code} (en)"} for code in ("tree", "light", "pothole")
    }
