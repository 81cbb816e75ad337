"""A load of HTTP calls that costs little itself: raw connections, kept alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httptools

Calls = Callable[[int], bytes]
"""The bytes of the n-th call."""


@dataclass
class Outcome:
    """What a load saw: answers by status, and how long each took, in seconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency below which this share of the answers was, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class _Answer:
    """Reads one answer; httptools calls back."""

    def __init__(self) -> None:
        self.complete = False

    def on_message_complete(self) -> None:
        self.complete = True


def post(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a POST of JSON."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


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
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (began := time.perf_counter()) < end:
            writer.write(calls(number()))
            status = await _read(reader)
            outcome.latencies.append(time.perf_counter() - began)
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> int:
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    while not answer.complete:
        data = await reader.read(65_536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        parser.feed_data(data)
    return int(parser.get_status_code())
