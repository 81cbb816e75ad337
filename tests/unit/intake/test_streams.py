"""Who has not signed in has so much room for live streams, and gives it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.responses import Response
from starlette.types import Message

from libs.runtime.commands import Unavailable
from libs.runtime.rule import Refused
from libs.web.sse import Streams
from services.intake import followup

Open = Callable[..., Awaitable[Response]]


class _Live:
    @asynccontextmanager
    async def listen(self, tenant: object, key: str) -> AsyncIterator[AsyncIterator[object]]:
        if key == "away":
            raise Unavailable
        yield _nothing()


async def _nothing() -> AsyncIterator[object]:
    return
    yield


def _opened(streams: Streams) -> Open:
    async def own(*told: Any) -> tuple[str, None]:
        return told[2], None

    counter: Any = SimpleNamespace(site=SimpleNamespace(pages=SimpleNamespace(sessions=None)))
    counter.own = own
    routes = followup.router(counter, cast("Any", _Live()), streams).routes
    [route] = [one for one in routes if getattr(one, "path", "").endswith("/stream")]
    limits = SimpleNamespace(address=lambda scope: scope["client"])
    app = SimpleNamespace(state=SimpleNamespace(limits=limits))

    async def opened(number: str, client: str, caller: object = None) -> Response:
        request = SimpleNamespace(app=app, scope={"client": client})
        answer: Response = await cast("Any", route).endpoint(number, request, caller, None)
        return answer

    return opened


async def _end(answer: Response) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)


async def test_one_address_has_so_many_and_all_have_so_many() -> None:
    opened = _opened(Streams(most=2, most_of_address=1))
    first = await opened("a", "one")
    with pytest.raises(Refused, match="too-many-streams"):
        await opened("a", "one")
    second = await opened("a", "two")
    with pytest.raises(Unavailable):
        await opened("a", "three")
    for number in range(3):
        await _end(await opened("a", "one", caller=f"citizen {number}"))
    await _end(first)
    await _end(await opened("a", "one"))
    await _end(second)


async def test_what_could_not_be_opened_keeps_no_room() -> None:
    opened = _opened(Streams(most=1, most_of_address=1))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await opened("away", "one")
    await _end(await opened("a", "one"))
