"""Which times of a day are worked, as instants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .calendar import Holiday, WeeklyHours

Window = tuple[datetime, datetime]

HALF_DAY_ENDS = 13 * 60
"""Minute of the day from which a half holiday is free: Turkish public holidays begin at 13:00
of the day before (Law 2429, art. 2)."""


class WorkingDays:
    """The windows of work of any day, remembered once they have been asked for."""

    def __init__(self, time_zone: str, hours: WeeklyHours, holidays: Iterable[Holiday]) -> None:
        self.zone = ZoneInfo(time_zone)
        self._week = hours.days
        self._holidays = {holiday.date: holiday.kind for holiday in holidays}
        self._known: dict[date, tuple[Window, ...]] = {}

    def date_of(self, moment: datetime) -> date:
        """The day that the tenant's wall calendar shows at that moment."""
        return moment.astimezone(self.zone).date()

    def windows(self, day: date) -> tuple[Window, ...]:
        """When work is done on that day: (start, end) in UTC, in order, not overlapping."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self._windows(day)
        return known

    def _windows(self, day: date) -> tuple[Window, ...]:
        holiday = self._holidays.get(day)
        if holiday == "full":
            return ()
        windows: list[Window] = []
        for start, end in self._week[day.weekday()]:
            opens = self._instant(day, start)
            closes = self._instant(day, min(end, HALF_DAY_ENDS) if holiday == "half" else end)
            if windows:
                # A time that the clocks skip in spring may lie past the next one.
                opens = max(opens, windows[-1][1])
            if opens < closes:
                windows.append((opens, closes))
        return tuple(windows)

    def _instant(self, day: date, minute: int) -> datetime:
        """A time that the clocks show twice is the first; one that they skip is counted as if
        they had not been put forward yet.
        """
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)
