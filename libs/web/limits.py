"""How often a client may call: by address while nobody knows who it is, by subject after that.

In the memory of a process, each service and copy for itself. Sources: RFC 6585 section 4 (429),
draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit`, `RateLimit-Policy`); the arithmetic is the
generic cell rate algorithm of ITU-T I.371: one number for each client.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.runtime.settings import Settings
from libs.text import said

from .caller import Caller
from .language import Language
from .metrics import LIMITED
from .pages import spoken
from .problems import problem

MOST_CLIENTS = 100_000
"""Those that called longest ago are forgotten: in memory some 20 MB."""

HEALTH = ("/live", "/ready", "/stuck", "/metrics")


class TooMany(Exception):
    """A client called too often."""

    def __init__(self, limit: Limit, wait: float) -> None:
        super().__init__()
        self.limit = limit
        self.wait = wait

    def answer(self, language: Language | None = None) -> Response:
        """429, and when to come again."""
        wait = max(1, math.ceil(self.wait))
        headers = {
            "Retry-After": str(wait),
            "RateLimit-Policy": f'"{self.limit.name}";q={self.limit.quota};w={self.limit.window}',
            "RateLimit": f'"{self.limit.name}";r=0;t={wait}',
        }
        title = said("You are calling too often. Please wait a moment.")
        return problem(429, "too-many-requests", title, headers=headers, language=language)


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` calls a second, as many as come in `window` seconds at once. 0 is no limit."""

    name: str
    rate: float
    window: int

    @property
    def quota(self) -> int:
        """How many may come at once."""
        return max(1, int(self.rate * self.window))


class Limits:
    """The limits of one service, and how near to them each client is."""

    def __init__(
        self, service: str, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        window = settings.rate_window
        self.anonymous = Limit("anonymous", settings.rate_anonymous, window)
        self.signed_in = Limit("signed-in", settings.rate_signed_in, window)
        self.staff = Limit("staff", settings.rate_staff, window)
        self._service = service
        self._hops = settings.proxy_hops
        self._clock = clock
        self._due: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(self, limit: Limit, client: str, *, of: str = "") -> None:
        """Count a call of a client. Raises TooMany where it is one too many."""
        if not limit.rate:
            return
        key = (of or limit.name, client)
        now = self._clock()
        due = max(self._due.get(key, now), now)
        wait = due - now + 1 / limit.rate - limit.quota / limit.rate
        if wait > 1e-9:
            LIMITED.labels(self._service, limit.name).inc()
            raise TooMany(limit, wait)
        self._due[key] = due + 1 / limit.rate
        self._due.move_to_end(key)
        if len(self._due) > MOST_CLIENTS:
            self._due.popitem(last=False)

    def take_caller(self, caller: Caller) -> None:
        """Count a call of somebody who has shown a token."""
        staff = caller.platform or caller.memberships
        self.take(self.staff if staff else self.signed_in, caller.subject)

    def take_address(self, scope: Scope) -> None:
        """Count a call before anything of it is read.

        With a token it counts little: one address may be a whole town hall's. Those who watch
        over the service are counted apart, so that nobody's flood makes it look dead.
        """
        address = self.address(scope)
        if any(name == b"authorization" for name, _ in scope["headers"]):
            self.take(self.staff, address, of="address")
        elif scope["path"].endswith(HEALTH):
            self.take(self.anonymous, address, of="health")
        else:
            self.take(self.anonymous, address)

    def address(self, scope: Scope) -> str:
        """Whose connection it is: the client's own, or as the outermost trusted proxy saw it.

        An IPv6 client has a whole /64 to call from, so that counts as one.
        """
        client = scope.get("client")
        text = client[0] if client else ""
        if self._hops:
            told = [
                one.strip()
                for name, value in scope["headers"]
                if name == b"x-forwarded-for"
                for one in value.decode("latin-1").split(",")
            ]
            if len(told) >= self._hops:
                text = told[-self._hops]
        return _network(text)


def _network(text: str) -> str:
    if ":" not in text:
        return text[:64]
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return text[:64]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(getattr(address, "ipv4_mapped", None) or address)


class RateLimit:
    """Answers 429 before anything is read of a client that calls too often."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self.limits.take_address(scope)
            except TooMany as refused:
                await refused.answer(spoken(Request(scope)))(scope, receive, send)
                return
        await self.app(scope, receive, send)


def install(app: FastAPI, limits: Limits) -> None:
    """Limit who calls `app`. Put it outside everything else."""
    app.state.limits = limits
    app.add_exception_handler(TooMany, _too_many)
    app.add_middleware(RateLimit, limits=limits)


def address_of(request: Request) -> str:
    """Whose connection it is; the same for all where nothing is limited."""
    limits: Limits | None = getattr(request.app.state, "limits", None)
    return limits.address(request.scope) if limits else ""


async def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooMany)
    return error.answer(spoken(request))
