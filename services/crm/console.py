"""HTTP for the console beyond single tasks' usual work: live, many at once, corrections."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from libs.events import TaskStatus
from libs.events.common import Code
from libs.runtime.clock import new_id
from libs.runtime.live import Live
from libs.runtime.rule import Command, Context, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import said
from libs.web.access import Access
from libs.web.language import Language
from libs.web.pages import spoken
from libs.web.problems import responses
from libs.web.sse import stream

from . import correction, work
from .act import Asked, Decide, Reader, Worker, act, once, original, tagged
from .answers import (
    Assign,
    Body,
    ChangeStatus,
    Comment,
    Hands,
    TaskDetail,
    TaskSummary,
    Words,
    summary,
)
from .queries import Document, one
from .queue import among, metres, near
from .store import AGGREGATE
from .task import Task

MOST_AT_ONCE = 500
KINDS = ("assign", "status", "comment", "category")
RULES: dict[str, Decide] = {
    "assign": work.hand_to,
    "comment": work.comment,
    "category": correction.recategorise,
}


class Recategorise(Body):
    """The category that it is about; with `reroute` it goes to that category's department."""

    category: Code
    reroute: StrictBool = True
    message: Words | None = None


class Merge(Body):
    """The task that this one goes into, by id or tracking number."""

    into: Annotated[str, Field(min_length=1, max_length=64)]


class Visibility(Body):
    """Whether the public may know of it."""

    public: StrictBool
    reason: Literal["personal_data", "offensive", "sensitive", "other"] | None = None


class Declined(Body):
    """Why it stays closed, in words for the citizen."""

    message: Words


class Bulk(BaseModel):
    """One wish for many tasks. With `dry_run` nothing is changed, and the outcomes are told."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]],
        Field(min_length=1, max_length=MOST_AT_ONCE),
    ]
    assign: Assign | None = None
    status: ChangeStatus | None = None
    comment: Comment | None = None
    category: Recategorise | None = None
    dry_run: StrictBool = False


class Other(BaseModel):
    """One of many tasks, as it was seen, and who or what is to have it."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1, lt=2**53)]
    assign: Hands | None = None
    status: TaskStatus | None = None


