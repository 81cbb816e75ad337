"""The relay: one per service, from the outbox to Kafka, in the order of commits."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from libs.events.topics import named

from .clock import now
from .commit import OUTBOX
from .kafka import REFUSALS, KafkaError
from .lease import Lease
from .metrics import OUTBOX_AGE, OUTBOX_SIZE, RELAY_SECONDS, RELAYED
from .mongo import Database, Document, is_infrastructure, transaction
from .producers import Failed, Producers
from .unit import Outgoing

log = structlog.get_logger()
T = TypeVar("T")

ROUND_DOCUMENTS = 500
ROUND_BYTES = 8 * 1024 * 1024
POLL_SECONDS = (0.005, 0.1)
FAILED_PAUSE = 1.0
REFUSED_PAUSE = 10.0
ROUND_SECONDS = 60.0
"""A round that takes longer is given up and done again with new producers: Kafka is away, or its
client waits for what never comes."""
COUNT_UP_TO = 10_000


class LeaseLost(Exception):
    """Another one sends by now: this process was frozen, or away from the store, for too long."""


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

    def __init__(
        self, service: str, database: Database, servers: str, lease_seconds: float = 3.0
    ) -> None:
        self._service = service
        self._database = database
        self._lease = Lease(database, "relay", lease_seconds)
        self._bell = asyncio.Event()
        self._producers = Producers(servers, f"sokak-{database.name}-relay")
        self._paused: dict[str, float] = {}
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
                wanted = await self._lease.hold() and (rung or await self._any_waiting())
                sent = wanted and await self._holding(self.round())
            except Exception as error:
                if is_infrastructure(error):
                    log.warning("relay_waits", service=self._service, error=type(error).__name__)
                else:
                    await self._fail(error)
                await asyncio.sleep(1.0)
                continue
            if sent:
                rung, pause = True, POLL_SECONDS[0]
                continue
            if self._stopping:
                return
            rung = await self._rung_within(pause)
            pause = POLL_SECONDS[0] if rung else min(pause * 1.5, POLL_SECONDS[1])

    async def _fail(self, error: Exception) -> None:
        """What the producers still hold is sent anew by a round of new ones."""
        if isinstance(error, KafkaError | TimeoutError | OSError | LeaseLost):
            log.warning("relay_waits", service=self._service, error=type(error).__name__)
        else:
            log.exception("relay_failed", service=self._service)
        await self._producers.close()

    async def _holding(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it and keep the lease meanwhile.

        Raises, with the work cancelled, LeaseLost where another one has it, and TimeoutError
        where it takes too long.
        """
        task = asyncio.create_task(work)
        until = time.monotonic() + ROUND_SECONDS
        try:
            while not (await asyncio.wait({task}, timeout=self._lease.renew_after))[0]:
                if not await self._still_ours():
                    raise LeaseLost
                if time.monotonic() > until:
                    raise TimeoutError
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        return task.result()

    async def _still_ours(self) -> bool:
        try:
            return await self._lease.hold()
        except Exception as error:
            if not is_infrastructure(error):
                raise
            return True  # nobody can take it while the store is away

    async def _rung_within(self, pause: float) -> bool:
        """Whether the bell rings before it is time to look for other processes' commits."""
        try:
            await asyncio.wait_for(self._bell.wait(), pause)
        except TimeoutError:
            return False
        self._bell.clear()
        return True

    async def _any_waiting(self) -> bool:
        """An idle look costs one small read."""
        return await self._database[OUTBOX].find_one({}, ["_id"]) is not None

    async def drain(self) -> None:
        """Ask `run` to end once nothing is left to send."""
        self._stopping = True
        self._bell.set()

    async def stop(self) -> None:
        """Give up the lease and close the producers; bounded, whatever Kafka does."""
        await self._producers.close()
        await self._lease.give_up()

    async def round(self) -> bool:
        """Send the oldest pending commits; whether there were any. The lease must be held."""
        began = time.perf_counter()
        await self._producers.start()  # fencing first: what was read before it is not written
        paused = {topic for topic, until in self._paused.items() if until > time.monotonic()}
        pending = await self._read(paused)
        if not pending:
            return False
        kept = await self._send(pending, paused)
        await self._forget(pending, kept)
        RELAY_SECONDS.labels(self._service).observe(time.perf_counter() - began)
        return True

    async def _read(self, paused: Set[str]) -> list[_Pending]:
        """The oldest commits, as one snapshot holds them.

        Ids are not in the order of commits between processes. But whoever committed event 4 of
        a document had read the id of event 3's commit and took a greater one, so a snapshot
        that holds 4 holds 3 before it.
        """
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

    async def _send(self, pending: Sequence[_Pending], paused: Set[str]) -> set[str]:
        """Send all; the topics that keep theirs, as they are paused or did not take them.

        `paused` is what `_read` left out: a topic whose pause ended meanwhile must not get the
        later half of its events first.
        """
        events = [event for commit in pending for event in commit.events]
        missing = await self._producers.missing({event.topic for event in events} - paused)
        for topic in missing:
            log.error("topic_missing", service=self._service, topic=topic)
        plain: dict[str, list[Outgoing]] = defaultdict(list)
        compacted: list[Outgoing] = []
        for event in events:
            if event.topic in paused or event.topic in missing:
                continue
            (compacted if _is_compacted(event.topic) else plain[event.topic]).append(event)
        outcomes = await asyncio.gather(
            *(self._send_plain(of_topic) for of_topic in plain.values()),
            self._send_fenced(compacted),
        )
        failed = {topic: pause for outcome in outcomes for topic, pause in outcome.items()}
        if failed:
            await self._producers.close()  # their sequence numbers no longer fit
        for topic, pause in (failed | dict.fromkeys(missing, REFUSED_PAUSE)).items():
            self._paused[topic] = time.monotonic() + pause
        return {*paused, *missing, *failed}

    async def _send_plain(self, events: Sequence[Outgoing]) -> dict[str, float]:
        """Send the events of one topic; where it did not take all, how long it is to wait."""
        return self._pauses(await self._producers.send_plain(events), events)

    async def _send_fenced(self, events: Sequence[Outgoing]) -> dict[str, float]:
        """Send all together, or none: then the topics, and how long each is to wait."""
        failed = await self._producers.send_fenced(events)
        innocent = {event.topic: 0.0 for event in events} if failed else {}
        return innocent | self._pauses(failed, () if failed else events)

    def _pauses(self, failed: Failed, events: Sequence[Outgoing]) -> dict[str, float]:
        for topic, sent in Counter(event.topic for event in events).items():
            if topic not in failed:
                RELAYED.labels(self._service, topic).inc(sent)
        for topic, error in failed.items():
            log.error(
                "topic_refused", service=self._service, topic=topic, error=type(error).__name__
            )
        return {
            topic: REFUSED_PAUSE if isinstance(error, REFUSALS) else FAILED_PAUSE
            for topic, error in failed.items()
        }

    async def _forget(self, pending: Sequence[_Pending], kept: Set[str]) -> None:
        """Delete what was acknowledged, and no more than that.

        Taking out, rather than writing what is left: a holder that lost its lease meanwhile
        must not put back what its successor has sent.
        """
        outbox = self._database[OUTBOX]
        done, partly = [], []
        for commit in pending:
            left = sum(event.topic in kept for event in commit.events)
            if not left:
                done.append(commit.id)
            elif left < len(commit.events):
                partly.append(commit.id)
        if done:
            await outbox.delete_many({"_id": {"$in": done}})
        if partly:
            sent = {"$nin": sorted(kept)}
            taken_out = {"$pull": {"events": {"topic": sent}, "topics": sent}}
            await outbox.update_many({"_id": {"$in": partly}}, taken_out)

    async def holder(self) -> tuple[str | None, bool]:
        """Which copy sends, None where none does; and whether it is this one."""
        return await self._lease.seen()

    @property
    def paused(self) -> list[str]:
        """Topics that it does not send to for a while, as Kafka refused something."""
        time_now = time.monotonic()
        return sorted(topic for topic, until in self._paused.items() if until > time_now)

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
    known = named(topic)
    return known is not None and known.compacted
