"""A tenant's colours as a style sheet of three properties, and the gate that they pass."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import hashlib
from collections.abc import Callable

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.tenants import Look, Tenant

from .access import Open


def router(find: Callable[[str], Tenant | None]) -> APIRouter:
    """`/theme/<tenant>-<hash>.css`, kept by browsers for ever."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/theme/{slug}-{hash}.css")
    async def sheet(slug: Slug, hash: str) -> Response:
        tenant = find(slug)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        current = hash == _hash(_sheet(tenant))
        keep = "public, max-age=31536000, immutable" if current else "no-cache"
        return Response(_sheet(tenant), media_type="text/css", headers={"Cache-Control": keep})

    return routes


def address(tenant: Tenant | None) -> str | None:
    """Where a tenant's sheet is; None for one that has no colours of its own."""
    sheet = _sheet(tenant) if tenant else ""
    return f"/theme/{tenant.slug}-{_hash(sheet)}.css" if tenant and sheet else None


def _sheet(tenant: Tenant) -> str:
    return sheet_of(tenant.look) if tenant.look else ""


def sheet_of(look: Look) -> str:
    """The three properties from which tokens.css makes every other colour."""
    return (
        "@layer theme{:root{"
        f"--tenant-accent:{look.accent};--tenant-plate:{look.plate};--tenant-ground:{look.ground}"
        "}}"
    )


def _hash(sheet: str) -> str:
    return hashlib.sha256(sheet.encode()).hexdigest()[:8]
