"""HTTP calls that cost the caller little: raw connections, kept alive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httptools
import orjson


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
        """The body, read."""
        return orjson.loads(self.body)


def call(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of a call; a body is JSON where no header says otherwise."""
    told = {"Host": "localhost", **(headers or {})}
    if body:
        told = {"Content-Type": "application/json", **told, "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


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
        if not self.open or self._transport.is_closing():
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
