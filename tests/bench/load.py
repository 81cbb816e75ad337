"""A load of HTTP calls that costs little itself: raw connections, kept alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httptools
import orjson

Calls = Callable[[int], bytes]
"""The bytes of the n-th call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)


class Connection(asyncio.Protocol):
    """One connection that is kept alive, for one call at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: Any = None
        self._body = b""
        self._answer: asyncio.Future[Answer] | None = None
        self.open = False

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect to a port of this machine."""
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(cls, "127.0.0.1", port))[1]

    async def call(self, data: bytes) -> Answer:
        """Send a call and wait for its answer. Raises OSError where the connection breaks."""
        if not self.open:
            raise ConnectionResetError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer

    def close(self) -> None:
        """Leave."""
        self.open = False
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        self._transport = transport
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._parser.feed_data(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Called by asyncio."""
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def on_body(self, body: bytes) -> None:
        """Called by httptools."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by httptools."""
        answer, self._body = Answer(self._parser.get_status_code(), self._body), b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


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
    return "\r\n".join([*_head("GET", path, headers), "", ""]).encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a POST of JSON."""
    lines = [*_head("POST", path, headers), "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _head(method: str, path: str, headers: dict[str, str]) -> list[str]:
    lines = [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return [f"{method} {path} HTTP/1.1", "Host: localhost", *lines]


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
            outcome.add(answer.status, time.perf_counter() - began)
    finally:
        connection.close()
