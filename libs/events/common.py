"""What the event classes are made of: the base class and the values they share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, Strict

Id = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
"""A UUID in its canonical lower-case form; those that Sokak makes are version 7 (RFC 9562)."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){0,31}$")]
"""A tenant's name in addresses and topics: `kecioren`. At most 63 characters, as in a host name."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
"""A tenant's own name for a category, department, team, neighbourhood or body."""

TrackingNumber = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{9}$")]
"""What a citizen quotes: 8 characters and a check character of Crockford's base 32, no dashes."""

TimeZone = Annotated[str, Field(min_length=1, max_length=64)]
"""A tenant's time zone by its IANA name: `Europe/Istanbul`."""

SlaMinutes = Annotated[int, Field(ge=1, le=10 * 366 * 24 * 60)]
"""A promised time in minutes of a tenant's working time, ten years at most."""

Subject = Annotated[str, Field(min_length=1, max_length=200)]
"""A person of the municipality, as their token names them."""


def utc_milliseconds(moment: datetime) -> datetime:
    """The moment in UTC, cut to the millisecond. ValueError where UTC has no such year."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999 in UTC") from None
    beyond = moment.microsecond % 1000
    return moment - timedelta(microseconds=beyond) if beyond else moment


Moment = Annotated[AwareDatetime, Strict(), AfterValidator(utc_milliseconds)]
"""A point in time, always UTC and whole milliseconds, which is what the store keeps of it."""

OccurredAt = Moment
"""Business time: when it happened, not when it was told."""

RequestType = Literal["request", "suggestion", "complaint", "question", "notice", "thanks"]

Channel = Literal[
    "web",
    "call_centre",
    "sms",
    "email",
    "whatsapp",
    "facebook",
    "instagram",
    "x",
    "telegram",
    "open311",
]

TaskStatus = Literal[
    "new",
    "assigned",
    "in_progress",
    "scheduled",
    "on_hold",
    "awaiting_citizen",
    "with_external",
    "handover_offered",
    "reopened",
    "resolved",
    "rejected",
    "duplicate",
    "handed_over",
    "withdrawn",
    "cancelled",
]

OPEN_STATUSES: tuple[TaskStatus, ...] = (
    "new",
    "assigned",
    "in_progress",
    "scheduled",
    "on_hold",
    "awaiting_citizen",
    "with_external",
    "handover_offered",
    "reopened",
)
CLOSED_STATUSES: tuple[TaskStatus, ...] = (
    "resolved",
    "rejected",
    "duplicate",
    "handed_over",
    "withdrawn",
    "cancelled",
)

PAUSING_STATUSES: tuple[TaskStatus, ...] = ("awaiting_citizen", "with_external")
"""While a task is here somebody else has to act: the clock of its promise stands."""

Priority = Literal["low", "normal", "high", "urgent"]


class Value(BaseModel):
    """A part of an event. Frozen; fields that a reader does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Value):
    """A fact that a service tells the others: past tense, one class per type and version.

    `type` is the CloudEvents type, `topic` where its records travel. A class with
    `tombstone` set has no data: its record's value is null, which makes a compacted
    topic forget what came before under the same key.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
    tombstone: ClassVar[bool] = False


class Wording(Value):
    """A sentence in the two languages of the pages."""

    tr: str = Field(min_length=1, max_length=1000)
    en: str = Field(min_length=1, max_length=1000)


class Names(Wording):
    """A name in the two languages; short enough to be quoted in a sentence."""

    tr: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


class Point(Value):
    """A place on WGS 84, in degrees: numbers, as text and booleans would be somebody's slip."""

    lat: float = Field(strict=True, ge=-90, le=90)
    lon: float = Field(strict=True, ge=-180, le=180)


class Neighbourhood(Value):
    """A neighbourhood (mahalle) as it was called when the event happened."""

    code: Code
    name: str = Field(min_length=1, max_length=200)


class Category(Value):
    """A category as it was called when the event happened."""

    code: Code
    names: Names


class Department(Value):
    """A department as it was called when the event happened."""

    code: Code
    names: Names


class Actor(Value):
    """Who did it. `id` is a token's subject for people of the municipality, else absent."""

    kind: Literal["citizen", "operator", "system", "import"]
    id: Subject | None = None
