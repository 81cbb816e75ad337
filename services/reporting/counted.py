"""What a fact counts as: derived from its parts by fixed precedence, whatever came first.

A category is the task's, else routing's, else the citizen's; a department the task's, else
routing's. Days are calendar days in the time zone that the tenant had at submission.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from libs.events import PAUSING_STATUSES, Channel, RequestType, TaskStatus

from .parts import Named, RequestPart, RoutingPart, TaskPart

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """The one row that a request is in every cube.

    `due_at` and `due_day` are those of a clock that runs, or had run out before it was
    stopped; a closed task has none. `missed_day` is when a closed task became overdue, if it was
    closed after its deadline. `assigned_in` and `resolved_in` are milliseconds.
    """

    type: RequestType
    channel: Channel
    status: TaskStatus
    open: bool
    category: Named | None
    neighbourhood: Named | None
    department: Named | None
    opened_day: str
    cell: str = ""
    terms: tuple[str, ...] = ()
    voices: int = 0
    rated_day: str | None = None
    rating: int | None = None
    again_day: str | None = None
    assigned_day: str | None = None
    assigned_in: int | None = None
    closed_day: str | None = None
    resolved_in: int | None = None
    on_time: bool | None = None
    due_day: str | None = None
    due_at: datetime | None = None
    missed_day: str | None = None


def counted(
    request: RequestPart | None, routing: RoutingPart | None, task: TaskPart | None
) -> Counted | None:
    """The row; None as long as the request itself is not known (its tenant, its time zone)."""
    if request is None:
        return None
    zone = _zone(request.time_zone)
    assigned_in = _assigned_in(request, task)
    closed_at = task.closed_at if task else None
    resolved_in = _resolved_in(request, task)
    due_at = _due_at(task)
    return Counted(
        type=request.type,
        channel=request.channel,
        status=task.status if task else "new",
        open=not (task and task.closed),
        category=(task and task.category) or (routing and routing.category) or request.category,
        neighbourhood=request.neighbourhood,
        department=(task and task.department) or (routing.department if routing else None),
        opened_day=_day(request.opened_at, zone),
        cell=request.cell,
        terms=routing.terms if routing else (),
        voices=request.voices,
        rated_day=_day(request.rated_at, zone) if request.rated_at else None,
        rating=request.rating,
        again_day=_day(request.again_at, zone) if request.again_at else None,
        assigned_day=(
            _day(task.assigned_at, zone)
            if task and task.assigned_at and assigned_in is not None
            else None
        ),
        assigned_in=assigned_in,
        closed_day=_day(closed_at, zone) if closed_at else None,
        resolved_in=resolved_in,
        on_time=(
            closed_at <= task.due_at
            if task and task.due_at and closed_at and resolved_in is not None
            else None
        ),
        due_day=_day(due_at, zone) if due_at else None,
        due_at=due_at,
        missed_day=(
            _day(task.due_at, zone)
            if task and task.due_at and closed_at and task.due_at < closed_at
            else None
        ),
    )


def _assigned_in(request: RequestPart, task: TaskPart | None) -> int | None:
    """History's old system did not tell when it assigned, so history has no such duration."""
    if request.imported or task is None or task.assigned_at is None:
        return None
    return _duration(request.opened_at, task.assigned_at)


def _resolved_in(request: RequestPart, task: TaskPart | None) -> int | None:
    if task is None or task.status != "resolved" or task.closed_at is None:
        return None
    return _duration(request.opened_at, task.closed_at)


def _duration(start: datetime, end: datetime) -> int | None:
    """Milliseconds of calendar time; none where the end lies before the start."""
    milliseconds = (end - start) // _MILLISECOND
    return milliseconds if milliseconds >= 0 else None


def _due_at(task: TaskPart | None) -> datetime | None:
    if task is None or task.closed or task.due_at is None:
        return None
    stopped = task.status in PAUSING_STATUSES and task.status_at <= task.due_at
    return None if stopped else task.due_at


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone: its days are UTC's
        return UTC


def _day(at: datetime, zone: tzinfo) -> str:
    try:
        return at.astimezone(zone).date().isoformat()
    except OverflowError:
        return at.date().isoformat()