class Each(BaseModel):
    """A wish for each of many tasks."""

    model_config = ConfigDict(extra="forbid")

    tasks: Annotated[list[Other], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Was(BaseModel):
    """What a task was before it was changed."""

    status: TaskStatus
    department: str | None
    team: str | None
    operator: str | None
    category: str | None


class Outcome(BaseModel):
    """What became of one task; `reason` is a refusal's, in plain words. `version`, `status` and
    `was` are of this change: None where it was refused, or was so before.
    """

    id: str
    ok: bool
    slug: str | None = None
    reason: str | None = None
    version: int | None = None
    status: TaskStatus | None = None
    was: Was | None = None


class BulkDone(BaseModel):
    """An outcome for each task, in the order in which they were named."""

    done: int
    refused: int
    outcomes: list[Outcome]


class NearOut(BaseModel):
    """A task close by."""

    task: TaskSummary
    metres: int


class Preview(BaseModel):
    """What another category would mean."""

    department: str
    department_changes: bool
    sla_minutes: int
    due_at: Any


def router(service: Service, live: Live) -> APIRouter:
    """Routes under /api/tasks that must be asked before `/{id}`."""
    routes = APIRouter(prefix="/api/tasks", tags=["tasks"])
    doing = partial(act, service)

    @routes.get("/stream", response_class=StreamingResponse, include_in_schema=False)
    async def changes(access: Reader) -> StreamingResponse:
        """What changes in the tenant, as server-sent events; ask again for what it is now."""
        return await stream(live, tenant=access.tenant)

    @routes.get("/near")
    async def close_by(
        access: Reader,
        lat: Annotated[float, Query(ge=-90, le=90)],
        lon: Annotated[float, Query(ge=-180, le=180)],
        category: Code | None = None,
    ) -> list[NearOut]:
        """Open tasks within about 250 metres, those of the category first."""
        here: dict[str, Any] = {
            "_id": "",
            "point": {"lat": lat, "lon": lon},
            "category": {"code": category},
        }
        found = await near(service.scoped(access.tenant), here)
        return [
            NearOut(
                task=summary(Stored.of(AGGREGATE, document), service.now()),
                metres=round(metres(here["point"], document["point"])),
            )
            for document in found
        ]

    @routes.post("/bulk", responses=responses(422))
    async def bulk(request: Request, access: Worker, body: Bulk, asked: Asked) -> BulkDone:
        """The same for up to 500 tasks: one command each, an outcome each. With a key a repeat
        does the rest of it, and nothing twice.
        """
        return _summed(request, await _bulk(service, access, body, asked.key))

    @routes.post("/bulk/each", responses=responses(422))
    async def each(request: Request, access: Worker, body: Each, asked: Asked) -> BulkDone:
        """A department or a status of its own for each of up to 500, where nobody has changed it
        since: so are many taken back. A key does what it does for `bulk`.
        """
        return _summed(request, await _each(service, access, body, asked.key))

    @routes.get("/{id}/category", responses=responses(404, 409))
    async def preview(access: Worker, id: str, category: Annotated[Code, Query()]) -> Preview:
        """Who would have it and by when, in another category; nothing is changed."""
        document = await one(service.scoped(access.tenant), id)
        if document is None:
            raise Refused("task-not-found", "There is no such task.", 404)
        before = _state(document)
        rule = partial(correction.recategorise, category=category)
        task: Task = _dry(service, access, id, [before], rule).state
        assert task.department
        assert task.sla_minutes
        return Preview(
            department=task.department.code,
            department_changes=before is None or before.department != task.department,
            sla_minutes=task.sla_minutes,
            due_at=task.due_at,
        )

    @routes.post("/{id}/category", responses=responses(404, 409, 428))
    async def recategorise(
        access: Worker, id: str, body: Recategorise, asked: Asked, response: Response
    ) -> TaskDetail:
        """Say what it is about; the promise, and where asked the department, go with it."""
        bound = body.model_dump(exclude={"version"})
        rule = correction.recategorise
        return tagged(response, await doing(access, id, body, asked, rule, bound))

    @routes.post("/{id}/merge", responses=responses(404, 409, 428))
    async def merge(
        access: Worker, id: str, body: Merge, asked: Asked, response: Response
    ) -> TaskDetail:
        """Join it to another task about the same thing; both change, or neither."""
        into = await original(service, access, body.into)
        bound = {"into": into}
        done = await doing(access, id, body, asked, correction.merge, bound, beside=into)
        return tagged(response, done)

    @routes.post("/{id}/visibility", responses=responses(404, 409, 428))
    async def visibility(
        access: Worker, id: str, body: Visibility, asked: Asked, response: Response
    ) -> TaskDetail:
        """Hide it from the public, or show it again."""
        bound = {"public": body.public, "reason": body.reason}
        return tagged(response, await doing(access, id, body, asked, correction.show, bound))

    @routes.post("/{id}/decline-reopening", responses=responses(404, 409, 428))
    async def decline(
        access: Worker, id: str, body: Declined, asked: Asked, response: Response
    ) -> TaskDetail:
        """Leave a closed task closed, though its citizen asks to reopen it, and say why."""
        bound = {"message": body.message}
        rule = correction.decline_reopening
        return tagged(response, await doing(access, id, body, asked, rule, bound))

    return routes


async def _bulk(service: Service, access: Access, body: Bulk, key: str | None) -> list[Outcome]:
    named = [name for name in KINDS if getattr(body, name) is not None]
    if len(named) != 1:
        raise _unclear("body", said("Name one thing to do."))
    wish: Body = getattr(body, named[0])
    bound = wish.model_dump(exclude={"version"})
    if bound.get("duplicate_of"):
        bound["duplicate_of"] = await original(service, access, bound["duplicate_of"])
    ids = list(dict.fromkeys(body.ids))
    known = await _known(service, access, ids) if body.dry_run or body.status else {}

    def doing(id: str) -> tuple[Decide, str | None]:
        if body.status:
            rule, beside = correction.to_status(known.get(id), bound)
            return partial(rule, **bound), beside
        return partial(RULES[named[0]], **bound), None

    if body.dry_run:
        others = {beside for id in ids if (beside := doing(id)[1])}
        known |= await _known(service, access, others - known.keys())
        return [_try(service, access, id, known, *doing(id)) for id in ids]
    commands = [_command(access, id, *doing(id)) for id in ids]
    told = ["many", ids, named[0], wish.model_dump(mode="json", exclude={"version"})]
    answers = await service.execute_many(commands, once(access, key, told))
    return [_outcome(id, answer) for id, answer in zip(ids, answers, strict=True)]


async def _each(service: Service, access: Access, body: Each, key: str | None) -> list[Outcome]:
    tasks = body.tasks
    if any((one.assign is None) == (one.status is None) for one in tasks):
        raise _unclear("tasks", said("Name one thing to do."))
    if len({one.id for one in tasks}) < len(tasks):
        raise _unclear("tasks", said("Name each task once."))
    commands = [replace(_command(access, one.id, _own(one)), expects=one.version) for one in tasks]
    told = ["each", body.model_dump(mode="json")]
    answers = await service.execute_many(commands, once(access, key, told))
    return [_outcome(one.id, answer) for one, answer in zip(tasks, answers, strict=True)]


def _unclear(field: str, message: str) -> Refused:
    errors = [{"field": field, "message": message}]
    return Refused("bulk-unclear", "Say one thing that is to be done.", 422, errors=errors)


def _own(wish: Other) -> Decide:
    if wish.status is not None:
        return partial(work.change_status, status=wish.status)
    assert wish.assign is not None
    return partial(work.hand_to, **wish.assign.model_dump())


async def _known(service: Service, access: Access, ids: Iterable[str]) -> dict[str, Document]:
    return {one["_id"]: one for one in await among(service.scoped(access.tenant), list(ids))}


def _command(access: Access, id: str, rule: Decide, beside: str | None = None) -> Command:
    decide = partial(rule, tenant=access.tenant, by=access.caller.subject)
    return Command(
        id=new_id(),
        target=id,
        tenant=access.tenant,
        decide=decide,
        beside=beside,
        answers=_became,
    )


def _try(
    service: Service,
    access: Access,
    id: str,
    known: Mapping[str, Document],
    rule: Decide,
    beside: str | None,
) -> Outcome:
    states = [_state(known.get(one)) for one in ([id, beside] if beside else [id])]
    try:
        _dry(service, access, id, states, rule)
    except Refused as refused:
        return _outcome(id, refused)
    return _outcome(id, None)


def _state(document: Document | None) -> Task | None:
    return Stored.of(AGGREGATE, document).state if document else None


def _dry(
    service: Service, access: Access, id: str, states: Sequence[Task | None], rule: Decide
) -> Any:
    """What the rule would make of a task, or of it and another."""
    context = Context(id, service.now(), service.tenants.get(access.tenant))
    return rule(*states, context, tenant=access.tenant, by=access.caller.subject)


def _summed(request: Request, outcomes: list[Outcome]) -> BulkDone:
    language = spoken(request)
    if language is not None:
        outcomes = [_in(language, outcome) for outcome in outcomes]
    done = sum(outcome.ok for outcome in outcomes)
    return BulkDone(done=done, refused=len(outcomes) - done, outcomes=outcomes)


def _in(language: Language, outcome: Outcome) -> Outcome:
    """What came of a task as its page's reader reads it."""
    if outcome.reason is None:
        return outcome
    return outcome.model_copy(update={"reason": language.text(outcome.reason)})


def _outcome(id: str, answer: Any) -> Outcome:
    if isinstance(answer, Refused):
        return Outcome(id=id, ok=False, slug=answer.slug, reason=answer.title)
    return Outcome(id=id, ok=True, **(answer or {}))


def _became(before: Task, after: Task, version: int) -> Document:
    """What is kept of a change, so that a repeat tells the same."""
    was = Was(
        status=before.status,
        department=before.department and before.department.code,
        team=before.team,
        operator=before.operator,
        category=before.category and before.category.code,
    )
    return {"version": version, "status": after.status, "was": was.model_dump()}
