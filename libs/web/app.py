"""The web application of a service: its routes, health, problems, and its life."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel

from libs.runtime.commands import Unavailable
from libs.runtime.health import Health
from libs.runtime.mongo import StoreError
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.runtime.table import TenantsBehind

from . import access, assets, limits, logo, ops, outline, problems, sign_in, theme
from .dead import dead_router
from .pages import Pages
from .providers import Providers
from .session import Sessions
from .tokens import discovered

WEB_PATHS = (
    "/static",
    "/theme",
    "/logo",
    "/outline",
    "/sign-in",
    "/sign-out",
    "/session",
    "/sw.js",
)
"""Every service answers these alike; a proxy sends them to one."""


class WaitingOut(BaseModel):
    """One thing that waits for longer than it should."""

    what: str
    seconds: float
    count: int | None


class Verdict(BaseModel):
    """How a service is. `waiting` says what is wrong."""

    service: str
    ok: bool
    waiting: list[WaitingOut] = []


def service_app(
    service: Service,
    settings: Settings,
    routers: Iterable[APIRouter],
    *,
    pages: Pages | None = None,
    max_body_bytes: int = problems.MAX_BODY_BYTES,
    uploads: Mapping[str, int] | None = None,
) -> FastAPI:
    """Put a service on the web, under the paths that its routers name.

    `pages` are its own ones; without any it still shows problems and signs people in. `uploads`
    are ends of paths that take larger bodies.
    """
    http = httpx.AsyncClient(timeout=5.0)
    pages = pages or pages_of(service.name, settings)
    outlines = outline.Outlines(service.tenants)
    pages.outline_of = outlines.address

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with http:
            await service.start()
            yield
            await service.stop()

    prefix = f"/{service.name}"
    app = FastAPI(
        title=f"Sokak {service.name}",
        version="1",
        lifespan=life,
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    shared = (
        dead_router(service),
        ops.router(service, pages),
        ops.overview_router(pages),
        health_router(service),
        assets.router(),
        theme.router(service.tenants.get),
        logo.router(service.tenants.get),
        outlines.router(),
        sign_in.router(pages, pages.sessions, Providers(settings, http), settings.public_url),
    )
    for router in (*routers, *shared):
        app.include_router(router)
    access.install(app, discovered(settings.issuer, settings.audience, http), pages.sessions)
    app.state.pages = pages
    laters = (Unavailable, StoreError, TenantsBehind)
    problems.install(app, unavailable=laters, max_body_bytes=max_body_bytes, uploads=uploads)
    limits.install(app, limits.Limits(service.name, settings))
    return app


def pages_of(name: str, settings: Settings, folder: Path | None = None) -> Pages:
    """The pages of a service whose templates and catalogues are in a folder."""
    sessions = Sessions(settings.secret, secure=settings.environment == "production")
    return Pages(name, sessions, folder)


def health_router(service: Service) -> APIRouter:
    """`/<service>/live`, `/ready`, `/stuck` and `/metrics`, for machines that watch."""
    routes = APIRouter(prefix=f"/{service.name}", include_in_schema=False)
    health = Health(service)

    def verdict(response: Response, ok: bool, waiting: list[WaitingOut] | None = None) -> Verdict:
        response.status_code = 200 if ok else 503
        return Verdict(service=service.name, ok=ok, waiting=waiting or [])

    @routes.get("/live")
    async def live(response: Response) -> Verdict:
        """Whether the process is of use; where it is not, restart it."""
        return verdict(response, health.live())

    @routes.get("/ready")
    async def ready(response: Response) -> Verdict:
        """Whether it can answer."""
        return verdict(response, await health.ready())

    @routes.get("/stuck")
    async def stuck(response: Response) -> Verdict:
        """Whether something waits for too long, and what."""
        waiting = [
            WaitingOut(what=one.what, seconds=round(one.seconds, 3), count=one.count)
            for one in await health.stuck()
        ]
        return verdict(response, not waiting, waiting)

    @routes.get("/metrics")
    async def metrics() -> Response:
        """Figures in Prometheus' text format."""
        content: Any = await health.metrics()
        return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
