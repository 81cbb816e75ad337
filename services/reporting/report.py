"""One report: reads the cells it needs, and makes rows of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from libs.events import OPEN_STATUSES, Names
from libs.tenants import Tenant

from .answers import DayFigures, Figures, Row
from .asked import Period, Split
from .cube import OPENED, Cube
from .figures import ALL, Amounts, Backlog, closed, closed_by_status, flow

Filters = Mapping[str, str]


class Reader(Protocol):
    """Where the sums come from: the cells of a tenant, or of several."""

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Filters, split: str | None
    ) -> Mapping[str, Amounts]:
        """Amounts of both days and those between, by the values of `split`."""

    async def backlog(
        self, cube: Cube, now: datetime, filters: Filters, split: str | None
    ) -> Mapping[str, Backlog]:
        """What is open and overdue, by the values of `split`."""

    async def due(self, cube: Cube, last: date, filters: Filters) -> Mapping[str, int]:
        """How many of those open now are due on each day up to the last."""

    async def daily(self, kind: str, first: date, last: date) -> Mapping[str, Amounts]:
        """What was counted on each day, of a kind that has one cell for a day."""

    async def total(self, kind: str, first: date, last: date) -> Amounts:
        """What was counted on both days and those between, of such a kind."""

    async def sums(
        self, cube: Cube, fields: Sequence[str], first: date, last: date, filters: Filters
    ) -> Mapping[tuple[str, ...], Amounts]:
        """Amounts of both days and those between, by these fields (of the cube, or `day`)."""

    async def names(self, kind: str) -> dict[str, Names]:
        """What codes are called."""


def standing(
    days: Sequence[date], amounts: Mapping[str, Amounts], still: int
) -> list[tuple[date, Amounts, int]]:
    """These days, what was counted on each, and what was open when it ended; `still` is what was
    open at the end of the last of them.

    A request is either open or has its day of closing, so what was open a day before is what
    was open after it, without what was opened on it and with what was closed.
    """
    found: list[tuple[date, Amounts, int]] = []
    for day in reversed(days):
        told = amounts.get(day.isoformat(), {})
        found.append((day, told, still))
        still += closed(told) - told.get(OPENED, 0)
    return found[::-1]


def day_figures(
    days: Sequence[date], amounts: Mapping[str, Amounts], still: int
) -> list[DayFigures]:
    """The figures of these days; `still` is what was open at the end of the last of them."""
    return [
        DayFigures(day=day, open=count, figures=flow(told))
        for day, told, count in standing(days, amounts, still)
    ]


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
        amounts, backlog = await asyncio.gather(self._flow(None), self._backlog(None))
        return Figures.of(flow(amounts.get(ALL, {})), backlog.get(ALL, Backlog()))

    async def days(self) -> list[DayFigures]:
        """What happened on each day of the period, and what was open at its end."""
        amounts = await self._flow("day")
        still = (await self._backlog(None)).get(ALL, Backlog()).open_now
        still -= await self.net_after(self.period.last)
        return day_figures(self.period.days, amounts, still)

    async def net_after(self, last: date) -> int:
        """How many more were opened than closed on the days after this one, in the future too."""
        sums = await self.reader.flow(
            self.cube, last + timedelta(days=1), date.max, self.filters, None
        )
        after = flow(sums.get(ALL, {}))
        return after.opened - after.closed

    async def rows(self, by: Split) -> list[Row]:
        """A row for each value that has any figure."""
        if by == "status":
            return await self._status_rows()
        amounts, backlog, names = await asyncio.gather(
            self._flow(by), self._backlog(by), self.names(by)
        )
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
        ended = closed_by_status((await self._flow(None)).get(ALL, {}))
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
                for status, count in ended.items()
            ),
        ]

    async def _flow(self, split: str | None) -> Mapping[str, Amounts]:
        return await self.reader.flow(
            self.cube, self.period.first, self.period.last, self.filters, split
        )

    async def _backlog(self, split: str | None) -> Mapping[str, Backlog]:
        return await self.reader.backlog(self.cube, self.now, self.filters, split)

    async def names(self, by: Split) -> dict[str, Names]:
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
