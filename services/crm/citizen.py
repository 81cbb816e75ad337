"""Rules: what the citizen says later on: words, corrections, withdrawal, erasure."""

from __future__ import annotations

from datetime import datetime

from libs.events import (
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestSupported,
    RequestText,
    RequestTextErased,
    RequestWithdrawn,
    TaskVisibilityChanged,
)
from libs.runtime.rule import Change, Context, replace

from .routing import tenant_of
from .sla import undecided_clock
from .task import CITIZEN, Answer, Entry, ReopenAsked, Task, status_changed
from .work import move


def take_text(state: Task | None, event: RequestText, context: Context) -> Change[Task]:
    """The words join the task, whole each time, before or after it is created."""
    task = replace(
        state or Task(),
        text=event.text,
        address=event.address,
        answers=tuple(Answer(code, answer) for code, answer in event.answers.items()),
        attachments=event.attachments,
        remarks=event.remarks,
        edition=event.edition,
    )
    return Change(task.searchable())


def erase_text(state: Task | None, event: RequestTextErased, context: Context) -> Change[Task]:
    """The words are forgotten; that there was a task stays, but not for the public."""
    task = replace(
        state or Task(),
        text=None,
        address=None,
        answers=(),
        attachments=(),
        remarks=(),
        shown=None,
        erased=True,
    ).searchable()
    if not task.created:
        return Change(task)
    task, told = hidden(task, context.now) if task.public else (task, ())
    return Change(task.noted(Entry(at=context.now, kind="text_erased", by=CITIZEN)), told)


def hidden(task: Task, at: datetime) -> tuple[Task, tuple[TaskVisibilityChanged]]:
    """The task as the public may no longer know of it, and what tells so."""
    entry = Entry(at, "visibility_changed", CITIZEN, public=False, reason="erased")
    told = TaskVisibilityChanged(occurred_at=at, public=False, reason="erased", by=CITIZEN)
    return replace(task, public=False).noted(entry), (told,)


def amend(state: Task | None, event: RequestAmended, context: Context) -> Change[Task]:
    """What the citizen corrected. A corrected category waits for routing's word on it. A new
    point brings its own neighbourhood, or none.

    The status stays, on a closed task too; but an answer to what somebody here has asked lets the
    work, and its clock, go on. After a person has decided, the category in force stays theirs.
    """
    task = state or Task()
    if not task.created:
        return Change(task)
    changed = tuple(
        name
        for name, is_changed in (
            ("request_type", event.request_type is not None),
            ("category", event.category is not None),
            ("point", event.point is not None),
            ("neighbourhood", event.neighbourhood is not None),
            ("text", event.text_changed),
        )
        if is_changed
    )
    wished = event.category or task.wished
    unrouted = task.routing is None and not task.decided and not task.from_history
    task = replace(
        task,
        request_type=event.request_type or task.request_type,
        wished=wished,
        category=wished if unrouted else task.category,
        point=event.point or task.point,
        neighbourhood=event.neighbourhood
        if event.point or event.neighbourhood
        else task.neighbourhood,
    ).searchable()
    if changed or not event.answered:
        task = task.noted(Entry(event.occurred_at, "amended", CITIZEN, fields=changed))
    if not event.answered:
        return Change(task)
    task = task.noted(Entry(event.occurred_at, "answered", CITIZEN))
    if task.status != "awaiting_citizen" or not task.decided:
        return Change(task)
    task = move(
        task,
        "in_progress",
        max(event.occurred_at, task.paused_at or event.occurred_at),
        tenant_of(task, context),
    )
    task, told = status_changed(task, "awaiting_citizen", event.occurred_at, CITIZEN, "answered")
    return Change(task, (told,))


def withdraw(state: Task | None, event: RequestWithdrawn, context: Context) -> Change[Task]:
    """The citizen no longer wants it: an open task closes, a closed one has a note.

    A task that was closed only because nobody could act counts as withdrawn, whichever of the
    two was heard first.
    """
    task = state or Task()
    if not task.created:
        return Change(task)
    given_up = task.unroutable is not None and task.status == "cancelled" and not task.decided
    if not (task.open or given_up):
        note = Entry(at=event.occurred_at, kind="withdrawn", by=CITIZEN, reason=event.reason)
        return Change(task.noted(note))
    previous = task.status
    tenant = tenant_of(task, context)
    if task.decided:
        task = move(task, "withdrawn", event.occurred_at, tenant)
    else:
        task = replace(task, unroutable=None).moved("withdrawn", event.occurred_at)
        task = undecided_clock(task, tenant)
    task, told = status_changed(task, previous, event.occurred_at, CITIZEN, event.reason)
    return Change(task, (told,))


def support(state: Task | None, event: RequestSupported, context: Context) -> Change[Task]:
    """So many others want it by now."""
    return Change(replace(state or Task(), voices=event.voices))


def feedback(state: Task | None, event: RequestFeedbackGiven, context: Context) -> Change[Task]:
    """How content the citizen is with what was done."""
    task = replace(state or Task(), rating=event.rating)
    return Change(
        _noted(task, Entry(event.occurred_at, "feedback_given", CITIZEN, rating=event.rating))
    )


def ask_reopening(
    state: Task | None, event: RequestReopenRequested, context: Context
) -> Change[Task]:
    """The citizen says that it is not solved. The next decision of a person answers it."""
    task = replace(state or Task(), reopen_asked=ReopenAsked(event.occurred_at, event.reason))
    return Change(
        _noted(task, Entry(event.occurred_at, "reopen_requested", CITIZEN, reason=event.reason))
    )


def add_attachment(
    state: Task | None, event: RequestAttachmentAdded, context: Context
) -> Change[Task]:
    """There are so many photos now; which ones comes with the words."""
    task = replace(state or Task(), photos=event.attachments)
    return Change(_noted(task, Entry(event.occurred_at, "attachment_added", CITIZEN)))


def _noted(task: Task, entry: Entry) -> Task:
    return task.noted(entry) if task.created else task
