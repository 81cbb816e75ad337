"""Rules: people correct what a task is about, who may see it, and what was asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from libs.events import (
    Event,
    TaskCommented,
    TaskMerged,
    TaskRecategorised,
    TaskVisibilityChanged,
)
from libs.runtime.rule import Change, Context, Refused, replace
from libs.text import said

from .sla import set_clock
from .task import Entry, Joined, Task, assigned
from .work import calendar_of, change_status, field_error, own, person, promised


def recategorise(
    state: Task | None,
    context: Context,
    *,
    tenant: str,
    by: str,
    category: str,
    reroute: bool = True,
    message: str | None = None,
) -> Change[Task]:
    """It is about something else: the promise goes with it, and the department where asked.

    The citizen may be told in the same breath.
    """
    task = own(state, tenant)
    if not task.open:
        raise Refused("task-already-closed", "The task is closed; reopen it first.", 409)
    calendar = calendar_of(task, context)
    chosen, minutes = promised(calendar, task, category)
    previous = task.category
    if minutes != task.sla_minutes:
        task = set_clock(task, calendar, minutes)
    task = replace(task, category=chosen, decided=True)
    task = task.noted(
        Entry(
            at=context.now,
            kind="recategorised",
            by=person(by),
            category=chosen.code,
            fields=(previous.code,) if previous else (),
        )
    )
    assert task.sla_minutes is not None
    events: list[Event] = [
        TaskRecategorised(
            occurred_at=context.now,
            previous=previous,
            category=chosen,
            sla_minutes=task.sla_minutes,
            due_at=task.due_at,
            by=person(by),
        )
    ]
    department = calendar.department_of(chosen.code).value
    if reroute and department != task.department:
        status = (
            "assigned"
            if task.status in ("new", "reopened", "in_progress", "scheduled")
            else task.status
        )
        task = replace(task, status=status, department=department, team=None, operator=None)
        task, told = assigned(task, context.now, person(by), "operator")
        events.append(told)
    if message:
        task = task.noted(Entry(context.now, "commented", person(by), message=message))
        events.append(
            TaskCommented(occurred_at=context.now, public=True, message=message, by=person(by))
        )
    return Change(task, tuple(events))


def show(
    state: Task | None,
    context: Context,
    *,
    tenant: str,
    by: str,
    public: bool,
    reason: str | None = None,
) -> Change[Task]:
    """Whether the public may know that there is such a request."""
    task = own(state, tenant)
    if public and task.private:
        raise Refused("request-private", "Its citizen wants it kept from the public.", 409)
    if public and task.erased:
        raise Refused("request-erased", "Its citizen has had the words erased.", 409)
    if task.public == public:
        return Change(task)
    entry = Entry(context.now, "visibility_changed", person(by), public=public, reason=reason)
    told = TaskVisibilityChanged(
        occurred_at=context.now, public=public, reason=reason, by=person(by)
    )
    return Change(replace(task, public=public).noted(entry), (told,))


def decline_reopening(
    state: Task | None, context: Context, *, tenant: str, by: str, message: str
) -> Change[Task]:
    """It stays closed, and the citizen is told why."""
    task = own(state, tenant)
    if task.reopen_asked is None or task.open:
        raise Refused("reopening-not-asked", "Nobody asks to reopen this task.", 409)
    entry = Entry(context.now, "reopen_declined", person(by), message=message)
    told = TaskCommented(
        occurred_at=context.now,
        public=True,
        message=message,
        declines_reopening=True,
        by=person(by),
    )
    return Change(replace(task, reopen_asked=None).noted(entry), (told,))


def merge(
    state: Task | None, other: Task | None, context: Context, *, tenant: str, by: str, into: str
) -> tuple[Change[Task], Change[Task]]:
    """This task goes into the other one `into`, which gets its voices; its citizen follows that."""
    if into == context.id:
        errors = [field_error("into", said("That is the same task."))]
        raise Refused("merge-with-itself", "A task is not merged with itself.", 422, errors=errors)
    return join(state, other, context, tenant=tenant, by=by, status="duplicate", duplicate_of=into)


def join(
    state: Task | None, other: Task | None, context: Context, *, tenant: str, by: str, **wanted: Any
) -> tuple[Change[Task], Change[Task]]:
    """Close a task as a duplicate of the other one, which gets its voices."""
    task, target = own(state, tenant), own(other, tenant)
    who, at, into = person(by), context.now, wanted["duplicate_of"]
    task = task.noted(Entry(at, "merged", who, other=target.tracking_number))
    change = change_status(task, context, tenant=tenant, by=by, **wanted)
    if not target.open:
        raise Refused("task-already-closed", "The other task is closed; reopen it first.", 409)
    gone = TaskMerged(
        occurred_at=at,
        direction="into",
        other=into,
        other_number=target.tracking_number,
        by=who,
        other_private=target.private,
    )
    joined = Joined(context.id, task.tracking_number, task.wanted_by)
    target = replace(target, joined=(*target.joined, joined)).noted(
        Entry(at, "merged", who, other=task.tracking_number)
    )
    came = TaskMerged(
        occurred_at=at,
        direction="from",
        other=context.id,
        other_number=task.tracking_number,
        by=who,
        other_private=task.private,
    )
    return Change(change.state, (gone, *change.events)), Change(target, (came,))


def to_status(
    task: Mapping[str, Any] | None, wanted: Mapping[str, Any]
) -> tuple[Callable[..., Any], str | None]:
    """The rule that brings a stored task to a status, and the other task that it changes too."""
    into = wanted["duplicate_of"]
    if wanted["status"] == "duplicate" and into and task and into != task["_id"]:
        return join, into
    merged_into = task and task["duplicate_of"]
    if wanted["status"] == "reopened" and merged_into:
        return part, merged_into
    return change_status, None


def part(
    state: Task | None, other: Task | None, context: Context, *, tenant: str, by: str, **wanted: Any
) -> tuple[Change[Task], Change[Task | None]]:
    """Reopen a merged task, and take its voices from the other one again."""
    change = change_status(state, context, tenant=tenant, by=by, **wanted)
    left = tuple(one for one in other.joined if one.id != context.id) if other else ()
    if other is None or left == other.joined:
        return change, Change(other)
    number = change.state.tracking_number
    entry = Entry(context.now, "parted", person(by), other=number)
    return change, Change(replace(other, joined=left).noted(entry))
