"""Rules: a request was submitted, or an old one imported, and becomes a task."""

from __future__ import annotations

from datetime import datetime

from libs.events import (
    CLOSED_STATUSES,
    Category,
    Department,
    Event,
    History,
    RequestSubmitted,
    TaskCreated,
    TaskStatus,
)
from libs.runtime.rule import Change, Context, replace
from libs.tenants import Tenant

from .citizen import hidden
from .routing import follow, tenant_of
from .sla import undecided_clock
from .status import NEXT
from .task import CITIZEN, IMPORT, Entry, Task, assigned, status_changed


def create(state: Task | None, event: RequestSubmitted, context: Context) -> Change[Task]:
    """Every request becomes exactly one first task; what routing said before it applies now."""
    stub = state or Task()
    if stub.created:
        return Change(stub)
    opened_at = event.history.opened_at if event.history else event.occurred_at
    task = replace(
        stub,
        tenant=event.tenant,
        request_id=context.id,
        tracking_number=event.tracking_number,
        request_type=event.request_type,
        channel=event.channel,
        citizen_ref=event.citizen_ref,
        point=event.point,
        neighbourhood=event.neighbourhood,
        time_zone=event.time_zone,
        simulated=event.simulated,
        private=event.private,
        showable=event.showable,
        public=not event.private,
        opened_at=opened_at,
        wished=event.category,
        category=event.category,
        waiting=(),
    ).searchable()
    task = task.noted(Entry(at=opened_at, kind="created", by=IMPORT if event.history else CITIZEN))
    created = TaskCreated(
        occurred_at=opened_at,
        tenant=task.tenant,
        request_id=task.request_id,
        tracking_number=task.tracking_number,
        request_type=task.request_type,
        channel=task.channel,
        category=task.category,
        neighbourhood=task.neighbourhood,
        time_zone=task.time_zone,
        simulated=task.simulated,
    )
    events: list[Event] = [created]
    if event.history:
        task, told = _take_over(task, event.history, context)
        events += told
    if stub.erased and task.public:
        task, hides = hidden(task, context.now)
        events += hides
    for outcome in stub.waiting:
        change = follow(task, outcome, context)
        task = change.state
        events += change.events
    return Change(task, tuple(events))


def _take_over(task: Task, history: History, context: Context) -> tuple[Task, list[Event]]:
    """Assign and close as the old system had it, at its own times.

    A department that the tenant does not have counts as none: routing then finds one.
    """
    tenant = tenant_of(task, context)
    department = _department(tenant, history.department)
    task = replace(task, origin=history, from_history=department is not None)
    events: list[Event] = []
    if tenant is not None and department is not None:
        category = task.category or _unsorted(tenant)
        known = tenant.category(category.code) or tenant.category(tenant.unsorted_category)
        task = replace(
            task,
            status="assigned",
            department=department,
            category=category,
            sla_minutes=known.sla_minutes if known else None,
        )
        task = undecided_clock(task, tenant)
        task, told = assigned(task, history.opened_at, IMPORT, "import")
        events.append(told)
    status, at = _last_status(task, history, context)
    if status != task.status:
        previous = task.status
        task = undecided_clock(task.moved(status, at), tenant)
        task, moved = status_changed(task, previous, at, IMPORT)
        events.append(moved)
    return task, events


def _last_status(task: Task, history: History, context: Context) -> tuple[TaskStatus, datetime]:
    """A closing whose time nobody noted is dated to the moment that we hear of it."""
    if history.status in CLOSED_STATUSES:
        return history.status, history.closed_at or context.now
    if task.department is None or not NEXT[history.status] or history.status == "new":
        return task.status, history.opened_at
    return history.status, history.opened_at


def _department(tenant: Tenant | None, code: str | None) -> Department | None:
    known = tenant.department(code) if tenant and code else None
    return known.value if known else None


def _unsorted(tenant: Tenant) -> Category:
    known = tenant.category(tenant.unsorted_category)
    assert known is not None
    return known.value
