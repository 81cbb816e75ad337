from __future__ import annotations

from datetime import UTC, datetime, timedelta

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from libs.events import CLOSED_STATUSES, EVENTS, OPEN_STATUSES, Event, TaskStatus
from services.reporting.consumers import RULES, TOPICS
from services.reporting.counted import Counted
from services.reporting.fact import Fact
from tests.unit.reporting.history import OPENED, Told, context, fact_of, follow

MINUTE = 60_000


def row(told: Told) -> Counted:
    counted = fact_of(told).counted
    assert counted is not None
    return counted


def test_every_type_of_the_topics_has_a_rule_so_that_holes_show() -> None:
    assert set(RULES) == {event for event in EVENTS.values() if event.topic in TOPICS}


def test_a_submitted_request_counts_as_new_on_its_day_in_its_time_zone() -> None:
    counted = row(Told().submitted())
    assert (counted.status, counted.open, counted.opened_day) == ("new", True, "2026-11-03")
    assert row(Told().submitted(time_zone="America/New_York")).opened_day == "2026-11-02"


def test_what_comes_before_the_request_counts_nowhere() -> None:
    fact = fact_of(Told().routed(1).created().assigned(2))
    assert fact.counted is None
    assert fact.tenant == ""


def test_category_is_the_tasks_over_routings_over_the_citizens() -> None:
    told = Told().submitted(chosen="tree")
    assert row(told).category.code == "tree"  # type: ignore[union-attr]
    assert row(told.routed(1, about="pothole")).category.code == "pothole"  # type: ignore[union-attr]
    assert row(told.assigned(2, about="kerb")).category.code == "kerb"  # type: ignore[union-attr]
    assert row(told.routed(3, about="light")).category.code == "kerb"  # type: ignore[union-attr]


def test_department_is_the_tasks_over_routings() -> None:
    told = Told().submitted()
    assert row(told).department is None
    assert row(told.routed(1, to="PARK")).department.code == "PARK"  # type: ignore[union-attr]
    assert row(told.assigned(2, to="FEN")).department.code == "FEN"  # type: ignore[union-attr]


def test_an_amendment_changes_what_it_names_and_nothing_else() -> None:
    told = Told().submitted(chosen="tree", place="etlik")
    assert row(told.amended(5, chosen="light")).neighbourhood.code == "etlik"  # type: ignore[union-attr]
    amended = row(told.amended(6, place="ovacik"))
    assert amended.neighbourhood.code == "ovacik"  # type: ignore[union-attr]
    assert amended.category.code == "light"  # type: ignore[union-attr]


def test_only_the_first_assignment_is_measured() -> None:
    counted = row(Told().submitted().created().assigned(20).assigned(90, to="PARK"))
    assert counted.assigned_in == 20 * MINUTE
    assert counted.department.code == "PARK"  # type: ignore[union-attr]


def test_history_has_no_time_to_first_assignment() -> None:
    counted = row(Told().submitted(imported=True).created().assigned(0).moved(50, "resolved"))
    assert counted.assigned_in is None
    assert counted.resolved_in == 50 * MINUTE


def test_a_resolution_before_its_deadline_is_on_time_and_one_after_it_is_late() -> None:
    def resolved(minutes: float) -> Counted:
        return row(Told().submitted().created().assigned(1, due=600).moved(minutes, "resolved"))

    assert resolved(600).on_time is True
    assert resolved(600.1).on_time is False


def test_only_resolved_requests_have_a_resolution_time() -> None:
    rejected = row(Told().submitted().created().assigned(1).moved(9, "rejected"))
    assert rejected.closed_day == "2026-11-03"
    assert (rejected.resolved_in, rejected.on_time) == (None, None)


def test_a_closing_before_the_opening_is_closed_without_a_duration() -> None:
    counted = row(Told().submitted().created().assigned(0).moved(-60, "resolved"))
    assert counted.closed_day == "2026-11-02"
    assert (counted.resolved_in, counted.on_time) == (None, None)


def test_a_closing_at_the_moment_of_opening_took_no_time() -> None:
    assert row(Told().submitted().created().assigned(0).moved(0, "resolved")).resolved_in == 0


def test_a_reopened_request_is_open_until_it_is_closed_again() -> None:
    told = Told().submitted().created().assigned(1).moved(30, "resolved")
    reopened = row(told.moved(40, "reopened"))
    assert (reopened.open, reopened.closed_day, reopened.resolved_in) == (True, None, None)
    assert row(told.moved(2000, "resolved")).resolved_in == 2000 * MINUTE


def test_a_second_closing_status_does_not_move_the_closing() -> None:
    told = Told().submitted().created().moved(30, "resolved").moved(3000, "duplicate")
    assert (row(told).status, row(told).closed_day) == ("duplicate", "2026-11-03")


