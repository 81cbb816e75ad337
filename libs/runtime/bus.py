"""The subscriber: batches of raw records from Kafka, acknowledged after their commit."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from .clock import now
from .kafka import LARGEST_RECORD, AIOKafkaConsumer, KafkaError, Place, missing_topics, reader
from .lagging import Behind, behind
from .metrics import LAG_RECORDS, LAG_SECONDS
from .record import Record

log = structlog.get_logger()

BATCH = 500
IDLE_MS = 1000
STOP_SECONDS = 15.0
LEAVE_SECONDS = 4.0
SILENT_AFTER = 60.0
FORGOTTEN_AFTER = 20.0


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
        batch: int = BATCH,
    ) -> None:
        self._service = service
        self._servers = servers
        self._group = group
        self._topics = tuple(topics)
        self._handle = handle
        self._instance = instance
        self._batch = batch
        self._started = False
        self._in_work: list[Record] = []
        self._done: dict[Place, int] = {}
        self._failing_since: float | None = None
        self._failed_at = 0.0
        self._newest_done: float | None = None
        self._caught_up: float | None = None
        self._asked: float | None = None
        self.consumed = 0
        self._silent: tuple[int, float] | None = None
        self._prepare()

    def _prepare(self) -> None:
        self._broker = KafkaBroker(
            self._servers,
            apply_types=False,
            logger=None,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            allow_auto_create_topics=False,
            graceful_timeout=STOP_SECONDS,
        )
        self._subscriber = self._broker.subscriber(
            *self._topics,
            group_id=self._group,
            group_instance_id=self._instance and f"{self._group}-{self._instance}",
            batch=True,
            max_records=self._batch,
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
        # FastStream's own looks, and sleeps, a hundred times a second where nothing comes.
        self._subscriber.get_msg = self._next_batch  # type: ignore[method-assign]

    async def _next_batch(self, consumer: AIOKafkaConsumer) -> tuple[Any, ...]:
        batches = await consumer.getmany(timeout_ms=IDLE_MS, max_records=self._batch)
        return tuple(chain.from_iterable(batches.values()))

    async def _on_batch(self, raw: list[Any]) -> None:
        self._in_work = records = [Record.of_kafka(one) for one in raw]
        try:
            await self._handle(records)
        except Exception as error:
            self._failed_at = time.monotonic()
            self._failing_since = self._failing_since or self._failed_at
            log.warning(
                "batch_comes_again",
                service=self._service,
                records=len(records),
                error=type(error).__name__,
            )
            await asyncio.sleep(1.0)
            raise
        finally:
            self._in_work = []
        self._failing_since = None
        self._newest_done = max(record.timestamp.timestamp() for record in records)
        for record in records:
            self._done[record.topic, record.partition] = record.offset + 1
        self.consumed += len(records)

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
                await self.stop()
                self._prepare()  # what has failed to start is not started again
            await asyncio.sleep(1.0)
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Finish the batch in work, acknowledge it, leave; bounded, whatever Kafka does."""
        stopping = asyncio.create_task(self._broker.stop())
        end = time.monotonic() + STOP_SECONDS + LEAVE_SECONDS
        while not (await asyncio.wait({stopping}, timeout=LEAVE_SECONDS))[0]:
            if not self._in_work or time.monotonic() > end:
                stopping.cancel()
                log.warning("consumer_abandoned", service=self._service)
                return
        if error := stopping.exception():
            log.warning("consumer_abandoned", service=self._service, error=type(error).__name__)

    def lag(self) -> tuple[int, float]:
        """Records not yet consumed, and the age in seconds of the oldest one, about.

        Exact for a batch in work. For what is not fetched it is the age of the last record that
        was done, or the time since nothing was left, which are a little more. Records behind a
        batch that hangs are counted as far as they were fetched.
        """
        consumer = self._subscriber.consumer if self._started else None
        if consumer is None:
            return 0, 0.0
        by_topic = dict.fromkeys(self._topics, 0)
        for (topic, _), records in self._waiting(consumer).items():
            by_topic[topic] += records
        for record in self._in_work:
            by_topic[record.topic] += 1
        for topic, records in by_topic.items():
            LAG_RECORDS.labels(self._service, topic).set(records)
        total = sum(by_topic.values())
        age = self._age(total)
        LAG_SECONDS.labels(self._service).set(age)
        return total, age

    def partitions(self) -> list[Behind]:
        """The same for each partition that this copy reads."""
        consumer = self._subscriber.consumer if self._started else None
        if consumer is None:
            return []
        return behind(self._waiting(consumer), self._in_work, now().timestamp())

    def _waiting(self, consumer: Any) -> dict[tuple[str, int], int]:
        found = {}
        for partition in consumer.assignment():
            highwater = consumer.highwater(partition)
            position = self._position(consumer, partition)
            if highwater is not None and position is not None:
                found[partition.topic, partition.partition] = max(0, highwater - position)
        return found

    def _age(self, lag: int) -> float:
        time = now().timestamp()
        if lag == 0:
            self._caught_up = time
            return 0.0
        if self._in_work:
            since = min(record.timestamp.timestamp() for record in self._in_work)
        else:
            self._asked = self._asked or time
            since = max(self._newest_done or 0.0, self._caught_up or 0.0) or self._asked
        return max(0.0, time - since)

    @staticmethod
    def _position(consumer: Any, partition: Any) -> int | None:
        state = consumer._subscription.subscription.assignment.state_value(partition)
        return state.position if state is not None and state.has_valid_position else None

    async def ends(self) -> dict[Place, int]:
        """Where the partitions assigned here end now; none while Kafka or they are away.

        Asked on a connection of its own: on the member's it waits until its fetch was answered.
        """
        consumer = self._subscriber.consumer if self._started else None
        partitions = list(consumer.assignment()) if consumer else []
        if not partitions:
            return {}
        asking = reader(self._servers)
        try:
            await asking.start()
            asking.assign(partitions)
            found = await asking.end_offsets(partitions)
        except KafkaError:
            return {}
        finally:
            await asking.stop()
        return {(partition.topic, partition.partition): end for partition, end in found.items()}

    def has_done(self, ends: Mapping[Place, int]) -> bool:
        """Whether everything before these ends is done, whatever has come behind them since."""
        consumer = self._subscriber.consumer if self._started else None
        if consumer is None:
            return False
        for place, end in ends.items():
            position = self._position(consumer, TopicPartition(*place)) or 0
            passed = position >= end and not self._in_work  # a record that nobody is shown
            if self._done.get(place, 0) < end and not passed:
                return False
        return True

    def as_of(self) -> datetime | None:
        """The time up to which records are done: now where none is left, None where unknown."""
        if not self._started or self._failing_since:
            return self._done_at()
        lag, _ = self.lag()
        return now() if lag == 0 and self._subscriber.consumer else self._done_at()

    def _done_at(self) -> datetime | None:
        return datetime.fromtimestamp(self._newest_done, UTC) if self._newest_done else None

    def failing_seconds(self) -> float:
        """For how long batches have been coming again; 0 where the last one was done.

        Also where it does not come again, as its partitions are another member's now.
        """
        if self._failing_since is None:
            return 0.0
        if not self._in_work and time.monotonic() - self._failed_at > FORGOTTEN_AFTER:
            self._failing_since = None
            return 0.0
        return time.monotonic() - self._failing_since

    def is_silent(self) -> bool:
        """Whether there are records and none was consumed for a minute: restart the process."""
        lag, _ = self.lag()
        if lag == 0 or self._failing_since:
            self._silent = None
            return False
        if self._silent is None or self._silent[0] != self.consumed:
            self._silent = (self.consumed, time.monotonic())
        return time.monotonic() - self._silent[1] > SILENT_AFTER
