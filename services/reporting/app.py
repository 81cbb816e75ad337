"""reporting, put together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from libs.runtime.feed import Feed
from libs.runtime.live import Live, Signal
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.web.app import pages_of, service_app
from libs.web.everybody import ForEverybody
from libs.web.sse import Streams

from . import api, data, developers, open_data, pages, stream, webhook_api, webhook_pages
from .deliverer import Deliverer, disabling
from .projection import Shown, choose, parts
from .republishing import Republishing
from .sending import Sender
from .signing import Secrets
from .store import Generation
from .target import Allowed
from .topics import Topics
from .webhooks import Webhooks

PATHS = (
    *("/api/reports", "/developers", "/open-data", "/reports"),
    *(stream.PREFIX, webhook_api.PREFIX),
)


def build(settings: Settings) -> FastAPI:
    """The process's web application; the service lives as long as it does."""
    service = Service(parts(Generation(1)), settings, choose)
    shown = Shown(service)
    service.tenants.heard = topics = Topics(service)
    republishing = Republishing(service)
    service.sweeps += [shown.note, topics, republishing]
    service.endings.append(republishing.stop)

    async def counted(signal: Signal) -> bool:
        """Whether the fact, and with it the cells, have an event."""
        facts = service.database[service.parts.aggregates[0].collection]
        fact = await facts.find_one({"_id": signal.key}, ["seen"])
        seen = fact["seen"].get(signal.topic, {}).get(signal.subject, 0) if fact else 0
        return bool(seen >= signal.sequence)

    live = Live(settings.kafka, ("requests", "tasks"), counted)
    service.endings.append(live.stop)
    looks = pages_of("reporting", settings, Path(__file__).parent)
    feed = Feed(settings.kafka)
    streams = Streams(settings.streams, settings.streams_of_address)
    webhooks = _webhooks(service, feed, settings)
    service.sweeps.append(webhooks.sweep)
    routers = (
        api.router(service, shown),
        data.router(service, shown),
        developers.router(looks, settings),
        open_data.router(service, looks),
        webhook_pages.router(service, looks, webhooks),  # before what takes any path below it
        pages.router(service, looks, shown, live),
        stream.router(service, feed, streams),
        webhook_api.router(webhooks),
    )
    app = service_app(service, settings, routers, pages=looks)
    app.add_middleware(ForEverybody, prefix=f"{stream.PREFIX}/")
    return app


def _webhooks(service: Service, feed: Feed, settings: Settings) -> Webhooks:
    """What is sent to others. The sending ends before what it reads from."""
    allowed = Allowed(settings.webhook_http, settings.webhook_ports, settings.webhook_networks)
    sender, secrets = Sender(allowed), Secrets(settings.secret)
    deliverer = Deliverer(
        service.database,
        feed,
        sender,
        secrets,
        retry=timedelta(seconds=settings.webhook_retry_seconds),
        give_up=timedelta(seconds=settings.webhook_give_up_seconds),
        disable=disabling(service),
    )
    service.works.append(deliverer.run)
    service.endings += [deliverer.stop, sender.close, feed.stop]
    return Webhooks(service, feed, sender, secrets)
