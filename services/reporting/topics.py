"""The public topic of each tenant, there before anything is told on it."""

from __future__ import annotations

import time

import structlog

from libs.events import public_topic
from libs.runtime.kafka import KafkaError
from libs.runtime.service import Service
from libs.runtime.topics import make_topics

log = structlog.get_logger()


LOOKED_AFTER_S = 60.0
"""Then one looks again, whether the topics are still there."""


class Topics:
    """Looks as soon as a tenant is heard of, and again for as long as Kafka does not make it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._there: set[str] = set()
        self._looked = time.monotonic()

    async def __call__(self) -> None:
        """Make those that lack; what is told on them meanwhile waits in the outbox."""
        if time.monotonic() - self._looked > LOOKED_AFTER_S:
            self._looked = time.monotonic()
            self._there.clear()
        tenants = {tenant.slug for tenant in self._service.tenants.all()} - self._there
        if not tenants:
            return
        try:
            topics = [public_topic(slug) for slug in sorted(tenants)]
            made = await make_topics(self._service.settings.kafka, topics)
        except (KafkaError, OSError) as error:
            log.warning("topics_wait", service=self._service.name, error=type(error).__name__)
            return
        self._there |= tenants
        if made:
            log.info("topics_made", service=self._service.name, topics=made)
