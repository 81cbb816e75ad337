"""Access to the broker: producers, a reader of a whole topic, which topics there are."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
    ProducerFenced,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from libs.events import TOPICS

from .closed import closed_is_lost
from .fetched import read_everything

read_everything()
closed_is_lost()

Place = tuple[str, int]
"""A topic and the number of a partition."""

LARGEST_RECORD = 9 * 1024 * 1024

REFUSALS = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
"""What a broker says that will not have a record, however often it is asked."""

__all__ = [
    "REFUSALS",
    "AIOKafkaAdminClient",
    "AIOKafkaConsumer",
    "AIOKafkaProducer",
    "BatchBuilder",
    "KafkaError",
    "KafkaTimeoutError",
    "Place",
    "ProducerClosed",
    "ProducerFenced",
    "missing_topics",
    "partition_of",
    "plain_producer",
    "reader",
    "transactional_producer",
]


def plain_producer(servers: str) -> AIOKafkaProducer:
    """An idempotent producer for many records at a time. Not started."""
    return AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, **_BULK)


def transactional_producer(servers: str, transactional_id: str) -> AIOKafkaProducer:
    """A producer whose start fences every earlier one of the same id. Not started."""
    return AIOKafkaProducer(
        bootstrap_servers=servers,
        transactional_id=transactional_id,
        transaction_timeout_ms=30_000,
        **_BULK,
    )


_BULK: dict[str, Any] = {
    "linger_ms": 1,
    "max_batch_size": 131_072,
    "max_request_size": LARGEST_RECORD,
    "compression_type": "lz4",
}


def reader(
    servers: str, group: str | None = None, fetch_bytes: int = LARGEST_RECORD
) -> AIOKafkaConsumer:
    """A consumer of chosen partitions that sees committed records only. Not started.

    With a group, its offsets are read and committed; it does not join it. `fetch_bytes` is what
    it takes of a partition at once; a larger record comes alone.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=servers,
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=fetch_bytes,
    )


@lru_cache(maxsize=4096)
def partition_of(key: str, count: int = TOPICS["requests"].partitions) -> int:
    """The partition of a key among so many; of a request's in each topic that carries requests.

    Kafka's own choice, which every client of it makes.
    """
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % count)


async def missing_topics(servers: str, wanted: Set[str]) -> set[str]:
    """Which of the topics are not there. Raises KafkaError where the broker is away."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=5000)
    try:
        await admin.start()
        return set(wanted) - set(await admin.list_topics())
    finally:
        await admin.close()
