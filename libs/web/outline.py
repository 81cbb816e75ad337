"""Areas for the maps, kept by browsers for ever: a tenant's at `/outline/<tenant>-<hash>.json`,
all tenants' at `/outline/all.<hash>.json`."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import gzip
import hashlib
from collections.abc import Iterable

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.runtime.table import TenantTable
from libs.tenants import Tenant
from libs.tenants.outline import beside, common, outline, present

from .access import Open


class Outlines:
    """The outlines of all tenants; an address changes with what would be drawn there."""

    def __init__(self, tenants: TenantTable) -> None:
        self._tenants = tenants
        self._kept: dict[str | None, tuple[object, bytes]] = {}

    def address(self, tenant: Tenant | None) -> str:
        """Where a tenant's outline is; for none, that of all."""
        return address(tenant, self._tenants.all())

    def router(self) -> APIRouter:
        """The route; every service has it, as every service knows the tenants."""
        routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

        @routes.get("/outline/{slug}-{hash}.json")
        async def area(slug: Slug, hash: str, request: Request) -> Response:
            tenant = self._tenants.get(slug)
            if tenant is None:
                raise Refused("tenant-unknown", "There is no such municipality.", 404)
            return await self._answer(tenant, hash, request)

        @routes.get("/outline/all.{hash}.json")
        async def areas(hash: str, request: Request) -> Response:
            return await self._answer(None, hash, request)

        return routes

    async def _answer(self, tenant: Tenant | None, hash: str, request: Request) -> Response:
        """What is drawn, made once for each version of all that is in it."""
        tenants = self._tenants.all()
        drawn, slug = _drawn(tenant, tenants), tenant.slug if tenant else None
        if slug not in self._kept or self._kept[slug][0] != drawn:
            self._kept[slug] = drawn, await run_in_threadpool(_packed, tenant, tenants)
        content = self._kept[slug][1]
        headers = {
            "Cache-Control": f"public, max-age={31536000 if hash == _hash(drawn) else 300}",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            content = gzip.decompress(content)
        return Response(content, media_type="application/geo+json", headers=headers)


def address(tenant: Tenant | None, others: Iterable[Tenant] = ()) -> str:
    """Where a tenant's outline is, as it is among these others; or that of all of them."""
    hash = _hash(_drawn(tenant, others))
    return f"/outline/{tenant.slug}-{hash}.json" if tenant else f"/outline/all.{hash}.json"


def _packed(tenant: Tenant | None, others: Iterable[Tenant]) -> bytes:
    return gzip.compress(outline(tenant, others) if tenant else common(others))


def _drawn(tenant: Tenant | None, others: Iterable[Tenant]) -> list[tuple[str, int]]:
    """The versions that an outline is made from, a tenant's own first."""
    drawn = (tenant, *beside(tenant, others)) if tenant else present(others)
    return [(one.slug, one.version) for one in drawn]


def _hash(drawn: list[tuple[str, int]]) -> str:
    told = " ".join(f"{slug} {version}" for slug, version in drawn)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
