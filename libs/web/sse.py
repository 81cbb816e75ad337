"""Server-sent events: a page hears that something has changed, or anybody what has.

Source: WHATWG HTML, section 9.2. A comment every `HEARTBEAT_S` keeps proxies from closing it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from libs.runtime.commands import Unavailable
from libs.runtime.live import Live, Signal, Whose
from libs.runtime.rule import Refused
from libs.text import said

HEARTBEAT_S = 15.0
LONGEST_S = 300.0
"""Then the stream ends and the page comes again, so that its right to hear is looked at anew."""

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_open: set[asyncio.Event] = set()


def close_all() -> None:
    """End every stream of this process, so that it can stop at once."""
    for closed in _open:
        closed.set()


class Streams:
    """How many streams for anybody are open in this process, in all and from each address."""

    def __init__(self, most: int, most_of_address: int) -> None:
        self._most = most
        self._most_of_address = most_of_address
        self._open: Counter[str] = Counter()

    @contextmanager
    def room(self, address: str) -> Iterator[None]:
        """Keep room for one. Refused (429) where the address has too many, Unavailable where
        there is none for anybody.
        """
        if self._open[address] >= self._most_of_address:
            title = said("Too many streams are open from this address.")
            raise Refused("too-many-streams", title, 429)
        if self._open.total() >= self._most:
            raise Unavailable
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def stream(
    live: Live,
    tenant: Whose = None,
    key: str | None = None,
    room: AbstractContextManager[None] | None = None,
) -> StreamingResponse:
    """What changes in some tenants, or about one key, as `changed` events.

    It keeps its `room` until its end. Raises Unavailable, and what the room raises.
    """
    stack = AsyncExitStack()
    try:
        if room is not None:
            stack.enter_context(room)
        signals = await stack.enter_async_context(live.listen(tenant, key))
    except BaseException:
        await stack.aclose()
        raise

    async def told() -> bytes | None:
        signal = await anext(signals, None)
        return None if signal is None else _event(signal)

    return answer(told, stack)


def answer(
    told: Callable[[], Awaitable[bytes | None]], stack: AsyncExitStack, longest_s: float = LONGEST_S
) -> StreamingResponse:
    """A stream of what `told` gives, until that is None. Leaves the stack at its end."""
    return _Stream(_lines(told, longest_s), stack)


class _Stream(StreamingResponse):
    """Leaves its stack also where the client has gone before the first line."""

    def __init__(self, lines: AsyncIterator[bytes], stack: AsyncExitStack) -> None:
        super().__init__(lines, media_type="text/event-stream", headers=_HEADERS)
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await super().__call__(scope, receive, send)


async def _lines(
    told: Callable[[], Awaitable[bytes | None]], longest_s: float
) -> AsyncIterator[bytes]:
    closed = asyncio.Event()
    _open.add(closed)
    closing = asyncio.ensure_future(closed.wait())
    until = time.monotonic() + longest_s
    next_one = asyncio.ensure_future(told())
    try:
        yield b": here\n\n"
        while time.monotonic() < until and not closed.is_set():
            await asyncio.wait(
                {next_one, closing}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not next_one.done():
                yield b": still here\n\n"
                continue
            lines = next_one.result()
            if lines is None:
                return
            yield lines
            next_one = asyncio.ensure_future(told())
    finally:
        next_one.cancel()
        closing.cancel()
        _open.discard(closed)


def _event(signal: Signal) -> bytes:
    if signal.gap:
        told: dict[str, object] = {"gap": True}
    else:
        told = {"id": signal.subject, "key": signal.key, "type": signal.type}
    return f"id: {signal.place}\nevent: changed\ndata: {json.dumps(told)}\n\n".encode()
