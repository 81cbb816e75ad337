"""A receiver of webhooks that costs the load little: when each request's first state came."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.e2e.harness import Sokak

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_SUBJECT = re.compile(rb'"subject":"([^"]+)"')
TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


@asynccontextmanager
async def receiving(sokak: Sokak, tenant: str) -> AsyncIterator[dict[str, float]]:
    """When each request was first told of, by its id, while this is open."""
    came: dict[str, float] = {}

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if subject := _SUBJECT.search(body):
                    came.setdefault(subject[1].decode(), time.perf_counter())
                writer.write(TAKEN)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    token = await sokak.staff(tenant, "admin")
    path = "/api/webhooks"
    answer = await sokak.call(
        "reporting", "POST", f"{path}?tenant={tenant}", body={"url": url}, token=token
    )
    assert answer.status_code == 201, answer.text
    try:
        yield came
    finally:
        own = f"{path}/{answer.json()['id']}?tenant={tenant}"
        await sokak.call("reporting", "DELETE", own, token=await sokak.staff(tenant, "admin"))
        server.close()
