"""How many open tasks there are, by what they have in common.

By category and neighbourhood almost every task is a group of its own, which costs as much as all
the rest; so they are told apart only where somebody asks for one of them.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from libs.runtime.store import Scoped

from .filter import SOON
from .queries import Document
from .queue import asked
from .status import PAUSING

TALLY_S = 2.0
SORTED = "*"
"""Some category, in a tally that tells no more of it."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many open tasks that are alike in this; of a coarse tally `category` says no more than
    whether it is still to be sorted, and `neighbourhood` nothing.
    """

    operator: str | None
    department: str | None
    category: str | None
    neighbourhood: str | None
    status: str
    when: str
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The open tasks by what they have in common, and how many ask to be reopened."""

    groups: tuple[Group, ...] = ()
    reopen: int = 0
    fine: bool = False
    _sums: dict[tuple[str, ...], Counter[tuple[Any, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def count(self, **wanted: Any) -> int:
        """How many open tasks are so; a tuple takes any of its values."""
        assert self.fine or "neighbourhood" not in wanted
        sums = self._by(tuple(sorted(wanted)))
        values = (wanted[name] for name in sorted(wanted))
        ranges = (value if isinstance(value, tuple) else (value,) for value in values)
        return sum(sums[one] for one in product(*ranges))

    def _by(self, names: tuple[str, ...]) -> Counter[tuple[Any, ...]]:
        """Sums over the groups, which are many: a page asks some thirty times, by few names."""
        if names not in self._sums:
            sums: Counter[tuple[Any, ...]] = Counter()
            for group in self.groups:
                sums[tuple(getattr(group, name) for name in names)] += group.count
            self._sums[names] = sums
        return self._sums[names]


class Tallies:
    """Counts of each tenant, taken anew when they are older than `TALLY_S`, once for all who ask
    meanwhile.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Tally]] = {}
        self._one: dict[str, asyncio.Lock] = {}

    async def of(self, tasks: Scoped, now: datetime, unsorted: str, fine: bool) -> Tally:
        """A tenant's counts; those that are `fine` do for who needs no more than the others."""
        async with self._one.setdefault(tasks.tenant, asyncio.Lock()):
            known = self._known.get(tasks.tenant)
            if known and time.monotonic() - known[0] < TALLY_S and known[1].fine >= fine:
                return known[1]
            counted = await tally(tasks, now, unsorted, fine)
            self._known[tasks.tenant] = (time.monotonic(), counted)
            return counted


async def tally(tasks: Scoped, now: datetime, unsorted: str, fine: bool) -> Tally:
    """Count a tenant's open tasks in one reading."""
    when = {
        "$switch": {
            "branches": [
                {"case": {"$in": ["$status", sorted(PAUSING)]}, "then": "stands"},
                {"case": {"$eq": ["$due_at", None]}, "then": "undated"},
                {"case": {"$lt": ["$due_at", now]}, "then": "late"},
                {"case": {"$lt": ["$due_at", now + SOON]}, "then": "soon"},
            ],
            "default": "later",
        }
    }
    code = {"$ifNull": ["$category.code", unsorted]}
    apart: Document = {"category": code, "neighbourhood": "$neighbourhood.code"}
    key = {
        "operator": "$operator",
        "department": "$department.code",
        "status": "$status",
        "when": when,
        **(apart if fine else {"unsorted": {"$eq": [code, unsorted]}}),
    }
    groups = await tasks.aggregate(
        [{"$match": {"open": True}}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
    )
    reopen = len(await asked(tasks, {"open": 1, "reopen_asked": 1}))

    def category(told: Document) -> str | None:
        if fine:
            return told.get("category")
        return unsorted if told["unsorted"] else SORTED

    return Tally(
        tuple(
            Group(
                operator=group["_id"].get("operator"),
                department=group["_id"].get("department"),
                category=category(group["_id"]),
                neighbourhood=group["_id"].get("neighbourhood"),
                status=group["_id"]["status"],
                when=group["_id"]["when"],
                count=group["count"],
            )
            for group in groups
        ),
        reopen,
        fine,
    )
