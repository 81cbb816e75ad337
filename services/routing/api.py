"""HTTP: tenants are published and read, and routing explains itself."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path
from fastapi.responses import JSONResponse

from libs.events import Neighbourhood
from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.tenants import Outside, Tenant
from libs.text import said
from libs.web.access import Public
from libs.web.caller import Caller
from libs.web.openapi import responses

from . import queries
from .answers import (
    EditionOut,
    Explained,
    PublicTenant,
    Published,
    Summary,
    ToExplain,
    explained,
    public_part,
    summary,
)
from .outcome import Submission, decide, read
from .publishing import checked, found_or_refused, published
from .rights import Admin, Reader
from .store import TENANT_HISTORY, TENANTS

_SCHEMA = {"$ref": "#/components/schemas/Tenant"}


def router(service: Service) -> APIRouter:
    """The routes of `/api/tenants` and `/api/routing`."""
    routes = APIRouter(prefix="/api")

    @routes.get("/tenants", tags=["tenants"])
    async def tenants(caller: Annotated[Caller | None, Depends(Public())]) -> list[Summary]:
        """All tenants that are with us, also suspended ones."""
        known = sorted(service.tenants.all(), key=lambda tenant: tenant.slug)
        return [summary(tenant) for tenant in known if tenant.state != "left"]

    @routes.get("/tenants/{slug}", tags=["tenants"], responses=responses(404))
    async def tenant(
        slug: Slug, caller: Annotated[Caller | None, Depends(Public())]
    ) -> PublicTenant:
        """What anyone may know of a tenant: its names, neighbourhoods and categories."""
        document = await queries.published(service.scoped(slug, TENANTS.collection))
        return public_part(Tenant.model_validate(found_or_refused(document)))

    @routes.get(
        "/tenants/{slug}/document",
        tags=["tenants"],
        responses={200: {"model": Tenant}, **responses(404)},
        response_class=JSONResponse,
    )
    async def document(
        access: Reader,
    ) -> JSONResponse:
        """The whole tenant, as it can be changed and published again."""
        scope = service.scoped(access.tenant, TENANTS.collection)
        return JSONResponse(found_or_refused(await queries.published(scope)))

    @routes.put(
        "/tenants/{slug}",
        tags=["tenants"],
        responses=responses(409),
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _SCHEMA}}}},
    )
    async def put(
        access: Admin,
        document: Annotated[dict[str, Any], Body()],
    ) -> Published:
        """Publish a tenant: a new version for everyone, or nothing where nothing has changed.

        A `version` in the document other than 0 must be the published one (409 otherwise).
        Only the platform admits tenants and changes kind, parent, jurisdiction, state and domain.
        """
        return Published(**await published(service, access, await checked(document)))

    @routes.get("/tenants/{slug}/versions", tags=["tenants"], responses=responses(404))
    async def versions(
        access: Reader,
    ) -> list[EditionOut]:
        """Every version of a tenant, newest first."""
        found = await queries.editions(service.scoped(access.tenant, TENANTS.collection))
        return [EditionOut(**edition) for edition in found_or_refused(found)]

    @routes.get(
        "/tenants/{slug}/versions/{number}",
        tags=["tenants"],
        responses={200: {"model": Tenant}, **responses(404)},
        response_class=JSONResponse,
    )
    async def version(
        access: Reader,
        number: Annotated[int, Path(ge=1, le=2**31 - 1)],
    ) -> JSONResponse:
        """One version of a tenant, whole."""
        shelf = service.scoped(access.tenant, TENANT_HISTORY)
        return JSONResponse(found_or_refused(await queries.edition(shelf, number)))

    @routes.post("/routing/explain", tags=["routing"])
    async def explain(
        asked: ToExplain, caller: Annotated[Caller | None, Depends(Public())]
    ) -> Explained:
        """What would be decided about a text at a point. Nothing is stored."""
        return _explained(service, asked)

    return routes


def _explained(service: Service, asked: ToExplain) -> Explained:
    tenant, neighbourhood = _receiver(service, asked)
    if asked.category is not None and tenant.category(asked.category) is None:
        raise _invalid("category", "The tenant has no such category.")
    submission = Submission(
        request_type=asked.type,
        category=asked.category,
        neighbourhood=neighbourhood.code if neighbourhood else None,
    )
    reading = read(tenant, asked.text, asked.address)
    routed = decide(tenant, submission, reading, service.now())
    return explained(tenant, neighbourhood, routed, reading)


def _receiver(service: Service, asked: ToExplain) -> tuple[Tenant, Neighbourhood | None]:
    places = service.tenants.jurisdictions
    point = asked.point
    if asked.tenant is not None:
        tenant = service.tenants.get(asked.tenant)
        if tenant is None or tenant.state == "left":
            raise _invalid("tenant", "There is no such tenant.")
        if point is None:
            return tenant, None
        return tenant, places.neighbourhood(asked.tenant, point.lat, point.lon)
    if point is None:
        raise _invalid("point", said("Say where it is, or whom to ask."))
    found = places.locate(point.lat, point.lon)
    if isinstance(found, Outside):
        near = found.nearest
        raise Refused(
            "outside-every-jurisdiction",
            "The point is in the area of no municipality that is with us.",
            422,
            errors=[{"field": "point", "message": said("In nobody's jurisdiction")}],
            nearest=near and {"slug": near.slug, "names": near.names.model_dump()},
            distance_m=found.distance_m,
        )
    return found.tenant, found.neighbourhood


def _invalid(field: str, message: str) -> Refused:
    return Refused(
        "invalid",
        "Some fields are not valid.",
        422,
        errors=[{"field": field, "message": message}],
    )
