"""Arithmetic in a tenant's working time: what an SLA is counted in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from .working_days import Window, WorkingDays

_DAY = timedelta(days=1)
_NOTHING = timedelta()


class Works(Protocol):
    """Whoever has a calendar of work: a tenant."""

    @property
    def working_days(self) -> WorkingDays:
        """Which times of a day are worked."""


class WorkingTime:
    """Counts only what the tenant works: its weekly hours less holidays, in its time zone.

    Every moment is an aware datetime, results are in UTC. A window of work includes both its
    ends, so that the last minute of a day falls due on that day and not on the next.
    """

    def __init__(self, tenant: Works) -> None:
        self._days = tenant.working_days

    def due_at(self, start: datetime, minutes: int) -> datetime:
        """The moment when that many minutes have been worked since `start`.

        With 0 minutes: `start` itself if it is worked, else the next opening.
        """
        if minutes < 0:
            raise ValueError("minutes must not be negative")
        return self._after(start, timedelta(minutes=minutes))

    def days_between(self, start: datetime, end: datetime) -> int:
        """The days with work after that of `start`, to that of `end`: 0 on the same day."""
        day, last = self._days.date_of(start), self._days.date_of(end)
        ahead = range(1, (last - day).days + 1)
        return sum(bool(self._days.windows(day + n * _DAY)) for n in ahead)

    def extend(self, due_at: datetime, pause_start: datetime, pause_end: datetime) -> datetime:
        """A new due time after a pause in which the clock stood still.

        What had been left at `pause_start` is left at `pause_end`. What was overdue already
        when the pause began stays due when it was.
        """
        if due_at <= pause_start or pause_end <= pause_start:
            return due_at
        return self._after(pause_end, self._worked(pause_start, due_at))

    def _after(self, start: datetime, remaining: timedelta) -> datetime:
        for opens, closes in self._windows_from(start):
            begins = max(start, opens)
            if begins > closes:
                continue
            if remaining <= closes - begins:
                return begins.astimezone(opens.tzinfo) + remaining
            remaining -= closes - begins
        raise AssertionError("the windows never end")

    def _worked(self, start: datetime, end: datetime) -> timedelta:
        worked = _NOTHING
        for opens, closes in self._windows_from(start):
            if opens >= end:
                break
            worked += max(_NOTHING, min(closes, end) - max(opens, start))
        return worked

    def _windows_from(self, start: datetime) -> Iterator[Window]:
        # The day before as well: its last window may end at midnight, which is `start`.
        day = self._days.date_of(start) - _DAY
        while True:
            yield from self._days.windows(day)
            day += _DAY
