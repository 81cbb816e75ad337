"""What the municipality does about a request, as its citizen is told it."""

from __future__ import annotations

from libs.events import (
    CLOSED_STATUSES,
    RequestRouted,
    RequestUnroutable,
    TaskAssigned,
    TaskCommented,
    TaskCreated,
    TaskMerged,
    TaskRecategorised,
    TaskStatusChanged,
    TaskVisibilityChanged,
    TaskWordsShown,
)
from libs.runtime.rule import Change, Context, replace

from .request import Progress, Request, Update, WordsShown, hour_of

Followed = Change[Request | None]


def routed(state: Request | None, event: RequestRouted, context: Context) -> Followed:
    """Routing decided; once a person works on it, crm's word counts."""
    if state is None or (state.progress.task and state.progress.department):
        return Change(state)
    progress = replace(state.progress, category=event.category, department=event.department.names)
    update = Update(event.occurred_at, "routed", department=event.department.names)
    return _told(state, progress, context, update)


def unroutable(state: Request | None, event: RequestUnroutable, context: Context) -> Followed:
    """Nobody can act; the task, if there is one, says what becomes of it."""
    return Change(state)


def created(state: Request | None, event: TaskCreated, context: Context) -> Followed:
    """The municipality has a task for it."""
    if state is None:
        return Change(state)
    return _told(state, replace(state.progress, task=True), context)


def assigned(state: Request | None, event: TaskAssigned, context: Context) -> Followed:
    """A department has it, and there is a promised time."""
    if state is None:
        return Change(state)
    progress = replace(
        state.progress,
        task=True,
        status=event.status,
        department=event.department.names,
        category=event.category,
        due_at=event.due_at,
    )
    update = Update(
        event.occurred_at, "assigned", status=event.status, department=event.department.names
    )
    return _told(state, progress, context, update)


def status_changed(state: Request | None, event: TaskStatusChanged, context: Context) -> Followed:
    """It moved on; the citizen reads the municipality's message.

    Once it is closed there, that word counts, also for one who withdrew it meanwhile.
    """
    if state is None:
        return Change(state)
    closed = event.status in CLOSED_STATUSES
    withdrawn = state.withdrawn and not closed
    state = replace(state, withdrawn=withdrawn, reopen_requested_at=None)
    progress = replace(
        state.progress,
        task=True,
        status=event.status,
        due_at=event.due_at or state.progress.due_at,
        closed_at=event.occurred_at if closed else None,
        joined_to=state.progress.joined_to if closed else None,
    )
    update = Update(
        event.occurred_at,
        "status",
        status=event.status,
        message=event.message,
        reason=event.reason,
    )
    return _told(state, progress, context, update)


def commented(state: Request | None, event: TaskCommented, context: Context) -> Followed:
    """A public comment is shown; an internal note is none of the citizen's.

    One that declines a wish to reopen ends it: the citizen may wish anew.
    """
    if state is None or not event.public:
        return Change(state)
    if event.declines_reopening:
        state = replace(state, reopen_requested_at=None)
    update = Update(event.occurred_at, "message", message=event.message)
    return _told(state, state.progress, context, update)


def recategorised(state: Request | None, event: TaskRecategorised, context: Context) -> Followed:
    """It is about something else than was thought, and promised accordingly."""
    if state is None:
        return Change(state)
    progress = replace(
        state.progress,
        task=True,
        category=event.category,
        due_at=event.due_at or state.progress.due_at,
    )
    update = Update(event.occurred_at, "recategorised")
    return _told(state, progress, context, update)


def merged(state: Request | None, event: TaskMerged, context: Context) -> Followed:
    """Two are about the same thing: the one that is joined to the other names it, and that one
    knows whose voices it has besides its own.
    """
    if state is None:
        return Change(state)
    if event.direction == "from":
        others = tuple(one for one in state.joined if one != event.other)
        return Change(replace(state, joined=(*others, event.other)))
    progress = replace(state.progress, task=True, joined_to=event.other_number)
    update = Update(event.occurred_at, "joined", number=event.other_number)
    return _told(state, progress, context, update)


def visibility_changed(
    state: Request | None, event: TaskVisibilityChanged, context: Context
) -> Followed:
    """Whether the public list may name it."""
    if state is None:
        return Change(state)
    return _told(state, replace(state.progress, task=True, public=event.public), context)


def words_shown(state: Request | None, event: TaskWordsShown, context: Context) -> Followed:
    """What everybody may read of it and see; nothing where it was taken back."""
    if state is None:
        return Change(state)
    shown = WordsShown(event.edition, event.parts, event.photos)
    anything = shown if event.parts or event.photos else None
    return _told(state, replace(state.progress, task=True, shown=anything), context)


def _told(
    state: Request, progress: Progress, context: Context, update: Update | None = None
) -> Followed:
    time = context.cause.time if context.cause else context.now
    as_of = max(time, progress.as_of or time)
    updates = (*state.updates, update) if update else state.updates
    heard = replace(progress, as_of=as_of)
    return Change(replace(state, progress=heard, changed=hour_of(as_of), updates=updates))
