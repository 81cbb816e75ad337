"""HTTP for the call centre: what somebody who calls has handed in before."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from libs.events import Names, TaskStatus
from libs.runtime.mongo import Document
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.text import said
from libs.text.meanings import WORDS
from libs.web.access import Access, Staff

from . import tracking
from .request import dialled
from .store import BY_PHONE

Worker = Annotated[Access, Depends(Staff("operator", "supervisor", "admin"))]
MOST = 20
EXCERPT = 120
SHOWN = ("tracking_number", "contact.name", "text", "withdrawn", "progress.status", "submitted_at")


class Caller(BaseModel):
    """A number, however it is written. It comes in a body, as addresses are written down."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, Field(max_length=32)]


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

    @routes.post("/by-phone")
    async def by_phone(access: Worker, body: Caller) -> list[Called]:
        """What was handed in at this tenant with this number, newest first, twenty at most."""
        number = dialled(body.phone)
        if number is None:
            errors = [{"field": "phone", "message": said("At least seven digits.")}]
            raise Refused("phone-invalid", "This is no telephone number.", 422, errors=errors)
        return await calls(service, access.tenant, number)

    return routes


async def calls(service: Service, tenant: str, number: str) -> list[Called]:
    """The newest of a tenant's requests that came with this number, as `dialled` gives it."""
    found = await service.scoped(tenant).find(
        {"phone": number},
        limit=MOST,
        sort=[("submitted_at", -1)],
        projection=SHOWN,
        hint=BY_PHONE,
    )
    return [_called(one) for one in found]


def _called(document: Document) -> Called:
    withdrawn = document.get("withdrawn")
    status: TaskStatus = "withdrawn" if withdrawn else document["progress"]["status"]
    contact = document.get("contact")
    return Called(
        id=document["_id"],
        tracking_number=tracking.shown(document["tracking_number"]),
        name=contact.get("name") if contact else None,
        excerpt=document["text"][:EXCERPT],
        status=status,
        status_text=WORDS[status],
        submitted_at=document["submitted_at"],
    )
