"""How a person's wish becomes a command: rights, the version seen, harmless repeats."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Response

from libs.runtime.clock import new_id
from libs.runtime.commands import Once
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import said
from libs.web.access import Access, Staff
from libs.web.etag import IfMatch, tag, version_of

from . import work
from .answers import Body, TaskDetail, detail
from .queries import EARLIEST, Place, by_number, one
from .store import AGGREGATE

Reader = Annotated[Access, Depends(Staff("operator", "supervisor", "admin", "auditor"))]
Worker = Annotated[Access, Depends(Staff("operator", "supervisor", "admin"))]
Decide = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the caller's headers ask: the version seen, and a key that makes a repeat harmless."""

    if_match: str | None
    key: str | None


def _conditions(
    if_match: IfMatch = None,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Conditions:
    return Conditions(if_match, idempotency_key)


Asked = Annotated[Conditions, Depends(_conditions)]


async def act(
    service: Service,
    access: Access,
    id: str,
    body: Body,
    asked: Conditions,
    rule: Decide,
    bound: dict[str, Any],
    beside: str | None = None,
) -> TaskDetail:
    """Carry out a rule on one task, or on one and another `beside` it; the task as it then is.

    A conflict is refused with the task as it is now.
    """
    expects = _expected(body, asked, needed=rule is not work.comment)
    decide = partial(rule, tenant=access.tenant, by=access.caller.subject, **bound)
    command = Command(
        id=new_id(),
        target=id,
        tenant=access.tenant,
        decide=decide,
        expects=expects,
        beside=beside,
    )
    try:
        told = [id, type(body).__name__, body.model_dump(mode="json", exclude={"version"})]
        task = await service.change(command, once(access, asked.key, told))
    except Refused as refusal:
        if refusal.slug != "conflict":
            raise
        current = (await found(service, access, id)).model_dump(mode="json")
        raise Refused(refusal.slug, refusal.title, refusal.status, current=current) from None
    return detail(task, service.now())


async def found(service: Service, access: Access, id: str) -> TaskDetail:
    """One task of the tenant. Refused (404)."""
    document = await one(service.scoped(access.tenant), id)
    if document is None:
        raise Refused("task-not-found", "There is no such task.", 404)
    return detail(Stored.of(AGGREGATE, document), service.now())


async def original(service: Service, access: Access, named: str | None) -> str | None:
    """The id of the task that another one repeats; it must be one that is not itself a repeat."""
    if named is None:
        return None
    tasks = service.scoped(access.tenant)
    document = await one(tasks, named) or await by_number(tasks, named)
    if document is not None and document["status"] != "duplicate":
        return str(document["_id"])
    message = said("There is no such task.")
    if document is not None:
        message = said("That one is a duplicate itself.")
    errors = [{"field": "duplicate_of", "message": message}]
    raise Refused("duplicate-of-unknown", "The other task cannot be used.", 422, errors=errors)


def _expected(body: Body, asked: Conditions, *, needed: bool) -> int | None:
    """The version that the caller saw; None takes any."""
    if asked.if_match is None:
        if needed and body.version is None:
            title = said("Send the version that you saw, as If-Match or in the body.")
            raise Refused("version-missing", title, 428)
        return body.version
    seen = version_of(asked.if_match)
    if body.version is not None and seen != body.version:
        errors = [{"field": "version", "message": said("It differs from If-Match.")}]
        raise Refused("version-ambiguous", "Send one version.", 422, errors=errors)
    return seen


def once(access: Access, key: str | None, told: Any) -> Once | None:
    """The person's key, bound to what it is used for."""
    if key is None:
        return None
    scope = f"tasks:{access.tenant}:{access.caller.subject}"
    return Once(scope, key, hashlib.sha256(json.dumps(told).encode()).hexdigest())


def tagged(response: Response, task: TaskDetail) -> TaskDetail:
    """The task, with its version as ETag."""
    tag(response, task.version)
    return task


def cursor_of(place: Place) -> str:
    """A place in a list, as an address carries it."""
    ms = (place.at - EARLIEST) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(f"{ms}:{place.id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Read back what `cursor_of` wrote. Refused (422) where it is something else."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        ms, _, id = text.partition(":")
        if not (ms.isascii() and ms.isdigit() and len(ms) <= 15):
            raise ValueError
        return Place(EARLIEST + timedelta(milliseconds=int(ms)), id)
    except (ValueError, OverflowError, binascii.Error):
        errors = [{"field": "cursor", "message": said("Send `next` as it was given.")}]
        raise Refused("cursor-invalid", "The cursor cannot be read.", 422, errors=errors) from None
