"""HTTP: what routing holds of a tenant, to be taken along: its versions, draft and decisions."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import AsyncGenerator

from fastapi import APIRouter
from fastapi.responses import Response

from libs.runtime.service import Service
from libs.web.export import JSON_LINES, Export, Row, streams
from libs.web.openapi import responses

from . import queries
from .publishing import found_or_refused
from .rights import Admin
from .store import DECISIONS, DRAFTS, TENANT_HISTORY, TENANTS

LINES = streams(JSON_LINES)


def router(service: Service) -> APIRouter:
    """The routes of `/api/tenants/{slug}/data`, for a tenant's administrators."""
    routes = APIRouter(prefix="/api/tenants/{slug}/data", tags=["data"])
    export = Export(service)

    @routes.get("/versions", response_class=Response, responses=LINES | responses(404))
    async def versions(access: Admin) -> Response:
        """Every version of the tenant, whole, the oldest first, as JSON lines. The document is
        null where it was removed.
        """
        scope = service.scoped(access.tenant, TENANTS.collection)
        editions = found_or_refused(await queries.editions(scope))
        return export.lines(access, "versions", _versions(service, access.tenant, editions))

    @routes.get("/draft", response_class=Response, responses=LINES)
    async def draft(access: Admin) -> Response:
        """What is prepared and not published yet; one JSON line, or none."""
        return export.lines(access, "draft", _draft(service, access.tenant))

    @routes.get("/decisions", response_class=Response, responses=LINES)
    async def decisions(access: Admin) -> Response:
        """Why each request went where it went, as JSON lines."""
        return export.lines(access, "decisions", export.rows(access, DECISIONS, ("words",)))

    return routes


async def _versions(
    service: Service, tenant: str, editions: list[dict[str, object]]
) -> AsyncGenerator[Row, None]:
    shelf = service.scoped(tenant, TENANT_HISTORY)
    for one in reversed(editions):
        document = await queries.edition(shelf, int(str(one["number"])))
        told = {"number": one["number"], "at": _text(one["at"]), "by": one["by"]}
        yield {**told, "document": document}


async def _draft(service: Service, tenant: str) -> AsyncGenerator[Row, None]:
    row = await service.scoped(tenant, DRAFTS.collection).find_one({"_id": tenant})
    state = DRAFTS.state_of(row) if row else None
    if state is not None and state.document is not None:
        yield DRAFTS.adapter.dump_python(state, mode="json")


def _text(moment: object) -> str:
    return moment.isoformat() if hasattr(moment, "isoformat") else str(moment)
