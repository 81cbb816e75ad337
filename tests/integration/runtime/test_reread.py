"""Topics read anew: every record once, what comes meanwhile too, and a group behind it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from libs.events import TOPICS
from libs.events.topics import Topic
from libs.runtime.record import Record
from libs.runtime.reread import Reread
from tests.integration.runtime.flow import eventually, fresh, make_topic
from tests.integration.runtime.test_subscription import Member, committed, send

PARTITIONS = 2


@pytest.fixture
async def topics(kafka: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two topics with the same partitions and five records in each of them."""
    made = [await make_topic(kafka, fresh(), PARTITIONS) for _ in range(2)]
    for topic in made:
        monkeypatch.setitem(TOPICS, topic, Topic(topic, PARTITIONS))
        for partition in range(PARTITIONS):
            await send(kafka, topic, *_values(topic, partition), partition=partition)
    return made


def _values(topic: str, partition: int) -> list[bytes]:
    return [f"{topic} {partition} {number}".encode() for number in range(5)]


class Reader:
    """Reads anew, and notes what was done. Fails so often; waits for ever once it has so much."""

    def __init__(self, kafka: str, group: str, topics: list[str]) -> None:
        self.done: list[Record] = []
        self.failures = 0
        self.most = 100
        self.meanwhile: asyncio.Task[None] | None = None
        self.reread = Reread("reporting", kafka, group, topics, self._handle, 3)

    async def _handle(self, records: list[Record]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        if self.meanwhile:
            await self.meanwhile
        if len(self.done) >= self.most:
            await asyncio.Event().wait()
        self.done += records

    @property
    def values(self) -> Counter[bytes | None]:
        return Counter(record.value for record in self.done)


def everything(topics: list[str]) -> Counter[bytes | None]:
    values = [_values(topic, partition) for topic in topics for partition in range(PARTITIONS)]
    return Counter(value for some in values for value in some)


async def test_every_record_comes_once_and_its_group_goes_on_behind_it(
    kafka: str, topics: list[str]
) -> None:
    group = fresh("g")
    reader = Reader(kafka, group, topics)
    await reader.reread.run()
    assert reader.values == everything(topics)
    assert (reader.reread.done, reader.reread.left, reader.reread.finished) == (20, 0, True)
    assert set((await committed(kafka, group)).values()) == {5}
    async with Member(kafka, group, *topics) as member:
        await send(kafka, topics[0], b"behind")
        await member.handled(b"behind")
    assert member.values == [b"behind"]


async def test_what_comes_while_the_past_is_read_is_read_as_well(
    kafka: str, topics: list[str]
) -> None:
    reader = Reader(kafka, fresh("g"), topics)
    reader.meanwhile = asyncio.create_task(send(kafka, topics[1], b"meanwhile", partition=0))
    await reader.reread.run()
    assert reader.values == everything(topics) + Counter([b"meanwhile"])


async def test_a_batch_that_failed_comes_again_and_nothing_overtakes_it(
    kafka: str, topics: list[str]
) -> None:
    reader = Reader(kafka, fresh("g"), topics)
    reader.failures = 4
    await reader.reread.run()
    assert reader.values == everything(topics)
    for topic in topics:
        for partition in range(PARTITIONS):
            of_one = [
                record.offset
                for record in reader.done
                if (record.topic, record.partition) == (topic, partition)
            ]
            assert of_one == sorted(of_one)


async def test_one_that_was_ended_midway_goes_on_with_what_is_left(
    kafka: str, topics: list[str]
) -> None:
    group = fresh("g")
    first, second = (Reader(kafka, group, topics) for _ in range(2))
    first.most = 7
    ending = asyncio.create_task(first.reread.run())
    await eventually(lambda: len(first.done) >= first.most)
    await asyncio.sleep(0.5)
    ending.cancel()
    await asyncio.wait({ending})
    await second.reread.run()
    assert first.values + second.values == everything(topics)
