"""A request becomes a task, in whatever order what is said of it arrives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.events import (
    RequestTextErased,
    RequestUnroutable,
    TaskAssigned,
    TaskCreated,
    TaskStatusChanged,
    TaskVisibilityChanged,
)
from libs.runtime.rule import Context, Refused
from services.crm.correction import show
from tests.unit.crm.scenarios import (
    ID,
    MONDAY,
    TENANT,
    after,
    an_assigned_task,
    at,
    category,
    department,
    imported,
    routed,
    routed_outside,
    submitted,
    told,
    words,
)


def test_a_submission_becomes_a_new_task() -> None:
    task, heard = told(submitted(category=category("tree")))
    assert (task.tenant, task.status, task.open, task.opened_at) == (
        "kecioren",
        "new",
        True,
        MONDAY,
    )
    assert task.request_id == ID
    assert [type(event) for event in heard] == [TaskCreated]
    assert heard[0].model_dump(include={"request_id", "tracking_number", "tenant"}) == {
        "request_id": ID,
        "tracking_number": "7F3K9QHXM",
        "tenant": "kecioren",
    }
    assert task.category == category("tree")


def test_a_second_submission_changes_nothing() -> None:
    task = after(submitted())
    again, heard = told(submitted(tracking_number="AAAAAAAAA"), state=task)
    assert again is task
    assert heard == ()


def test_routing_assigns_with_a_due_time_in_working_hours() -> None:
    task, heard = told(submitted(), routed(sla_minutes=600))
    assert task.status == "assigned"
    assert task.department == department("FEN")
    # Ten hours of work from Monday 09:00, eight hours a day: Tuesday 11:00 in Ankara.
    assert task.due_at == MONDAY + timedelta(days=1, hours=2)
    assigned = heard[-1]
    assert isinstance(assigned, TaskAssigned)
    assert (assigned.status, assigned.reason, assigned.due_at) == (
        "assigned",
        "routing",
        task.due_at,
    )
    assert assigned.occurred_at == at(1)


def test_the_promise_counts_from_submission_not_from_routing() -> None:
    late = after(submitted(), routed(minutes=300))
    assert late.due_at == an_assigned_task().due_at


def test_routed_before_submitted_is_kept_and_applied() -> None:
    stub, heard = told(routed())
    assert heard == ()
    assert stub.tenant == ""
    assert not stub.created
    task, heard = told(submitted(), state=stub)
    assert task == after(submitted(), routed())
    assert [type(event) for event in heard] == [TaskCreated, TaskAssigned]


def test_text_joins_before_and_after() -> None:
    first = after(words(), submitted(), routed())
    last = after(submitted(), routed(), words())
    assert first == last
    assert first.text == "Yolda ÇUKUR var"
    assert first.search == " yolda cukur var fatih cad 5 aktepe"


def test_newer_words_replace_the_older() -> None:
    task = after(submitted(), words(), words("Düzeldi", answers={"size": "big"}))
    assert (task.text, task.search) == ("Düzeldi", " duzeldi fatih cad 5 aktepe")
    assert [(answer.question, answer.answer) for answer in task.answers] == [("size", "big")]


def test_erased_words_are_nowhere_in_the_task() -> None:
    task = after(submitted(), words("Gizli sözler"), routed(), RequestTextErased())
    assert (task.text, task.address, task.search, task.answers) == (None, None, " aktepe", ())
    assert "izli" not in repr(task)
    assert task.history[-1].kind == "text_erased"


def test_erased_before_it_was_created_leaves_no_words() -> None:
    task, heard = told(words("Gizli"), RequestTextErased(), submitted())
    assert task.text is None
    assert [event.public for event in heard if isinstance(event, TaskVisibilityChanged)] == [False]


def test_what_is_erased_is_hidden_once_and_stays_so() -> None:
    task, heard = told(submitted(), RequestTextErased(), RequestTextErased(), words())
    assert (task.public, task.erased) == (False, True)
    changes = [event for event in heard if isinstance(event, TaskVisibilityChanged)]
    assert [(change.public, change.reason) for change in changes] == [(False, "erased")]
    with pytest.raises(Refused, match="request-erased"):
        show(task, Context(ID, at(9), TENANT), tenant=TENANT.slug, by="x", public=True)


def test_what_was_private_is_not_hidden_again_when_it_is_erased() -> None:
    _, heard = told(submitted(private=True), RequestTextErased())
    assert not [event for event in heard if isinstance(event, TaskVisibilityChanged)]


def test_with_an_external_body_the_clock_has_not_run() -> None:
    task, heard = told(submitted(), routed_outside())
    assert task.status == "with_external"
    assert task.paused_at == task.opened_at
    moved = heard[-1]
    assert isinstance(moved, TaskStatusChanged)
    assert (moved.previous, moved.status, moved.reason) == (
        "assigned",
        "with_external",
        "authority_external",
    )


def test_another_tenants_matter_goes_to_the_forwarding_desk_and_stays_assigned() -> None:
    other = routed().authority.model_copy(update={"kind": "tenant", "tenant": "ankara"})
    task = after(submitted(), routed(authority=other, department=department("BEYAZ")))
    assert (task.status, task.department) == ("assigned", department("BEYAZ"))
    assert task.paused_at is None


def test_a_later_routing_replaces_an_earlier_one() -> None:
    task, heard = told(
        routed(2, category=category("tree"), department=department("PARK"), sla_minutes=480),
        state=an_assigned_task(),
    )
    assert (task.department, task.category) == (department("PARK"), category("tree"))
    assert [type(event) for event in heard] == [TaskAssigned]


def test_the_same_routing_again_tells_nobody() -> None:
    _, heard = told(routed(2), state=an_assigned_task())
    assert heard == ()


def test_back_from_an_external_body_the_clock_runs_from_the_opening() -> None:
    task, heard = told(routed(3), state=after(submitted(), routed_outside()))
    assert (task.status, task.paused_at, task.pauses) == ("assigned", None, ())
    assert task.due_at == an_assigned_task().due_at
    assert [type(event) for event in heard] == [TaskAssigned, TaskStatusChanged]
    assert after(routed_outside(4), state=task).status == "with_external"


def test_nobody_can_act_closes_an_open_task() -> None:
    left = RequestUnroutable(occurred_at=at(3), reason="tenant_left")
    task, heard = told(left, state=an_assigned_task())
    assert (task.status, task.open, task.closed_at) == ("cancelled", False, at(3))
    moved = heard[-1]
    assert isinstance(moved, TaskStatusChanged)
    assert (moved.status, moved.reason) == ("cancelled", "tenant_left")


def test_nobody_can_act_before_submitted_still_makes_a_task() -> None:
    task, heard = told(RequestUnroutable(occurred_at=at(1), reason="tenant_unknown"), submitted())
    assert [type(event) for event in heard] == [TaskCreated, TaskStatusChanged]
    assert task.status == "cancelled"


def test_without_a_calendar_nothing_is_promised() -> None:
    task, _ = told(submitted(), routed(), tenant=None)
    assert (task.status, task.due_at, task.sla_minutes) == ("assigned", None, 960)


def test_history_creates_assigns_and_closes_in_one_change() -> None:
    event = imported()
    task, heard = told(event)
    history = event.history
    assert history is not None
    assert [type(one) for one in heard] == [TaskCreated, TaskAssigned, TaskStatusChanged]
    created, assigned, closed = heard
    assert isinstance(created, TaskCreated)
    assert isinstance(assigned, TaskAssigned)
    assert isinstance(closed, TaskStatusChanged)
    assert created.occurred_at == assigned.occurred_at == history.opened_at
    assert closed.occurred_at == task.closed_at == history.closed_at
    assert (assigned.reason, assigned.department, assigned.by.kind) == (
        "import",
        department("PARK"),
        "import",
    )
    assert assigned.category == category("unsorted")
    assert (closed.previous, closed.status) == ("assigned", "resolved")
    assert not task.open


def test_routing_completes_an_imported_task_and_keeps_its_department() -> None:
    before = after(imported())
    task, heard = told(routed(), state=before)
    assert (task.department, task.category) == (department("PARK"), category("pothole"))
    assert (task.status, task.closed_at) == ("resolved", before.closed_at)
    assigned = heard[0]
    assert isinstance(assigned, TaskAssigned)
    assert len(heard) == 1
    assert (assigned.status, assigned.occurred_at) == ("resolved", task.opened_at)
    assert assigned.category == category("pothole")


def test_routing_that_says_what_history_said_tells_nobody() -> None:
    event = imported().model_copy(update={"category": category("tree")})
    same = routed(category=category("tree"), category_source="history", sla_minutes=480)
    _, heard = told(same, state=after(event))
    assert heard == ()


def test_an_imported_task_without_department_is_assigned_by_routing() -> None:
    for unknown in (None, "NO_SUCH"):
        open_one = imported(department=unknown, status="in_progress", closed_at=None)
        assert after(open_one).status == "new"
        task = after(open_one, routed())
        assert (task.status, task.department) == ("assigned", department("FEN"))
        closed = after(imported(department=unknown), routed())
        assert (closed.status, closed.department) == ("resolved", department("FEN"))


def test_imported_work_goes_on_in_its_own_status() -> None:
    event = imported(status="awaiting_citizen", closed_at=None)
    task, heard = told(event)
    assert task.status == "awaiting_citizen"
    assert task.paused_at == task.opened_at
    assert [type(one) for one in heard] == [TaskCreated, TaskAssigned, TaskStatusChanged]
    assert after(routed(), state=task).status == "awaiting_citizen"
    assert after(imported(status="handover_offered", closed_at=None)).status == "assigned"
    assert after(imported(status="new", closed_at=None)).status == "assigned"


def test_a_closing_before_the_opening_is_taken() -> None:
    early = MONDAY - timedelta(days=400)
    task = after(imported(closed_at=early), routed())
    assert (task.status, task.closed_at, task.pauses) == ("resolved", early, ())


def test_a_closing_without_a_time_is_dated_to_when_we_heard() -> None:
    assert after(imported(closed_at=None), now=7).closed_at == at(7)
