"""A request as Open311 tells it: what anybody may know, and nothing else.

The citizen's address and exact place are not among it, words and photos only where the
municipality shows them to everybody. The address is the neighbourhood's name, the place is told to
about a hundred metres, or as the municipality's rules of publication have it. These rules are for
outsiders, not for the integrator who has sent the request: he stands for its citizen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from libs.events import Category, Point, TaskStatus
from libs.tenants import Tenant
from libs.text.meanings import WORDS
from libs.web.language import Code

from ..disclosed import (
    category_of,
    for_outsiders,
    is_told,
    place_told,
    shown_photos,
    shown_words,
)
from ..place import coarse
from ..request import Request
from ..standing import status_of
from ..tracking import shown
from .formats import when

CITYSDK: dict[TaskStatus, str] = {
    "new": "RECEIVED",
    "assigned": "RECEIVED",
    "in_progress": "IN_PROCESS",
    "scheduled": "IN_PROCESS",
    "on_hold": "IN_PROCESS",
    "awaiting_citizen": "PENDING",
    "with_external": "IN_PROCESS",
    "handover_offered": "PENDING",
    "reopened": "RECEIVED",
    "resolved": "PROCESSED",
    "rejected": "REJECTED",
    "duplicate": "PROCESSED",
    "handed_over": "PROCESSED",
    "withdrawn": "REJECTED",
    "cancelled": "REJECTED",
}
"""The finer status of the CitySDK profile, which goes into the extension only."""


def open_or_closed(request: Request) -> str:
    """The only two words that `status` may have."""
    return "closed" if request.closed else "open"


def updated_at(request: Request) -> datetime:
    """The newest thing heard of it; of a closed one when it was closed, whatever came after."""
    heard = request.progress.closed_at if request.closed else request.progress.as_of
    return heard or request.progress.as_of or request.submitted_at


def sent_by(request: Request, integrator: str | None) -> bool:
    """Whether it was this integrator who sent it."""
    return request.through is not None and request.through.integrator == integrator


def visible(request: Request, tenant: Tenant, integrator: str | None) -> bool:
    """Whether outsiders are told of it, or it was sent by the integrator who asks. A duplicate, or
    one that was withdrawn or cancelled, is told of as closed, as on the topic; the citizens' list
    leaves it out.
    """
    told = not request.hidden and is_told(request, tenant)
    return told or sent_by(request, integrator)


def place_of(request: Request, tenant: Tenant, integrator: str | None) -> Point:
    """Where he who asks is told that it is."""
    sent = sent_by(request, integrator)
    return coarse(request.point) if sent else place_told(request, tenant)


def request_out(
    request: Request,
    tenant: Tenant,
    language: Code,
    base: str,
    *,
    by: str | None = None,
    extended: bool = False,
) -> dict[str, Any]:
    """One request; `extended` adds what is asked for by `extensions=true`. `base` is where this
    server is for those who ask, `by` the integrator who does.
    """
    place = place_of(request, tenant, by) if _is_placed(request) else None
    request = request if sent_by(request, by) else for_outsiders(request, tenant)
    progress, status = request.progress, status_of(request)
    category = category_of(request) or _unsorted(tenant)
    near, photos = request.neighbourhood, shown_photos(request, tenant)
    told: dict[str, Any] = {
        "service_request_id": shown(request.tracking_number),
        "status": open_or_closed(request),
        "status_notes": getattr(WORDS[status], language),
        "service_name": getattr(category.names, language),
        "service_code": category.code,
        "description": shown_words(request, tenant),
        "agency_responsible": getattr(progress.department, language, None),
        "service_notice": None,
        "requested_datetime": when(request.submitted_at),
        "updated_datetime": when(updated_at(request)),
        "expected_datetime": when(progress.due_at),
        "address": near.name if near else None,
        "address_id": near.code if near else None,
        "zipcode": None,
        "lat": place.lat if place else None,
        "long": place.lon if place else None,
        "media_url": next((f"{base}/attachments/{one}" for one in photos), None),
    }
    return told | _extension(request, status, language) if extended else told


def _unsorted(tenant: Tenant) -> Category:
    found = tenant.category(tenant.unsorted_category)
    assert found is not None  # a tenant without it is refused
    return found.value


def _is_placed(request: Request) -> bool:
    return request.through is None or request.through.exact


def _extension(request: Request, status: TaskStatus, language: Code) -> dict[str, Any]:
    notes = [
        {
            "datetime": when(update.at),
            "description": getattr(WORDS[update.status], language),
            "type": update.status,
        }
        for update in request.updates
        if update.status is not None and update.kind in ("assigned", "status")
    ]
    return {
        "attributes": [],
        "extended_attributes": {
            "detailed_status": CITYSDK[status],
            "task_status": status,
            "request_type": request.request_type,
            "voices": request.voices,
            "reopen_requested": request.reopen_requested_at is not None,
        },
        "notes": notes,
    }
