"""Working time: examples of Keçiören's kind of week, and what holds for every week."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.tenants import Tenant, WorkingTime
from libs.tenants.calendar import WEEKDAYS

from .conftest import document, names, square

ISTANBUL = ZoneInfo("Europe/Istanbul")
NEW_YORK = ZoneInfo("America/New_York")


def local(text: str, zone: ZoneInfo = ISTANBUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def minutes_between(clock: WorkingTime, start: datetime, end: datetime) -> float:
    """The minutes that the clock counts as worked between two moments."""
    return clock._worked(start, end) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-16T09:00", 60, "2026-11-16T10:00"),
        ("2026-11-16T12:00", 60, "2026-11-16T14:00"),  # over lunch
        ("2026-11-16T12:00", 30, "2026-11-16T12:30"),  # to the last minute before it
        ("2026-11-20T17:00", 60, "2026-11-23T09:00"),  # over a weekend
        ("2026-11-21T11:00", 480, "2026-11-23T17:30"),  # handed in on a Saturday
        ("2026-10-28T08:30", 240, "2026-10-28T12:30"),  # a half holiday
        ("2026-10-28T08:30", 241, "2026-10-30T08:31"),  # and the holiday after it
        ("2026-11-16T05:00", 0, "2026-11-16T08:30"),
    ],
)
def test_a_due_time_skips_what_is_not_worked(
    tenant: Tenant, start: str, minutes: int, due: str
) -> None:
    assert WorkingTime(tenant).due_at(local(start), minutes) == local(due)


@pytest.mark.parametrize("closing", ["2026-11-16T12:30", "2026-11-16T17:30"])
def test_the_last_moment_of_work_is_worked(tenant: Tenant, closing: str) -> None:
    assert WorkingTime(tenant).due_at(local(closing), 0) == local(closing)


def test_work_until_midnight_ends_on_its_own_day() -> None:
    evenings = document(working_hours={"monday": [["20:00", "24:00"]]})
    midnight = local("2026-11-17T00:00")
    assert WorkingTime(Tenant.checked(evenings)).due_at(midnight, 0) == midnight


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-11-16T09:00", "2026-11-16T17:00", 0),
        ("2026-11-16T23:00", "2026-11-17T09:00", 1),
        ("2026-11-20T16:00", "2026-11-23T09:00", 1),
        ("2026-11-16T09:00", "2026-11-27T09:00", 9),
        ("2026-11-17T09:00", "2026-11-16T09:00", 0),
    ],
)
def test_working_days_leave_out_weekends(tenant: Tenant, start: str, end: str, days: int) -> None:
    assert WorkingTime(tenant).days_between(local(start), local(end)) == days


def test_results_are_in_utc(tenant: Tenant) -> None:
    assert WorkingTime(tenant).due_at(local("2026-11-16T09:00"), 1).tzinfo is UTC


def test_nothing_is_worked_backwards(tenant: Tenant) -> None:
    clock = WorkingTime(tenant)
    start, end = local("2026-11-16T09:00"), local("2026-11-16T10:00")
    assert minutes_between(clock, end, start) == 0
    assert minutes_between(clock, start, start) == 0
    with pytest.raises(ValueError, match="negative"):
        clock.due_at(start, -1)


def test_seconds_count(tenant: Tenant) -> None:
    start = local("2026-11-16T09:00")
    assert minutes_between(WorkingTime(tenant), start, start + timedelta(seconds=90)) == 1.5


def test_a_pause_moves_the_due_time_by_what_was_worked_meanwhile(tenant: Tenant) -> None:
    clock = WorkingTime(tenant)
    due = local("2026-11-17T10:00")
    paused, resumed = local("2026-11-16T16:30"), local("2026-11-18T09:30")
    assert clock.extend(due, paused, resumed) == local("2026-11-18T12:00")


def test_a_pause_outside_working_hours_moves_nothing(tenant: Tenant) -> None:
    due = local("2026-11-23T10:00")
    paused, resumed = local("2026-11-20T18:00"), local("2026-11-22T18:00")
    assert WorkingTime(tenant).extend(due, paused, resumed) == due


def test_a_pause_does_not_rescue_what_was_overdue(tenant: Tenant) -> None:
    due, paused = local("2026-11-16T10:00"), local("2026-11-16T11:00")
    assert WorkingTime(tenant).extend(due, paused, local("2026-11-20T11:00")) == due


def every_day_in_new_york(*intervals: tuple[str, str]) -> Tenant:
    return Tenant.checked(
        document(
            time_zone="America/New_York",
            jurisdiction=square(-74, 40),
            neighbourhoods=[],
            working_hours=dict.fromkeys(WEEKDAYS, intervals),
            holidays=[],
        )
    )


@pytest.mark.parametrize(("day", "hours"), [("03-08", 23), ("11-01", 25), ("11-02", 24)])
def test_a_day_on_which_the_clocks_change_has_its_real_length(day: str, hours: int) -> None:
    clock = WorkingTime(every_day_in_new_york(("00:00", "24:00")))
    midnight = local(f"2026-{day}T00:00", NEW_YORK)
    next_midnight = datetime.combine(midnight.date() + timedelta(days=1), time(), NEW_YORK)
    assert minutes_between(clock, midnight, next_midnight) == hours * 60
    assert clock.due_at(midnight, hours * 60) == next_midnight


def test_no_minute_is_counted_twice_where_the_clocks_skip_one() -> None:
    clock = WorkingTime(every_day_in_new_york(("00:00", "02:30"), ("03:00", "06:00")))
    night = local("2026-03-08T00:00", NEW_YORK), local("2026-03-08T06:00", NEW_YORK)
    assert minutes_between(clock, *night) == 5 * 60


# Times of day that no clock change in the zones below skips or repeats.
MINUTES = st.sampled_from([0, 30, 60, *range(180, 1441, 45)])
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    def intervals() -> list[list[str]]:
        ends = sorted(draw(st.sets(MINUTES, max_size=4)))
        return [[clock_text(a), clock_text(b)] for a, b in zip(ends[::2], ends[1::2], strict=False)]

    hours = {weekday: intervals() for weekday in WEEKDAYS}
    if not any(hours.values()):
        hours["wednesday"] = [["09:00", "17:00"]]
    holidays: list[dict[str, Any]] = [
        {"date": str(day), "name": names("x"), "half": half}
        for day, half in draw(st.dictionaries(DAYS, st.booleans(), max_size=8)).items()
    ]
    zone, area = draw(
        st.sampled_from(
            [
                ("Europe/Istanbul", square(32, 39)),
                ("America/New_York", square(-74, 40)),
                ("Europe/Berlin", square(13, 52)),
            ]
        )
    )
    return Tenant.checked(
        document(
            time_zone=zone,
            jurisdiction=area,
            neighbourhoods=[],
            working_hours=hours,
            holidays=holidays,
        )
    )


# Around the clock changes of 2026 above all; whole minutes, so that minutes can be counted.
MOMENTS = st.builds(
    lambda day, minute: datetime.combine(day, time(), UTC) + timedelta(minutes=minute),
    st.one_of(
        DAYS,
        st.dates(date(2026, 3, 6), date(2026, 3, 10)),
        st.dates(date(2026, 3, 27), date(2026, 3, 31)),
        st.dates(date(2026, 10, 23), date(2026, 11, 3)),
    ),
    st.integers(0, 1439),
)
AMOUNTS = st.integers(0, 5000)


@given(tenants(), MOMENTS, AMOUNTS)
def test_as_many_minutes_are_worked_as_were_asked_for(
    tenant: Tenant, start: datetime, minutes: int
) -> None:
    clock = WorkingTime(tenant)
    assert minutes_between(clock, start, clock.due_at(start, minutes)) == minutes


@given(tenants(), MOMENTS, AMOUNTS, AMOUNTS)
def test_due_times_add_up(tenant: Tenant, start: datetime, a: int, b: int) -> None:
    clock = WorkingTime(tenant)
    assert clock.due_at(start, a + b) == clock.due_at(clock.due_at(start, a), b)


@given(tenants(), MOMENTS, MOMENTS, AMOUNTS, AMOUNTS)
def test_a_later_start_or_more_minutes_are_never_due_earlier(
    tenant: Tenant, start: datetime, later: datetime, minutes: int, more: int
) -> None:
    clock = WorkingTime(tenant)
    start, later = sorted((start, later))
    assert clock.due_at(start, minutes) <= clock.due_at(later, minutes)
    assert clock.due_at(start, minutes) <= clock.due_at(start, minutes + more)


@given(tenants(), MOMENTS, AMOUNTS)
def test_a_due_time_is_always_worked(tenant: Tenant, start: datetime, minutes: int) -> None:
    due = WorkingTime(tenant).due_at(start, minutes)
    days = tenant.working_days
    windows = [
        window
        for day in (days.date_of(due) - timedelta(days=1), days.date_of(due))
        for window in days.windows(day)
    ]
    assert any(opens <= due <= closes for opens, closes in windows)


@given(tenants(), MOMENTS, st.integers(1, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_after_a_pause_as_much_is_left_as_before_it(
    tenant: Tenant, start: datetime, minutes: int, until_pause: int, pause: int
) -> None:
    clock = WorkingTime(tenant)
    due = clock.due_at(start, minutes)
    paused = start + timedelta(minutes=until_pause)
    resumed = paused + timedelta(minutes=pause)
    extended = clock.extend(due, paused, resumed)
    assert extended >= due
    left = minutes_between(clock, paused, due)
    assert minutes_between(clock, max(resumed, paused), extended) == left


def is_worked(tenant: Tenant, minute: datetime) -> bool:
    """The same question asked of the clock and the calendar on the wall."""
    wall = minute.astimezone(ZoneInfo(tenant.time_zone))
    free = {holiday.date: holiday.half for holiday in tenant.holidays}.get(wall.date())
    shown = f"{wall:%H:%M}"
    if free is False or (free and shown >= "13:00"):
        return False
    hours = getattr(tenant.working_hours, WEEKDAYS[wall.weekday()])
    return any(start <= shown < end for start, end in hours)


@settings(max_examples=40, deadline=None)
@given(tenants(), MOMENTS, st.integers(0, 4 * 1440))
def test_counting_equals_looking_at_every_single_minute(
    tenant: Tenant, start: datetime, length: int
) -> None:
    minutes = [start + timedelta(minutes=passed) for passed in range(length)]
    worked = sum(is_worked(tenant, minute) for minute in minutes)
    end = start + timedelta(minutes=length)
    assert minutes_between(WorkingTime(tenant), start, end) == worked
