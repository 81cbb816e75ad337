"""Whole files: nobody takes all places, and nobody keeps one for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from fastapi.responses import Response
from starlette.types import Message

from libs.runtime.rule import Refused
from libs.web.downloads import Downloads


async def pieces(count: int = 3) -> AsyncGenerator[bytes, None]:
    for _ in range(count):
        yield b"piece"


def asked(downloads: Downloads, reader: str, count: int = 3) -> Response:
    return downloads.sent(pieces(count), "text/csv", "a.csv", {}, reader)


class Reader:
    """Who takes an answer, once he may."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()
        self.got = b""
        self.whole = False

    async def take(self, answer: Response) -> None:
        await answer({"type": "http", "method": "GET"}, self._receive, self._send)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.got += message["body"]
            self.whole = not message.get("more_body", False)
            await self.goes_on.wait()


async def test_one_reader_does_not_take_the_places_of_others():
    downloads = Downloads(at_once=3, of_one=2)
    held = [asked(downloads, "slow"), asked(downloads, "slow")]
    with pytest.raises(Refused) as refused:
        asked(downloads, "slow")
    assert (refused.value.slug, refused.value.status) == ("too-many-downloads", 429)
    held.append(asked(downloads, "another"))
    with pytest.raises(Refused) as refused:
        asked(downloads, "third")
    assert (refused.value.slug, refused.value.status) == ("downloads-busy", 503)
    for answer in held:
        reader = Reader()
        reader.goes_on.set()
        await reader.take(answer)
        assert (reader.got, reader.whole) == (b"piece" * 3, True)
    assert downloads.taken == 0
    assert asked(downloads, "slow")


async def test_who_reads_for_too_long_is_broken_off_and_his_place_is_free():
    downloads = Downloads(at_once=1, longest_s=0.05)
    reader = Reader()
    with pytest.raises(TimeoutError):
        await reader.take(asked(downloads, "slow"))
    assert not reader.whole
    assert downloads.taken == 0


async def test_who_goes_away_leaves_his_place():
    downloads = Downloads(at_once=1)
    taking = asyncio.create_task(Reader().take(asked(downloads, "gone")))
    await asyncio.sleep(0.01)
    assert downloads.taken == 1
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert downloads.taken == 0
