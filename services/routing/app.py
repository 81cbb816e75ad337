"""routing, put together."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from libs.runtime.consume import Rules
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web.app import pages_of, service_app

from . import api, consumers, data, draft_api
from .admin import pages
from .admin.frame import Frame
from .drafts import Drafts
from .store import DECISIONS, DRAFTS, TENANT_HISTORY, TENANTS

LARGEST_TENANT_BYTES = 8 * 1024 * 1024

PATHS = ("/api/tenants", "/api/routing", "/admin")

PARTS = Parts(
    name="routing",
    aggregates=(DECISIONS, TENANTS, DRAFTS),
    rules=Rules(consumers.TOPICS, consumers.RULES, frozenset(consumers.WHOLE)),
    collections={TENANT_HISTORY: ()},
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(PARTS, settings)
    shown = pages_of(PARTS.name, settings, Path(__file__).parent)
    drafts = Drafts(service)
    routers = (
        api.router(service),
        data.router(service),
        draft_api.router(drafts),
        pages.router(Frame(service, shown, drafts)),
    )
    return service_app(service, settings, routers, pages=shown, max_body_bytes=LARGEST_TENANT_BYTES)
