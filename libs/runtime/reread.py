"""Topics read anew from their beginning: what became of one key close together.

A subscription brings a partition of one topic after the other, and so each event of a request in
another batch. Here the same partition of all topics is read at once, in the order of time, and
the many events of a request come to few writes.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import structlog
from aiokafka import TopicPartition

from libs.events import TOPICS

from .kafka import AIOKafkaConsumer, KafkaError, reader
from .record import Record

log = structlog.get_logger()

LANES = 3
"""Partitions in work at once: while some wait for the store, another is decoded."""

ROUNDS = 2
"""The past, and what came while it was read: that may have taken hours."""

PAUSE = 1.0


class Reread:
    """Brings a group from the beginning of its topics to where they end when it gets there.

    The topics have the same partitions by the same keys. An error from `handle` is
    infrastructure: the batch comes again, a second later. Offsets are committed after their
    batch, so that a subscription of the group goes on from there.
    """

    def __init__(
        self,
        service: str,
        servers: str,
        group: str,
        topics: Sequence[str],
        handle: Callable[[list[Record]], Awaitable[None]],
        batch: int,
    ) -> None:
        self._service = service
        self._servers = servers
        self._group = group
        self._topics = topics
        self._handle = handle
        self._batch = batch
        self._total: dict[TopicPartition, int] = {}
        self.done = 0
        self.finished = False

    @property
    def left(self) -> int:
        """Records that are still to be done, of the partitions looked at so far."""
        return max(0, sum(self._total.values()) - self.done)

    async def run(self) -> None:
        """Read to the ends, and to where they are by then."""
        for _ in range(ROUNDS):
            numbers = iter(range(TOPICS[self._topics[0]].partitions))
            async with asyncio.TaskGroup() as lanes:
                for _ in range(LANES):
                    lanes.create_task(self._lane(numbers))
        self.finished = True

    async def _lane(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            places = [TopicPartition(topic, number) for topic in self._topics]
            await self._bring_to_ends(places)

    async def _bring_to_ends(self, places: Sequence[TopicPartition]) -> None:
        """Read on from what is committed, as often as Kafka goes away."""
        while True:
            consumer = reader(self._servers, self._group)
            try:
                await consumer.start()
                consumer.assign(places)
                await self._read(consumer, places)
                return
            except (KafkaError, OSError) as error:
                log.warning("kafka_away", service=self._service, error=type(error).__name__)
            finally:
                await consumer.stop()
            await asyncio.sleep(PAUSE)

    async def _read(self, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        merge = Merge(places)
        ends = await consumer.end_offsets(places)
        self._total |= ends
        while True:
            for place in places:
                if await consumer.position(place) >= ends[place]:
                    merge.ended.add(place)
            taken = merge.take()
            for start in range(0, len(taken), self._batch):
                await self._do(consumer, taken[start : start + self._batch])
            if not merge.lacking:
                break
            found = await consumer.getmany(
                *merge.lacking, timeout_ms=1000, max_records=self._batch * len(merge.lacking)
            )
            for place, records in found.items():
                merge.add(place, records)
        await consumer.commit({place: await consumer.position(place) for place in places})

    async def _do(self, consumer: AIOKafkaConsumer, batch: list[Record]) -> None:
        while True:
            try:
                await self._handle(batch)
                break
            except Exception as error:
                log.warning(
                    "batch_comes_again",
                    service=self._service,
                    records=len(batch),
                    error=type(error).__name__,
                )
                await asyncio.sleep(PAUSE)
        self.done += len(batch)
        await consumer.commit(
            {TopicPartition(one.topic, one.partition): one.offset + 1 for one in batch}
        )


class Merge:
    """Records of several partitions, put into one order by their times.

    Those of one partition stay in their own order: one that is dated before the one ahead of it
    counts as of the same time.
    """

    def __init__(self, places: Sequence[TopicPartition]) -> None:
        self._waiting: dict[TopicPartition, list[tuple[int, Any]]] = {place: [] for place in places}
        self._latest = dict.fromkeys(places, 0)
        self.ended: set[TopicPartition] = set()

    def add(self, place: TopicPartition, records: Sequence[Any]) -> None:
        """Take what a partition has brought."""
        for record in records:
            self._latest[place] = max(self._latest[place], record.timestamp)
            self._waiting[place].append((self._latest[place], record))

    @property
    def lacking(self) -> list[TopicPartition]:
        """The partitions that have to bring more before anything can be taken."""
        return [
            place
            for place, waiting in self._waiting.items()
            if not waiting and place not in self.ended
        ]

    def take(self) -> list[Record]:
        """All records that nothing can come before any more."""
        if self.lacking:
            return []
        until = min(
            (self._latest[place] for place in self._waiting if place not in self.ended),
            default=None,
        )
        taken: list[tuple[int, Any]] = []
        for place, waiting in self._waiting.items():
            count = len(waiting) if until is None else bisect_right(waiting, until, key=_TIME)
            taken += waiting[:count]
            self._waiting[place] = waiting[count:]
        taken.sort(key=_TIME)
        return [Record.of_kafka(record) for _, record in taken]


_TIME = itemgetter(0)
