"""A receiver of webhooks as an integrator would run one, which verifies with others' code."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Answering = Callable[["Got"], Response | int]


@dataclass(frozen=True)
class Got:
    """One delivery, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    event: Any

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def request(self) -> str:
        return str(self.event["subject"])

    @property
    def sequence(self) -> int:
        return int(self.event.get("sequence", 0))


@dataclass
class Receiver:
    """Keeps what came. `answering` says what is answered; `secret` is what it verifies with."""

    port: int
    secret: str = ""
    answering: Answering = lambda got: 204
    got: list[Got] = field(default_factory=list)
    taken: list[Got] = field(default_factory=list)
    verified: Callable[[bytes, dict[str, str]], Any] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        headers = dict(request.headers)
        verify = self.verified or Webhook(self.secret).verify
        got = Got(scope["path"], headers, body, time.monotonic(), verify(body, headers))
        self.got.append(got)
        answer = self.answering(got)
        if asyncio.iscoroutine(answer):
            answer = await answer
        response = Response(status_code=answer) if isinstance(answer, int) else answer
        if response.status_code < 300:
            self.taken.append(got)
        await response(scope, receive, send)

    async def has(self, enough: Callable[[], Any], within: float = 20.0) -> None:
        """Wait until something is true of what came."""
        until = time.monotonic() + within
        while not enough():
            told = [(one.request[-4:], one.sequence) for one in self.got]
            assert time.monotonic() < until, f"not within {within} s; came: {told}"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(app: ASGIApp, **more: Any) -> AsyncIterator[int]:
    """An application on a port of its own, in this loop."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, **more)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listener]))
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    """One that listens."""
    receiver = Receiver(0)
    async with serving(receiver, lifespan="off") as port:
        receiver.port = port
        yield receiver
