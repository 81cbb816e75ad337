"""Calls to whichever port, one after the other over connections that are kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from tests.http import Answer, Connection, call

NOT_ANSWERED = (OSError, TimeoutError)
"""What `Client.ask` raises where nobody answers, or not in time."""


class Client:
    """Connections to ports of this machine."""

    def __init__(self) -> None:
        self._idle: dict[int, list[Connection]] = defaultdict(list)

    async def ask(
        self,
        port: int,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        within: float = 30.0,
    ) -> Answer:
        """One call. Raises one of NOT_ANSWERED; the call may have had its effect then."""
        idle = self._idle[port]
        while idle and not idle[-1].open:
            idle.pop()
        async with asyncio.timeout(within):
            connection = idle.pop() if idle else await Connection.to(port)
            try:
                answer = await connection.call(call(method, path, body, headers))
            except BaseException:
                connection.close()
                raise
        idle.append(connection)
        return answer

    def close(self) -> None:
        """Close every connection."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()
