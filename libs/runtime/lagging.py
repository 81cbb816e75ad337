"""How far a copy is behind in each partition that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .record import Record


@dataclass(frozen=True, slots=True)
class Behind:
    """A partition; `seconds` is the age of the oldest record in work there, None without one."""

    topic: str
    partition: int
    records: int
    seconds: float | None


def behind(
    waiting: Mapping[tuple[str, int], int], in_work: Iterable[Record], time: float
) -> list[Behind]:
    """Each partition, those that are furthest behind first.

    `waiting` counts what is not fetched. Its age is not known before it is fetched.
    """
    records = dict(waiting)
    oldest: dict[tuple[str, int], float] = {}
    for record in in_work:
        place = record.topic, record.partition
        at = record.timestamp.timestamp()
        records[place] = records.get(place, 0) + 1
        oldest[place] = min(oldest.get(place, at), at)
    rows = [
        Behind(*place, count, max(0.0, time - oldest[place]) if place in oldest else None)
        for place, count in records.items()
    ]
    return sorted(rows, key=lambda one: (-one.records, one.topic, one.partition))
