"""Reads of cells and facts of one tenant: sums for a report, within bounds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from libs.events import Names
from libs.runtime.rule import Refused
from libs.runtime.store import Scoped
from libs.text import said

from .cube import BY_MONTH, CELLS, NAMES, OPEN, SEPARATOR, Cube
from .cube import FACTS as NAMED
from .figures import ALL, Backlog
from .store import FACTS

MAX_AMOUNTS = 5_000_000
"""A report that would have to add up more is refused: it would take longer than 5 s."""

PORTION = 500
"""So many cells are in memory at once."""

Filters = Mapping[str, str]

Key = tuple[str, ...]
"""The values of the fields that something is split by."""

_WEST = timedelta(hours=14)  # no time zone is further ahead of UTC
_FACT_FIELDS = {
    "channel": "counted.channel",
    "type": "counted.type",
    "status": "counted.status",
    "department": "counted.department.code",
    "category": "counted.category.code",
    "neighbourhood": "counted.neighbourhood.code",
}


class Reader:
    """Reads of one tenant. `scoped` gives a collection of the generation that is shown.

    The store is asked by the fields of an index alone, and filters are applied to what it
    answers: a store may pass over an index that does not know every field that it is asked for,
    and look through all that it has.
    """

    def __init__(self, scoped: Callable[[str], Scoped]) -> None:
        self._scoped = scoped
        self._named: asyncio.Future[dict[str, dict[str, Names]]] | None = None

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Filters, split: str | None
    ) -> dict[str, dict[str, int]]:
        """Amounts of both days and those between, summed by `split` (a field, or `day`)."""
        sums = await self.sums(cube, (split,) if split else (), first, last, filters)
        return {key[0] if split else ALL: row for key, row in sums.items()}

    async def sums(
        self, cube: Cube, fields: Sequence[str], first: date, last: date, filters: Filters
    ) -> dict[Key, dict[str, int]]:
        """Amounts of both days and those between, by these fields (of the cube, or `day`)."""
        only, wanted = filters.get(cube.key), filters.get(cube.inside)
        daily, keyed, within = (field in fields for field in ("day", cube.key, cube.inside))
        match = {"cube": cube.flow} if only is None else {"cube": cube.flow, "code": only}
        begins, ends = first.isoformat(), last.isoformat()
        shortened = 0 if daily else 2  # many names are one without their day
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        async for cell in self._cells(match, begins[:7], ends[:7]):
            month, told = cell["day"], cell["amounts"].items()
            if month == begins[:7]:
                told = [one for one in told if one[0][:2] >= begins[8:]]
            if month == ends[:7]:
                told = [one for one in told if one[0][:2] <= ends[8:]]
            if wanted is not None:
                told = [one for one in told if one[0].startswith(f"|{wanted}|", 2)]
            row = found[month if daily else "", cell["code"] if keyed else ""]
            for name, amount in told:
                row[name[shortened:]] += amount
        sums: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (month, code), amounts in found.items():
            rows: dict[tuple[str, str], dict[str, int]] = {}
            for name, amount in amounts.items():
                day, inside, what = name.split(SEPARATOR)
                part = day, inside if within else ""
                if part not in rows:
                    values = {cube.key: code, cube.inside: inside, "day": f"{month}-{day}"}
                    rows[part] = sums[tuple(values[field] for field in fields)]
                rows[part][what] += amount
        return {key: dict(row) for key, row in sums.items()}

    async def daily(self, kind: str, first: date, last: date) -> dict[str, dict[str, int]]:
        """What was counted on each day, of a kind that has one cell for a day."""
        days: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        async for cell in self._cells({"cube": kind}, first.isoformat(), last.isoformat()):
            row = days[cell["day"]]
            for name, amount in cell["amounts"].items():
                row[name] += amount
        return {day: dict(row) for day, row in days.items()}

    async def total(self, kind: str, first: date, last: date) -> dict[str, int]:
        """What was counted on both days and those between, of such a kind.

        Whole months are read from their own cells where there are such.
        """
        sums: dict[str, int] = defaultdict(int)
        for where, start, end in spans(kind, first, last):
            async for cell in self._cells({"cube": where}, start, end):
                for name, amount in cell["amounts"].items():
                    sums[name] += amount
        return dict(sums)

    async def _cells(
        self, match: Mapping[str, object], first: str, last: str
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Cells by day, or month, both included."""
        read = 0
        asked = {**match, "day": {"$gte": first, "$lte": last}}
        async for some in self._scoped(CELLS).portions(asked, PORTION):
            read += sum(len(cell["amounts"]) for cell in some)
            if read > MAX_AMOUNTS:
                raise _too_wide()
            for cell in some:
                yield cell

    async def backlog(
        self, cube: Cube, now: datetime, filters: Filters, split: str | None
    ) -> dict[str, Backlog]:
        """What is open, and what of it is overdue, by `split`.

        Cells know the due day only, in a time zone that they do not know. So cells tell of the
        days that are over everywhere on earth, and the facts themselves of the two or three
        days around now.
        """
        over = now.astimezone(UTC).date() - timedelta(days=2)
        open_now = await self._open_cells(cube, filters, split, {})
        overdue = await self._open_cells(
            cube, filters, split, {"day": {"$gt": "", "$lte": over.isoformat()}}
        )
        for value, count in (await self._overdue_facts(over, now, filters, split)).items():
            overdue[value] = overdue.get(value, 0) + count
        return {
            value: Backlog(open_now.get(value, 0), overdue.get(value, 0))
            for value in {*open_now, *overdue}
        }

    async def due(self, cube: Cube, last: date, filters: Filters) -> dict[str, int]:
        """How many of those open now are due on each day up to the last."""
        until = {"$gt": "", "$lte": last.isoformat()}
        return await self._open_cells(cube, filters, "day", {"day": until})

    async def _open_cells(
        self, cube: Cube, filters: Filters, split: str | None, due: dict[str, object]
    ) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for key, row in await self._grouped(
            {"cube": cube.open, **due},
            (split,) if split else (),
            {"open": {"$sum": f"$amounts.{OPEN}"}},
            filters,
        ):
            counts[key[split] if split else ALL] += row["open"]
        return counts

    async def _grouped(
        self,
        match: Mapping[str, object],
        fields: Sequence[str],
        summed: Mapping[str, object],
        filters: Filters,
    ) -> list[tuple[dict[str, str], dict[str, int]]]:
        """Sums by these fields and those of the filters, as far as the filters let them pass."""
        key = {field: f"${field}" for field in (*fields, *filters)}
        rows = await self._scoped(CELLS).aggregate(
            [{"$match": match}, {"$group": {"_id": key or ALL, **summed}}]
        )
        told = [(row["_id"] if key else {}, row) for row in rows]
        return [(key, row) for key, row in told if _passes(key, filters)]

    async def _overdue_facts(
        self, over: date, now: datetime, filters: Filters, split: str | None
    ) -> dict[str, int]:
        earliest = datetime(over.year, over.month, over.day, tzinfo=UTC) + timedelta(days=1) - _WEST
        asked = {*filters, *([split] if split else ())}
        by = {field: f"${_FACT_FIELDS[field]}" for field in asked}
        rows = await self._scoped(FACTS).aggregate(
            [
                {"$match": {"counted.due_at": {"$gte": earliest, "$lt": now}}},
                {"$group": {"_id": by | {"day": "$counted.due_day"}, "count": {"$sum": 1}}},
            ]
        )
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            key = row["_id"]
            if key["day"] > over.isoformat() and _passes(key, filters):
                counts[(key.get(split) if split else ALL) or ALL] += row["count"]
        return counts

    async def names(self, kind: str) -> dict[str, Names]:
        """What the codes of a kind were called most often. All kinds are read at once."""
        if self._named is None:
            self._named = asyncio.ensure_future(self._names())
        return (await self._named).get(kind, {})

    async def _names(self) -> dict[str, dict[str, Names]]:
        fields = ("kind", "code", "tr", "en")
        summed = {NAMED: {"$sum": f"$amounts.{NAMED}"}}
        rows = await self._grouped({"cube": NAMES}, fields, summed, {})
        uses = sorted((row[NAMED], tuple(key[field] for field in fields)) for key, row in rows)
        found: dict[str, dict[str, Names]] = defaultdict(dict)
        for _, (kind, code, tr, en) in uses:
            found[kind][code] = Names(tr=tr, en=en)
        return found


def _passes(values: Mapping[str, object], filters: Filters) -> bool:
    return all(values.get(field) == value for field, value in filters.items())


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _following(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def spans(kind: str, first: date, last: date) -> list[tuple[str, str, str]]:
    """From which kinds of cells a period is read, each with the first and the last (day or month).

    Of a kind that is kept by the month, too, the months that lie whole in the period are.
    """
    begins = first if first.day == 1 else _following(first)
    ends = (last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    if kind not in BY_MONTH or begins > ends:
        return [(kind, first.isoformat(), last.isoformat())]
    found = [(BY_MONTH[kind], _month(begins), _month(ends))]
    if first < begins:
        found.append((kind, first.isoformat(), (begins - timedelta(days=1)).isoformat()))
    if ends < last:
        found.append((kind, (ends + timedelta(days=1)).isoformat(), last.isoformat()))
    return found


def _too_wide() -> Refused:
    return Refused(
        "report-too-wide",
        "This report would add up too many figures. Ask for a shorter period, or for fewer.",
        422,
        errors=[{"field": "from", "message": said("Choose a shorter period.")}],
    )
