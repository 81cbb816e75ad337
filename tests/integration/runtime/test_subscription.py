"""The subscription: every record handled, none lost, whatever happens to Kafka or the handler."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from libs.events import EVENTS, Malformed, decode
from libs.runtime.bus import Subscription
from libs.runtime.kafka import KafkaError, plain_producer, transactional_producer
from libs.runtime.record import Record
from libs.stack import NativeKafka
from tests import raw
from tests.integration.runtime.flow import admin, eventually, fresh, is_caught_up, make_topic

Raw = tuple[bytes | None, Sequence[tuple[str, bytes | None]], bytes | None]


async def send(kafka: str, topic: str, *values: bytes | Raw, partition: int | None = None) -> None:
    """Send records: a value alone, or a key, headers and a value."""
    producer = plain_producer(kafka)
    await producer.start()
    try:
        for one in values:
            key, headers, value = (None, (), one) if isinstance(one, bytes) else one
            await producer.send_and_wait(
                topic, value, key=key, headers=list(headers), partition=partition
            )
    finally:
        await producer.stop()


class Member:
    """A member of a group that notes what it is given. `before` runs with each batch first."""

    def __init__(self, kafka: str, group: str, *topics: str) -> None:
        self.batches: list[list[Record]] = []
        self.done: list[Record] = []
        self.times: list[float] = []
        self.before: Callable[[list[Record]], Awaitable[None]] | None = None
        self.subscription = Subscription("crm", kafka, group, topics, self._handle)
        self._task: asyncio.Task[None] | None = None

    async def _handle(self, records: list[Record]) -> None:
        self.times.append(time.monotonic())
        self.batches.append(records)
        if self.before:
            await self.before(records)
        self.done.extend(records)

    @property
    def values(self) -> list[bytes | None]:
        return [record.value for record in self.done]

    async def handled(self, *values: bytes) -> None:
        """Wait until these were done, whatever else was."""
        await eventually(lambda: set(values) <= set(self.values), within=60)

    async def __aenter__(self) -> Member:
        self._task = asyncio.create_task(self.subscription.run())
        return self

    async def leave(self) -> None:
        """End well."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})
        await self.subscription.stop()

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    def partitions(self) -> dict[str, set[int]]:
        """What is assigned to it, by topic."""
        consumer = self.subscription._subscriber.consumer
        held: dict[str, set[int]] = {}
        for partition in consumer.assignment() if consumer else ():
            held.setdefault(partition.topic, set()).add(partition.partition)
        return held


async def committed(kafka: str, group: str) -> dict[str, int]:
    """Where a group goes on, by `topic:partition`."""
    async with admin(kafka) as client:
        offsets = await client.list_consumer_group_offsets(group)
    return {f"{one.topic}:{one.partition}": at.offset for one, at in offsets.items()}


@pytest.fixture
async def topic(kafka: str) -> str:
    """A topic of one partition."""
    return await make_topic(kafka, fresh())


async def test_a_failed_batch_comes_again_whole_and_once_a_second(kafka: str, topic: str) -> None:
    await send(kafka, topic, b"1", b"2", b"3")
    async with Member(kafka, fresh("g"), topic) as member:

        async def fail(records: list[Record]) -> None:
            if len(member.times) < 4:
                raise ConnectionError

        member.before = fail
        await member.handled(b"1", b"2", b"3")
    firsts = [[record.value for record in batch] for batch in member.batches[:4]]
    assert firsts[0]
    assert all(batch[: len(firsts[0])] == firsts[0] for batch in firsts)
    gaps = [after - before for before, after in zip(member.times, member.times[1:4], strict=False)]
    assert all(0.95 <= gap < 5 for gap in gaps)
    assert member.values == [b"1", b"2", b"3"]


