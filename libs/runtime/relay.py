"""The relay: one per service, from the outbox to Kafka, in the order of commits."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from libs.events import TOPICS

from .clock import now
from .commit import OUTBOX
from .kafka import (
    REFUSALS,
    AIOKafkaProducer,
    KafkaError,
    ProducerFenced,
    plain_producer,
    transactional_producer,
)
from .lease import Lease
from .metrics import OUTBOX_AGE, OUTBOX_SIZE, RELAY_SECONDS, RELAYED
from .mongo import Database, Document, is_infrastructure, transaction
from .unit import Outgoing

log = structlog.get_logger()

ROUND_DOCUMENTS = 500
ROUND_BYTES = 8 * 1024 * 1024
POLL_SECONDS = (0.005, 0.05)
REFUSED_PAUSE = 10.0
START_TIMEOUT = 10.0
COUNT_UP_TO = 10_000


@dataclass(frozen=True, slots=True)
class _Pending:
    id: str
    events: tuple[Outgoing, ...]


class Relay:
    """Sends what is committed, waits for the acknowledgement, then deletes.

    A repeat after a crash or a take-over is harmless to consumers, which remember sequences.
    Compacted topics get Kafka transactions under one fixed id: the start of a new holder's
    producer fences whatever an old, thawed holder still wants to write.
    """

    def __init__(self, service: str, database: Database, servers: str) -> None:
        self._service = service
        self._database = database
        self._servers = servers
        self._lease = Lease(database, "relay")
        self._bell = asyncio.Event()
        self._plain: AIOKafkaProducer | None = None
        self._fenced: AIOKafkaProducer | None = None
        self._refused: dict[str, float] = {}
        self._stopping = False

    def ring(self) -> None:
        """Something was committed in this process."""
        self._bell.set()

    async def run(self) -> None:
        """Serve until `drain` was called and the outbox is empty, or until cancelled."""
        pause = POLL_SECONDS[0]
        rung = True
        while True:
            try:
                sent = await self._lease.hold() and await self._round_if_any(rung)
            except Exception as error:
                if not isinstance(error, KafkaError) and not is_infrastructure(error):
                    log.exception("relay_failed", service=self._service)
                else:
                    log.warning("relay_waits", service=self._service, error=type(error).__name__)
                await self._close_producers()
                await asyncio.sleep(1.0)
                continue
            if sent:
                rung, pause = True, POLL_SECONDS[0]
                continue
            if self._stopping:
                return
            rung = await self._rung_within(pause)
            pause = POLL_SECONDS[0] if rung else min(pause * 1.5, POLL_SECONDS[1])

    async def _rung_within(self, pause: float) -> bool:
        """Whether the bell rings before it is time to look for other processes' commits."""
        try:
            await asyncio.wait_for(self._bell.wait(), pause)
        except TimeoutError:
            return False
        self._bell.clear()
        return True

    async def _round_if_any(self, rung: bool) -> bool:
        """An idle look costs one small read."""
        if not rung and await self._database[OUTBOX].find_one({}, ["_id"]) is None:
            return False
        return await self.round()

    async def drain(self) -> None:
        """Ask `run` to end once nothing is left to send."""
        self._stopping = True
        self._bell.set()

    async def stop(self) -> None:
        """Give up the lease and close the producers; bounded, whatever Kafka does."""
        await self._close_producers()
        await self._lease.give_up()

    async def round(self) -> bool:
        """Send the oldest pending commits; whether there were any. The lease must be held."""
        started = time.perf_counter()
        await self._start_producers()
        pending = await self._read()
        if not pending:
            return False
        refused = await self._send(pending)
        await self._forget(pending, refused)
        RELAY_SECONDS.labels(self._service).observe(time.perf_counter() - started)
        return True

    async def _start_producers(self) -> None:
        """Fencing comes before reading: what an old holder read can no longer be written."""
        if self._plain is None:
            self._plain = await _started(plain_producer(self._servers))
        if self._fenced is None:
            identity = f"sokak-{self._database.name}-relay"
            self._fenced = await _started(transactional_producer(self._servers, identity))

    async def _close_producers(self) -> None:
        producers, self._plain, self._fenced = (self._plain, self._fenced), None, None
        for producer in producers:
            if producer is not None:
                await _stopped(producer)

    async def _read(self) -> list[_Pending]:
        """The oldest commits, as one snapshot holds them.

        Ids are not in the order of commits between processes. But whoever committed event 4 of
        a document had read the id of event 3's commit and took a greater one, so a snapshot
        that holds 4 holds 3 before it.
        """
        paused = {topic for topic, until in self._refused.items() if until > time.monotonic()}
        filter: Document = {"topics": {"$elemMatch": {"$nin": sorted(paused)}}} if paused else {}
        pending: list[_Pending] = []
        size = 0
        async with transaction(self._database) as session:
            found = self._database[OUTBOX].find(filter, session=session)
            async for document in found.sort("_id", 1).limit(ROUND_DOCUMENTS):
                events = tuple(Outgoing.of(part) for part in document["events"])
                pending.append(_Pending(document["_id"], events))
                size += sum(event.size for event in events)
                if size > ROUND_BYTES:
                    break
        return pending

    async def _send(self, pending: Iterable[_Pending]) -> set[str]:
        """Send all; the topics that did not take theirs."""
        plain: list[Outgoing] = []
        compacted: list[Outgoing] = []
        paused = {topic for topic, until in self._refused.items() if until > time.monotonic()}
        for commit in pending:
            for event in commit.events:
                if event.topic not in paused:
                    (compacted if _is_compacted(event.topic) else plain).append(event)
        newly: set[str] = set()
        outcomes = await asyncio.gather(
            self._send_plain(plain), self._send_fenced(compacted), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            newly |= outcome
        for topic in newly:
            self._refused[topic] = time.monotonic() + REFUSED_PAUSE
            log.error("topic_refused", service=self._service, topic=topic)
        if newly:
            await self._close_producers()
        return newly | paused

    async def _send_plain(self, events: list[Outgoing]) -> set[str]:
        assert self._plain is not None
        acks: dict[str, list[asyncio.Future[Any]]] = defaultdict(list)
        refused: set[str] = set()
        for event in events:
            if event.topic in refused:
                continue
            try:
                ack = await self._plain.send(
                    event.topic, event.value, key=event.key.encode(), headers=list(event.headers)
                )
            except KafkaError as error:
                if not _is_refusal(error):
                    raise
                refused.add(event.topic)
            else:
                acks[event.topic].append(ack)
        for topic, futures in acks.items():
            await self._while_holding(futures)
            failures = [failure for future in futures if (failure := future.exception())]
            for failure in failures:
                if not _is_refusal(failure):
                    raise failure
            if failures:
                refused.add(topic)
            RELAYED.labels(self._service, topic).inc(len(futures) - len(failures))
        return refused

    async def _send_fenced(self, events: list[Outgoing]) -> set[str]:
        if not events:
            return set()
        assert self._fenced is not None
        topics = {event.topic for event in events}
        try:
            async with self._fenced.transaction():
                for event in events:
                    await self._fenced.send(
                        event.topic,
                        event.value,
                        key=event.key.encode(),
                        headers=list(event.headers),
                    )
        except ProducerFenced:
            log.warning("relay_fenced", service=self._service)
            await self._lease.give_up()
            raise
        except KafkaError as error:
            if not _is_refusal(error):
                raise
            return topics
        for event in events:
            RELAYED.labels(self._service, event.topic).inc()
        return set()

    async def _while_holding(self, futures: list[asyncio.Future[Any]]) -> None:
        """Wait for acknowledgements and keep the lease meanwhile, however long Kafka is away."""
        waiting = set(futures)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=1.0)
            if waiting:
                await self._lease.hold()

    async def _forget(self, pending: list[_Pending], refused: set[str]) -> None:
        done = []
        for commit in pending:
            left = [event for event in commit.events if event.topic in refused]
            if not left:
                done.append(commit.id)
                continue
            rest = {
                "topics": sorted({event.topic for event in left}),
                "events": [event.document() for event in left],
            }
            await self._database[OUTBOX].update_one({"_id": commit.id}, {"$set": rest})
        if done:
            await self._database[OUTBOX].delete_many({"_id": {"$in": done}})

    async def figures(self) -> tuple[int, float]:
        """How many commits wait (counted to a bound), and the age of the oldest in seconds."""
        outbox = self._database[OUTBOX]
        oldest = await outbox.find_one({}, ["at"], sort=[("_id", 1)])
        size = await outbox.count_documents({}, limit=COUNT_UP_TO) if oldest else 0
        age = max(0.0, (now() - oldest["at"]).total_seconds()) if oldest else 0.0
        OUTBOX_SIZE.labels(self._service).set(size)
        OUTBOX_AGE.labels(self._service).set(age)
        return size, age


def _is_compacted(topic: str) -> bool:
    return topic.startswith("public.") or (topic in TOPICS and TOPICS[topic].compacted)


def _is_refusal(error: BaseException) -> bool:
    """Whether the broker will not have it, rather than being away or slow."""
    return isinstance(error, REFUSALS)


async def _started(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    try:
        await asyncio.wait_for(producer.start(), START_TIMEOUT)
    except BaseException:
        await _stopped(producer)
        raise
    return producer


async def _stopped(producer: AIOKafkaProducer) -> None:
    try:
        await asyncio.wait_for(producer.stop(), 2.0)
    except (TimeoutError, KafkaError):
        log.warning("producer_abandoned")
