"""Deadlines as people write them: days, hours or minutes of work, kept as minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from libs.tenants.calendar import WEEKDAYS, minute_of_day
from libs.text import said

Unit = Literal["days", "hours", "minutes"]

UNITS: dict[Unit, str] = {
    "days": said("working days"),
    "hours": said("working hours"),
    "minutes": said("minutes of work"),
}
WRONG = said("Write the deadline as a whole number from 1, ten years at most.")
USUAL_DAY = 480
MOST = 10 * 366 * 24 * 60


def day_of(document: Mapping[str, Any]) -> int:
    """Minutes of the usual working day: the length that most days of the week have.

    Eight hours where no working hours are known.
    """
    week = document.get("working_hours") or {}
    lengths = Counter(
        length
        for weekday in WEEKDAYS
        if (
            length := sum(
                minute_of_day(end) - minute_of_day(start) for start, end in week.get(weekday) or ()
            )
        )
    )
    return max(lengths, key=lambda length: (lengths[length], length), default=USUAL_DAY)


def told(minutes: int, day: int) -> tuple[int, Unit]:
    """Minutes as a number and the largest unit that tells it without a rest."""
    if minutes % day == 0:
        return minutes // day, "days"
    return (minutes // 60, "hours") if minutes % 60 == 0 else (minutes, "minutes")


def minutes_of(number: str, unit: str, day: int) -> int | None:
    """What was written in minutes; None for what is no whole number from 1 to ten years."""
    size = {"days": day, "hours": 60, "minutes": 1}.get(unit)
    if size is None or not number.isascii() or not number.isdecimal() or len(number) > 9:
        return None
    minutes = int(number) * size
    return minutes if 1 <= minutes <= MOST else None
