"""intake, put together."""

from __future__ import annotations

from fastapi import FastAPI

from libs.runtime.consume import Rules
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web.app import service_app

from . import api, consumers, pages
from .store import REQUESTS, SOURCES, TRACKING_NUMBERS

PATHS = ("/", "/api/requests")

PARTS = Parts(
    name="intake",
    aggregates=(REQUESTS,),
    rules=Rules(consumers.TOPICS, consumers.RULES, consumers.WHOLE),
    collections={TRACKING_NUMBERS: (), SOURCES: ()},
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(PARTS, settings)
    return service_app(service, settings, (api.router(service), pages.router(service)))
