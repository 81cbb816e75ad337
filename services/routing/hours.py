"""Working hours and holidays as people write them, and how a due time comes about."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from libs.events import Names
from libs.tenants import Holiday, WeeklyHours, WorkingTime
from libs.tenants.working_days import WorkingDays

Document = Mapping[str, Any]
Span = tuple[str, str]

USUAL = "08:30–12:30, 13:30–17:30"
"""What is offered where nobody has said anything yet: a municipality's office hours."""

_FILE = Path(__file__).with_name("turkish_holidays.csv")
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_BETWEEN = re.compile(r"\s*(?:[,;\n]|\bve\b|\band\b)\s*")


class Unreadable(ValueError):
    """Hours that cannot be read; `why` tells the kind of fault."""

    def __init__(self, why: Literal["unreadable", "no_such_time", "order"]) -> None:
        super().__init__(why)
        self.why = why


def spans_of(written: str) -> list[Span]:
    """The spans of a day, of `8.30-12.30, 13:30–17:30`; none of an empty text.

    Raises Unreadable.
    """
    parts = [part for part in _BETWEEN.split(written.strip()) if part]
    spans = [_span(part) for part in parts]
    ends = [clock for span in spans for clock in span]
    if any(not earlier < later for earlier, later in spans) or ends != sorted(ends):
        raise Unreadable("order")
    return spans


def written(spans: Iterable[Sequence[str]]) -> str:
    """The spans of a day as people write them."""
    return ", ".join(f"{start}–{end}" for start, end in spans)


def _span(part: str) -> Span:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise Unreadable("unreadable")
    start_hour, start_minute, end_hour, end_minute = found.groups()
    return _clock(start_hour, start_minute), _clock(end_hour, end_minute)


def _clock(hour: str, minute: str | None) -> str:
    hours, minutes = int(hour), int(minute or 0)
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise Unreadable("no_such_time")
    return f"{hours:02}:{minutes:02}"


@cache
def turkish_holidays() -> tuple[dict[str, Any], ...]:
    """The public holidays of Türkiye that come with Sokak, as a document has them.

    A day that is named twice is the whole one: a feast may begin on a national holiday.
    """
    days: dict[str, dict[str, str]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["date"] not in days or row["kind"] == "full":
                days[row["date"]] = row
    return tuple(
        {
            "date": day,
            "name": {"tr": row["name_tr"], "en": row["name_en"]},
            "half": row["kind"] == "half",
        }
        for day, row in sorted(days.items())
    )


def with_turkish(known: Iterable[Document], first_year: int) -> list[dict[str, Any]]:
    """These holidays and the Turkish ones from that year on; a date that is there stays."""
    days = {str(one["date"]): dict(one) for one in known}
    for one in turkish_holidays():
        if int(one["date"][:4]) >= first_year:
            days.setdefault(one["date"], dict(one))
    return [days[day] for day in sorted(days)]


@dataclass(frozen=True, slots=True)
class Passed:
    """Days between a request and its due time on which the clock stood, and why.

    `half` days count until 13:00. `names` are a holiday's.
    """

    first: date
    last: date
    why: Literal["day_off", "holiday", "half"]
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """How a due time comes about: counted from when, due when, with what in between."""

    asked: datetime
    counted_from: datetime
    due_at: datetime
    minutes: int
    passed: tuple[Passed, ...]


@dataclass(frozen=True)
class Calendar:
    """The hours and holidays of a draft, which may be no more than that."""

    time_zone: str
    hours: WeeklyHours
    holidays: tuple[Holiday, ...]

    @classmethod
    def of(cls, document: Document, time_zone: str) -> Calendar | None:
        """A document's; None where nobody has said when people work."""
        hours = document.get("working_hours")
        if not hours:
            return None
        holidays = tuple(Holiday.model_validate(one) for one in document.get("holidays") or ())
        return cls(time_zone, WeeklyHours.model_validate(hours), holidays)

    @cached_property
    def working_days(self) -> WorkingDays:
        """For `WorkingTime`."""
        return WorkingDays(self.time_zone, self.hours, self.holidays)

    def due(self, asked: datetime, minutes: int) -> Due:
        """When a request of that moment is due after so many minutes of work."""
        time = WorkingTime(self)
        due_at = time.due_at(asked, minutes)
        first, last = self.working_days.date_of(asked), self.working_days.date_of(due_at)
        passed = tuple(_joined(self._passed(first, last)))
        return Due(asked, time.due_at(asked, 0), due_at, minutes, passed)

    def _passed(self, first: date, last: date) -> Iterator[Passed]:
        named = {one.date: one for one in self.holidays}
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if not self.hours.days[day.weekday()]:
                yield Passed(day, day, "day_off")
            elif day in named:
                holiday = named[day]
                yield Passed(day, day, "half" if holiday.half else "holiday", holiday.name)


def _joined(days: Iterable[Passed]) -> Iterator[Passed]:
    """Days that follow one another for the same reason as one."""
    open_: Passed | None = None
    for day in days:
        follows = open_ is not None and day.first - open_.last == timedelta(days=1)
        if open_ is not None and follows and (open_.why, open_.names) == (day.why, day.names):
            open_ = Passed(open_.first, day.last, day.why, day.names)
            continue
        if open_ is not None:
            yield open_
        open_ = day
    if open_ is not None:
        yield open_
