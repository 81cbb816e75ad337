"""HTTP by hand: what a client of bad manners sends, and what it is answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire, to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The slug of the problem that it tells."""
        assert self.headers["content-type"] == "application/problem+json", self
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        return str(told["type"]).rpartition("/")[2]


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.closed = asyncio.create_task(reader.read())
        """All that was answered, once the other side has closed."""

    @classmethod
    async def open(cls, port: int) -> Client:
        """Connect to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, piece: bytes) -> None:
        """Send some bytes, unless the other side has had enough."""
        if not self.closed.done():
            self._writer.write(piece)

    async def drip(self, text: bytes, every: float) -> None:
        """Send it byte by byte until it is sent or the connection is closed."""
        for at in range(len(text)):
            self.send(text[at : at + 1])
            if (await asyncio.wait({self.closed}, timeout=every))[0]:
                return

    async def answer(self, within: float = 30.0) -> Answer | None:
        """What was answered until the other side closed; None where it closed without a word."""
        try:
            raw = await asyncio.wait_for(asyncio.shield(self.closed), within)
        except ConnectionResetError:
            return None
        finally:
            self._writer.close()
        if not raw:
            return None
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): text.strip() for name, _, text in pairs}
        return Answer(int(first.split()[1]), headers, body)
