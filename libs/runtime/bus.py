"""The subscriber: batches of raw records from Kafka, acknowledged after their commit."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from .clock import now
from .kafka import LARGEST_RECORD, KafkaError, missing_topics
from .metrics import LAG_RECORDS, LAG_SECONDS
from .record import Record

log = structlog.get_logger()

BATCH = 500
STOP_SECONDS = 15.0
SILENT_AFTER = 60.0


async def _parse(records: Any, default: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream's own parser sees neither header nor body, so that neither can make it fail."""
    message = await default((dataclasses.replace(records[0], headers=(), value=b""),))
    message.raw_message = message.body = records  # a tuple: a nack rewinds by it
    return message


async def _decode(message: Any) -> list[Any]:
    return list(message.raw_message)


class Subscription:
    """One service's membership of its consumer group.

    An error from `handle` is infrastructure: the batch comes again, a second later. Kafka may
    be away when it starts; it goes on trying, and the process is of use meanwhile.
    """

    def __init__(
        self,
        service: str,
        servers: str,
        group: str,
        topics: Sequence[str],
        handle: Callable[[list[Record]], Awaitable[None]],
        instance: str | None = None,
    ) -> None:
        self._service = service
        self._servers = servers
        self._topics = tuple(topics)
        self._handle = handle
        self._broker = KafkaBroker(
            servers,
            apply_types=False,
            logger=None,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            allow_auto_create_topics=False,
            graceful_timeout=STOP_SECONDS,
        )
        self._subscriber = self._broker.subscriber(
            *self._topics,
            group_id=group,
            group_instance_id=instance and f"{group}-{instance}",
            batch=True,
            max_records=BATCH,
            batch_timeout_ms=10,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            heartbeat_interval_ms=500,
            max_partition_fetch_bytes=LARGEST_RECORD,
            parser=_parse,
            decoder=_decode,
            no_reply=True,
            partition_assignment_strategy=[RangePartitionAssignor],
        )
        self._subscriber(self._on_batch)
        self.consumed = 0
        self._started = False
        self._failing_since: float | None = None
        self._newest_done: float | None = None
        self._progress: tuple[int, float] = (0, time.monotonic())

    async def _on_batch(self, raw: list[Any]) -> None:
        records = [Record.of_kafka(one) for one in raw]
        try:
            await self._handle(records)
        except Exception as error:
            self._failing_since = self._failing_since or time.monotonic()
            log.warning(
                "batch_comes_again",
                service=self._service,
                records=len(records),
                error=type(error).__name__,
            )
            await asyncio.sleep(1.0)
            raise
        self._failing_since = None
        self.consumed += len(records)
        self._newest_done = max(record.timestamp.timestamp() for record in records)

    async def run(self) -> None:
        """Start when Kafka and the topics are there, then stay until cancelled."""
        while not self._started:
            try:
                missing = await missing_topics(self._servers, set(self._topics))
                if missing:
                    log.warning("topics_missing", service=self._service, topics=sorted(missing))
                else:
                    await self._broker.start()
                    self._started = True
                    log.info("consuming", service=self._service, topics=self._topics)
                    break
            except (KafkaError, OSError) as error:
                log.warning("kafka_away", service=self._service, error=type(error).__name__)
            await asyncio.sleep(1.0)
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Finish the batch in work, acknowledge it, leave; bounded, whatever Kafka does."""
        try:
            await asyncio.wait_for(self._broker.stop(), STOP_SECONDS + 2)
        except TimeoutError:
            log.warning("consumer_abandoned", service=self._service)

    def lag(self) -> tuple[int, float]:
        """Records not yet consumed, and the age in seconds of the oldest one, about.

        The age is of the last record that was done, which is a little older.
        """
        consumer = self._subscriber.consumer if self._started else None
        if consumer is None:
            return 0, 0.0
        by_topic = dict.fromkeys(self._topics, 0)
        for partition in consumer.assignment():
            highwater = consumer.highwater(partition)
            position = self._position(consumer, partition)
            if highwater is not None and position is not None:
                by_topic[partition.topic] += max(0, highwater - position)
        for topic, records in by_topic.items():
            LAG_RECORDS.labels(self._service, topic).set(records)
        total = sum(by_topic.values())
        age = 0.0
        if total and self._newest_done:
            age = max(0.0, now().timestamp() - self._newest_done)
        LAG_SECONDS.labels(self._service).set(age)
        return total, age

    @staticmethod
    def _position(consumer: Any, partition: Any) -> int | None:
        state = consumer._subscription.subscription.assignment.state_value(partition)
        return state.position if state is not None and state.has_valid_position else None

    def is_caught_up(self) -> bool:
        """Whether every partition is assigned here and read to its end."""
        consumer = self._subscriber.consumer if self._started else None
        if consumer is None or not consumer.assignment():
            return False
        return all(
            consumer.highwater(partition) is not None
            and self._position(consumer, partition) == consumer.highwater(partition)
            for partition in consumer.assignment()
        )

    def as_of(self) -> datetime | None:
        """The time up to which records are done: now where none is left, None where unknown."""
        if not self._started or self._failing_since:
            return self._done_at()
        lag, _ = self.lag()
        return now() if lag == 0 and self._subscriber.consumer else self._done_at()

    def _done_at(self) -> datetime | None:
        return datetime.fromtimestamp(self._newest_done, UTC) if self._newest_done else None

    def failing_seconds(self) -> float:
        """For how long batches have been coming again; 0 where the last one was done."""
        return time.monotonic() - self._failing_since if self._failing_since else 0.0

    def is_silent(self) -> bool:
        """Whether there are records and none was consumed for a minute: restart the process."""
        lag, _ = self.lag()
        done = self._newest_done or 0
        stamp, since = self._progress
        if lag == 0 or int(done * 1000) != stamp or self._failing_since:
            self._progress = (int(done * 1000), time.monotonic())
            return False
        return time.monotonic() - since > SILENT_AFTER
