"""Whole files that are streamed, a few at a time: more would wait for one another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from libs.runtime.rule import Refused
from libs.text import said

AT_ONCE = 8
"""Whole files that one process sends at a time."""

OF_ONE = 2
"""Of those, how many to the same reader."""

LONGEST_S = 900.0
"""A file is broken off after that: the largest, of a million requests, needs 2 Mbit/s."""


class Downloads:
    """The files that are being sent by one process for one purpose."""

    def __init__(
        self, at_once: int = AT_ONCE, of_one: int = OF_ONE, longest_s: float = LONGEST_S
    ) -> None:
        self._at_once = at_once
        self._of_one = of_one
        self._longest_s = longest_s
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are being sent."""
        return self._taken.total()

    def sent(
        self,
        pieces: AsyncGenerator[bytes, None],
        media_type: str,
        name: str,
        headers: Mapping[str, str],
        reader: str,
    ) -> Response:
        """The file of that name. `reader` is an address, or whoever else takes it.

        Refused (429) while too many are being sent to the same reader, (503) to all together.
        What fails or lasts too long breaks the answer off, so that nobody takes a part for the
        whole.
        """
        if self._taken[reader] >= self._of_one:
            title = said("You are downloading several files already; wait until one is there.")
            raise Refused("too-many-downloads", title, 429)
        if self.taken >= self._at_once:
            raise Refused("downloads-busy", "Many download just now; try again in a moment.", 503)
        self._taken[reader] += 1
        told = {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
        return _File(pieces, media_type, told, self._longest_s, lambda: self._ended(reader))

    def _ended(self, reader: str) -> None:
        self._taken[reader] -= 1
        if not self._taken[reader]:
            del self._taken[reader]


class _File(StreamingResponse):
    """Gives its place back however the sending ends."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        media_type: str,
        headers: Mapping[str, str],
        longest_s: float,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._pieces = pieces
        self._longest_s = longest_s
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._pieces), asyncio.timeout(self._longest_s):
                await super().__call__(scope, receive, send)
        finally:
            self._ended()