async def test_offsets_are_committed_only_after_the_batch_is_done(kafka: str, topic: str) -> None:
    group, go_on = fresh("g"), asyncio.Event()
    await send(kafka, topic, b"1", b"2")
    async with Member(kafka, group, topic) as member:

        async def wait(records: list[Record]) -> None:
            await go_on.wait()

        member.before = wait
        await eventually(lambda: member.batches)
        await asyncio.sleep(1.0)
        assert set((await committed(kafka, group)).values()) <= {-1}
        go_on.set()
        await member.handled(b"1", b"2")
        await eventually(lambda: is_at(kafka, group, {f"{topic}:0": 2}))


async def is_at(kafka: str, group: str, offsets: dict[str, int]) -> bool:
    return await committed(kafka, group) == offsets


async def test_any_bytes_in_any_place_reach_the_handler_as_they_are(kafka: str, topic: str) -> None:
    records: list[Raw] = [
        (b"k", [("a", b"\xff\xfe"), ("b", b""), ("a", b"again")], b"value"),
        (b"\xff", [], b"\x00\xff"),
        (b"", [("reply_to", b"nowhere"), ("content-type", b"application/json")], b"{"),
        (b"tombstone", [], None),
        (None, [("correlation_id", b"\x80"), ("null", None)], b"no key"),
    ]
    await send(kafka, topic, *records)
    async with Member(kafka, fresh("g"), topic) as member:
        await member.handled(b"no key")
    seen = [(one.key, list(one.headers), one.value) for one in member.done]
    assert seen == [(key, list(headers), value) for key, headers, value in records]


NAMED = raw.Raw(b"named", [(b"ce_\xff\xfe", b"1"), ("ğ".encode(), None)], b"no text")
GOOD = raw.Raw(b"good", [(b"ce_id", b"1"), (b"null", None)], b"good" * 20)


@pytest.mark.parametrize("codec", range(5), ids=["plain", "gzip", "snappy", "lz4", "zstd"])
async def test_a_headers_name_that_is_no_text_keeps_nobody_waiting(
    kafka: str, topic: str, codec: int
) -> None:
    mixed = raw.batch([GOOD, NAMED, GOOD], codec=codec)
    await raw.send(kafka, topic, 0, raw.batch([GOOD]), mixed)
    await send(kafka, topic, b"behind")
    async with Member(kafka, fresh("g"), topic) as member:
        await member.handled(b"behind")
    names = [[name for name, _ in one.headers] for one in member.done]
    assert names == [["ce_id", "null"]] * 2 + [["ce_\udcff\udcfe", "ğ"], ["ce_id", "null"], []]
    assert [one.offset for one in member.done] == [0, 1, 2, 3, 4]
    with pytest.raises(Malformed, match="header_name_not_utf8"):
        decode(EVENTS, member.done[2].headers, member.done[2].value)


async def test_a_batch_that_nobody_can_read_is_one_record_of_its_bytes(
    kafka: str, topic: str
) -> None:
    """Kafka takes what is behind the end of a packed batch."""
    spoilt = raw.altered(raw.batch([GOOD] * 9, codec=1), lambda content: content.extend(b"more"))
    await raw.send(kafka, topic, 0, raw.batch([GOOD]), spoilt)
    await send(kafka, topic, b"behind")
    async with Member(kafka, fresh("g"), topic) as member:
        await member.handled(b"behind")
    first, odd, last = member.done
    assert (first.value, odd.key, odd.headers) == (GOOD.value, None, ())
    assert (odd.offset, last.offset) == (1, 10)
    assert odd.value is not None
    assert odd.value[21:] == spoilt[21:23] + odd.value[23:35] + spoilt[35:]


async def test_kafka_itself_refuses_what_is_garbled(kafka: str, topic: str) -> None:
    sound = raw.batch([GOOD] * 3)
    flipped = bytearray(sound)
    flipped[-1] ^= 1
    short = raw.altered(sound, lambda content: content.__delitem__(slice(-3, None)))
    far = raw.batch([raw.Raw(timestamp=2**62)])
    for spoilt in (flipped, short, raw.with_codec(sound, 7), raw.with_codec(sound, 3), far):
        with pytest.raises(KafkaError):
            await raw.send(kafka, topic, 0, spoilt)


