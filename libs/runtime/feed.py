"""Topics of one partition, read from any place on by many at once: what others subscribe to.

One reader follows the ends of all topics that somebody listens to. Who begins earlier, or is too
slow for it, reads page by page from the topic itself until he has come up. So a slow listener
costs a bounded piece of memory and misses nothing, but for what was compacted away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from aiokafka import TopicPartition

from .commands import Unavailable
from .kafka import AIOKafkaConsumer, KafkaError, missing_topics, reader
from .record import Record

log = structlog.get_logger()

QUEUED = 200
"""Records that a listener may be behind before he reads from the topic again."""

PAGE = 100
PAGE_BYTES = 256 * 1024
IDLE_S = 20.0
POLL_S = 0.2
ASKED_WITHIN_S = 10.0


class BegunAnew(Exception):
    """A place that the topic has not come to: it was made anew since."""


class Following:
    """One who listens to a topic. `position` is the offset of what comes next."""

    def __init__(self, feed: Feed, topic: str, live_from: int, position: int | None) -> None:
        self._feed = feed
        self.topic = topic
        self.position = live_from if position is None else position
        self._live_from = live_from
        self._queue: deque[Record] = deque()
        self._bell = asyncio.Event()
        self._behind = False
        self._over = False

    async def some(self, within: float) -> list[Record]:
        """The next records, in order; none where nothing comes `within` so many seconds.

        Raises Unavailable where the topics are not read any more: listen anew, from `position`.
        """
        if self._behind:
            self._behind, self._live_from = False, self._feed.read_to(self.topic)
        if self.position < self._live_from:
            return await self._earlier()
        if not self._queue and not self._over:
            self._bell.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), within)
        found = [record for record in self._queue if record.offset >= self.position]
        self._queue.clear()
        if found:
            self.position = found[-1].offset + 1
        elif self._over:
            raise Unavailable
        return found

    async def _earlier(self) -> list[Record]:
        records, reached = await self._feed.page(self.topic, self.position)
        found = [record for record in records if record.offset < self._live_from]
        self.position = max(self.position, min(reached, self._live_from))
        return found

    def tell(self, record: Record) -> None:
        """A record has come at the end of the topic."""
        if self._behind:
            return
        if len(self._queue) >= QUEUED:
            self._queue.clear()
            self._behind = True
        else:
            self._queue.append(record)
        self._bell.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self._over = True
        self._bell.set()


class Feed:
    """What a process reads of such topics, for all who listen in it."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._listeners: dict[str, set[Following]] = {}
        self._read_to: dict[str, int] = {}
        self._moved = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._pager: AIOKafkaConsumer | None = None
        self._pager_at: tuple[str, int] | None = None
        self._page_turn = asyncio.Lock()
        self._known: set[str] = set()

    @asynccontextmanager
    async def follow(self, topic: str, position: int | None = None) -> AsyncIterator[Following]:
        """Listen from an offset on, or from now. Raises Unavailable, also where there is no such
        topic (yet), and BegunAnew where it has not come to that offset.
        """
        if position is not None and position > await self.end(topic):
            raise BegunAnew
        await self._must_be(topic)
        listeners = self._listeners.setdefault(topic, set())
        placeholder = Following(self, topic, 0, 0)  # keeps the topic read until he is there
        listeners.add(placeholder)
        listener = placeholder
        try:
            await self._is_read(topic)
            listener = Following(self, topic, self.read_to(topic), position)
            listeners.add(listener)
            listeners.discard(placeholder)
            yield listener
        finally:
            listeners.difference_update((placeholder, listener))

    def read_to(self, topic: str) -> int:
        """The offset up to which the common reader has come."""
        return self._read_to.get(topic, 0)

    @property
    def listening(self) -> int:
        """How many listen."""
        return sum(map(len, self._listeners.values()))

    async def end(self, topic: str) -> int:
        """The offset after the last record that can be read. Raises Unavailable."""
        await self._must_be(topic)
        async with self._page_turn, self._asking():
            consumer = await self._paging()
            place = TopicPartition(topic, 0)
            return int((await consumer.end_offsets([place]))[place])

    async def page(self, topic: str, position: int) -> tuple[list[Record], int]:
        """Some records from an offset on, and how far that is. Raises Unavailable."""
        place = TopicPartition(topic, 0)
        async with self._page_turn, self._asking():
            consumer = await self._paging()
            if self._pager_at != (topic, position):
                consumer.assign([place])
                consumer.seek(place, position)
            self._pager_at = None
            records: list[Record] = []
            reached = position
            while not records and reached <= position:  # what is no record is passed over
                found = await consumer.getmany(place, timeout_ms=20, max_records=PAGE)
                records = [Record.of_kafka(record) for record in found.get(place, [])]
                reached = int(await consumer.position(place))
            self._pager_at = topic, reached
            return records, reached

    async def stop(self) -> None:
        """Let everybody go."""
        reading = self._reading
        if reading is not None:
            reading.cancel()
            await asyncio.wait({reading})
        self._let_go()
        await self._close_pager()

    # -- the common reader

    async def _is_read(self, topic: str) -> None:
        """Return when the common reader is at the topic. Raises Unavailable."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        reading = self._reading
        while topic not in self._read_to:
            if reading.done():
                raise Unavailable
            moved = asyncio.create_task(self._moved.wait())
            await asyncio.wait({moved, reading}, return_when=asyncio.FIRST_COMPLETED)
            moved.cancel()

    async def _read(self) -> None:
        consumer = reader(self._servers, fetch_bytes=PAGE_BYTES)
        try:
            await consumer.start()
            idle = 0.0
            while idle < IDLE_S:
                await self._turn_to_those_listened_to(consumer)
                idle = 0.0 if self._listeners else idle + POLL_S
                await self._take_some(consumer)
        except (KafkaError, OSError) as error:
            log.warning("feed_broke_off", error=type(error).__name__)
        finally:
            self._reading, self._read_to = None, {}  # whoever comes now begins anew
            self._let_go()
            with suppress(KafkaError, OSError):
                await consumer.stop()

    async def _turn_to_those_listened_to(self, consumer: AIOKafkaConsumer) -> None:
        wanted = {topic for topic, listeners in self._listeners.items() if listeners}
        for topic in [one for one in self._listeners if one not in wanted]:
            del self._listeners[topic]
        fresh = wanted - set(self._read_to)
        if not fresh and len(self._read_to) < 2 * len(wanted) + 10:
            return
        kept = {topic: at for topic, at in self._read_to.items() if topic in wanted}
        if fresh:
            ends = await consumer.end_offsets([TopicPartition(one, 0) for one in sorted(fresh)])
            kept |= {place.topic: int(end) for place, end in ends.items()}
        consumer.assign([TopicPartition(topic, 0) for topic in kept])
        for topic, at in kept.items():
            consumer.seek(TopicPartition(topic, 0), at)
        self._read_to = kept
        self._moved.set()
        self._moved = asyncio.Event()

    async def _take_some(self, consumer: AIOKafkaConsumer) -> None:
        if not self._read_to:
            await asyncio.sleep(POLL_S)
            return
        found = await consumer.getmany(timeout_ms=int(1000 * POLL_S), max_records=500)
        for place, records in found.items():
            for record in records:
                taken = Record.of_kafka(record)
                for listener in self._listeners.get(place.topic, ()):
                    listener.tell(taken)
        for place in consumer.assignment():
            at = int(await consumer.position(place))
            if at < self._read_to[place.topic]:
                log.warning("topic_begun_anew", topic=place.topic)
                for listener in self._listeners.get(place.topic, ()):
                    listener.end()
            self._read_to[place.topic] = at

    def _let_go(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.end()

    # -- reading earlier records

    async def _paging(self) -> AIOKafkaConsumer:
        if self._pager is None:
            consumer = reader(self._servers, fetch_bytes=PAGE_BYTES)
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._pager = consumer
        return self._pager

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                yield
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("feed_waits", error=type(error).__name__)
            await self._close_pager()
            raise Unavailable from error

    async def _close_pager(self) -> None:
        pager, self._pager, self._pager_at = self._pager, None, None
        if pager is not None:
            with suppress(KafkaError, OSError):
                await pager.stop()

    async def _must_be(self, topic: str) -> None:
        """Raise Unavailable where there is no such topic: a client would wait for it."""
        if topic in self._known:
            return
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                missing = await missing_topics(self._servers, {topic})
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable from error
        if missing:
            raise Unavailable
        self._known.add(topic)
