"""What intake tells: a citizen's request from submission to withdrawal."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .common import (
    Category,
    Channel,
    Code,
    Event,
    Moment,
    Neighbourhood,
    OccurredAt,
    Point,
    RequestType,
    Slug,
    TaskStatus,
    TimeZone,
    TrackingNumber,
    Value,
)


class History(Value):
    """What a municipality's old system knew of a request that is imported."""

    source: str = Field(min_length=1, max_length=64)
    source_number: str = Field(min_length=1, max_length=128)
    opened_at: Moment
    closed_at: Moment | None = None
    status: TaskStatus
    department: Code | None = None


class RequestSubmitted(Event):
    """A citizen submitted a request. Its words travel apart, in `RequestText`.

    `private`: its citizen wants nobody but the municipality to know that there is such a request.
    """

    type: ClassVar[str] = "request.submitted.v1"
    topic: ClassVar[str] = "requests"

    tenant: Slug
    tracking_number: TrackingNumber
    request_type: RequestType
    channel: Channel
    occurred_at: OccurredAt
    citizen_ref: str | None = Field(default=None, max_length=64)
    category: Category | None = None
    point: Point
    neighbourhood: Neighbourhood | None = None
    time_zone: TimeZone
    simulated: bool = False
    private: bool = False
    showable: bool = Field(
        default=False, description="Its citizen was told that words and photos may be shown."
    )
    history: History | None = None


class RequestAmended(Event):
    """The citizen corrected the request; a field that is absent did not change.

    With a point comes its neighbourhood; where that is absent the new point has none.
    """

    type: ClassVar[str] = "request.amended.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    request_type: RequestType | None = None
    category: Category | None = None
    point: Point | None = None
    neighbourhood: Neighbourhood | None = None
    text_changed: bool = False
    answered: bool = Field(default=False, description="It answers what the municipality asked.")


class RequestWithdrawn(Event):
    """The citizen no longer wants it."""

    type: ClassVar[str] = "request.withdrawn.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    reason: Literal["solved", "mistake", "duplicate", "other"] = "other"


class RequestSupported(Event):
    """Somebody else has the same wish. `voices` is how many have said so by now."""

    type: ClassVar[str] = "request.supported.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    voices: int = Field(ge=1, le=2**31 - 1)


class RequestFeedbackGiven(Event):
    """The citizen said how content he is with what was done; a later word replaces it.

    What he wrote beside it is a remark in `RequestText`.
    """

    type: ClassVar[str] = "request.feedback_given.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    rating: int = Field(ge=1, le=5)


class RequestReopenRequested(Event):
    """The citizen says that it is not solved; an operator decides."""

    type: ClassVar[str] = "request.reopen_requested.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    reason: Literal["not_solved", "came_back", "wrong_answer", "other"] = "not_solved"


class RequestAttachmentAdded(Event):
    """A photo was added: there are so many now. They are named in `RequestText`."""

    type: ClassVar[str] = "request.attachment_added.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    attachments: int = Field(ge=1, le=50)


class Attachment(Value):
    """A photo or file, kept by intake; this names it."""

    id: str = Field(min_length=1, max_length=64)
    media_type: str = Field(min_length=3, max_length=100)
    size: int = Field(ge=0, le=2**40)


class Remark(Value):
    """What the citizen wrote later: beside the feedback, for reopening, as an answer."""

    kind: Literal["feedback", "reopen", "answer"]
    at: Moment
    text: str = Field(min_length=1, max_length=2000)


class RequestText(Event):
    """The citizen's words, whole each time. Personal: they travel on this topic alone."""

    type: ClassVar[str] = "request.text.v1"
    topic: ClassVar[str] = "request_texts"

    text: str = Field(min_length=1, max_length=4000)
    address: str | None = Field(default=None, max_length=500)
    answers: dict[Code, Annotated[str, Field(max_length=1000)]] = Field(
        default_factory=dict, max_length=50
    )
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=50)
    remarks: tuple[Remark, ...] = Field(default=(), max_length=50)
    edition: int = Field(
        default=1, ge=1, le=2**31 - 1, description="Counts the changes of the text itself."
    )


class RequestTextErased(Event):
    """The citizen's words are to be forgotten by everyone who holds them."""

    type: ClassVar[str] = "request.text_erased.v1"
    topic: ClassVar[str] = "request_texts"
    tombstone: ClassVar[bool] = True
