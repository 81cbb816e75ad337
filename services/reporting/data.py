"""HTTP: what reporting holds of a tenant, to be taken along: what was published, what is counted,
and to whom it was sent.
"""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from collections.abc import AsyncGenerator

from fastapi import APIRouter
from fastapi.responses import Response

from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.web.export import JSON_LINES, Export, Row, Taker, streams

from .entries import told_requests
from .projection import Shown
from .public import changed
from .store import WEBHOOKS

NOT_TOLD = {"key", "rotated_at"}

LINES = streams(JSON_LINES)


def router(service: Service, shown: Shown) -> APIRouter:
    """The routes of `/api/reports/data`, for a tenant's administrators."""
    routes = APIRouter(prefix="/api/reports/data", tags=["data"])
    export = Export(service)

    @routes.get("/published", response_class=Response, responses=LINES)
    async def published(access: Taker) -> Response:
        """The public state of every request that anybody may see, as JSON lines."""
        return export.lines(access, "published", _published(service, access.tenant))

    @routes.get("/facts", response_class=Response, responses=LINES)
    async def facts(access: Taker) -> Response:
        """What is known of each request for counting, as JSON lines."""
        facts = (await shown()).facts
        return export.lines(access, "facts", export.rows(access, facts))

    @routes.get("/webhooks", response_class=Response, responses=LINES)
    async def webhooks(access: Taker) -> Response:
        """To which addresses public states are sent, without secrets, as JSON lines."""
        return export.lines(access, "webhooks", _webhooks(service, access.tenant))

    return routes


async def _published(service: Service, tenant: str) -> AsyncGenerator[Row, None]:
    async for told in told_requests(service, tenant):
        state = changed(told.public, tenant).model_dump(mode="json", exclude_none=True)
        yield {"id": told.id, "sequence": told.number, **state}


async def _webhooks(service: Service, tenant: str) -> AsyncGenerator[Row, None]:
    for row in await service.scoped(tenant, WEBHOOKS.collection).find({}, limit=1000):
        state = Stored.of(WEBHOOKS, row).state
        if state is not None:
            yield WEBHOOKS.adapter.dump_python(state, mode="json", exclude=NOT_TOLD)
