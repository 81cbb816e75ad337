"""Reporting's runtime on real servers, told what three services tell; and who reads its topic."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

from libs.events import EVENTS, Envelope, Event, ServiceRequestChanged, decode, encode, public_topic
from libs.runtime.clock import now
from libs.runtime.commit import OUTBOX, Commit
from libs.runtime.consume import Chain, Rules
from libs.runtime.kafka import partition_of
from libs.runtime.mongo import Database, connect, ensure_collections
from libs.runtime.record import Record
from libs.runtime.relay import Relay
from libs.runtime.service import Service
from libs.runtime.topics import make_topics
from libs.tenants import Tenant
from services.reporting.consumers import RULES, TOPICS, WHOLE
from services.reporting.publishing import Publishing
from services.reporting.republishing import Republishing, in_force
from services.reporting.store import PUBLIC, Generation
from tests.e2e import bus
from tests.unit.reporting.history import Told
from tests.unit.tenants.conftest import document


def a_tenant(version: int = 1, slug: str | None = None, **publication: object) -> Tenant:
    """A tenant of its own, with these rules of publication."""
    slug = slug or f"t{uuid.uuid4().hex[:12]}"
    rules = {"publication": publication} if publication else {}
    return Tenant.checked(document(slug=slug, version=version, **rules))


@dataclass
class Copy:
    """One process of reporting, as far as facts and what is public are concerned."""

    database: Database
    relay: Relay
    tenants: dict[str, Tenant]
    generation: int = 1
    follows: bool = True
    gone: dict[str, int] = field(default_factory=dict)
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        grown = Generation(self.generation)
        follow = Publishing(grown.facts, self.generation) if self.follows else None
        self.chain = Chain(
            "reporting",
            self.database,
            grown.facts,
            Rules(TOPICS, RULES, frozenset(WHOLE), grown.project, follow),
            Commit("reporting", self.database, self.relay.ring),
            self.tenants.get,
            _no_wait,
        )

    async def prepare(self) -> None:
        """Make what it keeps things in."""
        grown = Generation(self.generation)
        names = {grown.facts.collection, *grown.cells, PUBLIC, OUTBOX, "dead"}
        await ensure_collections(self.database, names)

    async def hears(self, records: Sequence[Record], batch: int = 500) -> None:
        """Follow these records, so many at a time."""
        for at in range(0, len(records), batch):
            await self.chain(records[at : at + batch])

    def republishing(self, page: int = 500) -> Republishing:
        """What tells anew, in this process."""
        return Republishing(cast(Service, _Stood(self)), page)

    @property
    def publishing(self) -> Publishing:
        """What it publishes by."""
        follow = self.chain.rules.follow
        assert isinstance(follow, Publishing)
        return follow

    async def knows(self, tenant: Tenant, page: int = 500) -> None:
        """Learn a version of a tenant, and tell anew what that changes."""
        self.tenants[tenant.slug] = tenant
        republishing = self.republishing(page)
        if await republishing.begin(self.publishing, [in_force(tenant)]):
            await republishing.walk(self.publishing)

    async def sends(self) -> None:
        """Send all that waits; a topic that is new may not take it at once."""
        while await self.database[OUTBOX].find_one({}, ["_id"]):
            if not await self.relay.round():
                await asyncio.sleep(0.05)


class _Stood:
    """As much of a service as telling anew needs."""

    def __init__(self, copy: Copy) -> None:
        self.name = "reporting"
        self.database = copy.database
        self.chain = copy.chain
        self.parts = SimpleNamespace(rules=copy.chain.rules)
        self.tenants = self
        self.get = copy.tenants.get
        self.all = lambda: tuple(copy.tenants.values())
        self.gone = copy.gone


async def a_copy(mongo: str, name: str, kafka: str, *tenants: Tenant) -> Copy:
    """A process over a database, for tenants whose topics are there."""
    database = connect(mongo, name)
    known = {tenant.slug: tenant for tenant in tenants}
    await make_topics(kafka, [public_topic(slug) for slug in known])
    copy = Copy(database, Relay("reporting", database, kafka), known)
    await copy.prepare()
    return copy


async def _no_wait(versions: Mapping[str, int]) -> None:
    return None


def records(told: Told, since: int = 0) -> Iterator[Record]:
    """What is told of one request from its so-manieth event on, in the order that it was told."""
    counts: dict[str, int] = {}
    for place, event in enumerate(told.events):
        sequence = counts[event.topic] = counts.get(event.topic, 0) + 1
        if place >= since:
            yield record(told.id, event, sequence)


def record(id: str, event: Event, sequence: int) -> Record:
    """One event as it comes from Kafka."""
    envelope = Envelope(
        id=f"{id}:{event.topic}:{sequence}",
        source="/sokak/test",
        type=event.type,
        subject=id,
        time=now(),
        sequence=sequence,
    )
    encoded = encode(event, envelope)
    offset = uuid.uuid4().int >> 80
    key = id.encode()
    return Record(event.topic, partition_of(id), offset, now(), key, encoded.headers, encoded.value)


@dataclass
class Reader:
    """A subscriber: what it has by reading a topic, by the rules that it was told."""

    state: dict[str, ServiceRequestChanged] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    async def of(cls, kafka: str, tenant: str) -> Reader:
        """Read a tenant's topic from the start to its end."""
        reader, topic = cls(), public_topic(tenant).name
        await bus.settled(kafka, topic)
        reader.read(await bus.records(kafka, topic))
        return reader

    def read(self, found: Iterable[bus.Seen]) -> None:
        """Take records, ignoring repeats."""
        for seen in found:
            envelope, event = decode(EVENTS, seen.headers.items(), seen.value)
            key = (seen.key or b"").decode()
            assert envelope.subject == key
            numbers = self.numbers.setdefault(key, [])
            if numbers and envelope.sequence <= numbers[-1]:
                continue
            numbers.append(envelope.sequence)
            self.types.setdefault(key, []).append(envelope.type)
            if isinstance(event, ServiceRequestChanged):
                self.state[key] = event
            else:
                self.state.pop(key, None)
