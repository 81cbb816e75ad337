"""routing, put together."""

from __future__ import annotations

from fastapi import FastAPI

from libs.runtime.consume import Rules
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web.app import service_app

from . import api, consumers
from .store import DECISIONS, TENANT_HISTORY, TENANTS

LARGEST_TENANT_BYTES = 8 * 1024 * 1024

PATHS = ("/api/tenants", "/api/routing")

PARTS = Parts(
    name="routing",
    aggregates=(DECISIONS, TENANTS),
    rules=Rules(consumers.TOPICS, consumers.RULES, frozenset(consumers.WHOLE)),
    collections={TENANT_HISTORY: ()},
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(PARTS, settings)
    return service_app(
        service, settings, (api.router(service),), max_body_bytes=LARGEST_TENANT_BYTES
    )
