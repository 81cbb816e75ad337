"""The public topic of a tenant as a live stream, for who can speak HTTP and no Kafka."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response

from libs.events import Malformed, public_topic, structured
from libs.events.common import Slug
from libs.runtime.feed import BegunAnew, Feed
from libs.runtime.record import Record
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.text import said
from libs.web import sse
from libs.web.access import Open
from libs.web.limits import address_of

log = structlog.get_logger()

PREFIX = "/public"
LONGEST_S = 3600.0
"""Then it ends, and a browser comes again with its last id and misses nothing."""

WAITED_S = 60.0
COME_AGAIN = b"retry: 3000\n\n"
_LONGEST_ID = 18

Whose = Annotated[Slug, Path(description="The tenant's slug.", examples=["kecioren"])]
LastId = Annotated[str | None, Header(alias="Last-Event-ID")]
After = Annotated[str | None, Query(description="The id after which to go on.")]
From = Annotated[
    Literal["now", "start"], Query(alias="from", description="`start`: every state there is first.")
]


def router(service: Service, feed: Feed, streams: sse.Streams) -> APIRouter:
    """`/public/<tenant>/events`."""
    routes = APIRouter(prefix=PREFIX, dependencies=[Depends(Open())], include_in_schema=False)

    @routes.get("/{tenant}/events")
    async def events(
        request: Request,
        tenant: Whose,
        last_id: LastId = None,
        after: After = None,
        begin: From = "now",
    ) -> Response:
        """Public states of requests as they change. An event's id is its place in the topic."""
        if service.tenants.get(tenant) is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        position = place_after(last_id or after)
        if position is None and begin == "start":
            position = 0
        stack = AsyncExitStack()
        try:
            stack.enter_context(streams.room(address_of(request)))
            following = await stack.enter_async_context(
                feed.follow(public_topic(tenant).name, position)
            )
        except BegunAnew:
            await stack.aclose()
            title = said(
                "This stream has begun anew and has no such event yet: read it from the start."
            )
            raise Refused("stream-begun-anew", title, 409) from None
        except BaseException:
            await stack.aclose()
            raise
        first = [COME_AGAIN]

        async def told() -> bytes:
            lines = first.pop() if first else b""
            while not lines:
                lines = as_lines(await following.some(WAITED_S))
            return lines

        return sse.answer(told, stack, LONGEST_S)

    return routes


def place_after(id: str | None) -> int | None:
    """The offset that follows an event's id; None where none was told. Refused where it is none."""
    if not id:
        return None
    if not (id.isascii() and id.isdigit() and len(id) <= _LONGEST_ID):
        raise Refused("event-id-invalid", "This is not the id of an event of this stream.", 422)
    return int(id) + 1


def as_lines(records: Iterable[Record]) -> bytes:
    """Records as events: the id is the offset, the name the type without its version."""
    return b"".join(_event(record) for record in records)


def _event(record: Record) -> bytes:
    kind = next((told for name, told in record.headers if name == "ce_type"), None) or b""
    name, _, _ = kind.rpartition(b".v")
    try:
        document = structured(record.headers, record.value)
    except Malformed as fault:
        log.warning("record_skipped", place=record.place, reason=str(fault))
        return b""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (record.offset, name, document)
