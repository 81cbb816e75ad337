"""One report: reads the cells it needs, and makes rows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from libs.events import OPEN_STATUSES, Names
from libs.tenants import Tenant

from .answers import DayFigures, Figures, Row
from .asked import Period, Split
from .cube import Cube
from .figures import ALL, Amounts, Backlog, closed_by_status, flow

Filters = Mapping[str, str]


class Reader(Protocol):
    """Where the sums come from: one tenant's cells."""

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Filters, split: str | None
    ) -> Mapping[str, Amounts]:
        """Amounts of both days and those between, by the values of `split`."""

    async def backlog(
        self, cube: Cube, now: datetime, filters: Filters, split: str | None
    ) -> Mapping[str, Backlog]:
        """What is open and overdue, by the values of `split`."""

    async def names(self, kind: str) -> dict[str, Names]:
        """What codes are called."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, and by what it is answered."""

    reader: Reader
    cube: Cube
    period: Period
    filters: Filters
    tenant: Tenant | None
    now: datetime

    async def figures(self) -> Figures:
        """All of it in one row."""
        amounts = await self._flow(None)
        backlog = await self._backlog(None)
        return Figures.of(flow(amounts.get(ALL, {})), backlog.get(ALL, Backlog()))

    async def days(self) -> list[DayFigures]:
        """What happened on each day of the period."""
        amounts = await self._flow("day")
        return [
            DayFigures(day=day, figures=flow(amounts.get(day.isoformat(), {})))
            for day in self.period.days
        ]

    async def rows(self, by: Split) -> list[Row]:
        """A row for each value that has any figure."""
        if by == "status":
            return await self._status_rows()
        amounts = await self._flow(by)
        backlog = await self._backlog(by)
        names = await self._names(by)
        rows = [
            Row(
                code=code or None,
                names=names.get(code),
                figures=Figures.of(flow(amounts.get(code, {})), backlog.get(code, Backlog())),
            )
            for code in {*amounts, *backlog}
        ]
        return sorted(rows, key=lambda row: (-(row.figures.opened or 0), row.code or ""))

    async def _status_rows(self) -> list[Row]:
        """Open statuses tell of the present, closed ones of the period."""
        closed = closed_by_status((await self._flow(None)).get(ALL, {}))
        backlog = await self._backlog("status")
        still = {status: backlog.get(status, Backlog()) for status in OPEN_STATUSES}
        return [
            *(
                Row(
                    code=status,
                    names=None,
                    figures=Figures(open_now=now.open_now, overdue=now.overdue),
                )
                for status, now in still.items()
            ),
            *(
                Row(code=status, names=None, figures=Figures(closed=count))
                for status, count in closed.items()
            ),
        ]

    async def _flow(self, split: str | None) -> Mapping[str, Amounts]:
        return await self.reader.flow(
            self.cube, self.period.first, self.period.last, self.filters, split
        )

    async def _backlog(self, split: str | None) -> Mapping[str, Backlog]:
        return await self.reader.backlog(self.cube, self.now, self.filters, split)

    async def _names(self, by: Split) -> dict[str, Names]:
        """The tenant's own names of today; for a code it no longer has, those of the events."""
        if by in ("channel", "type"):
            return {}
        names = await self.reader.names(by)
        if self.tenant is None:
            return names
        if by == "category":
            return names | {each.code: each.names for each in self.tenant.categories}
        if by == "department":
            return names | {each.code: each.names for each in self.tenant.departments}
        places = self.tenant.neighbourhoods
        return names | {each.code: Names(tr=each.name, en=each.name) for each in places}
