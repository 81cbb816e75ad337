"""Which time a list is about: at most 90 days, walked through from the newest to the oldest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .arguments import Arguments

LONGEST = timedelta(days=90)
FIRST_SLICE = timedelta(hours=6)
_MOMENT = timedelta(milliseconds=1)
"""The store keeps no finer ones."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, both within it."""

    start: datetime
    end: datetime

    def slices(self) -> Iterator[Window]:
        """Pieces without gaps, newest first, each twice as long as the one before: a list that is
        soon full then asks a store for little, whatever the whole window holds.
        """
        end, length = self.end, FIRST_SLICE
        while end >= self.start:
            start = max(self.start, end - length)
            yield Window(start, end)
            end, length = start - _MOMENT, length * 2

    def holds(self, moment: datetime) -> bool:
        """Whether a time is within it."""
        return self.start <= moment <= self.end


def window_of(arguments: Arguments, now: datetime, usual: timedelta = LONGEST) -> Window:
    """`start_date` and `end_date`: without both the last 90 days (or `usual`); with one alone as
    long as may be, after it or before it.
    """
    start, end = arguments.moment("start_date"), arguments.moment("end_date")
    if start is None and end is None:
        return Window(now - usual, now)
    if start is None:
        assert end is not None
        return Window(end - LONGEST, end)
    if end is None:
        return Window(start, start + LONGEST)
    if start > end:
        arguments.wrong(
            "start_date, end_date'den sonra olamaz.", "start_date must not be after end_date."
        )
    elif end - start > LONGEST:
        arguments.wrong(
            "start_date ile end_date arası en çok 90 gün olabilir.",
            "From start_date to end_date there may be at most 90 days.",
        )
    return Window(start, end)
