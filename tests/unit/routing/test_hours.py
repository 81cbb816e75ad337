"""Hours as people write them, the bundled holidays, and how a due time comes about."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.routing.hours import (
    Calendar,
    Unreadable,
    spans_of,
    turkish_holidays,
    with_turkish,
    written,
)
from tests.unit.routing.examples import document, names

ISTANBUL = ZoneInfo("Europe/Istanbul")


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("", []),
        ("8-17", [("08:00", "17:00")]),
        ("8.30–12.30, 13:30 - 17:30", [("08:30", "12:30"), ("13:30", "17:30")]),
        ("09:00-12:00 ve 13:00-24:00", [("09:00", "12:00"), ("13:00", "24:00")]),
        ("9-12;12-18", [("09:00", "12:00"), ("12:00", "18:00")]),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, spans: list[tuple[str, str]]) -> None:
    assert spans_of(typed) == spans
    assert spans_of(written(spans)) == spans


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("morning", "unreadable"),
        ("8", "unreadable"),
        ("8:75-12", "no_such_time"),
        ("8-25", "no_such_time"),
        ("24:30-25", "no_such_time"),
        ("17-8", "order"),
        ("8-8", "order"),
        ("13-17, 8-12", "order"),
        ("8-13, 12-17", "order"),
    ],
)
def test_hours_that_cannot_be_are_told_with_their_kind(typed: str, why: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        spans_of(typed)
    assert unreadable.value.why == why


def test_the_bundled_holidays_are_each_day_once_and_in_order() -> None:
    days = [one["date"] for one in turkish_holidays()]
    assert days == sorted(set(days))
    assert {day[:4] for day in days} == {str(year) for year in range(2024, 2031)}
    by_day = {one["date"]: one for one in turkish_holidays()}
    assert by_day["2026-10-28"]["half"]
    assert by_day["2026-10-29"] == {
        "date": "2026-10-29",
        "name": {"tr": "Cumhuriyet Bayramı", "en": "Republic Day"},
        "half": False,
    }


def test_loading_the_turkish_holidays_keeps_what_is_there() -> None:
    own = {"date": "2026-10-29", "name": names("Bizim gün"), "half": True}
    old = {"date": "2020-01-01", "name": names("Eski"), "half": False}
    found = with_turkish([own, old], 2026)
    assert found[0] == old
    assert own in found
    assert not [one for one in found if one["date"].startswith("2025")]
    assert with_turkish(found, 2026) == found


def calendar(**changes: Any) -> Calendar:
    holidays = with_turkish([], 2026)
    found = Calendar.of(document(holidays=holidays, **changes), "Europe/Istanbul")
    assert found is not None
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)


def test_a_request_of_friday_evening_is_due_on_monday() -> None:
    due = calendar().due(at("2026-11-13T17:31"), 60)
    assert due.counted_from == at("2026-11-16T08:30")
    assert due.due_at == at("2026-11-16T09:30")
    assert [(one.first, one.last, one.why) for one in due.passed] == [
        (date(2026, 11, 14), date(2026, 11, 15), "day_off")
    ]


def test_holidays_are_told_by_name_and_half_ones_apart() -> None:
    due = calendar().due(at("2026-10-28T12:00"), 60)
    assert due.counted_from == at("2026-10-28T12:00")
    assert due.due_at == at("2026-10-30T09:00")
    told = [(one.first.day, one.why, one.names and one.names.en) for one in due.passed]
    assert told == [(28, "half", "Republic Day (from 1pm)"), (29, "holiday", "Republic Day")]


def test_without_hours_there_is_no_calendar() -> None:
    assert Calendar.of({"holidays": []}, "Europe/Istanbul") is None
