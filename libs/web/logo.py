"""A tenant's logo: `/logo/<tenant>-<hash>.png`, kept by browsers for ever."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.tenants import Logo, Tenant

from .access import Open


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a logo is, and its width and height, so that nothing jumps when it comes."""

    address: str
    width: int
    height: int


def router(find: Callable[[str], Tenant | None]) -> APIRouter:
    """The route; every service has it, as every service knows the tenants."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/logo/{slug}-{hash}.png")
    async def picture(slug: Slug, hash: str) -> Response:
        tenant = find(slug)
        if tenant is None or tenant.logo is None:
            raise Refused("logo-unknown", "There is no such logo.", 404)
        current = hash == _hash(tenant.logo)
        keep = "public, max-age=31536000, immutable" if current else "no-cache"
        headers = {
            "Cache-Control": keep,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(tenant.logo.content, media_type="image/png", headers=headers)

    return routes


def shown(tenant: Tenant | None) -> Shown | None:
    """A tenant's logo as pages show it; None for one that has none."""
    if tenant is None or tenant.logo is None:
        return None
    return Shown(f"/logo/{tenant.slug}-{_hash(tenant.logo)}.png", *tenant.logo.size)


def _hash(logo: Logo) -> str:
    return hashlib.sha256(logo.png.encode()).hexdigest()[:8]
