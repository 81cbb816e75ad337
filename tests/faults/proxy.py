"""A TCP proxy between one copy of a service and one server: passes, delays, stops, breaks."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, cast


class Proxy:
    """Listens on `port` and leads to `target`, both of this machine."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self.delay = 0.0
        self.is_cut = False
        self.passes = asyncio.Event()
        self.passes.set()
        self.ends: set[_End] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Let connections in."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(self), "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Let none in, and break those that are there."""
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self.is_cut = True
        for end in list(self.ends):
            end.abort()

    def silence(self) -> None:
        """Let nothing through; nobody is told. What is on its way arrives after `heal`."""
        self.passes.clear()
        for end in list(self.ends):
            end.hold()

    def heal(self) -> None:
        """Let everything through again, at once."""
        self.delay = 0.0
        self.is_cut = False
        self.passes.set()
        for end in list(self.ends):
            end.go_on()


class _End(asyncio.Protocol):
    """One end of a connection: what comes in here goes out at its peer."""

    def __init__(self, proxy: Proxy, peer: _End | None = None) -> None:
        self._proxy = proxy
        self._peer = peer
        self._early: list[bytes] = []
        self._late: deque[bytes] = deque()
        self._last = 0.0
        self._full = False
        self._transport: asyncio.Transport | None = None
        self._joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._proxy.ends.add(self)
        if self._peer is None:
            self._joining = asyncio.get_running_loop().create_task(self._join())

    async def _join(self) -> None:
        await self._proxy.passes.wait()
        if self._proxy.is_cut:
            self.abort()
            return
        loop = asyncio.get_running_loop()
        try:
            _, self._peer = await loop.create_connection(
                lambda: _End(self._proxy, self), "127.0.0.1", self._proxy.target
            )
        except OSError:
            self.abort()
            return
        early, self._early = b"".join(self._early), []
        if early:
            self._deliver(early)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self._peer is None:
            self._early.append(data)
            return
        if not (self._proxy.delay or self._late):
            self._deliver(data)
            return
        self._late.append(data)
        self._last = max(self._last, loop.time() + self._proxy.delay)
        loop.call_at(self._last, self._deliver_late)

    def _deliver_late(self) -> None:
        self._deliver(self._late.popleft())

    def _deliver(self, data: bytes) -> None:
        out = self._peer._transport if self._peer is not None else None
        if out is not None:
            with suppress(RuntimeError):  # uvloop's, where it is closed
                out.write(data)

    def pause_writing(self) -> None:
        if self._peer is not None:
            self._peer._full = True
            self._peer.hold()

    def resume_writing(self) -> None:
        if self._peer is not None:
            self._peer._full = False
            self._peer.go_on()

    def hold(self) -> None:
        if self._transport is not None:
            with suppress(RuntimeError):
                self._transport.pause_reading()

    def go_on(self) -> None:
        ready = self._peer is not None and self._proxy.passes.is_set() and not self._full
        if ready and self._transport is not None:
            with suppress(RuntimeError):
                self._transport.resume_reading()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, error: Any) -> None:
        self._proxy.ends.discard(self)
        if self._joining is not None:
            self._joining.cancel()
        if self._peer is not None and self._peer._transport is not None:
            self._peer._transport.close()
