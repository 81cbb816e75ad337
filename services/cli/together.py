"""Several applications in one process on one port, each under its own paths."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Together:
    """Sends a request to the application that owns the longest prefix of its path.

    What is nobody's goes to the owner of `/`, who says so in a page or a problem document.
    """

    def __init__(self, owners: Mapping[str, ASGIApp]) -> None:
        self._owners = sorted(owners.items(), key=lambda item: -len(item[0]))
        self._otherwise = owners["/"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        for prefix, app in self._owners:
            if path == prefix or path.startswith(f"{prefix}/"):
                await app(scope, receive, send)
                return
        await self._otherwise(scope, receive, send)


def together(apps: Mapping[str, tuple[FastAPI, tuple[str, ...]]]) -> Router:
    """One application of many, by name with the paths that each owns; it runs all their lives."""

    @asynccontextmanager
    async def life(_: Router) -> AsyncIterator[None]:
        async with AsyncExitStack() as lives:
            for app, _paths in apps.values():
                await lives.enter_async_context(app.router.lifespan_context(app))
            yield

    owners: dict[str, ASGIApp] = {}
    for name, (app, paths) in apps.items():
        owners |= dict.fromkeys((*paths, f"/{name}", f"/ops/{name}"), app)
    # Not a mount: its path cannot hold a line break, and what can be asked for must be answered.
    return Router(default=Together(owners), lifespan=life)
