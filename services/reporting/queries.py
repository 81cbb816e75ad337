"""Reads of cells and facts of one tenant: sums for a report, within bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from libs.events import Names
from libs.runtime.rule import Refused
from libs.runtime.store import Scoped

from .cube import CELLS, NAMES, OPEN, Cube
from .figures import ALL, Backlog
from .store import FACTS

MAX_CELLS = 300_000
"""A report that would have to add up more is refused: it would take longer than 5 s."""

Filters = Mapping[str, str]

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
    """Reads of one tenant. `scoped` gives a collection of the generation that is shown."""

    def __init__(self, scoped: Callable[[str], Scoped]) -> None:
        self._scoped = scoped

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Filters, split: str | None
    ) -> dict[str, dict[str, int]]:
        """Amounts of both days and those between, summed by `split` (a field, or `day`)."""
        cells = self._scoped(CELLS)
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        read = 0
        for start, end in months(first, last):
            found = await cells.find(
                {
                    "cube": cube.flow,
                    "day": {"$gte": start.isoformat(), "$lte": end.isoformat()},
                    **filters,
                },
                limit=MAX_CELLS - read + 1,
                projection=[split, "amounts"] if split else ["amounts"],
            )
            read += len(found)
            if read > MAX_CELLS:
                raise _too_wide()
            for cell in found:
                row = sums[cell[split] if split else ALL]
                for name, amount in cell["amounts"].items():
                    row[name] += amount
        return {value: dict(row) for value, row in sums.items()}

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

    async def _open_cells(
        self, cube: Cube, filters: Filters, split: str | None, due: dict[str, object]
    ) -> dict[str, int]:
        group = {"_id": f"${split}" if split else ALL, "open": {"$sum": f"$amounts.{OPEN}"}}
        rows = await self._scoped(CELLS).aggregate(
            [{"$match": {"cube": cube.open, **due, **filters}}, {"$group": group}]
        )
        return {row["_id"]: row["open"] for row in rows}

    async def _overdue_facts(
        self, over: date, now: datetime, filters: Filters, split: str | None
    ) -> dict[str, int]:
        earliest = datetime(over.year, over.month, over.day, tzinfo=UTC) + timedelta(days=1) - _WEST
        match = {
            "counted.due_at": {"$gte": earliest, "$lt": now},
            **{_FACT_FIELDS[field]: value for field, value in filters.items()},
        }
        by = {"value": f"${_FACT_FIELDS[split]}" if split else ALL, "day": "$counted.due_day"}
        rows = await self._scoped(FACTS).aggregate(
            [{"$match": match}, {"$group": {"_id": by, "count": {"$sum": 1}}}]
        )
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            if row["_id"]["day"] > over.isoformat():
                counts[row["_id"].get("value") or ALL] += row["count"]
        return counts

    async def names(self, kind: str) -> dict[str, Names]:
        """What the codes of a kind were called most often."""
        cells = await self._scoped(CELLS).find(
            {"cube": NAMES, "kind": kind},
            limit=MAX_CELLS,
            projection=["code", "tr", "en", "amounts"],
        )
        uses: dict[tuple[str, str, str], int] = defaultdict(int)
        for cell in cells:
            uses[cell["code"], cell["tr"], cell["en"]] += sum(cell["amounts"].values())
        ordered = sorted(uses, key=lambda use: (uses[use], use))
        return {code: Names(tr=tr, en=en) for code, tr, en in ordered}


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The period in portions of a month, so that no read holds all of it in memory."""
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
        end = min(last, following - timedelta(days=1))
        yield first, end
        first = following


def _too_wide() -> Refused:
    return Refused(
        "report-too-wide",
        "This report would add up too many figures. Ask for a shorter period, or for fewer.",
        422,
        errors=[{"field": "from", "message": "Choose a shorter period."}],
    )
