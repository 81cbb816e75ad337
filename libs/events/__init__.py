"""What the services say to each other: event classes, their envelope, their topics."""

from __future__ import annotations

from .common import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    Actor,
    Category,
    Channel,
    Code,
    Department,
    Event,
    Id,
    Moment,
    Names,
    Neighbourhood,
    Point,
    Priority,
    RequestType,
    SlaMinutes,
    Slug,
    TaskStatus,
    TrackingNumber,
    Value,
    Wording,
)
from .envelope import Encoded, Envelope, Headers, Malformed, decode, encode
from .request import (
    Attachment,
    History,
    RequestAmended,
    RequestSubmitted,
    RequestText,
    RequestTextErased,
    RequestWithdrawn,
)
from .routing import Authority, RequestRouted, RequestUnroutable
from .task import TaskAssigned, TaskCommented, TaskCreated, TaskStatusChanged
from .tenant import TenantPublished
from .topics import TOPICS, Topic

EVENTS: dict[str, type[Event]] = {
    event.type: event
    for event in (
        RequestSubmitted,
        RequestAmended,
        RequestWithdrawn,
        RequestText,
        RequestTextErased,
        RequestRouted,
        RequestUnroutable,
        TaskCreated,
        TaskAssigned,
        TaskStatusChanged,
        TaskCommented,
        TenantPublished,
    )
}
"""Every event by its CloudEvents type."""

__all__ = [
    "CLOSED_STATUSES",
    "EVENTS",
    "OPEN_STATUSES",
    "TOPICS",
    "Actor",
    "Attachment",
    "Authority",
    "Category",
    "Channel",
    "Code",
    "Department",
    "Encoded",
    "Envelope",
    "Event",
    "Headers",
    "History",
    "Id",
    "Malformed",
    "Moment",
    "Names",
    "Neighbourhood",
    "Point",
    "Priority",
    "RequestAmended",
    "RequestRouted",
    "RequestSubmitted",
    "RequestText",
    "RequestTextErased",
    "RequestType",
    "RequestUnroutable",
    "RequestWithdrawn",
    "SlaMinutes",
    "Slug",
    "TaskAssigned",
    "TaskCommented",
    "TaskCreated",
    "TaskStatus",
    "TaskStatusChanged",
    "TenantPublished",
    "Topic",
    "TrackingNumber",
    "Value",
    "Wording",
    "decode",
    "encode",
]
