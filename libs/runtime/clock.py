"""Time and ids: the only place that reads the clock."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """The time in UTC, whole milliseconds: what MongoDB keeps and a rebuild sees again."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def new_id() -> str:
    """A UUID version 7 (RFC 9562): its order is about the order of time."""
    return str(uuid_utils.uuid7())


class HybridClock:
    """Numbers for outbox documents: about the time in microseconds, and greater than any seen.

    Source: Kulkarni et al., Logical Physical Clocks (2014), with one number for both parts.
    """

    def __init__(self) -> None:
        self._last = 0
        self._writer = f"{os.getpid():x}{os.urandom(4).hex()}"

    def next(self, after: int) -> int:
        """A number greater than `after` and than every number given before."""
        self._last = max(time.time_ns() // 1000, self._last + 1, after + 1)
        return self._last

    def outbox_id(self, number: int, part: int) -> str:
        """An outbox document's id: sorts by number, then part; unique to this process."""
        return f"{number:016x}.{part:04x}.{self._writer}"
