"""A bound on what a client may send."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

THROWN_AWAY_BYTES = 16 * 1024 * 1024


class BodyTooLarge(HTTPException):
    """The body went over the limit while it was read."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Answers `answer` to a body over `max_bytes`, whether its length was told or not.

    A path that ends as a name in `uploads` may have as many as that says.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        answer: ASGIApp | None = None,
        uploads: Mapping[str, int] | None = None,
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.answer = answer or Response(status_code=413)
        self.uploads = uploads or {}

    def _most(self, path: str) -> int:
        ends = (most for ending, most in self.uploads.items() if path.endswith(ending))
        return max(ends, default=self.max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(scope["path"])
        told = headers.get("content-length", "")
        if told.isdecimal() and int(told[:20]) > most:
            if "expect" not in headers:
                await _throw_away(receive)
            await self.answer(scope, receive, send)
            return
        body = _Counted(receive, most)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            if body.over and not started:
                return  # whatever the app makes of a body that was cut off
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, body.receive, watched)
        except BodyTooLarge:
            if started:
                raise
        if body.over and not started:
            if body.more:
                await _throw_away(receive)
            await self.answer(scope, receive, send)


class _Counted:
    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self.more = True

    @property
    def over(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        if self.over:
            raise BodyTooLarge
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self.more = message.get("more_body", False)
            if self.over:
                raise BodyTooLarge
        return message


async def _throw_away(receive: Receive) -> None:
    """Read on for a while: a client that is cut off while it sends never sees the answer."""
    left, more = THROWN_AWAY_BYTES, True
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)
