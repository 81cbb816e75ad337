"""What changes while somebody looks: the topics read from now on, by each copy for itself.

A signal says that something has changed and not what it is now: who hears it asks again. It is
given only when the document that will be asked for has the change. Topics are read as long as
anybody listens; where Kafka is away the listening ends, and who listened may come again. What a
copy commits itself it tells its own listeners at once (`committed`), and not again when it comes
back from the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition
from pymongo.errors import PyMongoError

from libs.events import TOPICS

from .commands import Unavailable
from .kafka import AIOKafkaConsumer, KafkaError, reader
from .unit import Outgoing

log = structlog.get_logger()

QUEUED = 500
"""Signals that a listener may be behind; with more he is told that he missed some."""

EARLY = 5000
"""Changes told before they came back from their topic, that a listener remembers at most."""

IDLE_S = 20.0
SETTLE_S = 10.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Signal:
    """An event of a topic, without its content. A `gap` says that some were missed; one that is
    not on the topic yet has no `offset`.
    """

    topic: str = ""
    partition: int = 0
    offset: int = -1
    key: str = ""
    type: str = ""
    subject: str = ""
    tenant: str = ""
    sequence: int = 0
    gap: bool = False

    @property
    def place(self) -> str:
        """Where it was."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    @property
    def change(self) -> tuple[str, str, int]:
        """Which event it is, however it was heard of."""
        return self.topic, self.subject, self.sequence


Settled = Callable[[Signal], Awaitable[bool]]
"""Whether the document that a listener will ask for has a signal's change."""


Whose = str | Collection[str] | None
"""One tenant, several, or all."""


class _Listener:
    def __init__(self, tenant: Whose, key: str | None) -> None:
        self.tenants = frozenset([tenant]) if isinstance(tenant, str) else tenant
        self.key = key
        self.queue: asyncio.Queue[Signal | None] = asyncio.Queue(QUEUED + 1)
        self.missed = False
        self._early: dict[tuple[str, str, int], None] = {}

    def wants(self, signal: Signal) -> bool:
        ours = self.tenants is None or signal.tenant in self.tenants
        return ours and self.key in (None, signal.key)

    def tell_early(self, signal: Signal) -> None:
        """Tell it, and not again when the topic brings it."""
        self._early[signal.change] = None
        if len(self._early) > EARLY:
            del self._early[next(iter(self._early))]
        self._tell(signal)

    def tell(self, signal: Signal) -> None:
        if signal.change in self._early:
            del self._early[signal.change]
        else:
            self._tell(signal)

    def _tell(self, signal: Signal) -> None:
        if self.queue.qsize() >= QUEUED:
            self.missed = True
        else:
            self.queue.put_nowait(signal)

    def end(self) -> None:
        with suppress(asyncio.QueueFull):
            self.queue.put_nowait(None)


class Live:
    """A copy's own ear on some topics."""

    def __init__(self, servers: str, topics: Sequence[str], settled: Settled | None = None) -> None:
        self._servers = servers
        self._topics = topics
        self._settled = settled
        self._listeners: set[_Listener] = set()
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listen(
        self, tenant: Whose = None, key: str | None = None
    ) -> AsyncIterator[AsyncIterator[Signal]]:
        """Signals of some tenants, or of one key, from now on. Raises Unavailable.

        The iteration ends where Kafka goes away or the service stops.
        """
        listener = _Listener(tenant, key)
        self._listeners.add(listener)
        try:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
            await self._begun(self._reading)
            yield self._signals(listener)
        finally:
            self._listeners.discard(listener)

    def committed(self, events: Sequence[Outgoing]) -> None:
        """Tell what this copy has just committed: it can be seen, and is still to be sent."""
        if not self._listeners:
            return
        for event in events:
            if event.topic in self._topics:
                signal = _signal(event.topic, event.key, event.headers)
                for listener in self._listeners:
                    if listener.wants(signal):
                        listener.tell_early(signal)

    @property
    def reading(self) -> bool:
        """Whether the topics are being read."""
        return self._reading is not None

    async def stop(self) -> None:
        """Let everybody go."""
        if (reading := self._reading) is not None:
            reading.cancel()
            await asyncio.wait({reading})
        self._let_go()

    async def _begun(self, reading: asyncio.Task[None]) -> None:
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, reading}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if reading.done():
            raise Unavailable

    async def _signals(self, listener: _Listener) -> AsyncIterator[Signal]:
        while (signal := await listener.queue.get()) is not None:
            yield signal
            if listener.missed and listener.queue.empty():
                listener.missed = False
                yield Signal(gap=True)

    async def _read(self) -> None:
        consumer = reader(self._servers)
        try:
            await consumer.start()
            await self._seek_to_end(consumer)
            self._ready.set()
            await self._follow(consumer)
        except (KafkaError, OSError) as error:
            log.warning("live_broke_off", error=type(error).__name__)
        finally:
            self._reading = None  # who listens from now on needs another reader
            self._ready.clear()
            self._let_go()
            with suppress(KafkaError, OSError):
                await consumer.stop()

    async def _seek_to_end(self, consumer: AIOKafkaConsumer) -> None:
        places = [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in range(TOPICS[topic].partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place, end in ends.items():
            consumer.seek(place, end)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        idle = 0.0
        while idle < IDLE_S:
            batches = await consumer.getmany(timeout_ms=1000, max_records=1000)
            idle = 0.0 if self._listeners else idle + 1.0
            for records in batches.values():
                for record in records:
                    key = (record.key or b"").decode("utf-8", "replace")
                    place = record.partition, record.offset
                    self._heard(_signal(record.topic, key, record.headers, *place))

    def _heard(self, signal: Signal) -> None:
        wanting = [one for one in self._listeners if one.wants(signal)]
        if not wanting:
            return
        if self._settled is None:
            for listener in wanting:
                listener.tell(signal)
            return
        task = asyncio.create_task(self._tell_when_settled(signal, wanting, self._settled))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _tell_when_settled(
        self, signal: Signal, listeners: list[_Listener], settled: Settled
    ) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while True:  # the store has no bell
                    with suppress(PyMongoError):  # who cannot be asked has not said yes
                        if await settled(signal):
                            break
                    await asyncio.sleep(POLL_S)
        for listener in listeners:
            listener.tell(signal)

    def _let_go(self) -> None:
        for listener in self._listeners:
            listener.end()


def _signal(
    topic: str, key: str, headers: Iterable[tuple[str, bytes]], partition: int = 0, offset: int = -1
) -> Signal:
    told = {name: value.decode("utf-8", "replace") for name, value in headers if value}
    sequence = told.get("ce_sequence", "")
    return Signal(
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        type=told.get("ce_type", ""),
        subject=told.get("ce_subject", ""),
        tenant=told.get("ce_tenant", ""),
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() else 0,
    )
