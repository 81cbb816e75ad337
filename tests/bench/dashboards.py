"""How long the dashboards take with a large tenant: `python -m tests.bench.dashboards`.

Cells and facts of many requests are made by the projection's own functions and written straight
into a database; then every page, its live part and its CSV files are asked for, one at a time.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import h3
import httpx
import typer
from fastapi import FastAPI

from libs.events import Channel, RequestType, TaskStatus
from libs.runtime.clock import now
from libs.runtime.mongo import Database, connect
from libs.runtime.settings import Settings
from libs.runtime.store import Scoped
from libs.stack.mongo import NativeMongo
from libs.tenants import Tenant
from libs.tenants.file import load_tenant
from libs.web import access, problems
from libs.web.app import pages_of
from services.cli.serve import GC_THRESHOLDS
from services.reporting import pages
from services.reporting.counted import Counted
from services.reporting.cube import FIELDS, Place, cells
from services.reporting.parts import Named
from services.reporting.shown import DAYS as DAYS_SHOWN
from services.reporting.store import Generation

TENANT = "kecioren"
DAYS = 420
EVENTS_EACH = 5
PARTITIONS = 12
WORDS, HEXAGONS = 400, 260
SHOWN = Generation(1, as_of=now(), lag_seconds=0.1)
GOAL_MS = 150.0
ROOT = Path(__file__).parents[2]

dice = random.Random(7)


class Anybody:
    """Takes a token for the group that it names."""

    async def verify(self, token: str) -> Mapping[str, object]:
        return {"sub": "somebody", "groups": [token]}


class Stored:
    """The service as far as the dashboards need it."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self.database = database
        self.tenants = Table(tenant)

    def now(self) -> datetime:
        return now()

    def scoped(self, tenant: str, collection: str) -> Scoped:
        return Scoped(self.database, collection, tenant)