async def test_no_time_of_a_record_is_too_strange(kafka: str, topic: str) -> None:
    """A topic of ours has the broker's time; somebody's may have the producer's."""
    strange = (-1, -(2**50), -62_135_596_800_001)
    await raw.send(kafka, topic, 0, *(raw.batch([raw.Raw(timestamp=at)]) for at in strange))
    await send(kafka, topic, b"behind")
    async with Member(kafka, fresh("g"), topic) as member:
        await member.handled(b"behind")
    assert len(member.done) == 4


async def test_it_waits_for_kafka_and_for_the_topics(restless: NativeKafka) -> None:
    there, later = await make_topic(restless.address, fresh()), fresh()
    await asyncio.to_thread(restless.kill)
    async with Member(restless.address, fresh("g"), there, later) as member:
        await asyncio.sleep(2.0)
        assert member.subscription.lag() == (0, 0.0)
        await asyncio.to_thread(restless.start)
        await send(restless.address, there, b"1")
        await asyncio.sleep(1.5)
        assert not member.batches
        await make_topic(restless.address, later)
        await send(restless.address, later, b"2")
        await member.handled(b"1", b"2")


async def test_a_kafka_that_was_killed_costs_no_record_and_no_order(restless: NativeKafka) -> None:
    topic = await make_topic(restless.address, fresh())
    async with Member(restless.address, fresh("g"), topic) as member:
        await send(restless.address, topic, b"1", b"2")
        await member.handled(b"1", b"2")
        await asyncio.to_thread(restless.kill)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(restless.start)
        await send(restless.address, topic, b"3", b"4")
        await member.handled(b"3", b"4")
    assert list(dict.fromkeys(member.values)) == [b"1", b"2", b"3", b"4"]


async def test_members_share_the_same_partition_numbers_of_every_topic(kafka: str) -> None:
    one, two, group = fresh(), fresh(), fresh("g")
    for topic in (one, two):
        await make_topic(kafka, topic, partitions=5)

    def shared(*members: Member) -> bool:
        held = [member.partitions() for member in members]
        numbers = [number for one_has in held for number in one_has.get(one, ())]
        return all(one_has.get(one) == one_has.get(two) for one_has in held) and sorted(
            numbers
        ) == [0, 1, 2, 3, 4]

    async with Member(kafka, group, one, two) as first:
        await eventually(lambda: shared(first))
        async with Member(kafka, group, one, two) as second:
            await eventually(lambda: second.partitions() and shared(first, second))
            async with Member(kafka, group, one, two) as third:
                await eventually(lambda: third.partitions() and shared(first, second, third))
        await eventually(lambda: shared(first))


async def test_lag_counts_what_waits_and_what_is_in_work(kafka: str, topic: str) -> None:
    go_on = asyncio.Event()
    async with Member(kafka, fresh("g"), topic) as member:

        async def wait(records: list[Record]) -> None:
            await go_on.wait()

        member.before = wait
        lag = member.subscription.lag
        await send(kafka, topic, b"1")
        await eventually(lambda: member.batches)
        await send(kafka, topic, b"2", b"3")
        await eventually(lambda: lag()[0] >= 2)  # it knows of what was fetched meanwhile
        await asyncio.sleep(0.5)
        assert 0.5 <= lag()[1] < 20
        go_on.set()
        await member.handled(b"3")
        await eventually(lambda: lag() == (0, 0.0))
        assert member.subscription.as_of() is not None


