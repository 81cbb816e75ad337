"""HTTP: what crm holds of a tenant, to be taken along: tasks with their history, and people."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from collections.abc import AsyncGenerator

from fastapi import APIRouter
from fastapi.responses import Response

from libs.runtime.service import Service
from libs.web.export import JSON_LINES, Export, Row, Taker, streams

from .store import AGGREGATE, PEOPLE

OF_SOKAK = ("search", "waiting")
"""Left out of a task: what is only there to find it by."""

TOGETHER = 1000
"""People in memory at a time."""

LINES = streams(JSON_LINES)


def router(service: Service) -> APIRouter:
    """The routes of `/api/tasks/data`, for a tenant's administrators."""
    routes = APIRouter(prefix="/api/tasks/data", tags=["data"])
    export = Export(service)

    @routes.get("/tasks", response_class=Response, responses=LINES)
    async def tasks(access: Taker) -> Response:
        """Every task of the tenant, as JSON lines: who had it, each step with its time, notes."""
        return export.lines(access, "tasks", export.rows(access, AGGREGATE, OF_SOKAK))

    @routes.get("/people", response_class=Response, responses=LINES)
    async def people(access: Taker) -> Response:
        """The names of those by whom the tasks' history was made, as JSON lines."""
        return export.lines(access, "people", _people(service, access.tenant))

    return routes


async def _people(service: Service, tenant: str) -> AsyncGenerator[Row, None]:
    async for some in service.scoped(tenant, PEOPLE).portions({}, TOGETHER):
        for row in some:
            yield {"id": row["subject"], "name": row["name"]}
