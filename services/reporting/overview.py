"""What a dashboard shows at once: a period beside the one before, day by day."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .answers import Figures
from .cube import MISSED, OPENED, OVER
from .figures import ALL, Amounts, Backlog, Flow, closed, flow
from .parted import total
from .report import Report, standing
from .tiles import WIDTH


@dataclass(frozen=True, slots=True)
class Day:
    """How many were opened and closed on it, and were open and overdue when it ended."""

    day: date
    opened: int
    closed: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Step:
    """Days that make one point of a tile's line: what happened, and how it was as they ended."""

    flow: Flow
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A period, the one before, its days, and the same in no more steps than a line is wide."""

    figures: Figures
    before: Figures
    days: Sequence[Day]
    steps: Sequence[Step]


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
    late = overdue_by_day([before.last, *period.days], amounts, due)
    days = counted_days(period.days, amounts, still.open_now - after, late[1:])
    then = days[0].open - days[0].opened + days[0].closed
    return Overview(
        Figures.of(flow(total(amounts, period)), still),
        Figures.of(flow(past.get(ALL, {})), Backlog(then, late[0])),
        days,
        steps(days, amounts),
    )


def counted_days(
    days: Sequence[date], amounts: Mapping[str, Amounts], still: int, overdue: Sequence[int]
) -> list[Day]:
    """The counts of these days; `still` is what was open at the end of the last of them."""
    return [
        Day(day, told.get(OPENED, 0), closed(told), count, late)
        for (day, told, count), late in zip(standing(days, amounts, still), overdue, strict=True)
    ]


def steps(days: Sequence[Day], amounts: Mapping[str, Amounts], most: int = WIDTH) -> list[Step]:
    """The same days in at most so many steps, of as many days each as the last ones can be."""
    length = -(-len(days) // most)
    found: list[Step] = []
    for end in range(len(days), 0, -length):
        sums: Counter[str] = Counter()
        for day in days[max(0, end - length) : end]:
            sums.update(amounts.get(day.day.isoformat(), {}))
        last = days[end - 1]
        found.append(Step(flow(sums), last.open, last.overdue))
    return found[::-1]


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
