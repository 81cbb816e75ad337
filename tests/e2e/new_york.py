"""New York's history: its import with a process killed now and then, and what the file says."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import shapely

from tests.e2e import bus
from tests.e2e.harness import ROOT, SERVICES, Done, Sokak
from tests.e2e.poison import Poison, hundred

BOROUGHS = ("nyc-bronx", "nyc-brooklyn", "nyc-manhattan", "nyc-queens", "nyc-staten-island")
SAMPLES = ROOT / "deploy" / "samples"
FILE = SAMPLES / "nyc311_2026_sample.csv"
MAP = SAMPLES / "nyc311.map.yaml"
TENANTS = ROOT / "deploy" / "tenants"
CITY = ZoneInfo("America/New_York")
PERIOD = "from=2026-04-01&to=2026-07-31"
"""All of the sample's days, of closing as well."""


@dataclass(frozen=True)
class Imported:
    """How the import went, and what was thrown among it."""

    done: Done
    seconds: float
    poisons: dict[str, Poison]
    """By the place in its topic, as it is called there."""


@dataclass(frozen=True)
class Row:
    """A row of the file, with the borough that its point lies in (None: in the water)."""

    number: str
    borough: str | None
    named: str
    agency: str
    opened_at: datetime
    closed_at: datetime | None

    @property
    def took(self) -> timedelta | None:
        """From opening to closing; none where it was closed before it was opened."""
        if self.closed_at is None or self.closed_at < self.opened_at:
            return None
        return self.closed_at - self.opened_at


async def imported(sokak: Sokak, refused: str) -> Done:
    """Run the import; `refused` is the file for the rows that are not taken."""
    # To one copy only: while that one is down there is nobody else to ask.
    url = sokak.copies["intake"][0].url
    arguments = (str(FILE), "--map", str(MAP), "--refused", refused, "--url", url)
    return await sokak.sokak("import", "requests", *arguments)


async def import_under_fire(sokak: Sokak) -> Imported:
    """Import all of it, with a hundred poisoned records among it and a kill of each service."""
    poisons = hundred()
    loop = asyncio.get_running_loop()
    began = loop.time()
    running = asyncio.create_task(imported(sokak, "first.refused.csv"))
    try:
        places = await _throw(sokak, poisons)
        for number, service in enumerate(SERVICES):
            await _taken(sokak, 3000 * (number + 1), running)
            await sokak.restart(sokak.copies[service][0])
        done = await running
    except BaseException:
        running.cancel()
        raise
    await sokak.settled()
    return Imported(done, loop.time() - began, dict(zip(places, poisons, strict=True)))


async def _throw(sokak: Sokak, poisons: Sequence[Poison]) -> list[str]:
    await _taken(sokak, 1000)
    records = [(one.topic, one.key.encode(), one.headers, one.value) for one in poisons]
    return await bus.send_all(sokak.kafka.address, records)


async def _taken(sokak: Sokak, count: int, running: asyncio.Task[Done] | None = None) -> None:
    """Return when intake has taken so many old requests, or will take no more."""
    sources = sokak.collection("intake", "sources")
    while await sources.estimated_document_count() < count:
        if running is not None and running.done():
            return
        await asyncio.sleep(0.2)


@lru_cache
def rows() -> tuple[Row, ...]:
    """The file, each row with the borough that we find for it ourselves."""
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    areas = {slug: _area(slug) for slug in BOROUGHS}
    smallest_first = sorted(areas, key=lambda slug: areas[slug].area)
    with FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            point = shapely.Point(float(row["longitude"]), float(row["latitude"]))
            covering = (slug for slug in smallest_first if areas[slug].covers(point))
            yield Row(
                number=row["unique_key"],
                borough=next(covering, None),
                named="nyc-" + row["borough"].lower().replace(" ", "-"),
                agency=row["agency"],
                opened_at=_time(row["created_date"]),
                closed_at=_time(row["closed_date"]) if row["closed_date"] else None,
            )


def _area(slug: str) -> shapely.Geometry:
    collection = json.loads((TENANTS / f"{slug}.geojson").read_text())
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]]
    area = shapely.union_all(shapes)
    shapely.prepare(area)
    return area


def _time(text: str) -> datetime:
    """In UTC, as differences of local times are wrong where the clocks are changed."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY).astimezone(ZoneInfo("UTC"))


def day(at: datetime) -> date:
    """The city's calendar day."""
    return at.astimezone(CITY).date()


def by_agency(borough: str) -> dict[str, list[Row]]:
    """A borough's rows."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows():
        if row.borough == borough:
            found[row.agency].append(row)
    return found


def counts(group: Sequence[Row]) -> dict[str, int]:
    """How many were opened and closed, and how many still are open."""
    closed = sum(row.closed_at is not None for row in group)
    return {"opened": len(group), "closed": closed, "open_now": len(group) - closed}


def durations(group: Sequence[Row]) -> list[float]:
    """How long they took, in seconds, the shortest first."""
    return sorted(row.took.total_seconds() for row in group if row.took is not None)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between two neighbours in proportion, as `statistics.quantiles` does it inclusively."""
    if len(ordered) == 1:
        return ordered[0]
    return statistics.quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1]


def opened_each_day(borough: str) -> Counter[date]:
    """How many were opened on each of the city's days."""
    return Counter(day(row.opened_at) for row in rows() if row.borough == borough)


def is_close(told: float | None, true: float) -> bool:
    """Within the histograms' five per cent, and a millisecond for rounding."""
    return told is not None and math.isclose(told, true, rel_tol=0.0501, abs_tol=0.001)
