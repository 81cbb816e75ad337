"""A tenant's data as it is taken along: JSON lines, streamed, for its administrators and the
platform's people. Who took what is logged.
"""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from string import ascii_lowercase, digits
from typing import Annotated, Any

import structlog
from fastapi import Depends
from fastapi.responses import Response

from libs.runtime.service import Service
from libs.runtime.store import Aggregate

from .access import Access, Staff
from .downloads import Downloads

log = structlog.get_logger()

Taker = Annotated[Access, Depends(Staff("admin"))]
"""Who may take a tenant's data along."""

JSON_LINES = "application/x-ndjson"
TAR = "application/x-tar"
AT_ONCE = 4
LONGEST_S = 6 * 3600.0
"""A municipality's photos are many; whoever takes them has shown who he is."""

PIECE_BYTES = 64 * 1024
PRIVATE = {"Cache-Control": "no-store"}

SLUG = f"{ascii_lowercase}{digits}-"
"""Whoever runs the platform may name any tenant, and a header takes no more than this."""

Row = Mapping[str, Any]


def streams(media_type: str) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: a file of this kind, which no schema describes."""
    return {200: {"description": "The file", "content": {media_type: {}}}}


class Export:
    """What one service gives away of its own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._downloads = Downloads(AT_ONCE, of_one=AT_ONCE, longest_s=LONGEST_S)

    def lines(self, access: Access, what: str, rows: AsyncGenerator[Row, None]) -> Response:
        """Rows as a file of JSON lines."""
        return self._sent(access, f"{what}.jsonl", _lines(rows), JSON_LINES)

    def tar(self, access: Access, what: str, pieces: AsyncGenerator[bytes, None]) -> Response:
        """A tar as it comes."""
        return self._sent(access, f"{what}.tar", pieces, TAR)

    def _sent(
        self, access: Access, name: str, pieces: AsyncGenerator[bytes, None], media_type: str
    ) -> Response:
        """Refused (503) while too many are being sent."""
        whose = "".join(sign for sign in access.tenant if sign in SLUG)
        by = access.caller.subject
        sent = self._downloads.sent(pieces, media_type, f"{whose}-{name}", PRIVATE, by)
        log.info(
            "data_exported",
            service=self._service.name,
            tenant=access.tenant,
            file=name,
            by=by,
        )
        return sent

    async def rows(
        self, access: Access, aggregate: Aggregate[Any], without: Iterable[str] = ()
    ) -> AsyncGenerator[Row, None]:
        """All of a tenant's documents with ids, in the order of these, as the service holds them,
        but for the fields named.
        """
        scope = self._service.scoped(access.tenant, aggregate.collection)
        left_out = set(without)
        async for page in scope.pages():
            for row in page:
                state = aggregate.state_of(row)
                if state is not None:
                    told = aggregate.adapter.dump_python(state, mode="json", exclude=left_out)
                    yield {"id": row["_id"], **told}


async def _lines(rows: AsyncGenerator[Row, None]) -> AsyncGenerator[bytes, None]:
    piece = bytearray()
    async with aclosing(rows) as each:
        async for row in each:
            piece += json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
    yield bytes(piece)
