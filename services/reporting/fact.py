"""A fact: all that reporting knows of one request, and the rules by which it follows events."""

from __future__ import annotations

from dataclasses import dataclass

from libs.events import (
    CLOSED_STATUSES,
    Event,
    Neighbourhood,
    RequestAmended,
    RequestRouted,
    RequestSubmitted,
    TaskAssigned,
    TaskCreated,
    TaskStatusChanged,
)
from libs.runtime.rule import Change, Context, replace

from .counted import Counted, counted
from .parts import Named, RequestPart, RoutingPart, TaskPart, moment


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
    )
    if event.point or event.neighbourhood:
        request = replace(request, neighbourhood=_place(event.neighbourhood))
    return _changed(replace(state, request=request))


def route(state: Fact | None, event: RequestRouted, context: Context) -> Change[Fact | None]:
    """Routing decided, or decided anew."""
    routing = RoutingPart(category=Named.of(event.category), department=Named.of(event.department))
    return _changed(replace(state or Fact(), routing=routing))


def create(state: Fact | None, event: TaskCreated, context: Context) -> Change[Fact | None]:
    """The task is there. Its category is only a copy of the request's, so it is not taken."""
    if _of_another_task(context) or (state and state.task):
        return Change(state)
    task = TaskPart(status="new", status_at=moment(event.occurred_at))
    return _changed(replace(state or Fact(), task=task))


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


def unchanged(state: Fact | None, event: Event, context: Context) -> Change[Fact | None]:
    """An event that no figure is made of, used so that no hole in its topic goes unseen."""
    return Change(state)


def _moved(state: Fact | None, event: TaskAssigned | TaskStatusChanged) -> TaskPart:
    """The task with the event's status. It is closed when it first became so, until reopened."""
    at = moment(event.occurred_at)
    task = state.task if state and state.task else TaskPart(status="new", status_at=at)
    if event.status == task.status:
        return task
    closed_at = (task.closed_at or at) if event.status in CLOSED_STATUSES else None
    return replace(task, status=event.status, status_at=at, closed_at=closed_at)


def _place(value: Neighbourhood | None) -> Named | None:
    return Named.place(value) if value else None


def _of_another_task(context: Context) -> bool:
    """Only the request's first task is counted, whose id is the request's."""
    return context.cause is not None and context.cause.subject != context.id


def _changed(fact: Fact) -> Change[Fact | None]:
    return Change(replace(fact, counted=counted(fact.request, fact.routing, fact.task)))
