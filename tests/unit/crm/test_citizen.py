"""What the citizen says later on."""

from __future__ import annotations

import pytest

from libs.events import (
    Event,
    Neighbourhood,
    Point,
    RequestAmended,
    RequestTextErased,
    RequestUnroutable,
    RequestWithdrawn,
    TaskStatus,
    TaskStatusChanged,
)
from services.crm.status import CLOSED, OPEN
from tests.unit.crm.scenarios import (
    a_task_in,
    after,
    an_assigned_task,
    at,
    category,
    department,
    imported,
    routed,
    routed_outside,
    step,
    submitted,
    told,
    words,
    worked,
)

MOVED = Point(lat=39.99, lon=32.87)
AMENDED = RequestAmended(
    occurred_at=at(3),
    request_type="suggestion",
    category=category("tree"),
    point=MOVED,
    text_changed=True,
)
WITHDRAWN = RequestWithdrawn(occurred_at=at(9), reason="solved")
REACHABLE = sorted((OPEN | CLOSED) - {"handover_offered", "handed_over"})


def test_an_amendment_is_noted_and_followed() -> None:
    task, heard = told(AMENDED, state=after(submitted()))
    assert (task.request_type, task.point, task.category) == ("suggestion", MOVED, category("tree"))
    assert heard == ()
    assert task.history[-1].fields == ("request_type", "category", "point", "text")


def test_a_new_point_brings_its_neighbourhood_or_none() -> None:
    state = after(submitted())
    assert state.neighbourhood
    elsewhere = Neighbourhood(code="ovacik", name="Ovacık")
    moved = RequestAmended(occurred_at=at(3), point=MOVED, neighbourhood=elsewhere)
    assert after(moved, state=state).neighbourhood == elsewhere
    assert after(AMENDED, state=state).neighbourhood is None
    other_words = RequestAmended(occurred_at=at(3), text_changed=True)
    assert after(other_words, state=state).neighbourhood == state.neighbourhood


def test_an_amended_category_waits_for_routing() -> None:
    task = after(AMENDED, state=an_assigned_task())
    assert (task.category, task.wished) == (category("pothole"), category("tree"))
    task = after(routed(4, category=category("tree"), sla_minutes=480), state=task)
    assert task.category == category("tree")


@pytest.mark.parametrize("status", REACHABLE)
def test_an_amendment_never_changes_the_status(status: TaskStatus) -> None:
    task, heard = told(AMENDED, state=a_task_in(status))
    assert task.status == status
    assert task.history[-1].kind == "amended"
    assert heard == ()


@pytest.mark.parametrize("status", sorted(set(REACHABLE) & OPEN))
def test_a_withdrawal_closes_an_open_task(status: TaskStatus) -> None:
    task, heard = told(WITHDRAWN, state=a_task_in(status))
    assert (task.status, task.open, task.closed_at) == ("withdrawn", False, at(9))
    assert task.paused_at is None
    (moved,) = heard
    assert isinstance(moved, TaskStatusChanged)
    assert (moved.previous, moved.status, moved.reason) == (status, "withdrawn", "solved")
    assert moved.by.kind == "citizen"


@pytest.mark.parametrize("status", sorted(set(REACHABLE) & CLOSED))
def test_a_withdrawal_of_a_closed_task_is_a_note(status: TaskStatus) -> None:
    before = a_task_in(status)
    task, heard = told(WITHDRAWN, state=before)
    assert (task.status, task.closed_at, heard) == (status, before.closed_at, ())
    assert task.history[-1].kind == "withdrawn"


def test_a_withdrawal_counts_before_and_after_nobody_could_act() -> None:
    left = RequestUnroutable(occurred_at=at(4), reason="tenant_left")
    for first, second in ((left, WITHDRAWN), (WITHDRAWN, left)):
        task = after(submitted(), first, second)
        assert (task.status, task.closed_at) == ("withdrawn", at(9))


def test_a_withdrawn_task_learns_whose_it_was_and_stays_closed() -> None:
    task, _ = told(submitted(), WITHDRAWN, routed())
    assert (task.status, task.department) == ("withdrawn", department("FEN"))


def test_what_an_external_body_took_is_not_late_when_it_is_withdrawn() -> None:
    """Both orders: the clock had stood until the withdrawal."""
    tasks = [
        after(submitted(), routed_outside(1), WITHDRAWN),
        after(submitted(), WITHDRAWN, routed_outside(1)),
    ]
    for task in tasks:
        assert [(pause.start, pause.end) for pause in task.pauses] == [(at(0), at(9))]
        assert task.due_at == worked(960 + 9)


@pytest.mark.parametrize(
    "event",
    [AMENDED, WITHDRAWN, words(), RequestTextErased(), routed(),
     RequestUnroutable(occurred_at=at(1), reason="tenant_left")],
)  # fmt: skip
def test_an_event_without_a_task_makes_nothing_that_is_seen(event: Event) -> None:
    task, heard = told(event)
    assert heard == ()
    assert task.tenant == ""
    assert task.history == ()


@pytest.mark.parametrize("status", REACHABLE)
@pytest.mark.parametrize(
    "event",
    [submitted(), imported(), AMENDED, WITHDRAWN, words(), RequestTextErased(), routed(),
     routed_outside(), RequestUnroutable(occurred_at=at(1), reason="tenant_left")],
)  # fmt: skip
def test_every_event_has_an_outcome_in_every_status(status: TaskStatus, event: Event) -> None:
    task, _ = told(event, state=a_task_in(status))
    assert task.open == (task.status in OPEN)
    assert task.open == (task.closed_at is None)


@pytest.mark.parametrize("status", ["in_progress", "on_hold", "resolved", "rejected", "reopened"])
def test_after_a_person_has_decided_routing_only_suggests(status: TaskStatus) -> None:
    before = a_task_in(status)
    other = routed(9, category=category("tree"), department=department("PARK"))
    task, heard = told(other, state=before)
    assert heard == ()
    assert (task.department, task.category, task.due_at, task.status) == (
        before.department,
        before.category,
        before.due_at,
        status,
    )
    assert task.suggestion == other
    assert task.history[-1].kind == "suggested"


def test_after_a_person_has_decided_nobody_could_act_is_a_note() -> None:
    left = RequestUnroutable(occurred_at=at(9), reason="tenant_left")
    task, heard = told(left, state=step(an_assigned_task(), "in_progress"))
    assert (task.status, heard) == ("in_progress", ())
    assert task.history[-1].kind == "unroutable"
