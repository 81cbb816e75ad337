"""How a request stands, in one word and one sign: what citizens read everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.events import PAUSING_STATUSES, TaskStatus
from libs.text import said
from libs.text.meanings import SHORT

from .request import Request

Sign = Literal["new", "assigned", "progress", "waiting", "overdue", "resolved", "rejected"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A sign with its word; `sign` names a symbol and a colour."""

    sign: Sign
    word: str


_SIGNS: dict[TaskStatus, Sign] = {
    "new": "new",
    "assigned": "assigned",
    "in_progress": "progress",
    "scheduled": "progress",
    "on_hold": "waiting",
    "awaiting_citizen": "waiting",
    "with_external": "waiting",
    "handover_offered": "waiting",
    "reopened": "progress",
    "resolved": "resolved",
    "rejected": "rejected",
    "duplicate": "resolved",
    "handed_over": "assigned",
    "withdrawn": "rejected",
    "cancelled": "rejected",
}
LATE = Standing("overdue", said("Overdue"))
WAITING = Standing("waiting", said("Waiting"))


def status_of(request: Request) -> TaskStatus:
    """The municipality's status; a withdrawal is shown at once."""
    return "withdrawn" if request.withdrawn else request.progress.status


def standing_of(request: Request, now: datetime, *, own: bool = False) -> Standing:
    """How it stands now. Others than its citizen read only that it waits for an answer."""
    status = status_of(request)
    if is_late(request, now):
        return LATE
    if status == "awaiting_citizen" and not own:
        return WAITING
    return standing(status)


def standing(status: TaskStatus) -> Standing:
    """How a status reads."""
    return Standing(_SIGNS[status], SHORT[status])


def is_late(request: Request, now: datetime) -> bool:
    """Whether it is still open after the promised time, and its clock runs."""
    due = request.progress.due_at
    return due is not None and due < now and not (is_paused(request) or request.closed)


def is_paused(request: Request) -> bool:
    """Whether its clock stands, as crm counts it: somebody else has to act first."""
    return status_of(request) in PAUSING_STATUSES
