"""The step for working hours and holidays, with a calculator of due times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from libs.tenants.calendar import WEEKDAYS
from libs.text import said

from ..hours import USUAL, Calendar, Due, Unreadable, spans_of, turkish_holidays, with_turkish
from ..hours import written as in_words
from ..worded import PLACES
from .frame import Read, View, Wrong, texts

UNREADABLE = {
    "unreadable": said("Write hours such as 08:30–12:30, 13:30–17:30; leave a day off empty."),
    "no_such_time": said("There is no such time of day: hours go from 00:00 to 24:00."),
    "order": said("The hours of a day must follow one another, start before end."),
}
USUAL_SLA = 7200
LONGEST_SLA = 10 * 366 * 24 * 60
FRIDAY, HALF_PAST_FIVE = 4, 17 * 60 + 30

Holidays = list[Mapping[str, Any]]


class Hours:
    """When people work, on which days nobody does, and what that makes of a deadline."""

    code = "hours"

    def told(self, view: View) -> Mapping[str, Any]:
        """Each day as people write it; a municipality's usual hours where nothing is said yet."""
        hours = view.document.get("working_hours")
        if not hours:
            return {day: USUAL if place < 5 else "" for place, day in enumerate(WEEKDAYS)}
        return {day: in_words(hours.get(day) or ()) for day in WEEKDAYS}

    async def read(self, view: View, form: FormData) -> Read:
        """Hours, holidays that go, one that comes, and the Turkish ones if they are asked for."""
        told = texts(form) | {"gone": set(map(str, form.getlist("gone")))}
        if told.get("do") == "turkish":
            loaded = with_turkish(_holidays(view), _now(view).year)
            return Read(self.told(view), {"holidays": loaded})
        hours, wrong = _hours(view, told)
        holidays = [one for one in _holidays(view) if one["date"] not in told["gone"]]
        if told.get("date") or told.get("holiday_tr"):
            wrong += _unsound_holiday(view, told)
            own = {
                "date": told.get("date"),
                "name": {
                    "tr": told.get("holiday_tr"),
                    "en": told.get("holiday_en") or told.get("holiday_tr"),
                },
                "half": bool(told.get("half")),
            }
            holidays = [*(one for one in holidays if one["date"] != own["date"]), own]
        holidays.sort(key=lambda one: str(one["date"]))
        return Read(told, {"working_hours": hours, "holidays": holidays}, tuple(wrong))

    async def more(self, view: View) -> Mapping[str, Any]:
        """The holidays by year, and what the calculator was asked."""
        years: dict[str, Holidays] = {}
        for one in _holidays(view):
            years.setdefault(one["date"][:4], []).append(one)
        known = {one["date"] for one in _holidays(view)}
        this_year = _now(view).year
        offered = [one for one in turkish_holidays() if int(one["date"][:4]) >= this_year]
        return {
            "weekdays": {day: PLACES[day] for day in WEEKDAYS},
            "years": years,
            "this_year": str(this_year),
            "day_of": date.fromisoformat,
            "lacking": sum(one["date"] not in known for one in offered),
            "last_offered": offered[-1]["date"][:4] if offered else "",
            **_calculated(view),
        }


def _holidays(view: View) -> Holidays:
    return list(view.document.get("holidays") or ())


def _now(view: View) -> datetime:
    return view.service.now().astimezone(ZoneInfo(view.zone))


def _hours(view: View, told: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    text = view.language.text
    hours: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for day in WEEKDAYS:
        try:
            hours[day] = spans_of(told.get(day, ""))
        except Unreadable as unreadable:
            wrong.append(Wrong(day, f"{text(PLACES[day])}: {text(UNREADABLE[unreadable.why])}"))
    if not wrong and not any(hours.values()):
        wrong = [Wrong("monday", text("Nobody works on any day: give at least one day its hours."))]
    return hours, wrong


def _unsound_holiday(view: View, told: Mapping[str, Any]) -> list[Wrong]:
    wrong: list[Wrong] = []
    try:
        date.fromisoformat(told.get("date", ""))
    except ValueError:
        wrong.append(Wrong("date", view.language.text("Say the date of the holiday.")))
    if not told.get("holiday_tr"):
        wrong.append(Wrong("holiday_tr", view.language.text("Say what the holiday is called.")))
    return wrong


def _calculated(view: View) -> dict[str, Any]:
    """What the calculator was asked, by the address, and its answer by the draft's calendar.

    Asked nothing, it tells of the coming Friday at 17:30 and a day's work.
    """
    categories = [one for one in view.document.get("categories") or () if one.get("names")]
    calendar = Calendar.of(view.document, view.zone)
    moment = _moment(view)
    by_code = {one["code"]: one.get("sla_minutes", USUAL_SLA) for one in categories}
    minutes = by_code.get(view.asked("category"), _minutes(view.asked("minutes")))
    due: Due | None = None
    if calendar and moment and minutes is not None:
        due = calendar.due(moment.replace(tzinfo=ZoneInfo(view.zone)), minutes)
    return {
        "calendar": calendar,
        "due": due,
        "asked_moment": moment.strftime("%Y-%m-%dT%H:%M") if moment else view.asked("moment"),
        "asked_minutes": view.asked("minutes") or "480",
        "asked_wrong": moment is None or minutes is None,
        "categories": sorted(categories, key=lambda one: view.called(one["names"]).casefold()),
    }


def _moment(view: View) -> datetime | None:
    """The wall's time that was asked about; None where it cannot be read."""
    asked = view.asked("moment")
    if not asked:
        today = _now(view)
        friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
        return datetime(friday.year, friday.month, friday.day) + timedelta(minutes=HALF_PAST_FIVE)
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        return None
    return moment.replace(tzinfo=None) if 2000 <= moment.year <= 2100 else None


def _minutes(asked: str) -> int | None:
    if not asked:
        return 480
    minutes = int(asked) if asked.isdecimal() and len(asked) < 9 else -1
    return minutes if 0 <= minutes <= LONGEST_SLA else None
