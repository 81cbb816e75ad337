"""Who listens to a topic gets everything from his place on, in order, and then what comes."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.runtime import feed as feeds
from libs.runtime.commands import Unavailable
from libs.runtime.feed import BegunAnew, Feed, Following
from libs.runtime.kafka import transactional_producer
from libs.runtime.record import Record

COMPACTED = {"cleanup.policy": "compact"}


@pytest.fixture
async def topic(kafka: str) -> AsyncIterator[str]:
    name = f"public.t{uuid.uuid4().hex[:8]}.requests"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs=COMPACTED)])
    yield name
    await admin.delete_topics([name])
    await admin.close()


@pytest.fixture
async def feed(kafka: str) -> AsyncIterator[Feed]:
    feed = Feed(kafka)
    yield feed
    await feed.stop()


async def tell(kafka: str, topic: str, *values: int, commits: bool = True) -> None:
    """Each in a transaction of its own, as the relay may: what is no record is between them."""
    producer = transactional_producer(kafka, f"feed-{topic}")
    await producer.start()
    try:
        for value in values:
            await producer.begin_transaction()
            await producer.send(topic, str(value).encode(), key=b"k%d" % value)
            await (producer.commit_transaction if commits else producer.abort_transaction)()
    finally:
        await producer.stop()


async def heard(following: Following, count: int, within: float = 20.0) -> list[int]:
    found: list[Record] = []
    until = time.monotonic() + within
    while len(found) < count and time.monotonic() < until:
        found += await following.some(1.0)
    assert [one.offset for one in found] == sorted({one.offset for one in found})
    return [int(one.value or b"") for one in found]


async def test_from_now_on_one_hears_what_comes(kafka: str, topic: str, feed: Feed):
    await tell(kafka, topic, 1, 2)
    async with feed.follow(topic) as following:
        await tell(kafka, topic, 3, 4)
        assert await heard(following, 2) == [3, 4]
        assert await following.some(0.1) == []


async def test_from_the_start_one_hears_all_and_goes_on(
    kafka: str, topic: str, feed: Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feeds, "PAGE", 3)
    await tell(kafka, topic, *range(10))
    async with feed.follow(topic, 0) as following:
        assert await heard(following, 10) == list(range(10))
        await tell(kafka, topic, 10, 11)
        assert await heard(following, 2) == [10, 11]


async def test_from_a_place_one_hears_what_comes_after_it(kafka: str, topic: str, feed: Feed):
    await tell(kafka, topic, 1, 2, 3)
    async with feed.follow(topic, 0) as first:
        [one, *_] = await first.some(5.0)
        position = one.offset + 1
    async with feed.follow(topic, position) as again:
        assert await heard(again, 2) == [2, 3]


async def test_what_was_taken_back_is_not_heard(kafka: str, topic: str, feed: Feed):
    async with feed.follow(topic) as following:
        await tell(kafka, topic, 1, commits=False)
        await tell(kafka, topic, 2)
        assert await heard(following, 1) == [2]
    async with feed.follow(topic, 0) as following:
        assert await heard(following, 1) == [2]


async def test_who_is_too_slow_reads_it_again_and_misses_nothing(
    kafka: str, topic: str, feed: Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feeds, "QUEUED", 3)
    async with feed.follow(topic) as slow, feed.follow(topic) as quick:
        await tell(kafka, topic, *range(8))
        assert await heard(quick, 8) == list(range(8))
        assert len(slow._queue) <= 3
        assert await heard(slow, 8) == list(range(8))


async def test_many_listen_to_several_topics_by_one_reader(kafka: str, topic: str, feed: Feed):
    other = f"{topic}2"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(other, 1, 1, topic_configs=COMPACTED)])
    await tell(kafka, topic, 1)
    async with feed.follow(topic, 0) as first, feed.follow(other) as second:
        assert await heard(first, 1) == [1]
        await asyncio.gather(tell(kafka, topic, 2), tell(kafka, other, 7))
        assert await heard(first, 1) == [2]
        assert await heard(second, 1) == [7]
    await admin.delete_topics([other])
    await admin.close()


async def test_a_place_that_is_not_there_yet_is_said_to_be_of_another_life(
    kafka: str, topic: str, feed: Feed
):
    await tell(kafka, topic, 1)
    with pytest.raises(BegunAnew):
        async with feed.follow(topic, 1000):
            pass


async def test_no_topic_and_no_kafka_are_unavailable(feed: Feed):
    with pytest.raises(Unavailable):
        async with feed.follow("public.nobody.requests"):
            pass
    with pytest.raises(Unavailable):
        async with Feed("127.0.0.1:1").follow("public.nobody.requests"):
            pass


async def test_stopping_lets_everybody_go(topic: str, feed: Feed):
    async with feed.follow(topic) as following:
        waiting = asyncio.ensure_future(following.some(30.0))
        await asyncio.sleep(0)
        await feed.stop()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(waiting, 5.0)


async def test_when_nobody_listens_nothing_is_read_after_a_while(
    kafka: str, topic: str, feed: Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feeds, "IDLE_S", 0.5)
    async with feed.follow(topic):
        reading = feed._reading
    assert reading is not None
    await asyncio.wait_for(asyncio.wait({reading}), 10.0)
    await tell(kafka, topic, 1)
    async with feed.follow(topic, 0) as following:
        assert await heard(following, 1) == [1]
