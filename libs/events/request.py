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
    """A citizen submitted a request. Its words travel apart, in `RequestText`."""

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


class RequestWithdrawn(Event):
    """The citizen no longer wants it."""

    type: ClassVar[str] = "request.withdrawn.v1"
    topic: ClassVar[str] = "requests"

    occurred_at: OccurredAt
    reason: Literal["solved", "mistake", "duplicate", "other"] = "other"


class Attachment(Value):
    """A photo or file, kept by intake; this names it."""

    id: str = Field(min_length=1, max_length=64)
    media_type: str = Field(min_length=3, max_length=100)
    size: int = Field(ge=0, le=2**40)


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


class RequestTextErased(Event):
    """The citizen's words are to be forgotten by everyone who holds them."""

    type: ClassVar[str] = "request.text_erased.v1"
    topic: ClassVar[str] = "request_texts"
    tombstone: ClassVar[bool] = True
