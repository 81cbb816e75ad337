"""reporting as outsiders meet it: its whole application on a port, and tenants of a test's own."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.events import (
    Envelope,
    Event,
    ServiceRequestChanged,
    ServiceRequestHidden,
    TenantPublished,
    TenantRemoved,
    encode,
    public_topic,
)
from libs.runtime.kafka import transactional_producer
from libs.runtime.settings import Settings
from libs.tenants.file import load_tenant
from libs.web import sse
from libs.web.bounded import bounded
from services.reporting.app import build
from tests.receiver import serving

T = TypeVar("T")
TENANT = load_tenant(Path(__file__).parents[3] / "deploy/tenants/pursaklar.yaml")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
RETRY_S, GIVE_UP_S = 0.2, 6.0
NOW = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)


class Groups:
    """Takes a token for the group that it names."""

    async def verify(self, token: str) -> Mapping[str, object]:
        return {"sub": token, "groups": [token]}


def settings(kafka: str, mongo: str, database: str, **more: Any) -> Settings:
    """Receivers on this machine are allowed, and soon given up."""
    told = {
        "webhook_http": True,
        "webhook_ports": (),
        "webhook_networks": LOOPBACK,
        "webhook_retry_seconds": RETRY_S,
        "webhook_give_up_seconds": GIVE_UP_S,
        "rate_anonymous": 0.0,
        "rate_staff": 0.0,
        **more,
    }
    return Settings(kafka=kafka, mongo=mongo, database=database, **told)


@dataclass
class Outside:
    """A running reporting, one tenant's public topic, and what was told on it."""

    url: str
    kafka: str
    tenant: str
    http: httpx.AsyncClient
    options: Settings
    sequences: dict[str, int] = field(default_factory=dict)

    @property
    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tenant}/admin"}

    async def call(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """The JSON of an administrator's call."""
        answer = await self.http.request(method, path, headers=self.admin, **sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def hook(self, url: str, **more: Any) -> Any:
        """Register a receiver; with its secret."""
        return await self.call("POST", "/api/webhooks", 201, json={"url": url, **more})

    async def tell(self, *requests: str, hidden: bool = False) -> list[int]:
        """Change the public state of each request; the numbers of the changes."""
        told: list[tuple[str, Event, Envelope]] = []
        for request in requests:
            sequence = self.sequences[request] = self.sequences.get(request, 0) + 1
            event = ServiceRequestHidden() if hidden else state(self.tenant, sequence)
            envelope = Envelope(
                id=str(uuid.uuid4()),
                source="/sokak/reporting",
                type=event.type,
                subject=request,
                time=NOW,
                sequence=sequence,
                tenant=self.tenant,
            )
            told.append((request, event, envelope))
        producer = transactional_producer(self.kafka, f"outside-{self.tenant}")
        await producer.start()
        try:
            async with producer.transaction():
                for request, event, envelope in told:
                    await _send(producer, self.tenant, request, event, envelope)
        finally:
            await producer.stop()
        return [envelope.sequence for _, _, envelope in told]


async def _send(
    producer: AIOKafkaProducer, tenant: str, request: str, event: Event, envelope: Envelope
) -> None:
    record = encode(event, envelope)
    topic = public_topic(tenant).name
    await producer.send(topic, record.value, key=request.encode(), headers=list(record.headers))


def state(tenant: str, number: int) -> ServiceRequestChanged:
    """A public state; `voices` is its number, to know it by."""
    return ServiceRequestChanged(
        tenant=tenant,
        tracking_number="7F3K9QHXM",
        request_type="request",
        channel="web",
        status="open",
        status_detail="assigned",
        opened_at=NOW,
        updated_at=NOW,
        voices=number,
    )


def some_request() -> str:
    return str(uuid.uuid4())


@asynccontextmanager
async def running(options: Settings) -> AsyncIterator[str]:
    """The application served as it is in life."""
    app = build(options)
    app.state.verifier = Groups()
    http = bounded(options.head_seconds, options.body_seconds, options.answer_seconds)
    async with serving(app, http=http) as port:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url) as asking:
            await until(lambda: _ready(asking), "reporting to be ready")
        try:
            yield url
        finally:
            sse.close_all()


async def _ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/reporting/ready")).status_code == 200


@asynccontextmanager
async def outside(options: Settings) -> AsyncIterator[Outside]:
    """A running reporting that knows a tenant of this test alone."""
    tenant = f"t{uuid.uuid4().hex[:10]}"
    await make_topic(options.kafka, public_topic(tenant).name)
    await publish(options.kafka, tenant)
    async with (
        running(options) as url,
        httpx.AsyncClient(base_url=url, timeout=15.0) as http,
    ):
        its = Outside(url, options.kafka, tenant, http, options)

        async def known() -> bool:
            answer = await http.get(f"/public/{tenant}/events?after=no")
            return answer.status_code == 422

        await until(known, "the tenant to be known")
        yield its


async def publish(
    kafka: str, tenant: str, version: int = 1, state: Literal["active", "left"] = "active"
) -> None:
    """Make a version of a tenant known."""
    changes = {"slug": tenant, "version": version, "state": state}
    document = TENANT.model_copy(update=changes).model_dump(mode="json")
    event = TenantPublished(
        occurred_at=NOW, slug=tenant, version=version, state=state, tenant=document
    )
    await _tell_of(kafka, tenant, version, event)


async def remove(kafka: str, tenant: str, version: int) -> None:
    """Say that one is gone."""
    await _tell_of(kafka, tenant, version, TenantRemoved())


async def _tell_of(kafka: str, tenant: str, version: int, event: Event) -> None:
    envelope = Envelope(
        *(str(uuid.uuid4()), "/sokak/routing", event.type, tenant, NOW),
        sequence=version,
        tenant=tenant,
    )
    record = encode(event, envelope)
    producer = transactional_producer(kafka, f"publish-{tenant}")
    await producer.start()
    try:
        async with producer.transaction():
            headers = list(record.headers)
            await producer.send("tenants", record.value, key=tenant.encode(), headers=headers)
    finally:
        await producer.stop()


async def make_topic(kafka: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(name, 1, 1, topic_configs={"cleanup.policy": "compact"})]
        )
    finally:
        await admin.close()


async def until(ask: Callable[[], Awaitable[T]], what: str, within: float = 30.0) -> T:
    """The first answer that is true."""
    end = time.monotonic() + within
    while not (found := await ask()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.05)
    return found
