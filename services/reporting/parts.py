"""What a fact keeps of each topic. A part is changed by its own topic's events only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from libs.events import (
    CLOSED_STATUSES,
    Category,
    Channel,
    Department,
    Neighbourhood,
    RequestType,
    TaskStatus,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A category, department or neighbourhood as it was called when the event happened."""

    code: str
    tr: str
    en: str

    @classmethod
    def of(cls, value: Category | Department) -> Named:
        """An event's category or department."""
        return cls(value.code, value.names.tr, value.names.en)

    @classmethod
    def place(cls, value: Neighbourhood) -> Named:
        """An event's neighbourhood, whose name is the same in both languages."""
        return cls(value.code, value.name, value.name)


@dataclass(frozen=True)
class RequestPart:
    """What intake told. `imported` requests are history: nobody worked on them here."""

    type: RequestType
    channel: Channel
    opened_at: datetime
    time_zone: str
    category: Named | None
    neighbourhood: Named | None
    imported: bool


@dataclass(frozen=True, slots=True)
class RoutingPart:
    """What routing decided last."""

    category: Named
    department: Named


@dataclass(frozen=True)
class TaskPart:
    """What crm told of the request's first task. `status_at` is when it got its status."""

    status: TaskStatus
    status_at: datetime
    category: Named | None = None
    department: Named | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Whether nobody has to work on it any more."""
        return self.status in CLOSED_STATUSES


def moment(at: datetime) -> datetime:
    """A time as the store keeps it, so that a fact is the same before and after: UTC, whole ms."""
    try:
        utc = at.astimezone(UTC)
    except OverflowError:  # at the two ends of the calendar
        utc = at.replace(tzinfo=UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
