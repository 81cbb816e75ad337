"""A load of HTTP calls that costs little itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from tests.http import Answer, Connection, call

Calls = Callable[[int], bytes]
"""The bytes of the n-th call."""


class Pool:
    """Connections to the copies of a service, opened in turn when all are in use."""

    def __init__(self, ports: Sequence[int], most: int = 256) -> None:
        self._ports = cycle(ports)
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(most)

    async def call(self, data: bytes) -> Answer:
        """Make a call over whichever is free. Raises OSError where the connection breaks."""
        async with self._free:
            connection = await self._connection()
            answer = await connection.call(data)
            self._idle.append(connection)
            return answer

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        return await Connection.to(next(self._ports))

    def close(self) -> None:
        """Leave."""
        while self._idle:
            self._idle.pop().close()


@dataclass
class Outcome:
    """What a load saw: answers by status, and how long each took, in seconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency below which this share of the answers was, in milliseconds."""
        return percentile(self.latencies, share)

    def add(self, status: int, seconds: float) -> None:
        """One more answer, just now."""
        self.latencies.append(seconds)
        self.ended.append(time.perf_counter())
        self.statuses[status] = self.statuses.get(status, 0) + 1


def percentile(seconds: Sequence[float], share: float) -> float:
    """What this share of the durations is below, in milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def get(path: str, **headers: str) -> bytes:
    """The bytes of a GET."""
    return call("GET", path, headers=_named(headers))


def post(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a POST of JSON."""
    return call("POST", path, body, _named(headers))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


async def load(port: int, calls: Calls, clients: int, seconds: float) -> Outcome:
    """`clients` at a time, each with a connection of its own, for so long."""
    outcome = Outcome()
    end = time.perf_counter() + seconds
    numbers = iter(range(10**9))
    began = time.perf_counter()
    await asyncio.gather(
        *(_client(port, calls, numbers.__next__, end, outcome) for _ in range(clients))
    )
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _client(
    port: int, calls: Calls, number: Callable[[], int], end: float, outcome: Outcome
) -> None:
    connection = await Connection.to(port)
    try:
        while (began := time.perf_counter()) < end:
            answer = await connection.call(calls(number()))
            outcome.add(answer.status_code, time.perf_counter() - began)
    finally:
        connection.close()
