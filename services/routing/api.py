"""HTTP: tenants are published and read, and routing explains itself."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from libs.events import Neighbourhood
from libs.events.common import Slug
from libs.runtime.clock import new_id
from libs.runtime.commands import Taken
from libs.runtime.rule import Claim, Command, Refused
from libs.runtime.service import Service
from libs.tenants import Outside, Tenant
from libs.web.access import Access, Bearer, Public, Staff
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
from .store import TENANT_HISTORY, TENANTS
from .tenant import answer, content_of, digest_of, publish

ATTEMPTS = 5
_SCHEMA = {"$ref": "#/components/schemas/Tenant"}

T = TypeVar("T")


class StaffOfTenant(Staff):
    """People of the tenant that the path names."""

    async def __call__(  # type: ignore[override]
        self, request: Request, bearer: Bearer, slug: Annotated[Slug, Path()]
    ) -> Access:
        return await super().__call__(request, bearer, slug)


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
        return public_part(Tenant.model_validate(_found(document)))

    @routes.get(
        "/tenants/{slug}/document",
        tags=["tenants"],
        responses={200: {"model": Tenant}, **responses(404)},
        response_class=JSONResponse,
    )
    async def document(
        access: Annotated[Access, Depends(StaffOfTenant("admin", "auditor"))],
    ) -> JSONResponse:
        """The whole tenant, as it can be changed and published again."""
        scope = service.scoped(access.tenant, TENANTS.collection)
        return JSONResponse(_found(await queries.published(scope)))

    @routes.put(
        "/tenants/{slug}",
        tags=["tenants"],
        responses=responses(409),
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _SCHEMA}}}},
    )
    async def put(
        access: Annotated[Access, Depends(StaffOfTenant("admin"))],
        document: Annotated[dict[str, Any], Body()],
    ) -> Published:
        """Publish a tenant: a new version for everyone, or nothing where nothing has changed.

        A `version` in the document other than 0 must be the published one (409 otherwise).
        Only the platform admits tenants and changes kind, parent, jurisdiction and state.
        """
        return Published(**await _publish(service, access, await _checked(document)))

    @routes.get("/tenants/{slug}/versions", tags=["tenants"], responses=responses(404))
    async def versions(
        access: Annotated[Access, Depends(StaffOfTenant("admin", "auditor"))],
    ) -> list[EditionOut]:
        """Every version of a tenant, newest first."""
        found = await queries.editions(service.scoped(access.tenant, TENANTS.collection))
        return [EditionOut(**edition) for edition in _found(found)]

    @routes.get(
        "/tenants/{slug}/versions/{number}",
        tags=["tenants"],
        responses={200: {"model": Tenant}, **responses(404)},
        response_class=JSONResponse,
    )
    async def version(
        access: Annotated[Access, Depends(StaffOfTenant("admin", "auditor"))],
        number: Annotated[int, Path(ge=1, le=2**31 - 1)],
    ) -> JSONResponse:
        """One version of a tenant, whole."""
        shelf = service.scoped(access.tenant, TENANT_HISTORY)
        return JSONResponse(_found(await queries.edition(shelf, number)))

    @routes.post("/routing/explain", tags=["routing"])
    async def explain(
        asked: ToExplain, caller: Annotated[Caller | None, Depends(Public())]
    ) -> Explained:
        """What would be decided about a text at a point. Nothing is stored."""
        return _explained(service, asked)

    return routes


async def _checked(document: dict[str, Any]) -> Tenant:
    """The tenant in a body, with every fault of it told; its areas take a while to check."""
    try:
        return await run_in_threadpool(Tenant.checked, document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from None


async def _publish(service: Service, access: Access, tenant: Tenant) -> dict[str, Any]:
    """Publish under the next number; somebody else's publication meanwhile means look again."""
    scope = service.scoped(access.tenant, TENANTS.collection)
    content = content_of(tenant)
    digest = digest_of(content)
    for _ in range(ATTEMPTS):
        stored, number, current = await queries.standing(scope)
        if current == digest:
            return answer(access.tenant, number, changed=False)
        shelved = {
            "tenant": access.tenant,
            "number": number + 1,
            "document": content | {"version": number + 1},
        }
        command = Command(
            id=new_id(),
            target=access.tenant,
            tenant=access.tenant,
            decide=partial(
                publish,
                tenant=tenant,
                by=access.caller.subject,
                platform=access.caller.platform,
            ),
            expects=stored,
            aggregate=TENANTS.collection,
            claims=(Claim(TENANT_HISTORY, queries.shelf_id(access.tenant, number + 1), shelved),),
        )
        try:
            return dict(await service.execute(command))
        except Taken:
            continue
        except Refused as refused:
            if refused.slug != "conflict":
                raise
    raise Refused("conflict", "Others are changing this tenant; please try again.", 409)


def _found(found: T | None) -> T:
    if found is None:
        raise Refused("tenant-unknown", "There is no such tenant, or no such version of it.", 404)
    return found


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
    lat, lon = asked.point.lat, asked.point.lon
    if asked.tenant is not None:
        tenant = service.tenants.get(asked.tenant)
        if tenant is None or tenant.state == "left":
            raise _invalid("tenant", "There is no such tenant.")
        return tenant, places.neighbourhood(asked.tenant, lat, lon)
    found = places.locate(lat, lon)
    if isinstance(found, Outside):
        near = found.nearest
        raise Refused(
            "outside-every-jurisdiction",
            "The point is in the area of no municipality that is with us.",
            422,
            errors=[{"field": "point", "message": "In nobody's jurisdiction"}],
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
