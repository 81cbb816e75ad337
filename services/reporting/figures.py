"""What a row of a report says, from the sums of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.events import CLOSED_STATUSES

from .cube import AGAIN, ASSIGNED_IN, CLOSED, LATE, ON_TIME, OPENED, RATED, RESOLVED_IN, VOICES
from .histogram import quantiles

FEW = 10
"""Fewer durations than this say little: their percentiles are marked, not compared."""

ALL = ""
"""The one row of a report that is not split; also the row of what has no category, and so on."""

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar time between two things, of `count` requests; `few` where those are under ten."""

    count: int
    median_seconds: float | None
    p90_seconds: float | None
    few: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """What happened in a period.

    `opened` counts submissions by their day; `closed`, `resolved`, `on_time`, `late` and
    `resolution` by the day of closing; `first_assignment` by the day of assigning. Only what
    was resolved is on time or late, and only where it has a deadline and a duration. `voices`
    are those who joined what was submitted in the period; `satisfaction` is the mean of
    `ratings` from 1 to 5, and `reopen_requests` are those who said that it is not solved, both
    by the day on which the citizen said so.
    """

    opened: int
    closed: int
    resolved: int
    on_time: int
    late: int
    on_time_rate: float | None
    first_assignment: Duration
    resolution: Duration
    voices: int
    ratings: int
    satisfaction: float | None
    reopen_requests: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is open now, whenever it was submitted, and how much of it is past its deadline."""

    open_now: int = 0
    overdue: int = 0


_NONE = Duration(count=0, median_seconds=None, p90_seconds=None, few=True)


def flow(amounts: Amounts) -> Flow:
    """The figures of a period."""
    on_time, late = amounts.get(ON_TIME, 0), amounts.get(LATE, 0)
    by_status = closed_by_status(amounts)
    ratings = {stars: amounts.get(f"{RATED}{stars}", 0) for stars in range(1, 6)}
    rated = sum(ratings.values())
    stars = sum(stars * count for stars, count in ratings.items())
    return Flow(
        opened=amounts.get(OPENED, 0),
        closed=sum(by_status.values()),
        resolved=by_status["resolved"],
        on_time=on_time,
        late=late,
        on_time_rate=round(on_time / (on_time + late), 4) if on_time + late else None,
        first_assignment=_duration(amounts, ASSIGNED_IN),
        resolution=_duration(amounts, RESOLVED_IN),
        voices=amounts.get(VOICES, 0),
        ratings=rated,
        satisfaction=round(stars / rated, 2) if rated else None,
        reopen_requests=amounts.get(AGAIN, 0),
    )


def closed_by_status(amounts: Amounts) -> dict[str, int]:
    """How many of those that were closed ended in which status."""
    return {status: amounts.get(CLOSED + status, 0) for status in CLOSED_STATUSES}


def closed(amounts: Amounts) -> int:
    """How many were closed, whatever they ended in."""
    return sum(closed_by_status(amounts).values())


def _duration(amounts: Amounts, kind: str) -> Duration:
    length = len(kind)
    counts = {name[length:]: count for name, count in amounts.items() if name[:length] == kind}
    if not counts:
        return _NONE
    total = sum(counts.values())
    median, p90 = quantiles(counts, 0.5, 0.9)
    return Duration(
        count=total,
        median_seconds=_seconds(median),
        p90_seconds=_seconds(p90),
        few=total < FEW,
    )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 3)
