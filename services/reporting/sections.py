"""What stands below the figures of a dashboard; None where it is not kept by the page's filters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from .answers import Figures
from .parted import By, Part, map_of, parts, rising_categories, rising_words
from .places import Places, quarters
from .report import Report
from .rising import Rise
from .shown import Shown

TOP = 8


@dataclass(frozen=True, slots=True)
class Sections:
    """Each of them, for the template."""

    map: Places | None
    categories: Sequence[Part] | None
    departments: Sequence[Part] | None
    neighbourhoods: Sequence[Part] | None
    channels: Sequence[Part] | None
    rising: Sequence[Rise] | None
    rising_categories: Sequence[Rise] | None
    each: Sequence[tuple[Report, Figures]]
    hexes: Sequence[tuple[int, int, str, list[list[float]]]]
    """How many, rank, neighbourhood and corners of each hexagon, as the map's script wants it."""


async def sections(page: Shown) -> Sections:
    """All of them, read beside each other."""
    wanted = [by for by in get_args(By) if page.tells(by)]
    found, words, risen, each, told = await asyncio.gather(
        _map(page),
        _words(page),
        _categories(page),
        _each(page),
        parts(page.report.reader, wanted, page.period, page.filters),
    )
    departments, neighbourhoods = told.get("department"), told.get("neighbourhood")
    where = quarters(page.tenants)
    return Sections(
        map=found,
        categories=told.get("category"),
        departments=departments and _busiest(departments),
        neighbourhoods=neighbourhoods and neighbourhoods[:TOP],
        channels=told.get("channel"),
        rising=words and words[:TOP],
        rising_categories=risen and risen[:TOP],
        each=each,
        hexes=[
            (one.opened, one.rank, where.of(one.cell), one.ring)
            for one in (found.hexagons if found else ())
        ],
    )


def _busiest(departments: Sequence[Part]) -> list[Part]:
    """Those that closed most, of those that closed something with a deadline."""
    rated = [one for one in departments if one.rate is not None]
    return sorted(rated, key=lambda one: -(one.on_time + one.late))[:TOP]


async def _map(page: Shown) -> Places | None:
    return None if page.filters else await map_of(page.report.reader, page.period)


async def _words(page: Shown) -> list[Rise] | None:
    return None if page.filters else await rising_words(page.report.reader, page.period.last)


async def _categories(page: Shown) -> list[Rise] | None:
    if not page.tells("category"):
        return None
    return await rising_categories(page.report.reader, page.period.last, page.filters)


async def _each(page: Shown) -> list[tuple[Report, Figures]]:
    if len(page.each) < 2 or not page.tells():
        return []
    found = await asyncio.gather(*(one.figures() for one in page.each))
    return list(zip(page.each, found, strict=True))
