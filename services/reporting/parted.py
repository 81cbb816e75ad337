"""The parts of a whole: what was submitted and kept by category, department, and so on."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .asked import Period, cube
from .cube import LATE, ON_TIME, OPENED, PARTS, PLACES, TOLD, WORDS, Cube, part_of
from .figures import Amounts
from .places import Places, places
from .report import Filters, Reader
from .rising import Rise, first_day, rises

By = Literal["category", "department", "neighbourhood", "channel"]
Sums = Mapping[str, Mapping[str, Amounts]]
"""Amounts of each code, by what it is a code of."""


@dataclass(frozen=True, slots=True)
class Part:
    """One category, channel and so on: submissions, or what was closed on time and late."""

    code: str
    opened: int = 0
    before: int = 0
    on_time: int = 0
    late: int = 0
    on_time_before: int = 0
    late_before: int = 0

    @property
    def change(self) -> float | None:
        """By what share of the period before it has grown."""
        return (self.opened - self.before) / self.before if self.before else None

    @property
    def rate(self) -> float | None:
        """The share that was closed on time."""
        return _share(self.on_time, self.late)

    @property
    def rate_change(self) -> float | None:
        """Percentage points against the period before, as a share."""
        before = _share(self.on_time_before, self.late_before)
        return None if self.rate is None or before is None else self.rate - before


async def parts(
    reader: Reader, splits: Collection[By], period: Period, filters: Filters
) -> dict[By, list[Part]]:
    """Everything by each of these fields, the most submitted first."""
    past = period.before
    if filters:
        now, then = await asyncio.gather(
            _summed(reader, splits, period, filters), _summed(reader, splits, past, filters)
        )
    else:
        sums = await asyncio.gather(
            *(reader.total(PARTS, span.first, span.last) for span in (period, past))
        )
        now, then = (_split(amounts) for amounts in sums)
    return {by: _beside(now.get(by, {}), then.get(by, {})) for by in splits}


async def map_of(reader: Reader, period: Period) -> Places:
    """Where the requests of a period come from."""
    return places(await reader.total(PLACES, period.first, period.last))


async def words(reader: Reader, period: Period) -> list[tuple[str, int]]:
    """What the requests of a period speak of, the most frequent first."""
    counts = await reader.total(WORDS, period.first, period.last)
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


async def rising_words(reader: Reader, last: date) -> list[Rise]:
    """The words of the last seven days that were rarer in the weeks before."""
    days = await reader.daily(WORDS, first_day(last), last)
    return rises(_turned(days), last)


async def rising_categories(reader: Reader, last: date, filters: Filters) -> list[Rise]:
    """The categories of the last seven days that were rarer in the weeks before."""
    if filters:
        able = cube(filters, "category")
        rows = await reader.sums(able, ("day", "category"), first_day(last), last, filters)
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for (day, code), amounts in rows.items():
            if OPENED in amounts:
                days[day][code] = amounts[OPENED]
    else:
        told = await reader.daily(PARTS, first_day(last), last)
        days = {day: _opened(amounts, "category") for day, amounts in told.items()}
    daily = _turned(days)
    daily.pop("", None)
    return rises(daily, last)


def total(days: Mapping[str, Amounts], period: Period) -> dict[str, int]:
    """What was counted in a period."""
    sums: dict[str, int] = defaultdict(int)
    first, last = period.first.isoformat(), period.last.isoformat()
    for day, amounts in days.items():
        if first <= day <= last:
            for name, amount in amounts.items():
                sums[name] += amount
    return sums


async def _summed(reader: Reader, splits: Collection[By], period: Period, filters: Filters) -> Sums:
    """Each cube is read once, by all fields that it is to be split by."""
    cubes: dict[Cube, list[By]] = defaultdict(list)
    for by in splits:
        cubes[cube(filters, by)].append(by)
    reads = await asyncio.gather(
        *(
            reader.sums(able, fields, period.first, period.last, filters)
            for able, fields in cubes.items()
        )
    )
    found: dict[str, dict[str, Counter[str]]] = {by: defaultdict(Counter) for by in splits}
    for fields, rows in zip(cubes.values(), reads, strict=True):
        for key, amounts in rows.items():
            told = {name: amounts[name] for name in TOLD if name in amounts}
            for by, code in zip(fields, key, strict=True):
                if told:
                    found[by][code].update(told)
    return found


def _split(amounts: Amounts) -> Sums:
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for name, amount in amounts.items():
        by, code, told = part_of(name)
        found[by][code][told] = amount
    return found


def _beside(now: Mapping[str, Amounts], then: Mapping[str, Amounts]) -> list[Part]:
    found = [_part(code, now.get(code, {}), then.get(code, {})) for code in {*now, *then}]
    return sorted(found, key=lambda one: (-one.opened, one.code))


def _part(code: str, now: Amounts, past: Amounts) -> Part:
    return Part(
        code,
        now.get(OPENED, 0),
        past.get(OPENED, 0),
        now.get(ON_TIME, 0),
        now.get(LATE, 0),
        past.get(ON_TIME, 0),
        past.get(LATE, 0),
    )


def _opened(amounts: Amounts, by: By) -> dict[str, int]:
    ours = ((part_of(name), amount) for name, amount in amounts.items() if name.startswith(by))
    return {code: amount for (_, code, told), amount in ours if told == OPENED}


def _turned(days: Mapping[str, Amounts]) -> dict[str, dict[str, int]]:
    """Days of each thing, from things of each day."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for day, amounts in days.items():
        for value, amount in amounts.items():
            found[value][day] = amount
    return found


def _share(on_time: int, late: int) -> float | None:
    return on_time / (on_time + late) if on_time + late else None
