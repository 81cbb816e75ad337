"""HTTP for tasks: lists, one, and what people do with one."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from libs.events import TaskStatus
from libs.events.common import Code
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.runtime.times import Time
from libs.web.problems import responses

from . import act as acting
from . import correction, work
from .act import Asked, Reader, Worker, cursor_of, found, original, place_of, tagged
from .answers import Assign, ChangeStatus, Comment, TaskDetail, TaskList, summary
from .queries import Wanted, by_number, one, page
from .store import AGGREGATE


def router(service: Service) -> APIRouter:
    """The routes under /api/tasks."""
    routes = APIRouter(prefix="/api/tasks", tags=["tasks"])
    act = partial(acting.act, service)

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
        listed = await page(tasks, wanted, now, limit, place_of(cursor) if cursor else None)
        return TaskList(
            tasks=[summary(Stored.of(AGGREGATE, document), now) for document in listed.documents],
            next=cursor_of(listed.next) if listed.next else None,
            searched_to=listed.searched_to,
        )

    @routes.get("/{id}", responses=responses(404))
    async def get_task(access: Reader, id: str, response: Response) -> TaskDetail:
        """One task: its history, why it was routed so, and what may be done next."""
        return tagged(response, await found(service, access, id))

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
        return tagged(response, await act(access, id, body, asked, work.hand_to, bound))

    @routes.post("/{id}/status", responses=responses(404, 409, 428))
    async def change_status(
        access: Worker, id: str, body: ChangeStatus, asked: Asked, response: Response
    ) -> TaskDetail:
        """Bring the task to another status, with the reason that it needs."""
        bound = {
            "status": body.status,
            "reason": body.reason,
            "message": body.message,
            "duplicate_of": await original(service, access, body.duplicate_of),
        }
        task = await one(service.scoped(access.tenant), id)
        rule, beside = correction.to_status(task, bound)
        done = await act(access, id, body, asked, rule, bound, beside=beside)
        return tagged(response, done)

    @routes.post("/{id}/comments", responses=responses(404, 409))
    async def comment(
        access: Worker, id: str, body: Comment, asked: Asked, response: Response
    ) -> TaskDetail:
        """Write to the citizen, or a note for colleagues. Needs no version: nothing is lost."""
        bound = {"message": body.message, "public": body.public}
        return tagged(response, await act(access, id, body, asked, work.comment, bound))

    return routes
