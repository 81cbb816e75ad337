"""HTTP for the call centre: what somebody who calls has handed in before."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from libs.events import Names, TaskStatus
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import said
from libs.text.meanings import WORDS
from libs.web.access import Access, Staff

from . import tracking
from .request import Request, dialled
from .standing import status_of
from .store import REQUESTS

Worker = Annotated[Access, Depends(Staff("operator", "supervisor", "admin"))]
MOST = 20
EXCERPT = 120


class Called(BaseModel):
    """An earlier request of a caller; `name` as it was given then."""

    id: str
    tracking_number: str
    name: str | None
    excerpt: str
    status: TaskStatus
    status_text: Names
    submitted_at: datetime


def router(service: Service) -> APIRouter:
    """A route under /api/requests that must be asked before `/{number}`."""
    routes = APIRouter(prefix="/api/requests", tags=["requests"])

    @routes.get("/by-phone")
    async def by_phone(
        access: Worker,
        phone: Annotated[str, Query(max_length=32, description="However it is written.")],
    ) -> list[Called]:
        """What was handed in at this tenant with this number, newest first, twenty at most."""
        number = dialled(phone)
        if number is None:
            errors = [{"field": "phone", "message": said("At least seven digits.")}]
            raise Refused("phone-invalid", "This is no telephone number.", 422, errors=errors)
        found = await service.scoped(access.tenant).find({"phone": number}, limit=500)
        stored = [Stored.of(REQUESTS, document) for document in found]
        known = [(one.id, one.state) for one in stored if one.state is not None]
        newest = sorted(known, key=lambda one: one[1].submitted_at, reverse=True)
        return [_called(id, request) for id, request in newest[:MOST]]

    return routes


def _called(id: str, request: Request) -> Called:
    status = status_of(request)
    return Called(
        id=id,
        tracking_number=tracking.shown(request.tracking_number),
        name=request.contact.name if request.contact else None,
        excerpt=request.text[:EXCERPT],
        status=status,
        status_text=WORDS[status],
        submitted_at=request.submitted_at,
    )
