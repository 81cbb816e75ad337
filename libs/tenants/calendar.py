"""A tenant's calendar: the hours of its week and its holidays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from libs.events import Names

from .part import Part

Clock = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of day as the clock on the wall shows it: `08:30`; `24:00` is the end of the day."""

Interval = tuple[Clock, Clock]

WEEKDAYS: tuple[str, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def minute_of_day(clock: Clock) -> int:
    """Minutes since midnight on the wall's clock."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class WeeklyHours(Part):
    """When people work, for each day of the week; a day without intervals is a day off."""

    monday: tuple[Interval, ...] = ()
    tuesday: tuple[Interval, ...] = ()
    wednesday: tuple[Interval, ...] = ()
    thursday: tuple[Interval, ...] = ()
    friday: tuple[Interval, ...] = ()
    saturday: tuple[Interval, ...] = ()
    sunday: tuple[Interval, ...] = ()

    @cached_property
    def days(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Monday first: the intervals of each day in minutes since midnight."""
        return tuple(
            tuple((minute_of_day(start), minute_of_day(end)) for start, end in intervals)
            for intervals in self._intervals()
        )

    def _intervals(self) -> Iterable[tuple[Interval, ...]]:
        return (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )

    @model_validator(mode="after")
    def _in_order(self) -> WeeklyHours:
        if not any(self.days):
            raise PydanticCustomError(
                "no_working_hours",
                "nobody works on any day of the week: give at least one day an interval",
            )
        for weekday, intervals in zip(WEEKDAYS, self.days, strict=True):
            previous = 0
            for start, end in intervals:
                if not previous <= start < end:
                    raise PydanticCustomError(
                        "hours_out_of_order",
                        "the intervals of {weekday} must follow one another, each with its"
                        " start before its end",
                        {"weekday": weekday},
                    )
                previous = end
        return self


class Holiday(Part):
    """A day on which nobody works, or (`half`) nobody from 13:00 on."""

    date: date
    name: Names
    half: bool = False

    @property
    def kind(self) -> Literal["full", "half"]:
        """How much of the day is free."""
        return "half" if self.half else "full"
