"""What intake answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from libs.events import Category, Channel, Names, Point, RequestType, TaskStatus
from libs.tenants import Tenant
from libs.text.meanings import WORDS

from .request import Contact, Request, UpdateKind
from .standing import status_of
from .tracking import shown


class TenantOut(BaseModel):
    """The municipality that received it."""

    slug: str
    names: Names


class Submitted(BaseModel):
    """A request was accepted. Keep `secret`: with it the request can be read and changed.

    `usually_by` is what the category promises; the promise itself comes with routing.
    """

    id: str
    tracking_number: str
    secret: str
    tenant: TenantOut
    neighbourhood: str | None
    submitted_at: datetime
    usually_by: datetime | None


class UpdateOut(BaseModel):
    """One thing that happened."""

    at: datetime
    kind: UpdateKind
    status: TaskStatus | None = None
    department: Names | None = None
    message: str | None = None
    number: str | None = None


class RequestOut(BaseModel):
    """A request, as anybody may know it who has its number."""

    tracking_number: str
    tenant: str
    type: RequestType
    submitted_at: datetime
    status: TaskStatus
    status_text: Names
    open: bool
    category: Category | None
    department: Names | None
    neighbourhood: str | None
    due_at: datetime | None
    closed_at: datetime | None
    voices: int
    as_of: datetime | None


class OwnRequest(RequestOut):
    """What only its citizen may know besides."""

    text: str
    address: str | None
    point: Point
    channel: Channel
    private: bool
    attachments: list[str]
    rating: int | None
    reopen_requested_at: datetime | None
    joined_to: str | None
    updates: list[UpdateOut]


class KeptRequest(OwnRequest):
    """What is kept besides; not for everybody whom a citizen shows the secret."""

    answers: dict[str, str]
    contact: Contact | None


class RowOutcome(BaseModel):
    """What became of one row of an import."""

    source_number: str
    outcome: Literal["accepted", "already", "refused"]
    tenant: str | None = None
    reason: str | None = None


class Imported(BaseModel):
    """What became of the rows, in their order."""

    rows: list[RowOutcome]


def tenant_out(tenant: Tenant) -> TenantOut:
    """A tenant, shortly."""
    return TenantOut(slug=tenant.slug, names=tenant.names)


def public_part(request: Request) -> RequestOut:
    """What anybody may know."""
    return RequestOut(**_public(request))


def whole(request: Request) -> OwnRequest:
    """What its citizen may know."""
    return OwnRequest(
        **_public(request),
        text=request.text,
        address=request.address,
        point=request.point,
        channel=request.channel,
        private=request.private,
        attachments=[one.id for one in request.attachments],
        rating=request.rating,
        reopen_requested_at=request.reopen_requested_at,
        joined_to=shown(request.progress.joined_to) if request.progress.joined_to else None,
        updates=[
            UpdateOut(
                at=update.at,
                kind=update.kind,
                status=update.status,
                department=update.department,
                message=update.message,
                number=shown(update.number) if update.number else None,
            )
            for update in request.updates
        ],
    )


def kept(request: Request) -> KeptRequest:
    """All that is kept of it for its citizen."""
    return KeptRequest(**dict(whole(request)), answers=request.answers, contact=request.contact)


def _public(request: Request) -> dict[str, object]:
    progress = request.progress
    status = status_of(request)
    return {
        "tracking_number": shown(request.tracking_number),
        "tenant": request.tenant,
        "type": request.request_type,
        "submitted_at": request.submitted_at,
        "status": status,
        "status_text": WORDS[status],
        "open": not request.closed,
        "category": progress.category or request.category,
        "department": progress.department,
        "neighbourhood": request.neighbourhood and request.neighbourhood.name,
        "due_at": progress.due_at,
        "closed_at": progress.closed_at,
        "voices": request.voices,
        "as_of": progress.as_of,
    }
