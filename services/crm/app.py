"""crm, put together."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from pymongo import IndexModel

from libs.runtime.consume import Rules
from libs.runtime.live import Live
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web.app import pages_of, service_app

from . import api, console, consumers, data, pages, preference_api, showing
from .store import AGGREGATE, PEOPLE, PREFERENCES

PATHS = ("/api/tasks", "/console")

PARTS = Parts(
    name="crm",
    aggregates=(AGGREGATE, PREFERENCES),
    rules=Rules(consumers.TOPICS, consumers.RULES, consumers.WHOLE),
    collections={PEOPLE: (IndexModel([("tenant", 1)], name="tenant"),)},
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(PARTS, settings)
    shown = pages_of("crm", settings, Path(__file__).parent)
    live = Live(settings.kafka, ("tasks",))
    service.endings.append(live.stop)
    service.tell(live.committed)
    routers = (
        data.router(service),  # before what takes any id below the same path
        preference_api.router(service),
        console.router(service, live),
        showing.router(service),
        api.router(service),
        pages.router(service, shown),
    )
    return service_app(service, settings, routers, pages=shown)
