"""What people do with a task: every status from every status, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from libs.events import TaskAssigned, TaskCommented, TaskStatus, TaskStatusChanged
from libs.runtime.rule import Change, Refused
from services.crm import work
from services.crm.sla import overdue
from services.crm.status import CLOSED, NEEDS, NEXT, OPEN, allowed
from services.crm.task import Task
from tests.unit.crm.scenarios import (
    ID,
    a_new_task,
    a_task_in,
    after,
    an_assigned_task,
    at,
    category,
    command,
    context,
    department,
    imported,
    routed,
    routed_outside,
    step,
    submitted,
    what_it_needs,
    worked,
)

STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)
STARTS: dict[TaskStatus, Task] = {
    status: a_task_in(status)
    for status in STATUSES
    if status not in ("handover_offered", "handed_over")
}
STARTS["handed_over"] = after(imported(status="handed_over"))


def test_the_table_knows_every_status() -> None:
    assert set(NEXT) == set(STATUSES) == OPEN | CLOSED
    assert {status for following in NEXT.values() for status in following} == set(NEEDS)


@pytest.mark.parametrize("target", STATUSES)
@pytest.mark.parametrize("start", STARTS)
def test_the_table_decides_every_transition(start: TaskStatus, target: TaskStatus) -> None:
    task = STARTS[start]
    assert task.status == start
    given = what_it_needs(target)
    if target in allowed(start, with_department=task.department is not None):
        change = command(work.change_status, task, 20, status=target, **given)
        assert (change.state.status, change.state.open) == (target, target in OPEN)
        assert change.state.closed_at == (at(20) if target in CLOSED else None)
        assert change.state.decided
        (told,) = change.events
        assert isinstance(told, TaskStatusChanged)
        assert (told.previous, told.status, told.occurred_at) == (start, target, at(20))
        assert (told.by.kind, told.by.id) == ("operator", "ayse")
        assert change.state.history[:-1] == task.history
        entry = change.state.history[-1]
        assert (entry.kind, entry.at, entry.by.id) == ("status_changed", at(20), "ayse")
        assert (entry.previous, entry.status, entry.reason, entry.message) == (
            start,
            target,
            given.get("reason"),
            given.get("message"),
        )
        assert change.state.duplicate_of == given.get("duplicate_of")
        return
    with pytest.raises(Refused) as refused:
        command(work.change_status, task, 20, status=target, **given)
    assert refused.value.status == 409
    assert refused.value.slug == (
        "task-already-closed"
        if start in CLOSED and target != "reopened"
        else "transition-not-allowed"
    )
    assert target not in refused.value.more["allowed"]


LACKING = [(status, name) for status in NEEDS for name in what_it_needs(status)]


@pytest.mark.parametrize(("status", "lacking"), LACKING)
def test_what_a_status_needs_must_be_given(status: TaskStatus, lacking: str) -> None:
    task = a_task_in("resolved") if status == "reopened" else an_assigned_task()
    given = {name: value for name, value in what_it_needs(status).items() if name != lacking}
    with pytest.raises(Refused) as refused:
        command(work.change_status, task, status=status, **given)
    assert (refused.value.slug, refused.value.status) == ("status-incomplete", 422)
    assert [error["field"] for error in refused.value.more["errors"]] == [lacking]


@pytest.mark.parametrize("status", NEEDS)
def test_a_reason_must_be_one_of_the_statuses_own(status: TaskStatus) -> None:
    task = a_task_in("resolved") if status == "reopened" else an_assigned_task()
    given = what_it_needs(status) | {"reason": "because"}
    with pytest.raises(Refused) as refused:
        command(work.change_status, task, status=status, **given)
    assert [error["field"] for error in refused.value.more["errors"]] == ["reason"]


def test_every_need_that_lacks_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        command(work.change_status, an_assigned_task(), status="rejected", duplicate_of="x")
    fields = [error["field"] for error in refused.value.more["errors"]]
    assert fields == ["reason", "message", "duplicate_of"]


def test_a_task_is_not_its_own_duplicate() -> None:
    with pytest.raises(Refused, match="status-incomplete"):
        command(work.change_status, an_assigned_task(), status="duplicate", duplicate_of=ID)


def test_work_needs_a_department() -> None:
    reopened = step(step(a_new_task(), "rejected"), "reopened")
    with pytest.raises(Refused) as refused:
        command(work.change_status, reopened, status="in_progress")
    assert (refused.value.slug, refused.value.status) == ("task-not-assigned", 409)
    given = command(work.hand_to, reopened, department="PARK").state
    assert given.status == "assigned"
    assert step(given, "in_progress").status == "in_progress"


@pytest.mark.parametrize("start", STARTS)
def test_only_an_open_task_is_assigned(start: TaskStatus) -> None:
    if start in CLOSED:
        with pytest.raises(Refused, match="task-already-closed"):
            command(work.hand_to, STARTS[start], department="PARK")
        return
    change = command(work.hand_to, STARTS[start], 20, department="PARK", operator="mehmet")
    task = change.state
    assert (task.department, task.operator, task.decided) == (department("PARK"), "mehmet", True)
    (told,) = change.events
    assert isinstance(told, TaskAssigned)
    assert (told.status, told.reason, told.by.id) == (task.status, "operator", "ayse")
    begins_again = ("new", "reopened", "in_progress", "scheduled", "assigned")
    assert task.status == ("assigned" if start in begins_again else start)
    assert (task.history[-1].department, task.history[-1].operator) == ("PARK", "mehmet")


def test_another_person_of_the_same_department_goes_on_with_the_work() -> None:
    task = command(work.hand_to, a_task_in("in_progress"), department="FEN", team="YOL").state
    assert (task.status, task.team) == ("in_progress", "YOL")


def test_an_unrouted_task_gets_the_promise_of_what_is_to_be_sorted() -> None:
    task = command(work.hand_to, a_new_task(), department="PARK").state
    assert (task.category, task.sla_minutes) == (category("unsorted"), 2400)
    assert task.due_at is not None
    wished = after(submitted(category=category("tree")))
    task = command(work.hand_to, wished, department="PARK").state
    assert (task.category, task.sla_minutes) == (category("tree"), 480)


def test_a_corrected_category_brings_its_own_promise() -> None:
    task = command(work.hand_to, an_assigned_task(), department="PARK", category="tree").state
    assert (task.category, task.sla_minutes) == (category("tree"), 480)
    assert task.due_at == at(480)


@pytest.mark.parametrize(
    ("given", "slug", "field"),
    [
        ({"department": "NO"}, "department-unknown", "department"),
        ({"department": "PARK", "team": "YOL"}, "team-unknown", "team"),
        ({"department": "PARK", "category": "no"}, "category-unknown", "category"),
        ({"department": "PARK", "category": "unsorted"}, "category-unknown", "category"),
    ],
)
def test_only_what_the_tenant_has_can_be_assigned(
    given: dict[str, str], slug: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        command(work.hand_to, an_assigned_task(), **given)
    assert (refused.value.slug, refused.value.status) == (slug, 422)
    assert [error["field"] for error in refused.value.more["errors"]] == [field]


def test_nothing_is_assigned_without_the_tenant() -> None:
    with pytest.raises(Refused, match="tenant-unknown"):
        work.hand_to(
            an_assigned_task(),
            context(tenant=None),
            tenant="kecioren",
            by="ayse",
            department="FEN",
        )


@pytest.mark.parametrize("state", [None, after(routed()), an_assigned_task()])
def test_nobody_touches_what_is_not_the_tenants(state: Task | None) -> None:
    tenant = "mamak" if state and state.created else "kecioren"
    attempts: list[tuple[Callable[..., Change[Task]], dict[str, Any]]] = [
        (work.hand_to, {"department": "FEN"}),
        (work.change_status, {"status": "in_progress"}),
        (work.comment, {"message": "m", "public": True}),
    ]
    for rule, values in attempts:
        with pytest.raises(Refused, match="task-not-found"):
            command(rule, state, tenant=tenant, **values)


def test_a_public_comment_is_told_and_a_note_keeps_its_words() -> None:
    for public in (True, False):
        change = command(work.comment, an_assigned_task(), message="Yarın geliyoruz", public=public)
        (told,) = change.events
        assert isinstance(told, TaskCommented)
        assert (told.public, told.message) == (public, "Yarın geliyoruz" if public else None)
        entry = change.state.history[-1]
        assert (entry.public, entry.message) == (public, "Yarın geliyoruz")
        assert change.state.status == "assigned"


def test_a_comment_decides_nothing() -> None:
    noted = command(work.comment, a_new_task(), message="Not", public=False).state
    assert after(routed(), state=noted).status == "assigned"


def test_a_full_history_refuses_people_but_not_events() -> None:
    task = an_assigned_task()
    while len(task.history) < work.MOST_ENTRIES:
        task = task.noted(task.history[0])
    with pytest.raises(Refused, match="task-history-full"):
        command(work.comment, task, message="m", public=False)
    assert len(after(routed_outside(3), state=task).history) > work.MOST_ENTRIES


def test_the_clock_stands_while_the_citizen_is_awaited() -> None:
    task = an_assigned_task()
    due_at = task.due_at
    assert due_at is not None
    waiting = step(task, "awaiting_citizen", 60)
    assert (waiting.due_at, waiting.paused_at) == (due_at, at(60))
    assert not overdue(waiting, due_at + timedelta(days=30))
    going_on = step(waiting, "in_progress", 60 + 120)
    assert going_on.due_at == worked(960 + 120)
    assert going_on.paused_at is None
    assert overdue(going_on, worked(960 + 121))
    assert not overdue(going_on, worked(960 + 120))


def test_one_pause_runs_from_the_citizen_to_an_external_body() -> None:
    task = step(an_assigned_task(), "awaiting_citizen", 60)
    task = step(step(task, "with_external", 90), "in_progress", 120)
    assert [(pause.start, pause.end) for pause in task.pauses] == [(at(60), at(120))]


def test_only_working_time_of_a_pause_counts() -> None:
    """From Monday 16:00 to Tuesday 10:00 two hours are worked."""
    task = step(an_assigned_task(), "awaiting_citizen", 7 * 60)
    due_at = task.due_at
    assert due_at is not None
    assert due_at == worked(960)
    assert step(task, "in_progress", 25 * 60).due_at == worked(960 + 120)


def test_closing_out_of_a_pause_ends_it() -> None:
    task = step(step(an_assigned_task(), "awaiting_citizen", 60), "resolved", 120)
    assert task.paused_at is None
    assert task.due_at == worked(960 + 60)


def test_closed_time_is_not_the_municipalitys_time() -> None:
    task = step(step(an_assigned_task(), "resolved", 60), "reopened", 90)
    assert task.due_at == worked(960 + 30)
    assert (task.status, task.closed_at) == ("reopened", None)


def test_a_new_promise_counts_the_pauses_in() -> None:
    task = step(step(an_assigned_task(), "awaiting_citizen", 60), "in_progress", 90)
    task = command(work.hand_to, task, 95, department="PARK", category="tree").state
    assert task.due_at == worked(480 + 30)


def test_what_comes_back_from_an_external_body_has_its_whole_time() -> None:
    """Routing sent it there at once, so the clock had not run."""
    task = step(after(submitted(), routed_outside()), "in_progress", 100)
    assert task.due_at == worked(960 + 100)
