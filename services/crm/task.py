"""A task: the unit of work that a tenant does for one request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from libs.events import (
    Actor,
    Attachment,
    Category,
    Channel,
    Department,
    History,
    Neighbourhood,
    Point,
    Priority,
    Remark,
    RequestRouted,
    RequestType,
    RequestUnroutable,
    TaskAssigned,
    TaskStatus,
    TaskStatusChanged,
)
from libs.events.task import Span
from libs.runtime.rule import replace
from libs.text import words

from .status import OPEN

SYSTEM = Actor(kind="system")
IMPORT = Actor(kind="import")
CITIZEN = Actor(kind="citizen")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stood."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the citizen answered to one of the category's questions."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A task that was merged into this one, and how many wanted it besides its own citizen."""

    id: str
    number: str
    voices: int


@dataclass(frozen=True, slots=True)
class ReopenAsked:
    """The citizen says that it is not solved; it stands until a person decides."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a task's history: when, who, what. `fields` names what the citizen changed."""

    at: datetime
    kind: Literal[
        "created",
        "assigned",
        "status_changed",
        "commented",
        "amended",
        "withdrawn",
        "suggested",
        "unroutable",
        "text_erased",
        "recategorised",
        "merged",
        "parted",
        "visibility_changed",
        "words_shown",
        "words_hidden",
        "feedback_given",
        "reopen_requested",
        "reopen_declined",
        "attachment_added",
        "answered",
    ]
    by: Actor
    public: bool = True
    previous: TaskStatus | None = None
    status: TaskStatus | None = None
    reason: str | None = None
    message: str | None = None
    category: str | None = None
    department: str | None = None
    team: str | None = None
    operator: str | None = None
    fields: tuple[str, ...] = ()
    other: str | None = None
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class WordsShown:
    """What everybody may read of the text of that edition, and the photos that they may see."""

    edition: int
    parts: tuple[Span, ...] = ()
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """What crm knows of one task. Its id is the document's; the first one's is the request's.

    Before the submission has come `tenant` is empty, no query sees the task, and what routing
    said is in `waiting`. `wished` is the category that the citizen chose, `category` the one in
    force. `decided` says that a person has assigned the task or given it a status: routing then
    only suggests. `from_history` says that the department came with an import and is not routing's
    to change. `open` follows from `status`; it is stored because the indexes need it. `voices`
    are those who said that they want it too, `joined` what was merged into it. One that its
    citizen wants `private`, or has `erased`, is not `public`, and nobody here can make it so.
    `showable` says that its citizen was told that words and photos may be shown; `edition` counts
    the changes of `text`, and `shown` is what everybody sees of it.
    """

    tenant: str = ""
    request_id: str = ""
    tracking_number: str = ""
    request_type: RequestType = "request"
    channel: Channel = "web"
    citizen_ref: str | None = None
    point: Point | None = None
    neighbourhood: Neighbourhood | None = None
    time_zone: str = ""
    simulated: bool = False
    origin: History | None = None
    from_history: bool = False

    status: TaskStatus = "new"
    open: bool = True
    opened_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    closed_at: datetime | None = None
    duplicate_of: str | None = None

    wished: Category | None = None
    category: Category | None = None
    department: Department | None = None
    team: str | None = None
    operator: str | None = None
    priority: Priority = "normal"
    decided: bool = False
    routing: RequestRouted | None = None
    suggestion: RequestRouted | None = None
    unroutable: str | None = None

    sla_minutes: int | None = None
    due_at: datetime | None = None
    paused_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()

    text: str | None = None
    address: str | None = None
    answers: tuple[Answer, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    edition: int = 1
    search: str = ""

    voices: int = 0
    joined: tuple[Joined, ...] = ()
    photos: int = 0
    rating: int | None = None
    reopen_asked: ReopenAsked | None = None
    public: bool = True
    private: bool = False
    erased: bool = False
    showable: bool = False
    shown: WordsShown | None = None

    history: tuple[Entry, ...] = ()
    waiting: tuple[RequestRouted | RequestUnroutable, ...] = ()

    @property
    def created(self) -> bool:
        """Whether the submission has come."""
        return self.tenant != ""

    @property
    def wanted_by(self) -> int:
        """How many want it besides its own citizen, those of merged tasks counted in."""
        return self.voices + sum(1 + other.voices for other in self.joined)

    def searchable(self) -> Task:
        """The task with the folded words by which it is found, each behind a space, so that a
        search for the beginning of one is a plain one.
        """
        hood = self.neighbourhood.name if self.neighbourhood else ""
        told = (self.text or "", self.address or "", hood)
        return replace(self, search="".join(f" {word}" for part in told for word in words(part)))

    def noted(self, entry: Entry) -> Task:
        """The task with one more line of history."""
        return replace(self, history=(*self.history, entry))

    def moved(self, status: TaskStatus, at: datetime) -> Task:
        """The task in another status; the clock is the caller's matter."""
        is_open = status in OPEN
        return replace(self, status=status, open=is_open, closed_at=None if is_open else at)


def assigned(
    task: Task, at: datetime, by: Actor, reason: Literal["routing", "operator", "import"]
) -> tuple[Task, TaskAssigned]:
    """The task with its assignment in its history, and the event that tells of it."""
    assert task.department is not None
    assert task.category is not None
    assert task.sla_minutes is not None
    entry = Entry(
        at=at,
        kind="assigned",
        by=by,
        status=task.status,
        reason=reason,
        category=task.category.code,
        department=task.department.code,
        team=task.team,
        operator=task.operator,
    )
    event = TaskAssigned(
        occurred_at=at,
        status=task.status,
        department=task.department,
        team=task.team,
        operator=task.operator,
        category=task.category,
        priority=task.priority,
        sla_minutes=task.sla_minutes,
        due_at=task.due_at,
        reason=reason,
        by=by,
    )
    return task.noted(entry), event


def status_changed(
    task: Task,
    previous: TaskStatus,
    at: datetime,
    by: Actor,
    reason: str | None = None,
    message: str | None = None,
) -> tuple[Task, TaskStatusChanged]:
    """The task with its new status in its history, and the event that tells of it."""
    entry = Entry(
        at=at,
        kind="status_changed",
        by=by,
        previous=previous,
        status=task.status,
        reason=reason,
        message=message,
    )
    event = TaskStatusChanged(
        occurred_at=at,
        previous=previous,
        status=task.status,
        reason=reason,
        message=message,
        due_at=task.due_at,
        by=by,
    )
    return task.noted(entry), event
