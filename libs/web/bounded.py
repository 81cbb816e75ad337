"""HTTP connections with bounds: clients that drip, never end or talk nonsense are answered and cut.

uvicorn waits for ever for the rest of a request, and for an answer to be taken. A timer for each
connection changes that; a request that comes in one piece, as nearly all do, never meets it.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .metrics import CUT
from .problems import ProblemResponse, problem

MOST_HEAD_BYTES = 64 * 1024

LINGER_SECONDS = 1.0
"""To close at once on a client that still sends would take the answer from him (RFC 9112, 9.6)."""

Part = Literal["head", "body", "answer"]


class BoundedHttp(HttpToolsProtocol):
    """A connection whose requests must come within `seconds`, their heads within 64 KiB.

    An answer that is not taken is held back by uvicorn, and its sender waits; who takes nothing
    of it for so many seconds is cut, so that he holds neither memory nor a stream for ever.
    """

    seconds: ClassVar[dict[Part, float]]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._part: Part | None = "head"
        self._timed: Part | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._part == "head":
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse("head", 431, "headers-too-large", "The headers are too large.")
        if self._part != self._timed and not self._refused:
            self._watch()

    def on_message_begin(self) -> None:
        self._part, self._head_bytes = "head", 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._part = "body"

    def on_message_complete(self) -> None:
        self._part = None
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._part = None
        self._watch()
        self._is_read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.seconds["answer"], self._cut)

    def resume_writing(self) -> None:
        self._is_read()
        super().resume_writing()

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cut(self) -> None:
        CUT.labels("answer", "none").inc()
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        self._refuse("head", 400, "not-http", "This is not an HTTP request.")

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timed = self._part
        if self._part is not None:
            self._timer = self.loop.call_later(self.seconds[self._part], self._too_slow, self._part)

    def _too_slow(self, part: Part) -> None:
        self._refuse(part, 408, "too-slow", f"The request's {part} did not come in time.")

    def _refuse(self, part: Part, status: int, slug: str, title: str) -> None:
        """Answer, unless that would be within another answer or a second one, and close."""
        if self._refused or self.transport.is_closing():
            return
        self._refused, self._part = True, None
        CUT.labels(part, str(status)).inc()
        last = self.cycle
        if last is None or (
            last.response_complete if part == "head" else not last.response_started
        ):
            self.transport.write(_on_the_wire(problem(status, slug, title)))
        if last is not None and not last.response_complete:
            last.disconnected = True
            last.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)


def bounded(head_seconds: float, body_seconds: float, answer_seconds: float) -> type[BoundedHttp]:
    """The protocol with these bounds, to be given to uvicorn."""
    seconds: dict[Part, float] = {
        "head": head_seconds,
        "body": body_seconds,
        "answer": answer_seconds,
    }
    return type("Bounded", (BoundedHttp,), {"seconds": seconds})


def _on_the_wire(answer: ProblemResponse) -> bytes:
    headers = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
    closing = b"connection: close\r\n\r\n"
    return STATUS_LINE[answer.status_code] + headers + closing + bytes(answer.body)
