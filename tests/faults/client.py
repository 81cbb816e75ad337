"""HTTP calls that cost the caller little: raw connections, kept alive, one answer at a time."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httptools

NOT_ANSWERED = (OSError, TimeoutError, EOFError, httptools.HttpParserError)
"""What `Client.ask` raises where nobody answers, or not in time."""

STALE_AFTER = 3.0
"""Seconds; a server closes what was idle for five."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status_code: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Connections to ports of this machine."""

    def __init__(self) -> None:
        self._idle: dict[int, list[_Connection]] = defaultdict(list)

    async def ask(
        self,
        port: int,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        within: float = 30.0,
    ) -> Answer:
        """One call. Raises one of NOT_ANSWERED; the call may have had its effect then."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        call = "\r\n".join([*lines, "", ""]).encode() + body
        idle = self._idle[port]
        while idle and time.monotonic() - idle[-1].used_at > STALE_AFTER:
            idle.pop().close()
        async with asyncio.timeout(within):
            connection = idle.pop() if idle else await _Connection.open(port)
            try:
                answer = await connection.ask(call)
            except BaseException:
                connection.close()
                raise
        idle.append(connection)
        return answer

    def forget(self, port: int) -> None:
        """Close the connections to a port, whose process has ended."""
        for connection in self._idle.pop(port, []):
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        for port in list(self._idle):
            self.forget(port)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.used_at = 0.0

    @classmethod
    async def open(cls, port: int) -> _Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, call: bytes) -> Answer:
        try:
            self._writer.write(call)
        except RuntimeError as closed:  # as uvloop calls it
            raise EOFError("the connection was closed before it was used") from closed
        parts = _Parts()
        parser = httptools.HttpResponseParser(parts)
        while not parts.complete:
            data = await self._reader.read(65_536)
            if not data:
                raise EOFError("the connection was closed before the answer was whole")
            parser.feed_data(data)
        self.used_at = time.monotonic()
        return Answer(parser.get_status_code(), b"".join(parts.body))

    def close(self) -> None:
        self._writer.close()


class _Parts:
    """What httptools calls back with."""

    def __init__(self) -> None:
        self.body: list[bytes] = []
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True
