"""Which status may follow which, and what each of them needs: the table, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.events import CLOSED_STATUSES, OPEN_STATUSES, PAUSING_STATUSES, TaskStatus


@dataclass(frozen=True, slots=True)
class Need:
    """What a person must give to bring a task to a status.

    One of `reasons` where there are any; a `message`, which the citizen reads; the task that
    this one repeats (`duplicate_of`); a `department` that has the task already.
    """

    reasons: tuple[str, ...] = ()
    message: bool = False
    duplicate_of: bool = False
    department: bool = False


_WORK: tuple[TaskStatus, ...] = (
    "in_progress",
    "scheduled",
    "on_hold",
    "awaiting_citizen",
    "with_external",
)
_ANSWERS: tuple[TaskStatus, ...] = ("resolved", "rejected", "duplicate", "cancelled")


def _after(status: TaskStatus) -> tuple[TaskStatus, ...]:
    return (*(other for other in _WORK if other != status), *_ANSWERS)


NEXT: Mapping[TaskStatus, tuple[TaskStatus, ...]] = {
    "new": ("rejected", "duplicate", "cancelled"),
    "assigned": _after("assigned"),
    "in_progress": _after("in_progress"),
    "scheduled": _after("scheduled"),
    "on_hold": _after("on_hold"),
    "awaiting_citizen": _after("awaiting_citizen"),
    "with_external": _after("with_external"),
    "reopened": _after("reopened"),
    "handover_offered": (),
    "resolved": ("reopened",),
    "rejected": ("reopened",),
    "duplicate": ("reopened",),
    "withdrawn": ("reopened",),
    "cancelled": ("reopened",),
    "handed_over": (),
}
"""The statuses a person may give, from each; `assigned` is given by assigning."""

NEEDS: Mapping[TaskStatus, Need] = {
    "in_progress": Need(department=True),
    "scheduled": Need(message=True, department=True),
    "on_hold": Need(("material", "weather", "budget", "permission", "other"), department=True),
    "awaiting_citizen": Need(message=True, department=True),
    "with_external": Need(message=True, department=True),
    "reopened": Need(("not_solved", "new_information", "mistake")),
    "resolved": Need(message=True, department=True),
    "rejected": Need(("not_responsible", "no_further_action", "invalid"), message=True),
    "duplicate": Need(duplicate_of=True),
    "cancelled": Need(("mistake", "test", "spam")),
}
"""What each status that a person may give needs."""

PAUSING: frozenset[TaskStatus] = frozenset(PAUSING_STATUSES)
"""While a task is here somebody else has to act: its clock stands."""

OPEN: frozenset[TaskStatus] = frozenset(OPEN_STATUSES)
CLOSED: frozenset[TaskStatus] = frozenset(CLOSED_STATUSES)


def allowed(status: TaskStatus, *, with_department: bool) -> tuple[TaskStatus, ...]:
    """The statuses that a person may give to a task now."""
    return tuple(other for other in NEXT[status] if with_department or not NEEDS[other].department)
