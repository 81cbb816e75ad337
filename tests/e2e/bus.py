"""Looking at Kafka from outside: what is in a topic, and how far a group has read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata

from libs.events.topics import named
from libs.runtime.fetched import read_everything

read_everything()  # poison, too, whoever else is or is not imported here

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Seen:
    """A record as anybody may read it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: dict[str, bytes | None]
    value: bytes | None

    @property
    def place(self) -> str:
        """`topic:partition:offset`."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    def text(self, header: str) -> str:
        """A header's text; empty where there is none."""
        return (self.headers.get(header) or b"").decode()


async def records(servers: str, topic: str) -> list[Seen]:
    """Everything in a topic, in order within each partition."""
    return [record async for record in each(servers, topic)]


async def each(servers: str, topic: str) -> AsyncIterator[Seen]:
    """One record after the other, in order within each partition."""
    consumer = _consumer(servers)
    await consumer.start()
    try:
        partitions = _partitions([topic])
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            batches = await consumer.getmany(timeout_ms=500, max_records=5000)
            for batch in batches.values():
                for r in batch:
                    yield Seen(r.topic, r.partition, r.offset, r.key, dict(r.headers), r.value)
    finally:
        await consumer.stop()


async def ends(servers: str, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """Where each partition ends, for those who read committed records only."""
    consumer = _consumer(servers)
    await consumer.start()
    try:
        found: dict[TopicPartition, int] = await consumer.end_offsets(_partitions(topics))
        return found
    finally:
        await consumer.stop()


async def settled(servers: str, topic: str) -> None:
    """Wait until those who read committed records only see all of a topic: the broker answers a
    commit before it has marked every partition.
    """
    consumer = _consumer(servers, "read_uncommitted")
    await consumer.start()
    try:
        partitions = _partitions([topic])
        while await consumer.end_offsets(partitions) != await ends(servers, [topic]):
            await asyncio.sleep(0.05)
    finally:
        await consumer.stop()


async def left(servers: str, groups: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many records of its topics each group has not yet done."""
    end = await ends(servers, {topic for topics in groups.values() for topic in topics})
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        done = {group: await admin.list_consumer_group_offsets(group) for group in groups}
    finally:
        await admin.close()
    return {
        group: sum(end[one] - _offset(done[group].get(one)) for one in _partitions(topics))
        for group, topics in groups.items()
    }


async def skip_to_end(servers: str, group: str, topics: Iterable[str]) -> None:
    """Let a group begin where topics end now, once it has no members: Kafka waits for those that
    have just left.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = _partitions(topics)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(60.0):
            while True:
                try:
                    return await consumer.commit(ends)
                except CommitFailedError:
                    await asyncio.sleep(1.0)
    finally:
        await consumer.stop()


def _offset(committed: OffsetAndMetadata | None) -> int:
    return max(committed.offset, 0) if committed else 0


async def send(servers: str, topic: str, key: bytes, headers: Headers, value: bytes | None) -> str:
    """Put any bytes into a topic; their place."""
    return (await send_all(servers, [(topic, key, headers, value)]))[0]


async def send_all(
    servers: str, wanted: Iterable[tuple[str, bytes, Headers, bytes | None]]
) -> list[str]:
    """Put many records into topics, in order; their places."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
    await producer.start()
    try:
        places = []
        for topic, key, headers, value in wanted:
            done = await producer.send_and_wait(topic, value, key=key, headers=list(headers))
            places.append(f"{done.topic}:{done.partition}:{done.offset}")
        return places
    finally:
        await producer.stop()


def _consumer(servers: str, isolation: str = "read_committed") -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=servers,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=9 * 1024 * 1024,
    )


def _partitions(topics: Iterable[str]) -> list[TopicPartition]:
    return [
        TopicPartition(topic, number) for topic in topics for number in range(_number_of(topic))
    ]


def _number_of(topic: str) -> int:
    known = named(topic)
    assert known is not None
    return known.partitions