def test_a_clock_that_stands_still_is_not_due() -> None:
    told = Told().submitted().created().assigned(1, due=600)
    assert row(told).due_at == OPENED + timedelta(minutes=600)
    assert row(told.moved(30, "awaiting_citizen")).due_at is None
    resumed = row(told.moved(400, "in_progress", due=970))
    assert resumed.due_at == OPENED + timedelta(minutes=970)


def test_a_clock_that_had_run_out_stays_overdue_when_it_is_stopped() -> None:
    told = Told().submitted().created().assigned(1, due=600).moved(700, "awaiting_citizen")
    assert row(told).due_at == OPENED + timedelta(minutes=600)


def test_a_closed_task_is_due_no_more() -> None:
    assert row(Told().submitted().created().assigned(1).moved(5, "cancelled")).due_at is None


def test_a_requests_second_task_is_not_counted() -> None:
    told = Told().submitted().created()
    fact = fact_of(told)
    for event in Told().created().assigned(5, to="OTHER").moved(6, "resolved").events:
        change = RULES[type(event)](fact, event, context(told.id, event, subject="another"))
        assert change.state is fact


def test_the_citizens_last_word_counts_on_its_own_day() -> None:
    counted = row(Told().submitted().rated(60, 2).rated(3000, 4).asked_again(1600))
    assert (counted.rating, counted.rated_day) == (4, "2026-11-05")
    assert counted.again_day == "2026-11-04"


def test_voices_are_as_many_as_were_told() -> None:
    assert row(Told().submitted().supported(5, 1).supported(9, 2)).voices == 2


def test_a_request_lies_in_one_coarse_hexagon_that_moves_with_its_point() -> None:
    told = Told().submitted()
    before = row(told).cell
    assert row(told.amended(5, chosen="light")).cell == before
    assert row(told.amended(6, place="ovacik")).cell != before
    assert h3.get_resolution(before) == 8


@pytest.mark.parametrize("name", ["Nowhere/Atlantis", "../etc/passwd", "Europe", "x" * 64])
def test_a_time_zone_that_does_not_exist_counts_in_utc(name: str) -> None:
    assert row(Told().submitted(time_zone=name)).opened_day == "2026-11-02"


@pytest.mark.parametrize(
    "at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
def test_the_ends_of_the_calendar_are_days_too(at: datetime) -> None:
    for zone in ("America/New_York", "Europe/Istanbul"):
        assert row(Told(opened_at=at).submitted(time_zone=zone)).opened_day == str(at.date())


minutes = st.integers(min_value=-3000, max_value=30_000)
statuses = st.sampled_from([*OPEN_STATUSES, *CLOSED_STATUSES])


@st.composite
def stories(draw: st.DrawFn) -> Told:
    """Any request: each topic's events in any number and with any values."""
    told = Told().submitted(
        chosen=draw(st.sampled_from([None, "tree"])),
        place=draw(st.sampled_from([None, "etlik"])),
        imported=draw(st.booleans()),
    )
    if draw(st.booleans()):
        told.amended(draw(minutes), chosen="light", place="ovacik")
    for voices in range(draw(st.integers(0, 2))):
        told.supported(draw(minutes), voices + 1)
    for rating in draw(st.lists(st.integers(1, 5), max_size=2)):
        told.rated(draw(minutes), rating)
    if draw(st.booleans()):
        told.asked_again(draw(minutes))
    for department in draw(st.lists(st.sampled_from(["FEN", "PARK"]), max_size=2)):
        words = draw(st.lists(st.sampled_from(["çukur", "a|b", "ızgara"]), max_size=3))
        told.routed(draw(minutes), to=department, terms=tuple(words))
    if draw(st.booleans()):
        told.created(draw(minutes))
        for status in draw(st.lists(statuses, max_size=4)):
            change(draw, told, status)
    return told


def change(draw: st.DrawFn, told: Told, status: TaskStatus) -> None:
    due = draw(st.none() | minutes)
    if draw(st.booleans()):
        told.assigned(draw(minutes), to="FEN", status=status, due=due)
    else:
        told.moved(draw(minutes), status, due=due)


@st.composite
def shuffled(draw: st.DrawFn, told: Told) -> list[Event]:
    """The same events in another order, in which each topic keeps its own."""
    queues = [told.topic(name) for name in TOPICS]
    order: list[Event] = []
    while any(queues):
        queue = draw(st.sampled_from([queue for queue in queues if queue]))
        order.append(queue.pop(0))
    return order


@given(st.data())
def test_the_order_between_topics_leaves_no_trace(data: st.DataObject) -> None:
    told = data.draw(stories())
    assert follow(told.id, data.draw(shuffled(told))) == fact_of(told)


@given(stories())
def test_a_fact_comes_back_from_the_store_as_it_was(told: Told) -> None:
    adapter = TypeAdapter(Fact)
    fact = fact_of(told)
    assert adapter.validate_python(adapter.dump_python(fact)) == fact
