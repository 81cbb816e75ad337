"""Paths that scripts of every origin may read: they tell everybody the same, whoever asks.

Source: WHATWG Fetch, section 3.3 (CORS). Nothing is allowed with a browser's cookies.
"""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class ForEverybody:
    """Answers under `prefix` are for scripts from anywhere, problems and preflights as well."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET"],
            allow_headers=["Last-Event-ID", "Cache-Control"],
            expose_headers=["Retry-After", "RateLimit", "RateLimit-Policy"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        theirs = scope["type"] == "http" and scope["path"].startswith(self._prefix)
        await (self._open if theirs else self._app)(scope, receive, send)
