"""HTTP for tasks: lists, one, and what people do with one."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response

from libs.events import TaskStatus
from libs.events.common import Code
from libs.runtime.clock import new_id
from libs.runtime.commands import Once
from libs.runtime.rule import Change, Command, Context, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.runtime.times import Time
from libs.web.access import Access, Staff
from libs.web.problems import responses

from . import work
from .answers import Assign, Body, ChangeStatus, Comment, TaskDetail, TaskList, detail, summary
from .queries import EARLIEST, Place, Wanted, by_number, one, page
from .store import AGGREGATE
from .task import Task

Reader = Annotated[Access, Depends(Staff("operator", "supervisor", "admin", "auditor"))]
Worker = Annotated[Access, Depends(Staff("operator", "supervisor", "admin"))]
Decide = Callable[..., Change[Task]]

IF_MATCH = re.compile(r'\*|(?:W/)?"([1-9][0-9]{0,14})"')


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the caller's headers ask: the version seen, and a key that makes a repeat harmless."""

    if_match: str | None
    key: str | None


def _conditions(
    if_match: Annotated[
        str | None, Header(description='The ETag seen, as in `"7"`; `*` takes any.')
    ] = None,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Conditions:
    return Conditions(if_match, idempotency_key)


Asked = Annotated[Conditions, Depends(_conditions)]


def router(service: Service) -> APIRouter:
    """The routes under /api/tasks."""
    routes = APIRouter(prefix="/api/tasks", tags=["tasks"])
    act = partial(_act, service)

    @routes.get("")
    async def list_tasks(
        access: Reader,
        status: Annotated[list[TaskStatus | Literal["open", "closed"]] | None, Query()] = None,
        department: Code | None = None,
        category: Code | None = None,
        operator: Annotated[str | None, Query(max_length=200)] = None,
        neighbourhood: Code | None = None,
        overdue: bool = False,
        text: Annotated[
            str | None,
            Query(
                min_length=1,
                max_length=200,
                description="Words that all occur, or a tracking number, which finds its task "
                "whatever else is asked.",
            ),
        ] = None,
        since: Annotated[
            Time | None, Query(alias="from", description="Opened then or later.")
        ] = None,
        until: Annotated[Time | None, Query(alias="to", description="Opened before.")] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> TaskList:
        """The tenant's tasks, newest first."""
        tasks, now = service.scoped(access.tenant), service.now()
        numbered = await by_number(tasks, text) if text and not cursor else None
        if numbered is not None:
            return TaskList(
                tasks=[summary(Stored.of(AGGREGATE, numbered), now)], next=None, searched_to=None
            )
        wanted = Wanted(
            statuses=status or (),
            department=department,
            category=category,
            operator=operator,
            neighbourhood=neighbourhood,
            overdue=overdue,
            text=text,
            since=since,
            until=until,
        )
        found = await page(tasks, wanted, now, limit, _place(cursor) if cursor else None)
        return TaskList(
            tasks=[summary(Stored.of(AGGREGATE, document), now) for document in found.documents],
            next=_cursor(found.next) if found.next else None,
            searched_to=found.searched_to,
        )

    @routes.get("/{id}", responses=responses(404))
    async def get_task(access: Reader, id: str, response: Response) -> TaskDetail:
        """One task: its history, why it was routed so, and what may be done next."""
        return _tagged(response, await _found(service, access, id))

    @routes.post("/{id}/assign", responses=responses(404, 409, 428))
    async def assign(
        access: Worker, id: str, body: Assign, asked: Asked, response: Response
    ) -> TaskDetail:
        """Give the task to a department, perhaps a team and a person."""
        bound = {
            "department": body.department,
            "team": body.team,
            "operator": body.operator,
            "category": body.category,
        }
        return _tagged(response, await act(access, id, body, asked, work.hand_to, bound))

    @routes.post("/{id}/status", responses=responses(404, 409, 428))
    async def change_status(
        access: Worker, id: str, body: ChangeStatus, asked: Asked, response: Response
    ) -> TaskDetail:
        """Bring the task to another status, with the reason that it needs."""
        bound = {
            "status": body.status,
            "reason": body.reason,
            "message": body.message,
            "duplicate_of": await _original(service, access, body.duplicate_of),
        }
        return _tagged(response, await act(access, id, body, asked, work.change_status, bound))

    @routes.post("/{id}/comments", responses=responses(404, 409))
    async def comment(
        access: Worker, id: str, body: Comment, asked: Asked, response: Response
    ) -> TaskDetail:
        """Write to the citizen, or a note for colleagues. Needs no version: nothing is lost."""
        bound = {"message": body.message, "public": body.public}
        return _tagged(response, await act(access, id, body, asked, work.comment, bound))

    return routes


async def _act(
    service: Service,
    access: Access,
    id: str,
    body: Body,
    asked: Conditions,
    rule: Decide,
    bound: dict[str, Any],
) -> TaskDetail:
    expects = _expected(body, asked, needed=rule is not work.comment)
    decide: Callable[[Any, Context], Change[Any]] = partial(
        rule, tenant=access.tenant, by=access.caller.subject, **bound
    )
    command = Command(id=new_id(), target=id, tenant=access.tenant, decide=decide, expects=expects)
    try:
        task = await service.change(command, _once(access, id, rule, body, asked.key))
    except Refused as refusal:
        if refusal.slug != "conflict":
            raise
        current = (await _found(service, access, id)).model_dump(mode="json")
        raise Refused(refusal.slug, refusal.title, refusal.status, current=current) from None
    return detail(task, service.now())


async def _found(service: Service, access: Access, id: str) -> TaskDetail:
    document = await one(service.scoped(access.tenant), id)
    if document is None:
        raise Refused("task-not-found", "There is no such task.", 404)
    return detail(Stored.of(AGGREGATE, document), service.now())


async def _original(service: Service, access: Access, named: str | None) -> str | None:
    """The id of the task that another one repeats; it must be one that is not itself a repeat."""
    if named is None:
        return None
    tasks = service.scoped(access.tenant)
    document = await one(tasks, named) or await by_number(tasks, named)
    if document is not None and document["status"] != "duplicate":
        return str(document["_id"])
    message = "There is no such task." if document is None else "That one is a duplicate itself."
    errors = [{"field": "duplicate_of", "message": message}]
    raise Refused("duplicate-of-unknown", "The other task cannot be used.", 422, errors=errors)


def _expected(body: Body, asked: Conditions, *, needed: bool) -> int | None:
    """The version that the caller saw; None takes any."""
    if asked.if_match is None:
        if needed and body.version is None:
            title = "Send the version that you saw, as If-Match or in the body."
            raise Refused("version-missing", title, 428)
        return body.version
    match = IF_MATCH.fullmatch(asked.if_match.strip())
    if match is None:
        errors = [{"field": "If-Match", "message": "One ETag is understood, or *."}]
        raise Refused("if-match-invalid", "If-Match cannot be read.", 422, errors=errors)
    seen = int(match[1]) if match[1] else None
    if body.version is not None and seen != body.version:
        errors = [{"field": "version", "message": "It differs from If-Match."}]
        raise Refused("version-ambiguous", "Send one version.", 422, errors=errors)
    return seen


def _once(access: Access, id: str, rule: Decide, body: Body, key: str | None) -> Once | None:
    if key is None:
        return None
    told = json.dumps([id, rule.__name__, body.model_dump(mode="json", exclude={"version"})])
    scope = f"tasks:{access.tenant}:{access.caller.subject}"
    return Once(scope, key, hashlib.sha256(told.encode()).hexdigest())


def _tagged(response: Response, task: TaskDetail) -> TaskDetail:
    response.headers["ETag"] = f'"{task.version}"'
    return task


def _cursor(place: Place) -> str:
    ms = (place.at - EARLIEST) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(f"{ms}:{place.id}".encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        ms, _, id = text.partition(":")
        if not (ms.isascii() and ms.isdigit() and len(ms) <= 14):
            raise ValueError
    except (ValueError, binascii.Error):
        errors = [{"field": "cursor", "message": "Send `next` as it was given."}]
        raise Refused("cursor-invalid", "The cursor cannot be read.", 422, errors=errors) from None
    return Place(EARLIEST + timedelta(milliseconds=int(ms)), id)
