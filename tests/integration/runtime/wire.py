"""A wire between a client and the database that is cut at a chosen command."""

from __future__ import annotations

import asyncio
import re
import struct
from typing import Any, Literal, Self

import bson

Fault = Literal["cut_before", "cut_after", "silent", "none"]

_OP_MSG = 2013
_NO_WORK = {"hello", "ismaster", "isMaster", "ping", "endSessions", "abortTransaction"}


class Wire:
    """Passes everything on until the command number `at` (from 1) meets its fault.

    `cut_before` loses the command, `cut_after` lets it be done and loses the answer; after
    either no connection is taken until `mend`. `silent` keeps it, and what follows it on its
    connection; `none` lets it pass. `struck` is set in any case.
    """

    def __init__(self, url: str) -> None:
        found = re.fullmatch(r"mongodb://([^/:]+):(\d+)(/.*)?", url)
        assert found, "the wire goes to one server"
        self._host, self._port, self._options = found[1], int(found[2]), found[3] or "/"
        self.commands: list[str] = []
        self.sessions: list[dict[str, Any]] = []
        self.at = 0
        self.name: str | None = None
        self.fault: Fault = "cut_before"
        self.struck = asyncio.Event()
        self._down = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where a client connects."""
        return f"mongodb://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._options}"

    def strike(self, at: int, fault: Fault) -> None:
        """Let the command number `at` from now on meet the fault."""
        self.commands.clear()
        self.struck.clear()
        self.at, self.name, self.fault = at, None, fault

    def strike_at(self, name: str, fault: Fault) -> None:
        """Let the next command of this name meet the fault."""
        self.strike(0, fault)
        self.name = name

    def cut(self) -> None:
        """Nothing passes from now on."""
        self._down = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        """All passes again."""
        self.at, self.name = 0, None
        self._down = False

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, up_writer}
        connection = _Connection(self, reader, writer, up_reader, up_writer)
        for work in (connection.there(), connection.back()):
            task = asyncio.ensure_future(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def fault_of(self, command: dict[str, Any]) -> Fault | None:
        """Count a command; the fault that it meets."""
        name = next(iter(command))
        if name in _NO_WORK:
            return None
        self.commands.append(name)
        if "lsid" in command and command["lsid"] not in self.sessions:
            self.sessions.append(command["lsid"])
        if len(self.commands) != self.at and name != self.name:
            return None
        self.struck.set()
        return self.fault


class _Connection:
    def __init__(
        self,
        wire: Wire,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        self._wire = wire
        self._reader, self._writer = reader, writer
        self._up_reader, self._up_writer = up_reader, up_writer
        self._cut_at_answer = False

    async def there(self) -> None:
        try:
            while True:
                message = await _message(self._reader)
                fault = self._wire.fault_of(_command(message))
                if fault == "cut_before":
                    self._wire.cut()
                    return
                if fault == "silent":
                    await asyncio.Event().wait()
                self._cut_at_answer = fault == "cut_after"
                self._up_writer.write(message)
                await self._up_writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            self._up_writer.close()

    async def back(self) -> None:
        try:
            while True:
                message = await _message(self._up_reader)
                if self._cut_at_answer:
                    self._wire.cut()
                    return
                self._writer.write(message)
                await self._writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            self._writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(struct.unpack("<i", length)[0] - 4)


def _command(message: bytes) -> dict[str, Any]:
    """The first document of an OP_MSG; its first key is the command's name."""
    if struct.unpack_from("<i", message, 12)[0] != _OP_MSG:
        return {"hello": 1}
    length = struct.unpack_from("<i", message, 21)[0]
    return bson.decode(message[21 : 21 + length])
