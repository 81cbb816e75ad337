"""What a page of the reports is about: tenants, a period, and how to read their figures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from libs.events import Names
from libs.runtime.rule import Refused
from libs.runtime.store import Scoped
from libs.tenants import Tenant
from libs.web.access import Several

from .answers import Row
from .asked import Period, Split, cube
from .cube import DAY, cube_for
from .cut import Filters, queue_of, tells
from .queries import Reader
from .report import Report
from .store import Generation
from .together import Together

Days = Literal["7", "30", "90", "365"]
DAYS: tuple[Days, ...] = ("7", "30", "90", "365")


class Table(Protocol):
    """The table of tenants."""

    def get(self, slug: str) -> Tenant | None:
        """The newest known version of a tenant."""

    def all(self) -> Sequence[Tenant]:
        """All that are known."""


class Service(Protocol):
    """What the pages need of the running service."""

    @property
    def tenants(self) -> Table:
        """The table of tenants."""

    def scoped(self, tenant: str, collection: str) -> Scoped:
        """Reads of one tenant's documents."""

    def now(self) -> datetime:
        """The time, UTC."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One tenant, or neighbours beside each other, for some days up to today."""

    tenants: tuple[Tenant, ...]
    group: Tenant | None
    days: Days
    period: Period
    generation: Generation
    report: Report
    each: tuple[Report, ...]
    filters: Filters = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant | None:
        """The one; none where there are several."""
        return self.tenants[0] if len(self.tenants) == 1 else None

    @property
    def query(self) -> dict[str, Any]:
        """What leads back here."""
        return {**self.bare, **self.filters}

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form of this page's filters sends besides them."""
        return [
            (name, one)
            for name, value in self.bare.items()
            for one in ([value] if isinstance(value, str) else value or [])
        ]

    @property
    def bare(self) -> dict[str, Any]:
        """The same without filters."""
        return {**self.subject, "days": None if self.days == "30" else self.days}

    @property
    def subject(self) -> dict[str, Any]:
        """Whose figures these are."""
        if self.group is not None:
            return {"group": self.group.slug}
        return {"tenant": [one.slug for one in self.tenants]}

    def tells(self, *fields: str) -> bool:
        """Whether these fields are counted together with the page's filters."""
        return tells(self.filters, *fields)

    def queue(self, **more: str) -> dict[str, Any] | None:
        """The console's query for the open ones of this page, or of one of its rows."""
        return queue_of(self.tenant, self.filters, **more)

    async def rows(self, by: Split) -> list[Row]:
        """Every row of a split with all its figures, the names those of the tenants."""
        report = replace(self.report, cube=cube(self.filters, by))
        names = await self.names(by)
        return [
            row.model_copy(update={"names": names.get(row.code or "")})
            for row in await report.rows(by)
        ]

    async def choices(self) -> dict[str, dict[str, Names]]:
        """What the codes that a page can be cut by are called."""
        kinds: tuple[Split, ...] = ("category", "department", "neighbourhood")
        found = await asyncio.gather(*(self.names(by) for by in kinds))
        return dict(zip(kinds, found, strict=True))

    async def names(self, by: Split) -> dict[str, Names]:
        """What the codes of a split are called."""
        found: dict[str, Names] = {}
        for names in await asyncio.gather(*(report.names(by) for report in self.each)):
            found |= names
        return found


def readable(service: Service, several: Several) -> list[Tenant]:
    """Every tenant whose reports the caller may read."""
    return sorted(
        (one for one in service.tenants.all() if one.state != "left" and several.may(one.slug)),
        key=lambda one: one.slug,
    )


def chosen(service: Service, several: Several, group: str | None) -> tuple[Tenant, ...]:
    """Those asked for; none where the caller has still to choose."""
    if group is not None:
        return tuple(one for one in readable(service, several) if one.parent == group)
    found = [service.tenants.get(slug) for slug in several.tenants]
    if several.tenants and not any(found):
        raise Refused("tenant-unknown", "There is no such municipality.", 404)
    return tuple(one for one in found if one is not None)


def shown(
    service: Service,
    generation: Generation,
    tenants: tuple[Tenant, ...],
    group: str | None,
    days: Days,
    filters: Filters,
) -> Shown:
    """The page's subject. Days are those of the first tenant's calendar.

    Where no cube knows the filters together, the page says so and asks for no figure.
    """
    now, zone = service.now(), tenants[0].time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    period = Period(today - timedelta(days=int(days) - 1), today, zone)
    readers = [_reader(service, generation, one.slug) for one in tenants]

    def report(reader: Reader | Together, tenant: Tenant | None) -> Report:
        return Report(reader, cube_for(filters) or DAY, period, filters, tenant, now)

    each = tuple(report(reader, one) for reader, one in zip(readers, tenants, strict=True))
    whole = each[0] if len(each) == 1 else report(Together(readers), None)
    parent = service.tenants.get(group) if group else None
    return Shown(tenants, parent, days, period, generation, whole, each, filters)


def _reader(service: Service, generation: Generation, slug: str) -> Reader:
    return Reader(lambda name: service.scoped(slug, generation.collection(name)))
