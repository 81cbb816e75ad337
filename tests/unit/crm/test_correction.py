"""What people correct: category, visibility, a reopening that was asked for, two that are one."""

from __future__ import annotations

import pytest

from libs.events import (
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestSupported,
    RequestText,
    RequestTextErased,
    TaskAssigned,
    TaskCommented,
    TaskMerged,
    TaskRecategorised,
    TaskStatusChanged,
    TaskVisibilityChanged,
)
from libs.events.request import Remark
from libs.runtime.rule import Context, Refused
from services.crm import correction, work
from services.crm.submission import create
from services.crm.task import Task
from tests.unit.crm.scenarios import (
    ID,
    OTHER_ID,
    TENANT,
    a_new_task,
    a_task_in,
    after,
    an_assigned_task,
    at,
    command,
    routed,
    submitted,
    told,
    words,
    worked,
)


def test_another_category_brings_its_promise_and_its_department() -> None:
    change = command(correction.recategorise, an_assigned_task(), category="tree")
    task = change.state
    assert task.category
    assert task.department
    assert (task.category.code, task.department.code, task.due_at) == ("tree", "PARK", worked(480))
    first, second = change.events
    assert isinstance(first, TaskRecategorised)
    assert isinstance(second, TaskAssigned)
    assert (first.previous and first.previous.code, first.sla_minutes) == ("pothole", 480)
    assert second.department.code == "PARK"
    assert [entry.kind for entry in task.history[-2:]] == ["recategorised", "assigned"]


def test_the_department_stays_where_asked_and_the_citizen_is_told() -> None:
    change = command(
        correction.recategorise,
        an_assigned_task(),
        category="tree",
        reroute=False,
        message="Ağaçla ilgili.",
    )
    assert change.state.department
    assert change.state.department.code == "FEN"
    assert [type(event) for event in change.events] == [TaskRecategorised, TaskCommented]


def test_routing_only_suggests_after_a_correction() -> None:
    task = command(correction.recategorise, an_assigned_task(), category="tree").state
    later = after(routed(30), state=task)
    assert later.category == task.category
    assert later.suggestion is not None


def test_a_category_that_nobody_can_choose_is_refused() -> None:
    with pytest.raises(Refused, match="category-unknown"):
        command(correction.recategorise, an_assigned_task(), category="nothing")
    with pytest.raises(Refused, match="task-already-closed"):
        command(correction.recategorise, a_task_in("resolved"), category="tree")


def test_hiding_is_told_once() -> None:
    change = command(correction.show, an_assigned_task(), public=False, reason="personal_data")
    assert change.state.public is False
    assert [type(event) for event in change.events] == [TaskVisibilityChanged]
    again = command(correction.show, change.state, public=False)
    assert (again.state, again.events) == (change.state, ())


def test_what_its_citizen_wants_private_nobody_shows_to_the_public() -> None:
    task = create(None, submitted(private=True), Context(ID, at(1), TENANT)).state
    assert (task.public, task.private) == (False, True)
    with pytest.raises(Refused, match="request-private"):
        command(correction.show, task, public=True)


def _merged(task: Task, other: Task, id: str = OTHER_ID) -> tuple[Task, Task]:
    one, two = correction.merge(
        task, other, Context(ID, at(10), TENANT), tenant="kecioren", by="ayse", into=id
    )
    assert [type(event) for event in one.events] == [TaskMerged, TaskStatusChanged]
    assert [type(event) for event in two.events] == [TaskMerged]
    return one.state, two.state


def test_a_merged_task_gives_its_voices_to_the_other() -> None:
    task = after(RequestSupported(occurred_at=at(2), voices=3), state=an_assigned_task())
    other = after(RequestSupported(occurred_at=at(2), voices=5), state=an_assigned_task())
    gone, kept = _merged(task, other)
    assert (gone.status, gone.open, gone.duplicate_of) == ("duplicate", False, OTHER_ID)
    assert (kept.status, kept.wanted_by) == ("assigned", 5 + 1 + 3)
    third, _ = _merged(kept, an_assigned_task())
    assert third.wanted_by == 9


def test_a_status_that_says_duplicate_is_a_merge() -> None:
    wanted = {"status": "duplicate", "duplicate_of": OTHER_ID}
    rule, beside = correction.to_status({"_id": ID, "duplicate_of": None}, wanted)
    assert (rule, beside) == (correction.join, OTHER_ID)
    tasks = an_assigned_task(), an_assigned_task(), Context(ID, at(10), TENANT)
    given = {"tenant": "kecioren", "by": "ayse"}
    assert rule(*tasks, **given, **wanted) == correction.merge(*tasks, **given, into=OTHER_ID)
    itself = wanted | {"duplicate_of": ID}
    alone = correction.to_status({"_id": ID, "duplicate_of": None}, itself)
    assert alone == (work.change_status, None)


