"""A fact: all that reporting knows of one request, and the rules by which it follows events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.events import (
    CLOSED_STATUSES,
    Event,
    Neighbourhood,
    RequestAmended,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestRouted,
    RequestSubmitted,
    RequestSupported,
    TaskAssigned,
    TaskCreated,
    TaskMerged,
    TaskRecategorised,
    TaskStatusChanged,
    TaskVisibilityChanged,
)
from libs.runtime.rule import Change, Context, replace

from .counted import Counted, counted
from .parts import Named, RequestPart, RoutingPart, TaskPart, cell_of, moment, place_of


@dataclass(frozen=True)
class Fact:
    """One request. Its id is the request's, which is the first task's too.

    Each topic has its part; `counted` follows from the parts alone, so the order between
    topics leaves no trace. Until the request itself has come, the tenant is not known, and
    the fact counts nowhere.
    """

    tenant: str = ""
    request: RequestPart | None = None
    routing: RoutingPart | None = None
    task: TaskPart | None = None
    counted: Counted | None = None


def submit(state: Fact | None, event: RequestSubmitted, context: Context) -> Change[Fact | None]:
    """The request is there: from now on it counts."""
    if state and state.request:
        return Change(state)
    request = RequestPart(
        type=event.request_type,
        channel=event.channel,
        opened_at=moment(event.occurred_at),
        time_zone=event.time_zone,
        category=Named.of(event.category) if event.category else None,
        neighbourhood=_place(event.neighbourhood),
        imported=event.history is not None,
        cell=cell_of(event.point),
        number=event.tracking_number,
        private=event.private,
        place=place_of(event.point),
        told_at=moment(event.occurred_at),
    )
    return _changed(replace(state or Fact(), tenant=event.tenant, request=request))


def amend(state: Fact | None, event: RequestAmended, context: Context) -> Change[Fact | None]:
    """The citizen corrected it; a new point brings its own neighbourhood, or none."""
    if state is None or state.request is None:
        return Change(state)
    request = replace(
        state.request,
        type=event.request_type or state.request.type,
        category=Named.of(event.category) if event.category else state.request.category,
        told_at=moment(event.occurred_at),
    )
    if event.point or event.neighbourhood:
        request = replace(request, neighbourhood=_place(event.neighbourhood))
    if event.point:
        request = replace(request, cell=cell_of(event.point), place=place_of(event.point))
    return _changed(replace(state, request=request))


def support(state: Fact | None, event: RequestSupported, context: Context) -> Change[Fact | None]:
    """One more has the same wish; the event tells how many."""
    if state is None or state.request is None:
        return Change(state)
    voices = max(state.request.voices, event.voices)
    request = replace(state.request, voices=voices, told_at=moment(event.occurred_at))
    return _changed(replace(state, request=request))


def rate(state: Fact | None, event: RequestFeedbackGiven, context: Context) -> Change[Fact | None]:
    """The citizen said how content he is; his last word counts, on its day."""
    if state is None or state.request is None:
        return Change(state)
    request = replace(state.request, rating=event.rating, rated_at=moment(event.occurred_at))
    return _changed(replace(state, request=request))


def ask_again(
    state: Fact | None, event: RequestReopenRequested, context: Context
) -> Change[Fact | None]:
    """The citizen says that it is not solved. A request counts once, on the last such day."""
    if state is None or state.request is None:
        return Change(state)
    request = replace(state.request, again_at=moment(event.occurred_at))
    return _changed(replace(state, request=request))


def route(state: Fact | None, event: RequestRouted, context: Context) -> Change[Fact | None]:
    """Routing decided, or decided anew."""
    routing = RoutingPart(
        category=Named.of(event.category),
        department=Named.of(event.department),
        terms=tuple(dict.fromkeys(event.terms)),
    )
    return _changed(replace(state or Fact(), routing=routing))


def create(state: Fact | None, event: TaskCreated, context: Context) -> Change[Fact | None]:
    """The task is there. Its category is only a copy of the request's, so it is not taken."""
    if _of_another_task(context) or (state and state.task):
        return Change(state)
    return _changed(replace(state or Fact(), task=_begun(moment(event.occurred_at))))


