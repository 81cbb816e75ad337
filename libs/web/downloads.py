"""Whole files that are streamed, a few at a time: more would wait for one another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from fastapi.responses import Response, StreamingResponse

from libs.runtime.rule import Refused

AT_ONCE = 8
"""Whole files that one process sends at a time."""


class Downloads:
    """The files that are being sent by one process for one purpose."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.taken = 0
        self._at_once = at_once

    def sent(
        self,
        pieces: AsyncGenerator[bytes, None],
        media_type: str,
        name: str,
        headers: Mapping[str, str],
    ) -> Response:
        """The file of that name. Refused (503) while too many are being sent.

        What fails on the way breaks the answer off, so that nobody takes a part for the whole.
        """
        if self.taken >= self._at_once:
            raise Refused("downloads-busy", "Many download just now; try again in a moment.", 503)
        told = {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(self._counted(pieces), media_type=media_type, headers=told)

    async def _counted(self, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The pieces; a place is given back however the sending ends."""
        self.taken += 1
        try:
            async with aclosing(pieces) as each:
                async for piece in each:
                    yield piece
        finally:
            self.taken -= 1
