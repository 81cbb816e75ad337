"""Neighbours read as one: the sums of several tenants' cells."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from libs.events import Names

from .cube import Cube
from .figures import ALL, Amounts, Backlog
from .queries import Key, Reader
from .report import Filters

K = TypeVar("K")


class Together:
    """Reads of several tenants. A code is called what the last of them calls it."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Filters, split: str | None
    ) -> dict[str, dict[str, int]]:
        """As `Reader.flow`."""
        reads = (one.flow(cube, first, last, filters, split) for one in self._readers)
        return _added(await asyncio.gather(*reads))

    async def daily(self, kind: str, first: date, last: date) -> dict[str, dict[str, int]]:
        """As `Reader.daily`."""
        reads = (one.daily(kind, first, last) for one in self._readers)
        return _added(await asyncio.gather(*reads))

    async def total(self, kind: str, first: date, last: date) -> dict[str, int]:
        """As `Reader.total`."""
        found = await asyncio.gather(*(one.total(kind, first, last) for one in self._readers))
        return _added({ALL: amounts} for amounts in found).get(ALL, {})

    async def sums(
        self, cube: Cube, fields: Sequence[str], first: date, last: date, filters: Filters
    ) -> dict[Key, dict[str, int]]:
        """As `Reader.sums`."""
        reads = (one.sums(cube, fields, first, last, filters) for one in self._readers)
        return _added(await asyncio.gather(*reads))

    async def backlog(
        self, cube: Cube, now: datetime, filters: Filters, split: str | None
    ) -> dict[str, Backlog]:
        """As `Reader.backlog`."""
        found: dict[str, Backlog] = {}
        reads = (one.backlog(cube, now, filters, split) for one in self._readers)
        for rows in await asyncio.gather(*reads):
            for value, more in rows.items():
                had = found.get(value, Backlog())
                found[value] = Backlog(had.open_now + more.open_now, had.overdue + more.overdue)
        return found

    async def due(self, cube: Cube, last: date, filters: Filters) -> dict[str, int]:
        """As `Reader.due`."""
        found: dict[str, int] = defaultdict(int)
        for rows in await asyncio.gather(*(one.due(cube, last, filters) for one in self._readers)):
            for day, count in rows.items():
                found[day] += count
        return found

    async def names(self, kind: str) -> dict[str, Names]:
        """As `Reader.names`."""
        found: dict[str, Names] = {}
        for rows in await asyncio.gather(*(one.names(kind) for one in self._readers)):
            found |= rows
        return found


def _added(parts: Iterable[Mapping[K, Amounts]]) -> dict[K, dict[str, int]]:
    sums: dict[K, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for rows in parts:
        for value, amounts in rows.items():
            for name, amount in amounts.items():
                sums[value][name] += amount
    return {value: dict(amounts) for value, amounts in sums.items()}
