"""The relay's producers: a plain one, and one whose start fences those before it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from typing import Any

import structlog

from .kafka import (
    REFUSALS,
    AIOKafkaProducer,
    BatchBuilder,
    KafkaError,
    KafkaTimeoutError,
    Place,
    ProducerClosed,
    missing_topics,
    partition_of,
    plain_producer,
    transactional_producer,
)
from .unit import Outgoing

log = structlog.get_logger()

START_TIMEOUT = 10.0
STOP_TIMEOUT = 2.0

Failed = dict[str, BaseException]
"""What went wrong, by topic."""


class Producers:
    """Started when first needed; closed after a failure, as their sequence numbers do not fit."""

    def __init__(self, servers: str, identity: str) -> None:
        self._servers = servers
        self._identity = identity
        self._plain: AIOKafkaProducer | None = None
        self._fenced: AIOKafkaProducer | None = None
        self._known: set[str] = set()

    async def start(self) -> None:
        """Be able to send. From here on no earlier process can write to a compacted topic."""
        if self._plain is None:
            self._plain = await _started(plain_producer(self._servers))
        if self._fenced is None:
            fenced = transactional_producer(self._servers, self._identity)
            self._fenced = await _started(fenced)

    async def close(self) -> None:
        """Stop in bounded time, whatever Kafka does."""
        producers = [one for one in (self._plain, self._fenced) if one is not None]
        self._plain = self._fenced = None
        self._known.clear()
        await asyncio.gather(*(_stopped(producer) for producer in producers))

    async def missing(self, topics: Set[str]) -> set[str]:
        """The topics that are not there: a send to one would wait, and all others with it."""
        unknown = topics - self._known
        missing = await missing_topics(self._servers, unknown) if unknown else set()
        self._known |= unknown - missing
        return missing

    async def send_plain(self, events: Sequence[Outgoing]) -> Failed:
        """Send in order, and wait until all are acknowledged or have failed."""
        assert self._plain is not None
        return await _send_all(self._plain, events)

    async def send_fenced(self, events: Sequence[Outgoing]) -> Failed:
        """Send all in one transaction, or none where one failed.

        What is not committed is not aborted here, as that would wait for Kafka: the start of
        the next producer does it.
        """
        if not events:
            return {}
        assert self._fenced is not None
        try:
            await self._fenced.begin_transaction()
            failed = await _send_all(self._fenced, events)
            if not failed:
                await self._fenced.commit_transaction()
        except KafkaError as error:
            return {event.topic: error for event in events}
        return failed


async def _send_all(producer: AIOKafkaProducer, events: Sequence[Outgoing]) -> Failed:
    """Send in whole batches: one future for many records, and no waiting for more of them."""
    failed: Failed = {}
    acks: list[tuple[str, asyncio.Future[Any]]] = []
    try:
        for (topic, partition), batch in await _batches(producer, events, failed):
            if topic in failed:
                continue
            try:
                acks.append((topic, await _posted(producer, batch, topic, partition)))
            except KafkaError as error:
                failed[topic] = error
        if acks:
            await asyncio.wait({ack for _, ack in acks})
    except asyncio.CancelledError:
        for _, ack in acks:
            ack.add_done_callback(_ignored)
        raise
    for topic, ack in acks:
        failure = ack.exception()
        if failure is not None and not isinstance(failed.get(topic), REFUSALS):
            failed[topic] = failure  # what follows a refused record fails for another reason
    return failed


async def _batches(
    producer: AIOKafkaProducer, events: Sequence[Outgoing], failed: Failed
) -> list[tuple[Place, BatchBuilder]]:
    """The events as batches, those of a partition in their order."""
    counts: dict[str, int] = {}
    for topic in {event.topic for event in events}:
        try:
            counts[topic] = len(await producer.partitions_for(topic))
        except KafkaError as error:
            failed[topic] = error
    made: list[tuple[Place, BatchBuilder]] = []
    open: dict[Place, BatchBuilder] = {}
    for event in events:
        if event.topic in failed:
            continue
        place = event.topic, partition_of(event.key, counts[event.topic])
        record = {
            "key": event.key.encode(),
            "value": event.value,
            "headers": list(event.headers),
            "timestamp": None,
        }
        if place not in open or open[place].append(**record) is None:
            open[place] = producer.create_batch()
            made.append((place, open[place]))
            open[place].append(**record)
    for _, batch in made:
        batch.close()
    return made


async def _posted(
    producer: AIOKafkaProducer, batch: BatchBuilder, topic: str, partition: int
) -> asyncio.Future[Any]:
    """Hand a batch to the producer; waits as long as an earlier one of its partition waits."""
    while True:
        try:
            ack: asyncio.Future[Any] = await producer.send_batch(batch, topic, partition=partition)
            return ack
        except KafkaTimeoutError:
            continue  # it was not taken


def _ignored(ack: asyncio.Future[Any]) -> None:
    if not ack.cancelled():
        ack.exception()


async def _started(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    """Start a producer in bounded time, or raise and leave nothing behind."""
    try:
        await asyncio.wait_for(producer.start(), START_TIMEOUT)
    except BaseException:
        await _stopped(producer)
        raise
    return producer


async def _stopped(producer: AIOKafkaProducer) -> None:
    """Stop a producer in bounded time; what it could not send by then, it never sends.

    While Kafka is away, aiokafka's own stop waits for its return, and where that wait is given
    up, its sender goes on: one more of them for each attempt, all writing when Kafka is back.
    """
    try:
        await asyncio.wait_for(producer.stop(), STOP_TIMEOUT)
        return
    except (TimeoutError, KafkaError):
        log.warning("producer_abandoned")
    accumulator = producer._message_accumulator
    accumulator.fail_all(ProducerClosed())
    for batch in (one for batches in accumulator._batches.values() for one in batches):
        batch._drain_waiter.exception()  # nobody asks for it any more
    sender = producer._sender.sender_task
    await producer.client.close()
    if sender is not None:
        for _ in range(2):  # the first is answered by waiting for what is on its way
            sender.cancel()
            await asyncio.wait({sender}, timeout=0.1)
