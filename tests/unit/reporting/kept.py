"""Cells that were grown here, read by the service's own reader as if they were stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from services.reporting.cube import FIELDS
from services.reporting.queries import Reader
from tests.unit.reporting.history import Cells


class Kept:
    """A collection of one tenant's cells."""

    def __init__(self, cells: Cells) -> None:
        self._cells = [
            {**dict(zip(FIELDS[kind], id.split("|")[3:], strict=True)), "cube": kind, "amounts": of}
            for (kind, id), of in cells.items()
        ]

    async def portions(self, filter: Mapping[str, Any], size: int) -> AsyncIterator[list[Any]]:
        """Those that match, so many at a time."""
        found = [cell for cell in self._cells if _matches(cell, filter)]
        for at in range(0, len(found), size):
            yield found[at : at + size]


def reader_of(cells: Cells) -> Reader:
    """Reads these cells."""
    kept: Any = Kept(cells)
    return Reader(lambda name: kept)


def _matches(cell: Mapping[str, Any], filter: Mapping[str, Any]) -> bool:
    return all(
        wanted["$gte"] <= cell[field] <= wanted["$lte"]
        if isinstance(wanted, dict)
        else cell.get(field) == wanted
        for field, wanted in filter.items()
    )
