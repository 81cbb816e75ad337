"""HTTP: the figures of a tenant for a period, as one row, by day, or split."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query

from libs.runtime.store import Scoped
from libs.tenants import Tenant
from libs.web.access import Access, Staff

from .answers import Breakdown, PeriodOut, Series, Summary
from .asked import Asked, AskedSplit, Split, cube, period
from .queries import Reader
from .report import Report
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

    return routes


def _begin(
    service: Service,
    generation: Generation,
    access: Access,
    asked: Asked,
    split: Split | None = None,
) -> tuple[Report, dict[str, Any]]:
    """The report asked for, and what its answer says about itself."""
    now = service.now()
    tenant = service.tenants.get(access.tenant)
    days = period(asked, tenant, now)
    report = Report(
        reader=Reader(lambda name: service.scoped(access.tenant, generation.collection(name))),
        cube=cube(asked, split),
        period=days,
        filters=asked.filters,
        tenant=tenant,
        now=now,
    )
    head = {
        "tenant": access.tenant,
        "period": PeriodOut(first=days.first, last=days.last, time_zone=days.time_zone),
        "filters": asked.filters,
        "as_of": generation.as_of,
        "lag_seconds": generation.lag_seconds,
    }
    return report, head