@pytest.mark.parametrize("commit", [True, False], ids=["commit", "abort"])
async def test_a_transaction_marker_is_no_lag(kafka: str, topic: str, commit: bool) -> None:
    async with Member(kafka, fresh("g"), topic) as member:
        await send(kafka, topic, b"1")
        producer = transactional_producer(kafka, fresh())
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"2")
        await (producer.commit_transaction() if commit else producer.abort_transaction())
        await producer.stop()
        await member.handled(b"1", *([b"2"] if commit else []))
        await eventually(lambda: member.subscription._subscriber.consumer is not None)
        await eventually(lambda: highest(member) == 3)
        await eventually(lambda: member.subscription.lag() == (0, 0.0))
        await eventually(lambda: is_caught_up(member.subscription))
    assert member.values == ([b"1", b"2"] if commit else [b"1"])


async def test_where_the_partitions_end_is_told_while_nothing_comes(kafka: str, topic: str) -> None:
    async with Member(kafka, fresh("g"), topic) as member:
        await send(kafka, topic, b"1", b"2")
        await member.handled(b"1", b"2")
        ends = await member.subscription.ends()
        assert ends == {(topic, 0): 2}
        assert member.subscription.has_done(ends)
        assert not member.subscription.has_done({(topic, 0): 3})
    assert await Member(kafka, fresh("g"), topic).subscription.ends() == {}


def highest(member: Member) -> int:
    consumer: Any = member.subscription._subscriber.consumer
    return max((consumer.highwater(one) or 0 for one in consumer.assignment()), default=0)


async def test_a_member_that_stops_finishes_its_batch_and_takes_no_other(
    kafka: str, topic: str
) -> None:
    group = fresh("g")
    await send(kafka, topic, b"1")
    async with Member(kafka, group, topic) as member:

        async def slow(records: list[Record]) -> None:
            await send(kafka, topic, b"2")
            await asyncio.sleep(1.0)

        member.before = slow
        await eventually(lambda: member.batches)
        await member.leave()
        assert member.values == [b"1"]
    assert await committed(kafka, group) == {f"{topic}:0": 1}
    async with Member(kafka, group, topic) as successor:
        await successor.handled(b"2")
        assert successor.values == [b"2"]


async def test_a_member_that_does_not_go_on_is_silent_and_a_failing_one_is_not(
    kafka: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.runtime.bus.SILENT_AFTER", 0.5)
    stuck = asyncio.Event()
    async with Member(kafka, fresh("g"), topic) as member:
        assert not member.subscription.is_silent()

        async def hang(records: list[Record]) -> None:
            await stuck.wait()
            raise ConnectionError

        member.before = hang
        await send(kafka, topic, b"1")
        await eventually(member.subscription.is_silent)
        stuck.set()
        await eventually(lambda: member.subscription.failing_seconds() > 0)
        await asyncio.sleep(0.7)
        assert not member.subscription.is_silent()
        member.before = None
        await member.handled(b"1")
        await eventually(lambda: not member.subscription.failing_seconds())
        assert not member.subscription.is_silent()


async def test_a_batch_that_another_member_has_taken_is_not_called_failing(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.runtime.bus.FORGOTTEN_AFTER", 3.0)
    topic, group = await make_topic(kafka, fresh(), partitions=2), fresh("g")

    async def fail(records: list[Record]) -> None:
        raise ConnectionError

    async with contextlib.AsyncExitStack() as stack:
        members = [await stack.enter_async_context(Member(kafka, group, topic))]
        members[0].before = fail
        await eventually(lambda: members[0].partitions())
        await send(kafka, topic, b"1", partition=0)
        await send(kafka, topic, b"2", partition=1)
        await eventually(lambda: members[0].subscription.failing_seconds() > 0)
        members.append(await stack.enter_async_context(Member(kafka, group, topic)))
        await eventually(lambda: members[1].partitions())
        members[0].before = None
        await eventually(lambda: done_by(*members))
        await eventually(lambda: not members[0].subscription.failing_seconds())
        await eventually(lambda: done_by(*members) == {b"1", b"2"})


def done_by(*members: Member) -> set[bytes | None]:
    return {value for member in members for value in member.values}
