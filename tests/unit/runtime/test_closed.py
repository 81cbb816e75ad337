"""A write to a closed connection is a lost connection, under uvloop too."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from libs.runtime import kafka


async def _written_to_a_closed_one() -> None:
    """Raises what a send raises whose transport was closed and not yet taken away."""
    assert kafka  # every connection of a process that imports it
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = AIOKafkaConnection("127.0.0.1", port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection._reader, connection._writer = reader, writer
    connection._read_task = asyncio.create_task(asyncio.sleep(0))
    connection._versions = {18: (0, 0)}
    writer.transport.abort()
    await asyncio.sleep(0.05)
    try:
        await asyncio.wait_for(connection.send(ApiVersionRequest()), 1.0)
    finally:
        server.close()


def test_a_send_on_a_closed_transport_is_a_lost_connection() -> None:
    with pytest.raises(KafkaConnectionError):
        uvloop.run(_written_to_a_closed_one())
