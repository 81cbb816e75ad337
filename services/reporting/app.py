"""reporting, put together."""

from __future__ import annotations

from fastapi import FastAPI

from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.web.app import service_app

from . import api
from .projection import Shown, choose, parts
from .store import Generation

PATHS = ("/api/reports",)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(parts(Generation(1)), settings, choose)
    shown = Shown(service)
    service.sweeps.append(shown.note)
    return service_app(service, settings, (api.router(service, shown),))
