"""FixMyStreet's extension: what has happened to requests, and what their citizens add, both ways.

Out: every change of status of what the caller may see. The municipality's words go only to the
integrator who sent the request, as he stands for its citizen. In: a citizen's words on a request
that the same integrator has sent. They never set a status; the municipality does. An open status
on a closed request is the wish that it be looked at again; words on one that waits for an answer
are the answer; all others are added to what the citizen wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from libs.events import TaskStatus
from libs.runtime.clock import new_id
from libs.runtime.commands import Once
from libs.runtime.mongo import Document
from libs.runtime.rule import Change, Command, Context
from libs.runtime.service import Service
from libs.tenants import Tenant

from .. import later, queries
from ..integrator import Integrator
from ..queries import Found
from ..request import Request, Update
from ..tracking import shown
from .arguments import Arguments
from .changes import Sought, earliest
from .errors import fault, refused
from .formats import when
from .keys import Sent
from .search import by_numbers
from .shown import sent_by, visible
from .window import Window

MOST_WORDS = 2000
MOST_TOLD = 5000
OPEN = frozenset(
    ("OPEN", "INVESTIGATING", "IN_PROGRESS", "ACTION_SCHEDULED", "REOPEN", "FOR_TRIAGE")
)
CLOSED = frozenset(
    (
        *("FIXED", "CLOSED", "DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY"),
        *("NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "CANCELLED"),
    )
)
SAID: dict[TaskStatus, str] = {
    "new": "OPEN",
    "assigned": "INVESTIGATING",
    "in_progress": "IN_PROGRESS",
    "scheduled": "ACTION_SCHEDULED",
    "on_hold": "INVESTIGATING",
    "awaiting_citizen": "INVESTIGATING",
    "with_external": "INVESTIGATING",
    "handover_offered": "INVESTIGATING",
    "reopened": "REOPEN",
    "resolved": "FIXED",
    "rejected": "NO_FURTHER_ACTION",
    "duplicate": "DUPLICATE",
    "handed_over": "NOT_COUNCILS_RESPONSIBILITY",
    "withdrawn": "CANCELLED",
    "cancelled": "CANCELLED",
}

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One update of a request, the so-manieth of all that its citizen was told."""

    request: Request
    index: int

    @property
    def update(self) -> Update:
        """It."""
        return self.request.updates[self.index]

    @property
    def id(self) -> str:
        """Stable, as what was told once keeps its place."""
        return update_id(self.request, self.index)


def update_id(request: Request, index: int) -> str:
    """What an update is called outside."""
    return f"{shown(request.tracking_number)}.{index}"


def said(update: Update) -> str:
    """The status in the extension's words."""
    assert update.status is not None
    if update.status == "rejected" and update.reason == "not_responsible":
        return "NOT_COUNCILS_RESPONSIBILITY"
    return SAID[update.status]


async def updates(
    service: Service, tenant: Tenant, window: Window, integrator: Integrator | None
) -> list[Object]:
    """The changes of status within a window, oldest first, and the first 5,000 of them."""
    own = integrator.id if integrator and "updates" in integrator.scopes else None
    left_out = {name: 0 for name in queries.WITHOUT_WORDS if name != "updates"}

    def told_in(found: Found) -> list[Told]:
        _, request = found
        return [
            Told(request, index)
            for index, update in enumerate(request.updates)
            if update.status is not None and window.holds(update.at)
            if visible(request, tenant, own)
        ]

    sought = Sought(found=told_in, at=lambda told: (told.update.at, told.id), within=_told_within)
    found = await earliest(service, tenant, window.start, sought, most=MOST_TOLD, left_out=left_out)
    return [_out(told, own) for told in found]


def _told_within(start: datetime, end: datetime) -> Document:
    time = {"$gte": start, "$lte": end}
    return {"updates": {"$elemMatch": {"at": time, "status": {"$ne": None}}}}


def _out(told: Told, own: str | None) -> Object:
    request, update = told.request, told.update
    return {
        "update_id": told.id,
        "service_request_id": shown(request.tracking_number),
        "status": said(update),
        "description": update.message if sent_by(request, own) else None,
        "media_url": None,
        "updated_datetime": when(update.at),
        "external_status_code": update.status,
    }


async def take_update(service: Service, sent: Sent) -> list[Object]:
    """A citizen's words on his request; the same `update_id` again changes nothing more.

    Refused: what lacks or is wrong (400), a request that this integrator has not sent (404).
    """
    arguments = sent.arguments
    status, words = _read(arguments)
    arguments.check()
    id, state = await _own(service, sent)
    decide = partial(_decided, status=status, words=words)
    command = Command(new_id(), id, state.tenant, decide)
    index = await service.execute(command, _once(sent, status, words))
    return [{"update_id": update_id(state, index)}]


async def _own(service: Service, sent: Sent) -> tuple[str, Request]:
    numbers: Sequence[str] = sent.arguments.listed("service_request_id")
    found = await by_numbers(service, sent.tenant, numbers, sent.integrator.id)
    for id, request in found:
        if sent_by(request, sent.integrator.id):
            return id, request
    raise refused(
        fault(
            404,
            "Bu anahtarla gönderilmiş böyle bir başvuru yok.",
            "No such request was sent with this key.",
        )
    )


def _read(arguments: Arguments) -> tuple[str, str]:
    for name in ("service_request_id", "update_id", "status", "updated_datetime", "description"):
        if arguments.one(name) is None:
            arguments.wrong(f"{name} gerekli.", f"{name} is required.")
    arguments.moment("updated_datetime")
    status = (arguments.one("status") or "").upper()
    if status and status not in OPEN | CLOSED:
        arguments.wrong("status bilinmiyor.", "status is unknown.")
    if len(arguments.one("update_id") or "") > 200:
        arguments.wrong("update_id: en çok 200 karakter.", "update_id: at most 200 characters.")
    parts = (arguments.one("title"), arguments.one("description"), *_links(arguments))
    words = "\n".join(part for part in parts if part)
    if len(words) > MOST_WORDS:
        arguments.wrong(
            f"description: en çok {MOST_WORDS} karakter.",
            f"description: at most {MOST_WORDS} characters.",
        )
    return status, words


def _links(arguments: Arguments) -> list[str]:
    return [value.strip() for value in arguments.raw("media_url")]


def _decided(state: Request | None, context: Context, *, status: str, words: str) -> Change[Any]:
    """What the rules make of it; the caller is told which of the request's updates it became."""
    if state is not None and later.is_asked(state):
        change = later.answer(state, context, words=words)
    elif state is not None and status in OPEN and _may_reopen(state):
        change = later.request_reopening(state, context, reason="other", words=words)
    else:
        change = later.comment(state, context, words=words)
    return change._replace(answer=len(change.state.updates) - 1)


def _may_reopen(state: Request) -> bool:
    return later.is_answered(state) and state.reopen_requested_at is None


def _once(sent: Sent, status: str, words: str) -> Once:
    told = [sent.arguments.one("service_request_id"), status, words]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    scope = f"update:{sent.integrator.id}"
    return Once(scope, sent.arguments.one("update_id") or "", digest)