def assign(state: Fact | None, event: TaskAssigned, context: Context) -> Change[Fact | None]:
    """The task is a department's; the first time is the one that is measured."""
    if _of_another_task(context):
        return Change(state)
    task = _moved(state, event)
    task = replace(
        task,
        category=Named.of(event.category),
        department=Named.of(event.department),
        assigned_at=task.assigned_at or moment(event.occurred_at),
        due_at=moment(event.due_at) if event.due_at else task.due_at,
    )
    return _changed(replace(state or Fact(), task=task))


def change_status(
    state: Fact | None, event: TaskStatusChanged, context: Context
) -> Change[Fact | None]:
    """The task moved on; a deadline that the event does not name stays."""
    if _of_another_task(context):
        return Change(state)
    task = _moved(state, event)
    if event.due_at:
        task = replace(task, due_at=moment(event.due_at))
    return _changed(replace(state or Fact(), task=task))


def recategorise(
    state: Fact | None, event: TaskRecategorised, context: Context
) -> Change[Fact | None]:
    """The category was corrected, and what is promised with it."""
    if _of_another_task(context):
        return Change(state)
    task = _told(state, event)
    due_at = moment(event.due_at) if event.due_at else task.due_at
    task = replace(task, category=Named.of(event.category), due_at=due_at)
    return _changed(replace(state or Fact(), task=task))


def merge(state: Fact | None, event: TaskMerged, context: Context) -> Change[Fact | None]:
    """It was joined to another, whose number is told unless that one is private."""
    if _of_another_task(context) or event.direction == "from":
        return Change(state)
    number = None if event.other_private else event.other_number
    task = replace(_told(state, event), merged_into=number)
    return _changed(replace(state or Fact(), task=task))


def show(state: Fact | None, event: TaskVisibilityChanged, context: Context) -> Change[Fact | None]:
    """The municipality hides it from outsiders, or shows it again."""
    if _of_another_task(context):
        return Change(state)
    task = replace(_told(state, event), public=event.public)
    return _changed(replace(state or Fact(), task=task))


def unchanged(state: Fact | None, event: Event, context: Context) -> Change[Fact | None]:
    """An event that no figure is made of, used so that no hole in its topic goes unseen."""
    return Change(state)


def _moved(state: Fact | None, event: TaskAssigned | TaskStatusChanged) -> TaskPart:
    """The task with the event's status. It is closed when it first became so, until reopened."""
    at, task = moment(event.occurred_at), _told(state, event)
    if event.status == task.status:
        return task
    closed_at = (task.closed_at or at) if event.status in CLOSED_STATUSES else None
    return replace(
        task,
        status=event.status,
        status_at=at,
        closed_at=closed_at,
        merged_into=task.merged_into if event.status == "duplicate" else None,
        reopened=task.reopened or (task.closed and closed_at is None),
    )


_OfTask = TaskAssigned | TaskStatusChanged | TaskRecategorised | TaskMerged | TaskVisibilityChanged


def _told(state: Fact | None, event: _OfTask) -> TaskPart:
    """The task, of which something new is told."""
    at = moment(event.occurred_at)
    return replace(state.task, told_at=at) if state and state.task else _begun(at)


def _begun(at: datetime) -> TaskPart:
    return TaskPart(status="new", status_at=at, told_at=at)


def _place(value: Neighbourhood | None) -> Named | None:
    return Named.place(value) if value else None


def _of_another_task(context: Context) -> bool:
    """Only the request's first task is counted, whose id is the request's."""
    return context.cause is not None and context.cause.subject != context.id


def _changed(fact: Fact) -> Change[Fact | None]:
    return Change(replace(fact, counted=counted(fact.request, fact.routing, fact.task)))
