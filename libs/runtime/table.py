"""The tenants as a table: the compacted topic read to its end, kept, and then followed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog
from aiokafka import TopicPartition

from libs.events import EVENTS, TenantPublished, TenantRemoved
from libs.tenants import Jurisdictions, Tenant

from .clock import now
from .consume import DEAD
from .kafka import AIOKafkaConsumer, KafkaError, reader
from .mongo import Conflict, Database, Session, is_infrastructure, transaction, undisturbed
from .record import Delivery, Record, parked_document, read

log = structlog.get_logger()

TENANTS = "tenant_table"
GONE = "tenant_table_gone"
POSITION = "tenant_table_position"
TOPIC = TopicPartition("tenants", 0)


class TenantsBehind(Exception):
    """The table cannot be read to its end just now: what needs it waits and comes again."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A tenant that was taken out, the version that this was, and when, where that was kept."""

    slug: str
    version: int
    at: datetime | None = None


class TenantTable:
    """Every tenant's newest version, in memory and in the service's own store.

    Of one that is gone only the slug and the version of its removal stay: so nobody waits for
    it, and who reads slowly does not put it back. A service starts from its store alone. Several
    copies of a service keep one stored table; writing it is idempotent, guarded by the tenant's
    version. `heard` is awaited after something new was read, before anybody else is told that it
    was.
    """

    def __init__(self, service: str, database: Database, servers: str) -> None:
        self._service = service
        self._database = database
        self._servers = servers
        self.dead = DEAD
        self.heard: Callable[[], Awaitable[None]] | None = None
        self._tenants: dict[str, Tenant] = {}
        self._published: dict[str, datetime] = {}
        self._gone: dict[str, int] = {}
        self._removed: dict[str, datetime] = {}
        self._jurisdictions: Jurisdictions | None = None
        self._position = 0
        self._end = asyncio.Condition()
        self._read_to = -1
        self._complete = False

    def get(self, slug: str) -> Tenant | None:
        """A tenant by its slug, whatever its state."""
        return self._tenants.get(slug)

    def published_at(self, slug: str) -> datetime | None:
        """When the newest version was published; None where that was not kept."""
        return self._published.get(slug)

    @property
    def changed_at(self) -> datetime | None:
        """When the last of the tenants was published or removed, as far as that was kept."""
        return max((*self._published.values(), *self._removed.values()), default=None)

    def all(self) -> tuple[Tenant, ...]:
        """Every tenant, by slug."""
        return tuple(self._tenants[slug] for slug in sorted(self._tenants))

    @property
    def gone(self) -> Mapping[str, int]:
        """The tenants that were removed, and the version which that was."""
        return MappingProxyType(self._gone)

    @property
    def departed(self) -> frozenset[str]:
        """The tenants that have left, those that are gone among them. One that was never heard of
        is none of them.
        """
        left = (slug for slug, tenant in self._tenants.items() if tenant.state == "left")
        return frozenset((*left, *self._gone))

    @property
    def jurisdictions(self) -> Jurisdictions:
        """Where each tenant answers; built anew after a change.

        Raises TenantsBehind where the table has never been read to its end: nobody can say
        then that a place is nobody's.
        """
        if not self._complete:
            raise TenantsBehind
        if self._jurisdictions is None:
            self._jurisdictions = Jurisdictions(self._tenants.values())
        return self._jurisdictions

    async def load(self) -> None:
        """Take what the store holds; the place first, as another copy may write meanwhile, and
        what is read twice is harmless, what is passed over is not.
        """
        position = await self._database[POSITION].find_one({"_id": "tenants"})
        self._position = position["offset"] if position else 0
        async for row in self._database[TENANTS].find({}):
            self._take(Tenant.model_validate(row["tenant"]), row.get("published_at"))
        async for row in self._database[GONE].find({}):
            self._drop(Gone(row["_id"], row["version"], row.get("at")))
        self._complete = bool(self._tenants or position)

    async def follow(self) -> None:
        """Read the topic to its end and go on, until cancelled; waits while Kafka is away."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("tenants_wait", service=self._service, error=type(error).__name__)
            except Exception as error:
                if not is_infrastructure(error):
                    log.exception("tenants_failed", service=self._service)
            await asyncio.sleep(1.0)

    async def _follow(self) -> None:
        consumer = reader(self._servers)
        try:
            await consumer.start()
            consumer.assign([TOPIC])
            ends = await consumer.end_offsets([TOPIC])
            if self._position > ends[TOPIC]:
                await self._begin_anew()
            consumer.seek(TOPIC, self._position)
            while True:
                await self._take_some(consumer)
                self._complete = self._complete or self._position >= ends[TOPIC]
        finally:
            await consumer.stop()

    async def _begin_anew(self) -> None:
        """The topic was made anew: what the table holds stays, and its versions still count."""
        await self._database[POSITION].delete_one({"_id": "tenants"})
        self._position = 0

    async def _take_some(self, consumer: AIOKafkaConsumer) -> None:
        records = (await consumer.getmany(TOPIC, timeout_ms=200)).get(TOPIC, [])
        for raw in records:
            await self._take_record(Record.of_kafka(raw))
        if records and self.heard is not None:
            await self.heard()
        self._position = await consumer.position(TOPIC)
        async with self._end:
            self._read_to = self._position
            self._end.notify_all()

    async def _take_record(self, record: Record) -> None:
        delivery = read(record, EVENTS)
        told: TenantPublished | Gone | None = None
        fault = delivery.fault
        if isinstance(delivery.event, TenantPublished):
            told = delivery.event
            fault = self._fault_in(told)
        elif isinstance(delivery.event, TenantRemoved):
            told = _gone(delivery)
            if told is None:
                fault = "tenant_contradicts_itself"
            else:
                self._drop(told)
        await self._keep(record, told, fault)

    def _fault_in(self, event: TenantPublished) -> str | None:
        """Take it, or say why it cannot be taken: one bad tenant must not keep the others."""
        try:
            tenant = Tenant.model_validate(event.tenant)
        except Exception:
            return "tenant_invalid"
        if (tenant.slug, tenant.version) != (event.slug, event.version):
            return "tenant_contradicts_itself"
        self._take(tenant, event.occurred_at)
        return None

    async def _keep(
        self, record: Record, event: TenantPublished | Gone | None, fault: str | None
    ) -> None:
        """Store the record's effect and its offset together."""
        while True:
            try:
                return await undisturbed(self._write(record, event, fault))
            except Conflict:  # another copy of the service is at the same record
                await asyncio.sleep(random.uniform(0.001, 0.05))

    async def _write(
        self, record: Record, event: TenantPublished | Gone | None, fault: str | None
    ) -> None:
        async with transaction(self._database) as session:
            if fault:
                await self._put_aside(session, record, fault)
            elif isinstance(event, Gone):
                await self._forget(session, event)
            elif event is not None:
                await self._store(session, event)
            await self._database[POSITION].update_one(
                {"_id": "tenants"},
                {"$max": {"offset": record.offset + 1}},
                upsert=True,
                session=session,
            )

    async def _put_aside(self, session: Session, record: Record, fault: str) -> None:
        parked = {**parked_document(record, fault, 1, now()), "status": "parked"}
        await self._database[self.dead].update_one(
            {"_id": record.place}, {"$setOnInsert": parked}, upsert=True, session=session
        )
        log.warning("event_parked", service=self._service, place=record.place, reason=fault)

    async def _store(self, session: Session, event: TenantPublished) -> None:
        """A slower copy of the service must not put an older version over a newer one."""
        rows, tenant = self._database[TENANTS], event.tenant
        slug = tenant["slug"]
        if await self._stored_version(session, slug) < tenant["version"]:
            row = {"_id": slug, "tenant": tenant, "published_at": event.occurred_at}
            await rows.replace_one({"_id": slug}, row, upsert=True, session=session)
            await self._database[GONE].delete_one({"_id": slug}, session=session)

    async def _forget(self, session: Session, gone: Gone) -> None:
        if await self._stored_version(session, gone.slug) < gone.version:
            own = {"_id": gone.slug}
            row = {**own, "version": gone.version, "at": gone.at}
            await self._database[TENANTS].delete_one(own, session=session)
            await self._database[GONE].replace_one(own, row, upsert=True, session=session)

    async def _stored_version(self, session: Session, slug: str) -> int:
        """Of the tenant, or of its removal; 0 where neither is stored."""
        own = {"_id": slug}
        row = await self._database[TENANTS].find_one(own, ["tenant.version"], session=session)
        if row is not None:
            return int(row["tenant"]["version"])
        row = await self._database[GONE].find_one(own, session=session)
        return int(row["version"]) if row is not None else 0

    def _take(self, tenant: Tenant, at: datetime | None) -> None:
        if self._is_behind(tenant.slug, tenant.version):
            self._gone.pop(tenant.slug, None)
            self._tenants[tenant.slug] = tenant
            if at is not None:
                self._published[tenant.slug] = at
            self._jurisdictions = None

    def _drop(self, gone: Gone) -> None:
        if self._is_behind(gone.slug, gone.version):
            self._gone[gone.slug] = gone.version
            self._tenants.pop(gone.slug, None)
            self._published.pop(gone.slug, None)
            if gone.at is not None:
                self._removed[gone.slug] = gone.at
            self._jurisdictions = None

    async def known(self, versions: Mapping[str, int]) -> None:
        """Wait until the table holds these versions of these tenants, or knows that they are gone.

        Whoever wrote a version had read it from the topic. So what is not there once the topic
        was read to where it ends now does not exist, and nothing is waited for. Raises
        TenantsBehind where that end cannot be reached for 20 s.
        """
        if not any(self._is_behind(slug, version) for slug, version in versions.items()):
            return
        try:
            async with asyncio.timeout(20.0):
                end = await self._end_of_topic()
                async with self._end:
                    await self._end.wait_for(lambda: self._read_to >= end)
        except (TimeoutError, KafkaError) as error:
            raise TenantsBehind from error

    def _is_behind(self, slug: str, version: int) -> bool:
        tenant = self._tenants.get(slug)
        known = tenant.version if tenant else self._gone.get(slug, 0)
        return known < version

    async def _end_of_topic(self) -> int:
        consumer = reader(self._servers)
        try:
            await consumer.start()
            return int((await consumer.end_offsets([TOPIC]))[TOPIC])
        finally:
            await consumer.stop()


def _gone(delivery: Delivery) -> Gone | None:
    """Who is gone; None where key and subject name two."""
    envelope = delivery.envelope
    if envelope is None or envelope.subject != delivery.id:
        return None
    return Gone(envelope.subject, envelope.sequence, envelope.time)
