"""What the API takes and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from libs.events import (
    Attachment,
    Authority,
    Category,
    Channel,
    Department,
    History,
    Neighbourhood,
    Point,
    Priority,
    Remark,
    RequestType,
    TaskStatus,
)
from libs.events.common import Code, Wording
from libs.runtime.store import Stored
from libs.text import dashed

from .sla import overdue
from .status import NEEDS, allowed
from .task import Answer, Entry, Joined, Pause, Task, WordsShown

EXCERPT = 160

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Version = Annotated[
    int | None, Field(ge=1, lt=2**53, description="The version seen; or send it as If-Match.")
]


class Body(BaseModel):
    """A field that nobody knows is an error and not silence."""

    model_config = ConfigDict(extra="forbid")

    version: Version = None


class Hands(BaseModel):
    """Who is to do it. `category` corrects the category at the same time."""

    model_config = ConfigDict(extra="forbid")

    department: Code
    team: Code | None = None
    operator: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    category: Code | None = None


class Assign(Hands, Body):
    """Who is to do it. `category` corrects the category at the same time."""


class ChangeStatus(Body):
    """The next status, and what it needs: a task's `allowed` tells."""

    status: TaskStatus
    reason: Code | None = None
    message: Words | None = None
    duplicate_of: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="A task's id or tracking number."),
    ] = None


class Comment(Body):
    """A public one is for the citizen, else it is a note for colleagues."""

    message: Words
    public: StrictBool


class TaskSummary(BaseModel):
    """A task in a list."""

    id: str
    version: int
    tracking_number: str
    request_type: RequestType
    channel: Channel
    status: TaskStatus
    open: bool
    category: Category | None
    department: Department | None
    team: str | None
    operator: str | None
    priority: Priority
    neighbourhood: Neighbourhood | None
    point: Point | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    overdue: bool
    simulated: bool
    voices: int = Field(description="How many others want it, those of merged tasks counted in.")
    photos: bool
    public: bool
    reopen_asked: bool
    excerpt: str | None = Field(description="The beginning of the citizen's words.")


class Move(BaseModel):
    """A status that may come next, and what it needs."""

    status: TaskStatus
    reasons: tuple[str, ...]
    message: bool
    duplicate_of: bool


class Suggestion(BaseModel):
    """What routing says after a person has decided."""

    category: Category
    department: Department
    reasons: tuple[Wording, ...]


class TaskDetail(TaskSummary):
    """All that is known of a task.

    `reasons` are why it was routed so; `history` is who, when, what.
    """

    tenant: str
    request_id: str
    citizen_ref: str | None
    text: str | None
    address: str | None
    answers: tuple[Answer, ...]
    attachments: tuple[Attachment, ...]
    wished: Category | None = Field(description="The category that the citizen chose.")
    origin: History | None = Field(description="Where an imported request came from.")
    authority: Authority | None
    confidence: float | None
    reasons: tuple[Wording, ...]
    suggestion: Suggestion | None
    duplicate_of: str | None
    sla_minutes: int | None
    paused_at: datetime | None
    pauses: tuple[Pause, ...]
    rating: int | None
    joined: tuple[Joined, ...]
    remarks: tuple[Remark, ...]
    showable: bool = Field(description="Its citizen was told that words may be shown.")
    shown: WordsShown | None = Field(description="What everybody sees of words and photos.")
    allowed: tuple[Move, ...]
    history: tuple[Entry, ...]


class TaskList(BaseModel):
    """Tasks, newest first. Go on with `next` as cursor, even where this page is short."""

    tasks: list[TaskSummary]
    next: str | None
    searched_to: datetime | None = Field(description="How far back this page has looked.")


def summary(stored: Stored[Task], now: datetime) -> TaskSummary:
    """A stored task as a list shows it."""
    return TaskSummary.model_validate(_summary(stored, _task(stored), now))


def detail(stored: Stored[Task], now: datetime) -> TaskDetail:
    """A stored task as its page shows it."""
    task = _task(stored)
    routing, suggestion = task.routing, task.suggestion
    return TaskDetail.model_validate(
        {
            **_summary(stored, task, now),
            "tenant": task.tenant,
            "request_id": task.request_id,
            "citizen_ref": task.citizen_ref,
            "text": task.text,
            "address": task.address,
            "answers": task.answers,
            "attachments": task.attachments,
            "wished": task.wished,
            "origin": task.origin,
            "authority": routing and routing.authority,
            "confidence": routing and routing.confidence,
            "reasons": routing.reasons if routing else (),
            "suggestion": suggestion
            and Suggestion(
                category=suggestion.category,
                department=suggestion.department,
                reasons=suggestion.reasons,
            ),
            "duplicate_of": task.duplicate_of,
            "sla_minutes": task.sla_minutes,
            "paused_at": task.paused_at,
            "pauses": task.pauses,
            "rating": task.rating,
            "joined": task.joined,
            "remarks": task.remarks,
            "showable": task.showable,
            "shown": task.shown,
            "allowed": moves(task),
            "history": task.history,
        }
    )


def _task(stored: Stored[Task]) -> Task:
    assert stored.state is not None
    return stored.state


def _summary(stored: Stored[Task], task: Task, now: datetime) -> dict[str, Any]:
    return {
        "id": stored.id,
        "version": stored.version,
        "tracking_number": dashed(task.tracking_number),
        "request_type": task.request_type,
        "channel": task.channel,
        "status": task.status,
        "open": task.open,
        "category": task.category,
        "department": task.department,
        "team": task.team,
        "operator": task.operator,
        "priority": task.priority,
        "neighbourhood": task.neighbourhood,
        "point": task.point,
        "opened_at": task.opened_at,
        "closed_at": task.closed_at,
        "due_at": task.due_at,
        "overdue": overdue(task, now),
        "simulated": task.simulated,
        "voices": task.wanted_by,
        "photos": bool(task.attachments),
        "public": task.public,
        "reopen_asked": task.reopen_asked is not None and not task.open,
        "excerpt": task.text and task.text[:EXCERPT],
    }


def moves(task: Task) -> list[Move]:
    """The statuses that a person may give to a task now."""
    return [
        Move(
            status=status,
            reasons=NEEDS[status].reasons,
            message=NEEDS[status].message,
            duplicate_of=NEEDS[status].duplicate_of,
        )
        for status in allowed(task.status, with_department=task.department is not None)
    ]
