"""A connection that is closed is a lost one, whichever event loop says so.

uvloop raises RuntimeError for a write to a transport that is closed, where asyncio raises OSError
or nothing. aiokafka expects OSError alone: a member of a group in which it meets the other ends for
good, and its service consumes nothing more until it is restarted.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def closed_is_lost() -> None:
    """Make every connection of this process say so."""
    AIOKafkaConnection.send = _guarded


def _guarded(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    try:
        return _send(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        message = f"Connection at {self.host}:{self.port} is closed"
        raise KafkaConnectionError(message) from error
