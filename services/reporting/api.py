"""HTTP: the figures of a tenant for a period, as one row, by day, or split."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query

from libs.events import Names
from libs.runtime.store import Scoped
from libs.tenants import Tenant
from libs.web.access import Access, Staff

from .answers import (
    Breakdown,
    Hexagon,
    PeriodOut,
    Places,
    Rising,
    Series,
    Summary,
    Topics,
    Word,
)
from .asked import Asked, AskedPeriod, AskedSplit, Split, cube, period
from .parted import map_of, rising_categories, rising_words, words
from .queries import Reader
from .report import Report
from .rising import Rise
from .store import Generation

Reads = Annotated[Access, Depends(Staff("operator", "supervisor", "admin", "auditor"))]


class Tenants(Protocol):
    """The table of tenants."""

    def get(self, slug: str) -> Tenant | None:
        """The newest known version of a tenant."""


class Service(Protocol):
    """What the reports need of the running service."""

    @property
    def tenants(self) -> Tenants:
        """The table of tenants."""

    def scoped(self, tenant: str, collection: str) -> Scoped:
        """Reads of one tenant's documents."""

    def now(self) -> datetime:
        """The time, UTC."""


def router(service: Service, shown: Callable[[], Awaitable[Generation]]) -> APIRouter:
    """The routes of `/api/reports`. `shown` tells which generation is the one to show."""
    routes = APIRouter(prefix="/api/reports", tags=["reports"])

    @routes.get("/summary")
    async def summary(access: Reads, asked: Annotated[Asked, Query()]) -> Summary:
        """Opened, closed, open now, overdue, on time, and durations, in one row."""
        report, head = _begin(service, await shown(), access, asked)
        return Summary(**head, figures=await report.figures())

    @routes.get("/series")
    async def series(access: Reads, asked: Annotated[Asked, Query()]) -> Series:
        """The same day by day, without the present."""
        report, head = _begin(service, await shown(), access, asked)
        return Series(**head, days=await report.days())

    @routes.get("/breakdown")
    async def breakdown(access: Reads, asked: Annotated[AskedSplit, Query()]) -> Breakdown:
        """The same split by category, neighbourhood, channel, department, type or status."""
        report, head = _begin(service, await shown(), access, asked, asked.by)
        return Breakdown(**head, by=asked.by, rows=await report.rows(asked.by))

    @routes.get("/places")
    async def places(access: Reads, asked: Annotated[AskedPeriod, Query()]) -> Places:
        """Submissions by hexagon; those with fewer than three are not told of."""
        report, head = _begin(service, await shown(), access, asked)
        found = await map_of(report.reader, report.period)
        rows = [Hexagon(cell=one.cell, opened=one.opened, rank=one.rank) for one in found.hexagons]
        return Places(**head, rows=rows, hidden=found.hidden)

    @routes.get("/topics")
    async def topics(access: Reads, asked: Annotated[AskedPeriod, Query()]) -> Topics:
        """Frequent words, and words and categories that rise in the period's last week."""
        report, head = _begin(service, await shown(), access, asked)
        said = await words(report.reader, report.period)
        names = await report.names("category")
        rising = await rising_words(report.reader, report.period.last)
        categories = await rising_categories(report.reader, report.period.last, {})
        return Topics(
            **head,
            words=[Word(term=term, opened=opened) for term, opened in said],
            rising_words=[_rising(one, None) for one in rising],
            rising_categories=[_rising(one, names.get(one.value)) for one in categories],
        )

    return routes


def _rising(one: Rise, names: Names | None) -> Rising:
    return Rising(
        value=one.value,
        names=names,
        week=one.week,
        usual=one.usual,
        times=one.times,
        score=one.score,
        days=list(one.days),
    )


def _begin(
    service: Service,
    generation: Generation,
    access: Access,
    asked: AskedPeriod,
    split: Split | None = None,
) -> tuple[Report, dict[str, Any]]:
    """The report asked for, and what its answer says about itself."""
    now = service.now()
    tenant = service.tenants.get(access.tenant)
    days = period(asked, tenant, now)
    filters = asked.filters if isinstance(asked, Asked) else {}
    report = Report(
        reader=Reader(lambda name: service.scoped(access.tenant, generation.collection(name))),
        cube=cube(filters, split),
        period=days,
        filters=filters,
        tenant=tenant,
        now=now,
    )
    head = {
        "tenant": access.tenant,
        "period": PeriodOut(first=days.first, last=days.last, time_zone=days.time_zone),
        "filters": filters,
        "as_of": generation.as_of,
        "lag_seconds": generation.lag_seconds,
    }
    return report, head
