"""intake, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import FastAPI

from libs.runtime.consume import Rules
from libs.runtime.live import Live
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web.app import pages_of, service_app
from libs.web.sse import Streams

from . import (
    api,
    consumers,
    data,
    erasing,
    feeds,
    flow,
    followup,
    icon,
    integrators,
    own,
    pages,
    photos,
    queries,
    telephone,
)
from .admission import Admission
from .desk import Desk, Secrets
from .followup import Counter
from .open311 import api as open311
from .open311.errors import PREFIX, Open311Errors
from .photos import Photos
from .shelf import InFolder, InStore
from .site import Site
from .store import (
    ATTACHMENT_INDEXES,
    ATTACHMENTS,
    INTEGRATORS,
    REQUESTS,
    SOURCES,
    TRACKING_NUMBERS,
)

PATHS = (
    *("/", "/requests", "/report", "/mine", "/near", "/search", "/help", "/privacy"),
    *("/accessibility", "/offline", "/manifest.webmanifest", "/attachments", "/api/requests"),
    *("/icon", "/api/integrators", PREFIX),
)

PARTS = Parts(
    name="intake",
    aggregates=(REQUESTS, INTEGRATORS),
    rules=Rules(consumers.TOPICS, consumers.RULES, consumers.WHOLE),
    collections={TRACKING_NUMBERS: (), SOURCES: (), ATTACHMENTS: ATTACHMENT_INDEXES},
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(PARTS, settings)
    shown = pages_of(PARTS.name, settings, Path(__file__).parent)
    site = Site(service, shown)
    secrets = Secrets(settings.secret.encode())
    desk, counter = Desk(service, secrets), Counter(service, site, secrets)
    shelf = InFolder(settings.attachments) if settings.attachments else InStore(service.database)
    taken = Photos(counter, shelf)
    admission = Admission(service)
    service.sweeps += [taken.sweep, admission.sweep]
    live = Live(settings.kafka, consumers.TOPICS, partial(queries.has_heard, service))
    service.endings.append(live.stop)
    streams = Streams(settings.streams, settings.streams_of_address)
    routers = (
        data.router(service, shelf),  # before what takes any number below the same path
        telephone.router(service),
        followup.router(counter, live, streams),
        photos.router(taken),
        erasing.router(taken),
        integrators.router(service, admission),
        open311.router(service, desk, taken),
        api.router(service, desk, counter),
        flow.router(site, desk, counter),
        feeds.router(site),
        icon.router(service.tenants.get),
        own.router(site, counter),
        pages.router(site),
    )
    uploads = {"/attachments": photos.BODY_BYTES, **open311.UPLOADS}
    app = service_app(service, settings, routers, pages=shown, uploads=uploads)
    app.add_middleware(Open311Errors)
    return app
