"""Writers to an outbox, topics of a test's own, and what Kafka holds of a key."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.events import Event, RequestAmended, RequestText
from libs.runtime.commit import OUTBOX, Commit
from libs.runtime.lease import LEASES
from libs.runtime.mongo import Conflict, Database, connect, ensure_collections
from libs.runtime.rule import Change, Context
from libs.runtime.store import Aggregate
from libs.runtime.unit import Unit

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)


@dataclass(frozen=True)
class Diary:
    """How often something was told."""

    tenant: str
    told: int = 0


DIARIES = Aggregate("diaries", Diary)


def amended() -> Event:
    """Something to tell on a plain topic."""
    return RequestAmended(occurred_at=NOW)


def text(words: str) -> Event:
    """Something to tell on a compacted topic."""
    return RequestText(text=words)


def event_of(topic: str, words: str = "") -> Event:
    """Something to tell on a topic that only a test has."""

    class Whispered(Event):
        type: ClassVar[str] = "test.whispered.v1"
        words: str

    Whispered.topic = topic
    return Whispered(words=words)


def fresh(name: str = "t") -> str:
    """A name that nothing else has."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


class Writer:
    """One process that commits: what it tells waits in the outbox."""

    def __init__(self, database: Database, ring: Callable[[], None] = lambda: None) -> None:
        self.database = database
        self.commit = Commit("crm", database, ring)

    async def tell(self, id: str, *events: Event) -> None:
        """Commit these events of one document, in one transaction."""
        await self.tell_all({id: events})

    async def tell_all(self, events: dict[str, Sequence[Event]]) -> None:
        """Commit events of many documents, in one transaction."""
        while True:
            unit = Unit("crm", NOW)
            found = self.database[DIARIES.collection].find({"_id": {"$in": list(events)}})
            unit.take(DIARIES, await found.to_list(None))
            for id, told in events.items():
                held = unit.hold(DIARIES, id)
                state = held.state or Diary("kecioren")
                after = replace(state, told=state.told + len(told))
                unit.apply(held, Change(after, tuple(told)), Context(id, NOW), "c")
            with contextlib.suppress(Conflict):
                await self.commit(unit)
                return

    async def waiting(self) -> int:
        """How many commits are not sent yet."""
        return int(await self.database[OUTBOX].count_documents({}))


async def database_at(mongo: str, name: str) -> Database:
    """A service's database with what a commit needs, over a connection of its own."""
    database = connect(mongo, name, wait_ms=1000)
    await ensure_collections(database, {DIARIES.collection, OUTBOX, LEASES})
    return database


@dataclass(frozen=True)
class Sent:
    """One record that Kafka holds."""

    sequence: int
    id: str
    value: bytes | None


async def sent(kafka: str, topic: str, key: str, *, committed: bool = True) -> list[Sent]:
    """What Kafka holds under a key, in its order."""
    found = []
    async for record in _records(kafka, topic, committed):
        if record.key == key.encode():
            headers = dict(record.headers)
            sequence = int(headers["ce_sequence"])
            found.append(Sent(sequence, headers["ce_id"].decode(), record.value))
    return found


async def _records(kafka: str, topic: str, committed: bool) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed" if committed else "read_uncommitted",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        known = consumer.partitions_for_topic(topic) or await _partitions(kafka, topic)
        partitions = [TopicPartition(topic, number) for number in known]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


async def _partitions(kafka: str, topic: str) -> set[int]:
    async with admin(kafka) as client:
        (found,) = await client.describe_topics([topic])
        return {partition["partition"] for partition in found["partitions"]}


def in_order(records: Sequence[Sent], until: int) -> bool:
    """Whether 1 to `until` are there, and each came first only after the one before it."""
    firsts = list(dict.fromkeys(record.sequence for record in records))
    return firsts == list(range(1, until + 1))


@contextlib.asynccontextmanager
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administrator of the broker."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def make_topic(kafka: str, name: str, partitions: int = 1, **config: str) -> str:
    """A topic of one test; returns when it can be written to. Config names with underscores."""
    settings = {key.replace("_", "."): value for key, value in config.items()}
    async with admin(kafka) as client:
        await client.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
        async with asyncio.timeout(20):
            while (await client.describe_topics([name]))[0]["error_code"]:
                await asyncio.sleep(0.05)
    return name


async def eventually(
    look: Callable[[], Awaitable[T] | T], within: float = 30.0, every: float = 0.05
) -> T:
    """Look again and again until there is something; its value."""
    seen: Any = None
    end = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < end:
        seen = look()
        if isinstance(seen, Awaitable):
            seen = await seen
        if seen:
            return cast(T, seen)
        await asyncio.sleep(every)
    raise AssertionError(f"not within {within:g} s; last seen: {seen!r}")


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, Any]) -> AsyncIterator[asyncio.Task[Any]]:
    """Let it run meanwhile, and end it after."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=20)


def is_caught_up(subscription: Any) -> bool:
    """Whether every partition that is assigned here is read to its end."""
    consumer = subscription._subscriber.consumer if subscription._started else None
    if consumer is None or subscription._in_work or not consumer.assignment():
        return False
    return all(
        consumer.highwater(partition) is not None
        and subscription._position(consumer, partition) == consumer.highwater(partition)
        for partition in consumer.assignment()
    )
