"""Whether a service is well: for the machines that watch it, and as figures."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .clock import now
from .kafka import KafkaError, missing_topics
from .metrics import DEAD_AGE, DEAD_LETTERS, STUCK
from .mongo import is_infrastructure
from .service import Service
from .table import POSITION

KAFKA_ASKED_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for longer than it should."""

    what: str
    seconds: float
    count: int | None = None


class Health:
    """The answers to `/live`, `/ready`, `/stuck` and `/metrics` of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kafka_away_since: float | None = None
        self._kafka_asked = float("-inf")
        self._store_away_since: float | None = None

    def live(self) -> bool:
        """Whether the process is of use; where it is not, it must be restarted."""
        return not (self._service.failed or self._service.subscription.is_silent())

    async def ready(self) -> bool:
        """Whether it can answer: its store does, and not only to a ping. Kafka may be away."""
        if not self._service.prepared:
            return False
        try:
            async with asyncio.timeout(2.0):
                await self._service.database[POSITION].find_one({"_id": "tenants"}, ["_id"])
        except Exception:
            return False
        return True

    async def stuck(self) -> list[Waiting]:
        """What waits for too long; empty where all flows."""
        settings = self._service.settings
        lag, lag_seconds = self._service.subscription.lag()
        waiting = [
            Waiting("records_unprocessed", lag_seconds, lag),
            Waiting("batch_failing", self._service.subscription.failing_seconds()),
            Waiting("kafka_away", await self._kafka_away()),
        ]
        limits = dict.fromkeys(("batch_failing", "kafka_away"), settings.outbox_too_old)
        limits["records_unprocessed"] = settings.lag_too_old
        try:
            async with asyncio.timeout(5.0):
                waiting += await self._stored()
            self._store_away_since = None
        except Exception as error:
            if not (is_infrastructure(error) or isinstance(error, TimeoutError)):
                raise
            self._store_away_since = self._store_away_since or time.monotonic()
            waiting.append(Waiting("store_away", time.monotonic() - self._store_away_since))
        limits |= {"outbox": settings.outbox_too_old, "dead_letters": settings.dead_too_old}
        late = [one for one in waiting if one.seconds > limits.get(one.what, 0.0)]
        STUCK.labels(self._service.name).set(1 if late else 0)
        return late

    async def _stored(self) -> list[Waiting]:
        size, age = await self._service.relay.figures()
        dead, since = await self._service.dead.figures()
        dead_age = (now() - since).total_seconds() if since else 0.0
        DEAD_LETTERS.labels(self._service.name).set(dead)
        DEAD_AGE.labels(self._service.name).set(dead_age)
        return [Waiting("outbox", age, size), Waiting("dead_letters", dead_age, dead)]

    async def _kafka_away(self) -> float:
        if time.monotonic() - self._kafka_asked > KAFKA_ASKED_EVERY:
            self._kafka_asked = time.monotonic()
            try:
                async with asyncio.timeout(3.0):
                    await missing_topics(self._service.settings.kafka, set())
                self._kafka_away_since = None
            except (KafkaError, OSError, TimeoutError):
                self._kafka_away_since = self._kafka_away_since or time.monotonic()
        return time.monotonic() - self._kafka_away_since if self._kafka_away_since else 0.0

    async def metrics(self) -> bytes:
        """This service's figures in Prometheus' text format."""
        await self.stuck()
        return generate_latest(_own(self._service.name))


def _own(service: str) -> CollectorRegistry:
    """The process's figures and the service's own, where several share a process."""

    class Own(Collector):
        def collect(self) -> list[Metric]:
            metrics = []
            for metric in REGISTRY.collect():
                metric.samples = [
                    sample
                    for sample in metric.samples
                    if sample.labels.get("service", service) == service
                ]
                metrics.append(metric)
            return metrics

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Own())
    return registry
