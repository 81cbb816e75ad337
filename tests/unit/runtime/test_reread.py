from __future__ import annotations

from dataclasses import dataclass

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from libs.runtime.record import Record
from libs.runtime.reread import Merge

PLACES = [TopicPartition(topic, 0) for topic in ("requests", "routing", "tasks")]


@dataclass(frozen=True)
class Brought:
    """As much of a record as Kafka's client brings."""

    topic: str
    offset: int
    timestamp: int
    partition: int = 0
    key: bytes = b"key"
    headers: tuple[tuple[str, bytes], ...] = ()
    value: bytes = b"{}"


Times = list[list[int]]
histories = st.lists(
    st.lists(st.integers(0, 50), max_size=20), min_size=len(PLACES), max_size=len(PLACES)
)


def brought(times: Times) -> dict[TopicPartition, list[Brought]]:
    return {
        place: [Brought(place.topic, offset, time) for offset, time in enumerate(of_place)]
        for place, of_place in zip(PLACES, times, strict=True)
    }


def merged(times: Times, portion: int) -> list[Record]:
    """Read as from Kafka: some of those that lack, until all have ended."""
    left, merge, found = brought(times), Merge(PLACES), []
    while True:
        merge.ended |= {place for place in PLACES if not left[place]}
        found += merge.take()
        if not merge.lacking:
            return found
        for place in merge.lacking:
            merge.add(place, left[place][:portion])
            left[place] = left[place][portion:]


def milliseconds(record: Record) -> int:
    return round(record.timestamp.timestamp() * 1000)


@given(histories, st.integers(1, 7))
def test_every_record_comes_once_and_those_of_a_partition_in_their_order(
    times: Times, portion: int
) -> None:
    found = merged(times, portion)
    for place, of_place in zip(PLACES, times, strict=True):
        offsets = [record.offset for record in found if record.topic == place.topic]
        assert offsets == list(range(len(of_place)))


@given(histories.map(lambda times: [sorted(one) for one in times]), st.integers(1, 7))
def test_partitions_that_are_in_order_of_time_become_one_order_of_time(
    times: Times, portion: int
) -> None:
    found = [milliseconds(record) for record in merged(times, portion)]
    assert found == sorted(found)


def test_nothing_is_taken_while_a_partition_may_bring_something_earlier() -> None:
    merge = Merge(PLACES)
    for place in PLACES[:2]:
        merge.add(place, [Brought(place.topic, 0, 10)])
    assert (merge.take(), merge.lacking) == ([], PLACES[2:])
    merge.add(PLACES[2], [Brought("tasks", 0, 5)])
    assert [record.topic for record in merge.take()] == ["tasks"]
