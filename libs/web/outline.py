"""A tenant's area for the maps: `/outline/<tenant>-<hash>.json`, kept by browsers for ever."""

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
from libs.tenants.outline import beside, outline

from .access import Open


class Outlines:
    """The outlines of all tenants; an address changes with what would be drawn there."""

    def __init__(self, tenants: TenantTable) -> None:
        self._tenants = tenants
        self._kept: dict[str, tuple[object, bytes]] = {}

    def address(self, tenant: Tenant) -> str:
        """Where a tenant's outline is."""
        return address(tenant, self._tenants.all())

    def router(self) -> APIRouter:
        """The route; every service has it, as every service knows the tenants."""
        routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

        @routes.get("/outline/{slug}-{hash}.json")
        async def area(slug: Slug, hash: str, request: Request) -> Response:
            tenant = self._tenants.get(slug)
            if tenant is None:
                raise Refused("tenant-unknown", "There is no such municipality.", 404)
            current = hash == _hash(_drawn(tenant, self._tenants.all()))
            content = await self._packed(tenant)
            headers = {
                "Cache-Control": f"public, max-age={31536000 if current else 300}",
                "Vary": "Accept-Encoding",
            }
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
            else:
                content = gzip.decompress(content)
            return Response(content, media_type="application/geo+json", headers=headers)

        return routes

    async def _packed(self, tenant: Tenant) -> bytes:
        """Made once for each version of a tenant and of those beside it."""
        others = self._tenants.all()
        made_for = _drawn(tenant, others)
        if tenant.slug not in self._kept or self._kept[tenant.slug][0] != made_for:
            made = await run_in_threadpool(lambda: gzip.compress(outline(tenant, others)))
            self._kept[tenant.slug] = made_for, made
        return self._kept[tenant.slug][1]


def address(tenant: Tenant, others: Iterable[Tenant] = ()) -> str:
    """Where a tenant's outline is, as it is among these others."""
    return f"/outline/{tenant.slug}-{_hash(_drawn(tenant, others))}.json"


def _drawn(tenant: Tenant, others: Iterable[Tenant]) -> list[tuple[str, int]]:
    """The versions that an outline is made from, its own first."""
    return [(one.slug, one.version) for one in (tenant, *beside(tenant, others))]


def _hash(drawn: list[tuple[str, int]]) -> str:
    told = " ".join(f"{slug} {version}" for slug, version in drawn)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