class Table(dict[str, Tenant]):
    """A table of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__({tenant.slug: tenant})

    def all(self) -> list[Tenant]:
        return list(self.values())


def some_request(tenant: Tenant, hexagons: list[str]) -> Counted:
    """One of many: some categories, places and words are far more frequent than others."""

    def one(things: Any) -> Any:
        return things[min(int(dice.expovariate(6) * len(things)), len(things) - 1)]

    opened = now() - timedelta(days=DAYS * dice.random())
    assigned, took = dice.expovariate(1 / 9e6), dice.expovariate(1 / 4e8)
    closed, due = opened + timedelta(milliseconds=took), opened + timedelta(days=5)
    done = closed < now()
    late = done and due < closed
    status: TaskStatus = "resolved" if dice.random() < 0.9 else "rejected"
    if not done:
        status = "in_progress"
    department = one(tenant.departments)
    category = one(list(tenant.leaf_categories))
    place = one(tenant.neighbourhoods)
    return Counted(
        type=one(get_args(RequestType)),
        channel=one(get_args(Channel)),
        status=status,
        open=not done,
        category=Named(category.code, category.names.tr, category.names.en),
        neighbourhood=Named(place.code, place.name, place.name),
        department=Named(department.code, department.names.tr, department.names.en),
        opened_day=str(opened.date()),
        cell=one(hexagons),
        terms=(f"söz{int(WORDS * dice.random() ** 2)}",),
        voices=dice.choice((0, 0, 0, 1)),
        assigned_day=str((opened + timedelta(milliseconds=assigned)).date()),
        assigned_in=int(assigned),
        closed_day=str(closed.date()) if done else None,
        resolved_in=int(took) if status == "resolved" else None,
        on_time=not late if status == "resolved" else None,
        due_day=None if done else str(due.date()),
        due_at=None if done else due,
        missed_day=str(due.date()) if late else None,
    )


async def fill(database: Database, requests: int, tenant: Tenant) -> int:
    """Write the cells of so many requests and the facts of the open ones; tells how many cells."""
    start = h3.latlng_to_cell(39.98, 32.86, 8)
    hexagons = sorted(h3.grid_disk(start, 9))[:HEXAGONS]
    sums: dict[tuple[int, Place], Counter[str]] = {}
    facts = []
    for number in range(requests):
        request = some_request(tenant, hexagons)
        for place, amounts in cells(request).items():
            sums.setdefault((number % PARTITIONS, place), Counter()).update(amounts)
        if request.due_at:
            told = {"due_at": request.due_at, "due_day": request.due_day}
            facts.append({"_id": str(number), "tenant": tenant.slug, "counted": told})
    await database[SHOWN.facts.collection].create_indexes(list(SHOWN.facts.indexes))
    for name, indexes in SHOWN.cells.items():
        await database[name].create_indexes(list(indexes))
    await _insert(database, SHOWN.facts.collection, facts)
    documents = [
        {
            "_id": "|".join((tenant.slug, str(partition), kind, *values)),
            **dict(zip(FIELDS[kind], values, strict=True)),
            "tenant": tenant.slug,
            "cube": kind,
            "partition": partition,
            "amounts": dict(amounts),
        }
        for (partition, (kind, values)), amounts in sums.items()
    ]
    print(Counter(str(document["cube"]) for document in documents).most_common())
    await _insert(database, next(iter(SHOWN.cells)), documents)
    return len(documents)


async def _insert(database: Database, name: str, documents: list[dict[str, Any]]) -> None:
    for start in range(0, len(documents), 5000):
        await database[name].insert_many(documents[start : start + 5000], ordered=False)


def application(database: Database, tenant: Tenant) -> FastAPI:
    """The dashboards alone."""
    looks = pages_of("reporting", Settings(), ROOT / "services/reporting")

    async def shown() -> Generation:
        return SHOWN

    app = FastAPI()
    problems.install(app)
    access.install(app, Anybody(), looks.sessions)
    app.state.pages = looks
    app.include_router(pages.router(Stored(database, tenant), looks, shown, None))  # type: ignore[arg-type]
    return app


async def measure(app: FastAPI, calls: int, tenant: Tenant) -> bool:
    """Print p50 and p95 of each call; tells whether all of them meet the goal."""
    transport = httpx.ASGITransport(app)
    head = {"Authorization": f"Bearer {TENANT}/supervisor"}
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}
    often = {  # the first of each is the most frequent
        "category": next(iter(tenant.leaf_categories)).code,
        "department": tenant.departments[0].code,
        "neighbourhood": tenant.neighbourhoods[0].code,
        "channel": get_args(Channel)[0],
    }
    asked = [
        ("page", "/reports?", {}),
        ("live part", "/reports?", part),
        *((f"page, one {by}", f"/reports?{by}={code}&", {}) for by, code in often.items()),
        ("live part, one category", f"/reports?category={often['category']}&", part),
        ("categories", "/reports/by/category?", {}),
        ("departments", "/reports/by/department?", {}),
        ("neighbourhoods", "/reports/by/neighbourhood?", {}),
        ("channels", "/reports/by/channel?", {}),
        ("topics", "/reports/topics?", {}),
        ("CSV day by day", "/reports/csv/series?", {}),
        ("CSV categories", "/reports/csv/category?", {}),
    ]
    met = True
    async with httpx.AsyncClient(transport=transport, base_url="http://sokak") as http:
        for what, path, more in asked:
            for days in DAYS_SHOWN:
                took = []
                for _ in range(calls):
                    began = time.perf_counter()
                    answer = await http.get(f"{path}days={days}", headers=head | more)
                    took.append(1000 * (time.perf_counter() - began))
                    assert answer.status_code in (200, 422), answer.text
                if answer.status_code == 422:  # it would read too many cells
                    print(f"{what:26}{days:>4} days  refused as too wide", flush=True)
                    continue
                p95 = sorted(took)[max(0, int(len(took) * 0.95 + 0.5) - 1)]
                late = "" if p95 <= GOAL_MS else f"  over {GOAL_MS:.0f}"
                met = met and p95 <= GOAL_MS
                told = f"p50 {statistics.median(took):7.1f} ms  p95 {p95:7.1f} ms{late}"
                print(f"{what:26}{days:>4} days  {told}", flush=True)
    return met


def main(requests: int = 20_000, calls: int = 20) -> None:
    """Fill a database of its own and ask; a request stands for about five events."""

    async def run(url: str) -> None:
        database = connect(url, "dashboards")
        tenant = load_tenant(ROOT / f"deploy/tenants/{TENANT}.yaml")
        began = time.perf_counter()
        count = await fill(database, requests, tenant)
        took = time.perf_counter() - began
        print(
            f"{requests * EVENTS_EACH} events, {count} cells, written in {took:.0f} s", flush=True
        )
        met = await measure(application(database, tenant), calls, tenant)
        print("goal met" if met else f"goal of {GOAL_MS:.0f} ms not met everywhere")
        database.client.close()

    gc.set_threshold(*GC_THRESHOLDS)  # as `sokak serve` does
    with tempfile.TemporaryDirectory(prefix="sokak-dashboards-") as folder:
        mongo = NativeMongo(Path(folder) / "mongo")
        mongo.start()
        try:
            asyncio.run(run(mongo.url))
        finally:
            mongo.stop()


if __name__ == "__main__":
    typer.run(main)
