"""Rules: what the citizen says later on: words, corrections, withdrawal, erasure."""

from __future__ import annotations

from libs.events import RequestAmended, RequestText, RequestTextErased, RequestWithdrawn
from libs.runtime.rule import Change, Context, replace
from libs.text import words

from .routing import tenant_of
from .sla import undecided_clock
from .task import CITIZEN, Answer, Entry, Task, status_changed
from .work import move


def take_text(state: Task | None, event: RequestText, context: Context) -> Change[Task]:
    """The words join the task, whole each time, before or after it is created."""
    return Change(
        replace(
            state or Task(),
            text=event.text,
            address=event.address,
            answers=tuple(Answer(code, answer) for code, answer in event.answers.items()),
            attachments=event.attachments,
            search=searched(event.text, event.address or ""),
        )
    )


def erase_text(state: Task | None, event: RequestTextErased, context: Context) -> Change[Task]:
    """The words are forgotten; that there was a task stays."""
    task = replace(state or Task(), text=None, address=None, answers=(), attachments=(), search="")
    return Change(
        task.noted(Entry(at=context.now, kind="text_erased", by=CITIZEN)) if task.created else task
    )


def amend(state: Task | None, event: RequestAmended, context: Context) -> Change[Task]:
    """What the citizen corrected. A corrected category waits for routing's word on it. A new
    point brings its own neighbourhood, or none.

    The status stays, on a closed task too. After a person has decided, the category in force
    stays theirs.
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
    )
    note = Entry(at=event.occurred_at, kind="amended", by=CITIZEN, fields=changed)
    return Change(task.noted(note))


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


def searched(*texts: str) -> str:
    """The folded words, each behind a space, so that a search for its beginning is a plain one."""
    return "".join(f" {word}" for text in texts for word in words(text))
