"""What a dashboard shows at once: a period beside the one before, day by day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .answers import DayFigures, Figures
from .cube import MISSED, OVER
from .figures import ALL, Amounts, Backlog, flow
from .parted import total
from .report import Report, day_figures


@dataclass(frozen=True, slots=True)
class Overview:
    """`before` is the period before. `overdue` is how many were so at the end of each day."""

    figures: Figures
    before: Figures
    days: Sequence[DayFigures]
    overdue: Sequence[int]


async def overview(report: Report) -> Overview:
    """Of the period before only sums are told; the period ends today."""
    period, before, filters = report.period, report.period.before, report.filters
    reader, cube = report.reader, report.cube
    amounts, past, backlog, due, after = await asyncio.gather(
        reader.flow(cube, period.first, period.last, filters, "day"),
        reader.flow(cube, before.first, before.last, filters, None),
        reader.backlog(cube, report.now, filters, None),
        reader.due(cube, period.last, filters),
        report.net_after(period.last),
    )
    still = backlog.get(ALL, Backlog())
    days = day_figures(period.days, amounts, still.open_now - after)
    then = days[0].open - days[0].figures.opened + days[0].figures.closed
    late = overdue_by_day([before.last, *period.days], amounts, due)
    return Overview(
        Figures.of(flow(total(amounts, period)), still),
        Figures.of(flow(past.get(ALL, {})), Backlog(then, late[0])),
        days,
        late[1:],
    )


def overdue_by_day(
    days: Sequence[date], amounts: Mapping[str, Amounts], due: Mapping[str, int]
) -> list[int]:
    """How many were overdue at the end of each of these days, by the deadlines known today.

    Those of the open ones that were due by then, and those closed later that were due by then.
    What was due and closed later cancels out: it is in `missed` and in `over` of later days.
    """
    found: list[int] = []
    closed, still_due = 0, sum(due.values())
    for day in reversed(days):
        until = day.isoformat()
        told = amounts.get(until, {})
        found.append(closed + still_due)
        still_due -= due.get(until, 0)
        closed += told.get(OVER, 0) - told.get(MISSED, 0)
    return found[::-1]
