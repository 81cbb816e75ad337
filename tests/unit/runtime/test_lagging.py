"""How far behind each partition is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from libs.runtime.lagging import Behind, behind
from libs.runtime.record import Record

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def record(partition: int, age: float) -> Record:
    return Record("tasks", partition, 1, NOW - timedelta(seconds=age), b"k", (), b"")


def test_what_is_in_work_counts_and_tells_the_age() -> None:
    waiting = {("tasks", 0): 0, ("tasks", 1): 3, ("tasks", 2): 7}
    found = behind(waiting, [record(1, 2), record(1, 9)], NOW.timestamp())
    assert found == [
        Behind("tasks", 2, 7, None),
        Behind("tasks", 1, 5, 9.0),
        Behind("tasks", 0, 0, None),
    ]
