"""A tenant's area for the maps: `/outline/<tenant>-<hash>.json`, kept by browsers for ever."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import gzip
import hashlib

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.runtime.table import TenantTable
from libs.tenants import Tenant
from libs.tenants.outline import outline

from .access import Open


def router(tenants: TenantTable) -> APIRouter:
    """The route; every service has it, as every service knows the tenants."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])
    kept: dict[str, tuple[object, bytes]] = {}

    async def packed(tenant: Tenant) -> bytes:
        """Made once for each version of a tenant among these others."""
        others = sorted(tenants.all(), key=lambda one: one.slug)
        made_for = tenant.version, [one.slug for one in others]
        if tenant.slug not in kept or kept[tenant.slug][0] != made_for:
            made = await run_in_threadpool(lambda: gzip.compress(outline(tenant, others)))
            kept[tenant.slug] = made_for, made
        return kept[tenant.slug][1]

    @routes.get("/outline/{slug}-{hash}.json")
    async def area(slug: Slug, hash: str, request: Request) -> Response:
        tenant = tenants.get(slug)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        content = await packed(tenant)
        current = hash == _hash(tenant)
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


def address(tenant: Tenant) -> str:
    """Where a tenant's outline is."""
    return f"/outline/{tenant.slug}-{_hash(tenant)}.json"


def _hash(tenant: Tenant) -> str:
    return hashlib.sha256(f"{tenant.slug} {tenant.version}".encode()).hexdigest()[:8]
