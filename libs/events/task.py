"""What crm tells: the work on a request. The subject is the task; the key is the request."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .common import (
    Actor,
    Category,
    Channel,
    Code,
    Department,
    Event,
    Id,
    Moment,
    Neighbourhood,
    OccurredAt,
    Priority,
    RequestType,
    SlaMinutes,
    Slug,
    Subject,
    TaskStatus,
    TimeZone,
    TrackingNumber,
    Value,
)


class TaskCreated(Event):
    """A tenant has a task for a request; its status is `new`."""

    type: ClassVar[str] = "task.created.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    tenant: Slug
    request_id: Id
    tracking_number: TrackingNumber
    request_type: RequestType
    channel: Channel
    category: Category | None = None
    neighbourhood: Neighbourhood | None = None
    time_zone: TimeZone
    simulated: bool = False


class TaskAssigned(Event):
    """A task is a department's, and perhaps a team's or a person's."""

    type: ClassVar[str] = "task.assigned.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    status: TaskStatus
    department: Department
    team: Code | None = None
    operator: Subject | None = None
    category: Category
    priority: Priority = "normal"
    sla_minutes: SlaMinutes
    due_at: Moment | None = None
    reason: Literal["routing", "operator", "import"]
    by: Actor


class TaskStatusChanged(Event):
    """A task moved on. `message` is what the municipality tells the citizen."""

    type: ClassVar[str] = "task.status_changed.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    previous: TaskStatus
    status: TaskStatus
    reason: Code | None = None
    message: str | None = Field(default=None, max_length=4000)
    due_at: Moment | None = None
    by: Actor


class TaskCommented(Event):
    """Somebody of the municipality wrote something; an internal note's words stay in crm.

    One that `declines_reopening` decides what its citizen asked for: the task stays closed.
    """

    type: ClassVar[str] = "task.commented.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    public: bool
    message: str | None = Field(default=None, max_length=4000)
    declines_reopening: bool = False
    by: Actor


class TaskRecategorised(Event):
    """The category was corrected; the promise goes with it. `category` is the one in force."""

    type: ClassVar[str] = "task.recategorised.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    previous: Category | None = None
    category: Category
    sla_minutes: SlaMinutes
    due_at: Moment | None = None
    by: Actor


class TaskMerged(Event):
    """Two tasks are about the same thing: this one went `into` the other, or has it `from` there.

    The one that went into another is a duplicate from then on; its citizen follows the other.
    `other_private`: of the other one nobody but the municipality may know.
    """

    type: ClassVar[str] = "task.merged.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    direction: Literal["into", "from"]
    other: Id
    other_number: TrackingNumber
    by: Actor
    other_private: bool = False


class TaskVisibilityChanged(Event):
    """Whether the public may see that there is such a request."""

    type: ClassVar[str] = "task.visibility_changed.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    public: bool
    reason: Code | None = None
    by: Actor


class Span(Value):
    """A part of a text: from one sign (Unicode code point) of it up to another."""

    start: int = Field(ge=0, le=4000)
    end: int = Field(ge=1, le=4000)


class TaskWordsShown(Event):
    """What everybody may read of the citizen's words and see of the photos; nothing, where both
    are empty.

    None of the words are here: `parts` are places in the text of that `edition`, and count for no
    other. `photos` are ids of attachments.
    """

    type: ClassVar[str] = "task.words_shown.v1"
    topic: ClassVar[str] = "tasks"

    occurred_at: OccurredAt
    edition: int = Field(ge=1, le=2**31 - 1)
    parts: tuple[Span, ...] = Field(default=(), max_length=200)
    photos: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=(), max_length=50
    )
    by: Actor
