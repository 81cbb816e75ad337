"""Rules: what people do with a task. These commands can be refused."""

from __future__ import annotations

from datetime import datetime

from libs.events import Actor, Category, Event, TaskCommented, TaskStatus
from libs.runtime.rule import Change, Context, Refused, replace
from libs.tenants import Tenant, TenantDepartment
from libs.text import said

from .routing import tenant_of
from .sla import pause, resume, set_clock, stood
from .status import CLOSED, NEEDS, NEXT, PAUSING, allowed
from .task import Entry, Task, assigned, status_changed

MOST_ENTRIES = 500
"""A history that people may still add to; it keeps a task's document far below 16 MB."""


def hand_to(
    state: Task | None,
    context: Context,
    *,
    tenant: str,
    by: str,
    department: str,
    team: str | None = None,
    operator: str | None = None,
    category: str | None = None,
) -> Change[Task]:
    """Assign to a department, perhaps a team and a person, and perhaps correct the category.

    Work that another department had begun starts again as `assigned`; a status in which
    somebody else has to act stays.
    """
    task = own(state, tenant)
    if not task.open:
        raise Refused("task-already-closed", "The task is closed; reopen it first.", 409)
    calendar = calendar_of(task, context)
    chosen = _department(calendar, department, team)
    task_category, minutes = promised(calendar, task, category)
    moves_on = task.status in ("new", "reopened") or (
        task.status in ("in_progress", "scheduled")
        and task.department is not None
        and task.department.code != chosen.code
    )
    if minutes != task.sla_minutes:
        task = set_clock(task, calendar, minutes)
    task = replace(
        task,
        status="assigned" if moves_on else task.status,
        department=chosen.value,
        team=team,
        operator=operator,
        category=task_category,
        decided=True,
    )
    task, told = assigned(task, context.now, person(by), "operator")
    return Change(task, (told,))


def change_status(
    state: Task | None,
    context: Context,
    *,
    tenant: str,
    by: str,
    status: TaskStatus,
    reason: str | None = None,
    message: str | None = None,
    duplicate_of: str | None = None,
) -> Change[Task]:
    """Bring a task to another status, as the table allows, with what the status needs."""
    task = own(state, tenant)
    _check_move(task, status)
    _check_needs(context.id, status, reason, message, duplicate_of)
    previous = task.status
    task = move(task, status, context.now, tenant_of(task, context))
    task = replace(
        task,
        decided=True,
        duplicate_of=duplicate_of if status == "duplicate" else None,
        reopen_asked=None,
    )
    task, told = status_changed(task, previous, context.now, person(by), reason, message)
    return Change(task, (told,))


def comment(
    state: Task | None, context: Context, *, tenant: str, by: str, message: str, public: bool
) -> Change[Task]:
    """Write to the citizen, or a note for colleagues, whose words stay in crm."""
    task = own(state, tenant)
    entry = Entry(at=context.now, kind="commented", by=person(by), public=public, message=message)
    told: Event = TaskCommented(
        occurred_at=context.now,
        public=public,
        message=message if public else None,
        by=person(by),
    )
    return Change(task.noted(entry), (told,))


def move(task: Task, status: TaskStatus, at: datetime, tenant: Tenant | None) -> Task:
    """Another status, and the clock with it.

    The clock stands while somebody else has to act, and while the task is closed.
    """
    closed_at = task.closed_at
    moved = task.moved(status, at)
    if status in PAUSING:
        return pause(moved, at)
    moved = resume(moved, tenant, at)
    if moved.open and closed_at is not None:
        return stood(moved, tenant, closed_at, at)
    return moved


def own(state: Task | None, tenant: str) -> Task:
    """The tenant's own task, with room in its history. Refused (404, 422)."""
    if state is None or not state.created or state.tenant != tenant:
        raise Refused("task-not-found", "There is no such task.", 404)
    if len(state.history) >= MOST_ENTRIES:
        raise Refused("task-history-full", "The task's history is full.", 422)
    return state


def _check_move(task: Task, status: TaskStatus) -> None:
    possible = allowed(task.status, with_department=task.department is not None)
    if status in possible:
        return
    if status in NEXT[task.status]:
        raise Refused(
            "task-not-assigned", "Assign the task to a department first.", 409, allowed=possible
        )
    if task.status in CLOSED and status != "reopened":
        raise Refused(
            "task-already-closed", "The task is closed; reopen it first.", 409, allowed=possible
        )
    raise Refused(
        "transition-not-allowed",
        "The task cannot go to this status from the one that it has.",
        409,
        allowed=possible,
    )


def _check_needs(
    id: str,
    status: TaskStatus,
    reason: str | None,
    message: str | None,
    duplicate_of: str | None,
) -> None:
    need = NEEDS[status]
    errors = []
    if need.reasons and reason not in need.reasons:
        errors.append(
            field_error(
                "reason", said("Give one of: %(reasons)s.", reasons=", ".join(need.reasons))
            )
        )
    if not need.reasons and reason is not None:
        errors.append(field_error("reason", said("This status takes no reason.")))
    if need.message and not message:
        errors.append(field_error("message", said("Tell the citizen in your own words.")))
    if need.duplicate_of and duplicate_of in (None, id):
        errors.append(
            field_error("duplicate_of", said("Name the other task that this one repeats."))
        )
    if not need.duplicate_of and duplicate_of is not None:
        errors.append(field_error("duplicate_of", said("This status takes no other task.")))
    if errors:
        raise Refused("status-incomplete", "This status needs more.", 422, errors=errors)


def _department(tenant: Tenant, code: str, team: str | None) -> TenantDepartment:
    department = tenant.department(code)
    if department is None:
        errors = [field_error("department", said("The tenant has no such department."))]
        raise Refused("department-unknown", "There is no such department.", 422, errors=errors)
    if team is not None and all(team != other.code for other in department.teams):
        errors = [field_error("team", said("The department has no such team."))]
        raise Refused("team-unknown", "There is no such team.", 422, errors=errors)
    return department


def promised(tenant: Tenant, task: Task, code: str | None) -> tuple[Category, int]:
    """The category to have, and its promise; a category that stays keeps the task's own."""
    if code is None and task.category is not None and task.sla_minutes is not None:
        return task.category, task.sla_minutes
    if code is not None and all(code != leaf.code for leaf in tenant.leaf_categories):
        errors = [field_error("category", said("The tenant has no such category to choose."))]
        raise Refused("category-unknown", "There is no such category.", 422, errors=errors)
    code = code or (task.category.code if task.category else tenant.unsorted_category)
    known = tenant.category(code) or tenant.category(tenant.unsorted_category)
    assert known is not None
    return known.value, known.sla_minutes


def calendar_of(task: Task, context: Context) -> Tenant:
    """The task's tenant. Refused (409) where it has left."""
    tenant = tenant_of(task, context)
    if tenant is None:
        raise Refused("tenant-unknown", "The task's municipality is no longer with us.", 409)
    return tenant


def person(subject: str) -> Actor:
    """Somebody of the municipality."""
    return Actor(kind="operator", id=subject)


def field_error(field: str, message: str) -> dict[str, str]:
    """What is wrong with one field."""
    return {"field": field, "message": message}