def test_a_merged_task_that_is_reopened_takes_its_voices_back() -> None:
    gone, kept = _merged(an_assigned_task(), an_assigned_task())
    context = Context(ID, at(20), TENANT)
    wish = {"tenant": "kecioren", "by": "ayse", "status": "reopened", "reason": "mistake"}
    one, two = correction.part(gone, kept, context, **wish)
    assert (one.state.status, one.state.duplicate_of) == ("reopened", None)
    assert two.state is not None
    assert (two.state.wanted_by, two.state.history[-1].kind) == (0, "parted")
    _, unchanged = correction.part(gone, None, context, **wish)
    assert unchanged.state is None


def test_only_open_tasks_of_ones_own_are_merged_and_none_with_itself() -> None:
    context = Context(ID, at(10), TENANT)
    own = {"tenant": "kecioren", "by": "ayse"}
    for task, other, into, slug in (
        (an_assigned_task(), a_task_in("resolved"), OTHER_ID, "task-already-closed"),
        (a_task_in("rejected"), an_assigned_task(), OTHER_ID, "task-already-closed"),
        (an_assigned_task(), an_assigned_task(), ID, "merge-with-itself"),
        (an_assigned_task(), None, OTHER_ID, "task-not-found"),
    ):
        with pytest.raises(Refused, match=slug):
            correction.merge(task, other, context, into=into, **own)
    with pytest.raises(Refused, match="task-not-found"):
        correction.merge(
            an_assigned_task(), an_assigned_task(), context, into=OTHER_ID, tenant="x", by="ayse"
        )


ASKED = RequestReopenRequested(occurred_at=at(30), reason="came_back")


def test_a_wish_to_reopen_stands_until_a_person_decides() -> None:
    task = after(ASKED, state=a_task_in("resolved"))
    assert task.reopen_asked
    assert task.reopen_asked.reason == "came_back"
    assert (task.status, task.history[-1].kind) == ("resolved", "reopen_requested")
    opened = command(work.change_status, task, status="reopened", reason="not_solved").state
    assert opened.reopen_asked is None
    declined = command(correction.decline_reopening, task, message="Yerinde bakıldı.")
    assert declined.state.reopen_asked is None
    assert declined.state.status == "resolved"
    (said,) = declined.events
    assert isinstance(said, TaskCommented)
    assert (said.public, said.declines_reopening) == (True, True)
    with pytest.raises(Refused, match="reopening-not-asked"):
        command(correction.decline_reopening, declined.state, message="Yine")


def test_an_answer_lets_the_clock_go_on() -> None:
    task = a_task_in("awaiting_citizen")
    due = task.due_at
    answered, heard = told(RequestAmended(occurred_at=at(66), answered=True), state=task)
    assert (answered.status, answered.paused_at) == ("in_progress", None)
    assert due
    assert answered.due_at
    assert answered.due_at > due
    assert [type(event) for event in heard] == [TaskStatusChanged]
    assert [entry.kind for entry in answered.history[-2:]] == ["answered", "status_changed"]


def test_an_answer_to_nothing_is_a_note() -> None:
    for task in (an_assigned_task(), a_task_in("resolved")):
        answered, heard = told(RequestAmended(occurred_at=at(66), answered=True), state=task)
        assert (answered.status, heard) == (task.status, ())


def test_voices_ratings_and_photos_are_kept() -> None:
    task = after(
        RequestSupported(occurred_at=at(2), voices=4),
        RequestFeedbackGiven(occurred_at=at(3), rating=2),
        RequestFeedbackGiven(occurred_at=at(4), rating=5),
        RequestAttachmentAdded(occurred_at=at(5), attachments=2),
        state=an_assigned_task(),
    )
    assert (task.voices, task.rating, task.photos, task.open) == (4, 5, 2, True)


def test_remarks_come_with_the_words_and_go_with_them() -> None:
    remark = Remark(kind="reopen", at=at(3), text="Hâlâ bozuk")
    text = RequestText(text="Çukur", remarks=(remark,))
    task = after(submitted(), text)
    assert task.remarks == (remark,)
    assert after(RequestTextErased(), state=task).remarks == ()
    assert after(text, words(), state=a_new_task()).remarks == ()
