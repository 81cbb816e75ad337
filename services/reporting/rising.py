"""What rises: counts of the last seven days beside the same weekdays of the weeks before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = 7
WEEKS_BEFORE = 4
LENGTH = WEEK * (1 + WEEKS_BEFORE)
SHOWN_DAYS = 14
LEAST = 3
"""Fewer than this in a week are neither shown nor called rising."""

UNUSUAL = 2.0
"""So many standard deviations over what was to be expected is a rise."""

Daily = Mapping[str, Mapping[str, int]]
"""How many on which day (ISO), by what is counted."""


@dataclass(frozen=True, slots=True)
class Rise:
    """Something that is said more often than usual.

    `usual` is a week's mean over the four weeks before, so that each weekday is compared with
    itself; `score` is how far `week` lies over it, in standard deviations of a Poisson count
    whose mean is `usual`, at least 1. `days` are the last fourteen.
    """

    value: str
    week: int
    usual: float
    score: float
    days: tuple[int, ...]

    @property
    def times(self) -> float | None:
        """How many times the usual; None where there was nothing before."""
        return round(self.week / self.usual, 1) if self.usual else None


def first_day(last: date) -> date:
    """The first day that a comparison ending with `last` looks at."""
    return last - timedelta(days=LENGTH - 1)


def rises(daily: Daily, last: date) -> list[Rise]:
    """What rises in the week that ends with `last`, the most unusual first."""
    days = [(last - timedelta(days=back)).isoformat() for back in range(LENGTH)[::-1]]
    found = [_of(value, [counts.get(day, 0) for day in days]) for value, counts in daily.items()]
    rising = [one for one in found if one.week >= LEAST and one.score >= UNUSUAL]
    return sorted(rising, key=lambda one: (-one.score, one.value))


def _of(value: str, days: Sequence[int]) -> Rise:
    week, usual = sum(days[-WEEK:]), sum(days[:-WEEK]) / WEEKS_BEFORE
    score = (week - usual) / math.sqrt(max(usual, 1.0))
    return Rise(value, week, usual, round(score, 2), tuple(days[-SHOWN_DAYS:]))
