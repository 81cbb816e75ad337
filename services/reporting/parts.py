"""What a fact keeps of each topic. A part is changed by its own topic's events only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import h3

from libs.events import (
    CLOSED_STATUSES,
    Category,
    Channel,
    Department,
    Neighbourhood,
    Point,
    RequestType,
    TaskStatus,
)
from libs.tenants.coarse import coarse


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


CELL_RESOLUTION = 8
"""Hexagons of about 0.7 square kilometres: fine enough for a quarter, too coarse for a house."""


@dataclass(frozen=True)
class RequestPart:
    """What intake told. `imported` requests are history: nobody worked on them here.

    `cell` is the H3 cell of the point, `voices` how many others have the same wish, `rating`
    the citizen's last word about it, `again_at` when he last said that it is not solved.
    `number` is its tracking number, `place` its point to a hundred metres, latitude first;
    `told_at` when what an outsider may know of all this was told last.
    """

    type: RequestType
    channel: Channel
    opened_at: datetime
    time_zone: str
    category: Named | None
    neighbourhood: Named | None
    imported: bool
    cell: str = ""
    voices: int = 0
    rating: int | None = None
    rated_at: datetime | None = None
    again_at: datetime | None = None
    number: str = ""
    private: bool = False
    place: tuple[float, float] | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoutingPart:
    """What routing decided last."""

    category: Named
    department: Named
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskPart:
    """What crm told of the request's first task. `status_at` is when it got its status.

    `public` is what the municipality says of who may know of it, `merged_into` the number of the
    request that it was joined to; `reopened` is told of one that was closed before.
    """

    status: TaskStatus
    status_at: datetime
    category: Named | None = None
    department: Named | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    public: bool = True
    merged_into: str | None = None
    reopened: bool = False
    told_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Whether nobody has to work on it any more."""
        return self.status in CLOSED_STATUSES


def place_of(point: Point) -> tuple[float, float]:
    """Where a point is, as near as anybody outside may know."""
    near = coarse(point)
    return near.lat, near.lon


def cell_of(point: Point) -> str:
    """The hexagon that a point lies in."""
    cell: str = h3.latlng_to_cell(point.lat, point.lon, CELL_RESOLUTION)
    return cell


def moment(at: datetime) -> datetime:
    """A time as the store keeps it, so that a fact is the same before and after: UTC, whole ms."""
    if at.tzinfo is UTC and at.microsecond % 1000 == 0:
        return at
    try:
        utc = at.astimezone(UTC)
    except OverflowError:  # at the two ends of the calendar
        utc = at.replace(tzinfo=UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
