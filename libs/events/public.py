"""What reporting tells everybody: of each request the state that an outsider may know, whole."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from .common import (
    Category,
    Channel,
    Department,
    Event,
    Moment,
    Neighbourhood,
    Point,
    RequestType,
    Slug,
    TaskStatus,
    TrackingNumber,
)
from .topics import PUBLIC


class ServiceRequestChanged(Event):
    """The public state of a request has changed, and this is the whole of it.

    The sequence counts the changes of that state; one that is not higher than the last is a
    repeat. There are no words, names or persons in it. `point` is a place near the true one, as
    near as the tenant's rules allow. `updated_at` is the business time of what changed last.
    `merged_into` is the number of the request that this one was joined to, which may be hidden
    by now; `reopened` says that the work was taken up again at least once.
    """

    type: ClassVar[str] = "service_request.changed.v1"
    topic: ClassVar[str] = PUBLIC

    tenant: Slug
    tracking_number: TrackingNumber
    request_type: RequestType
    channel: Channel
    status: Literal["open", "closed"]
    status_detail: TaskStatus
    opened_at: Moment
    updated_at: Moment
    closed_at: Moment | None = None
    due_at: Moment | None = None
    category: Category | None = None
    department: Department | None = None
    neighbourhood: Neighbourhood | None = None
    point: Point | None = None
    voices: int = Field(default=0, ge=0, le=2**31 - 1)
    merged_into: TrackingNumber | None = None
    reopened: bool = False


class ServiceRequestHidden(Event):
    """The public may not know of it any more: it was hidden or erased, or the rules changed.

    It has a number among the changes of the public state, and may be shown again later.
    """

    type: ClassVar[str] = "service_request.hidden.v1"
    topic: ClassVar[str] = PUBLIC
    tombstone: ClassVar[bool] = True
