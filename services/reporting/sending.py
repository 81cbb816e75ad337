"""Sending to receivers that nobody here knows: bounded in time and bytes, and only to where it may.

No redirects are followed, no proxies of the environment taken, no cookies kept.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any

import httpcore
import structlog

from .attempt import KEPT_TEXT, Answer
from .target import Allowed, NotAllowed

log = structlog.get_logger()

WITHIN_S = 10.0
MOST_READ = 16 * 1024
KEPT_OPEN_S = 30.0
RESOLVERS = 32
"""Threads that look names up, of their own: a name may take long, and the bus needs some too."""


@dataclass(slots=True)
class _Pool:
    connections: httpcore.AsyncConnectionPool
    used: float


class Sender:
    """Posts to webhooks. Connections are kept open for a while, to each receiver its own.

    Each has a pool of its own as well: a pool looks at all its connections for every request.
    """

    def __init__(self, allowed: Allowed, within_s: float = WITHIN_S) -> None:
        self.allowed = allowed
        self._within_s = within_s
        self._resolvers = ThreadPoolExecutor(RESOLVERS, "webhook-names")
        self._backend = Guarded(allowed, self._resolvers)
        self._tls = httpcore.default_ssl_context()
        self._pools: dict[str, _Pool] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send, and say what came back. Never raises but when it is cancelled."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._within_s):
                answer = await self._post(url, body, headers)
        except TimeoutError:
            answer = Answer(None, "too-slow")
        except NotAllowed as no:
            answer = Answer(None, str(no))
        except (OSError, httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            answer = Answer(None, _why(error))
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            answer = Answer(None, "connection-lost")
        except ValueError:
            answer = Answer(None, "url-invalid")
        except Exception as error:  # a receiver's fault or ours: others must not wait for it
            log.error("sending_failed", error=type(error).__name__)
            answer = Answer(None, "connection-lost")
        return Answer(
            answer.status,
            answer.error,
            answer.text,
            answer.retry_after,
            round(time.perf_counter() - began, 3),
        )

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {"User-Agent": "Sokak", **headers}
        raw = [(name.encode(), text.encode()) for name, text in sent.items()]
        target = httpcore.URL(self.allowed.checked(url))
        pool = await self._pool(str(target.origin))
        async with pool.stream("POST", target, headers=raw, content=body) as answer:
            text = b""
            async for part in answer.aiter_stream():
                text += part
                if len(text) >= MOST_READ:
                    break  # and the connection is closed with it
            told = {name.lower(): value for name, value in answer.headers}
            after = told.get(b"retry-after")
            return Answer(
                answer.status,
                text=_readable(text),
                retry_after=None if after is None else after.decode("latin-1")[:100],
            )

    async def _pool(self, receiver: str) -> httpcore.AsyncConnectionPool:
        at = time.monotonic()
        pool = self._pools.get(receiver)
        if pool is not None:
            pool.used = at
            return pool.connections
        connections = httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=None,  # each webhook has its own bound
            keepalive_expiry=KEPT_OPEN_S,
            network_backend=self._backend,
        )
        self._pools[receiver] = _Pool(connections, at)
        await self._close(unused_since=at - KEPT_OPEN_S - self._within_s)
        return connections

    async def _close(self, unused_since: float) -> None:
        unused = [name for name, pool in self._pools.items() if pool.used <= unused_since]
        for pool in [self._pools.pop(name) for name in unused]:
            await pool.connections.aclose()

    async def close(self) -> None:
        """Close all connections."""
        await self._close(unused_since=float("inf"))
        self._resolvers.shutdown(wait=False, cancel_futures=True)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, whatever a name means a moment later."""

    def __init__(self, allowed: Allowed, resolvers: Executor) -> None:
        self._allowed = allowed
        self._resolvers = resolvers
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's name)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect. Raises NotAllowed where a name has any address that must not be reached."""
        self._allowed.check_port(port)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._resolvers, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        )
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        for address in addresses:
            self._allowed.check_address(ip_address(address))
        fault: Exception = OSError("no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                fault = error
        raise fault

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def _why(error: BaseException) -> str:
    """A slug for why no connection came about."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return (
                "certificate-invalid" if isinstance(seen, ssl.SSLCertVerificationError) else "tls"
            )
        if isinstance(seen, socket.gaierror):
            return "name-unknown"
        seen = seen.__cause__ or seen.__context__
    return "not-reachable"


def _readable(text: bytes) -> str:
    """Its beginning, without what a page or a terminal would take for more than text."""
    shown = text[: 4 * KEPT_TEXT].decode("utf-8", "replace")[:KEPT_TEXT]
    return "".join(letter if letter.isprintable() else " " for letter in shown).strip()
