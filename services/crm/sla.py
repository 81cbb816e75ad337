"""The clock of a task: when it is due, in the tenant's working time, and when it stands."""

from __future__ import annotations

from datetime import datetime

from libs.runtime.rule import replace
from libs.tenants import Tenant, WorkingTime

from .status import PAUSING
from .task import Pause, Task


def overdue(task: Task, now: datetime) -> bool:
    """Whether it should have been done. A clock that stands is never overdue."""
    return (
        task.open and task.status not in PAUSING and task.due_at is not None and task.due_at < now
    )


def set_clock(task: Task, tenant: Tenant | None, minutes: int) -> Task:
    """A promise of `minutes` of working time from the opening on, the pauses counted in.

    Without a tenant there is no calendar, and so no promise.
    """
    due_at = None
    if tenant is not None:
        time = WorkingTime(tenant)
        due_at = time.due_at(task.opened_at, minutes)
        for pause in task.pauses:
            due_at = time.extend(due_at, pause.start, pause.end)
    return replace(task, sla_minutes=minutes, due_at=_whole(due_at))


def pause(task: Task, at: datetime) -> Task:
    """The clock stands from now on, if it does not already."""
    return replace(task, paused_at=task.paused_at or at)


def resume(task: Task, tenant: Tenant | None, at: datetime) -> Task:
    """The clock goes on; what is due moves by the working time that it stood."""
    start = task.paused_at
    if start is None:
        return task
    return stood(replace(task, paused_at=None), tenant, start, at)


def stood(task: Task, tenant: Tenant | None, start: datetime, end: datetime) -> Task:
    """The clock has stood between the two: remember it, and move what is due."""
    if end <= start:
        return task
    due_at = task.due_at
    if due_at is not None and tenant is not None:
        due_at = WorkingTime(tenant).extend(due_at, start, end)
    pauses = (*task.pauses, Pause(start, end))
    return replace(task, due_at=_whole(due_at), pauses=pauses)


def undecided_clock(task: Task, tenant: Tenant | None) -> Task:
    """The clock of a task that no person has touched, from what is known of it alone.

    It depends on the opening, the newest routing and the closing, and not on the order in
    which they came. With an external body the clock has not run at all: what is not the
    tenant's to do is not promised by it.
    """
    if task.sla_minutes is None:
        return task
    stands = _stands(task)
    pauses: tuple[Pause, ...] = ()
    if stands and task.closed_at is not None and task.closed_at > task.opened_at:
        pauses = (Pause(task.opened_at, task.closed_at),)
    paused_at = task.opened_at if stands and task.open else None
    task = replace(task, paused_at=paused_at, pauses=pauses)
    assert task.sla_minutes is not None
    return set_clock(task, tenant, task.sla_minutes)


def _stands(task: Task) -> bool:
    if task.from_history:
        return task.origin is not None and task.origin.status in PAUSING
    return task.routing is not None and task.routing.authority.kind == "external"


def _whole(time: datetime | None) -> datetime | None:
    """In whole milliseconds, as it is stored."""
    return time and time.replace(microsecond=time.microsecond // 1000 * 1000)
