"""Rules: routing has decided who acts. Until a person decides, the task follows it."""

from __future__ import annotations

from libs.events import Event, RequestRouted, RequestUnroutable
from libs.runtime.rule import Change, Context, replace
from libs.tenants import Tenant

from .sla import undecided_clock
from .task import SYSTEM, Entry, Task, assigned, status_changed


def assign(state: Task | None, event: RequestRouted, context: Context) -> Change[Task]:
    """Assign the task; keep the decision for later where there is no task yet.

    A closed task learns what it was about and whose it was, and stays closed. After a person
    has decided, it is a suggestion.
    """
    task = state or Task()
    if not task.created:
        return Change(replace(task, waiting=(*task.waiting, event)))
    if task.decided:
        return Change(replace(task, suggestion=event).noted(_suggested(event)))
    before = task
    task = replace(
        task,
        routing=event,
        category=event.category,
        priority=event.priority,
        sla_minutes=event.sla_minutes,
    )
    if not task.from_history:
        task = replace(task, department=event.department, team=event.team)
        if task.status == "new":
            task = replace(task, status="assigned")
    task = undecided_clock(task, tenant_of(task, context))
    events: list[Event] = []
    if _assignment(task) != _assignment(before):
        imported = task.origin is not None and not task.open
        at = task.opened_at if imported else event.occurred_at
        task, told = assigned(task, at, SYSTEM, "import" if imported else "routing")
        events.append(told)
    if task.open and not task.from_history:
        task, moved = _to_whom_it_concerns(task, event)
        events += moved
    return Change(task, tuple(events))


def give_up(state: Task | None, event: RequestUnroutable, context: Context) -> Change[Task]:
    """Its tenant is no longer with us: nobody will work on it, so it does not stay open.

    What a person has decided, and what is closed, stays as it is, with a note.
    """
    task = state or Task()
    if not task.created:
        return Change(replace(task, waiting=(*task.waiting, event)))
    if task.decided or not task.open:
        note = Entry(at=event.occurred_at, kind="unroutable", by=SYSTEM, reason=event.reason)
        return Change(task.noted(note))
    previous = task.status
    task = replace(task, unroutable=event.reason).moved("cancelled", event.occurred_at)
    task = undecided_clock(task, tenant_of(task, context))
    task, told = status_changed(task, previous, event.occurred_at, SYSTEM, event.reason)
    return Change(task, (told,))


def follow(
    task: Task, outcome: RequestRouted | RequestUnroutable, context: Context
) -> Change[Task]:
    """Apply what routing said, whichever it was."""
    if isinstance(outcome, RequestRouted):
        return assign(task, outcome, context)
    return give_up(task, outcome, context)


def tenant_of(task: Task, context: Context) -> Tenant | None:
    """The task's tenant, where it is known."""
    tenant = context.tenant
    return tenant if tenant is not None and tenant.slug == task.tenant else None


def _to_whom_it_concerns(task: Task, event: RequestRouted) -> tuple[Task, list[Event]]:
    """With an external body while that has to act, back with the department when it has not."""
    external = event.authority.kind == "external"
    previous = task.status
    status = "with_external" if external else "assigned"
    if status == previous:
        return task, []
    task = replace(task, status="with_external" if external else "assigned")
    task, told = status_changed(
        task, previous, event.occurred_at, SYSTEM, f"authority_{event.authority.kind}"
    )
    return task, [told]


def _assignment(task: Task) -> tuple[object, ...]:
    return (
        task.category,
        task.department,
        task.team,
        task.priority,
        task.sla_minutes,
        task.due_at,
    )


def _suggested(event: RequestRouted) -> Entry:
    return Entry(
        at=event.occurred_at,
        kind="suggested",
        by=SYSTEM,
        public=False,
        category=event.category.code,
        department=event.department.code,
        team=event.team,
    )
