"""The public stream: what changes, from any place on, for anybody and at nobody's cost."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from libs.events import EVENTS, decode, unstructured
from tests.integration.reporting.outside import Outside, outside, settings, some_request, until


@dataclass(frozen=True)
class Told:
    """One event of the stream."""

    id: str
    name: str
    document: Any
    raw: bytes


async def events(answer: httpx.Response) -> AsyncIterator[Told]:
    told: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line and not line.startswith(":"):
            field, _, text = line.partition(": ")
            told[field] = text
        elif not line and "data" in told:
            raw = told["data"].encode()
            yield Told(told["id"], told["event"], json.loads(raw), raw)
            told = {}


@asynccontextmanager
async def listening(
    sokak: Outside, query: str = "", **headers: str
) -> AsyncIterator[AsyncIterator[Told]]:
    """Open the stream, and go on once it is there."""
    path = f"/public/{sokak.tenant}/events{query}"
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    sent |= {"Origin": "https://elsewhere.example"}
    async with sokak.http.stream("GET", path, headers=sent, timeout=30.0) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["access-control-allow-origin"] == "*"
        yield events(answer)


async def some(stream: AsyncIterator[Told], count: int) -> list[Told]:
    async with asyncio.timeout(20.0):
        return [await anext(stream) for _ in range(count)]


def gist(told: list[Told]) -> list[tuple[str, int]]:
    return [(one.document["subject"], one.document["sequence"]) for one in told]


async def test_what_changes_is_told_as_it_is_on_the_topic(sokak: Outside) -> None:
    request = some_request()
    async with listening(sokak) as stream:
        await sokak.tell(request)
        [told] = await some(stream, 1)
    assert told.name == "service_request.changed"
    assert told.document["type"] == "service_request.changed.v1"
    envelope, event = decode(EVENTS, *unstructured(told.raw))
    assert (envelope.subject, envelope.sequence, envelope.tenant) == (request, 1, sokak.tenant)
    assert event is not None
    assert event.model_dump(mode="json", exclude_none=True) == told.document["data"]


async def test_what_is_hidden_is_told_without_data(sokak: Outside) -> None:
    request = some_request()
    async with listening(sokak) as stream:
        await sokak.tell(request)
        await sokak.tell(request, hidden=True)
        told = await some(stream, 2)
    assert [one.name for one in told] == ["service_request.changed", "service_request.hidden"]
    assert told[1].document["data"] is None
    assert gist(told) == [(request, 1), (request, 2)]


@pytest.mark.parametrize("by_header", [True, False])
async def test_who_comes_again_goes_on_where_he_was(sokak: Outside, by_header: bool) -> None:
    one, two, three = (some_request() for _ in range(3))
    async with listening(sokak) as stream:
        await sokak.tell(one)
        [seen] = await some(stream, 1)
    await sokak.tell(two)
    query = "" if by_header else f"?after={seen.id}"
    headers = {"Last_Event_ID": seen.id} if by_header else {}
    async with listening(sokak, query, **headers) as stream:
        await sokak.tell(three)
        assert gist(await some(stream, 2)) == [(two, 1), (three, 1)]


async def test_a_browser_that_comes_again_is_believed_and_not_its_address(sokak: Outside) -> None:
    """Its address still says what it said at first."""
    one, two = some_request(), some_request()
    async with listening(sokak) as stream:
        await sokak.tell(one)
        [seen] = await some(stream, 1)
    async with listening(sokak, "?from=start", Last_Event_ID=seen.id) as stream:
        await sokak.tell(two)
        assert gist(await some(stream, 1)) == [(two, 1)]


async def test_from_the_start_every_state_comes_and_then_what_changes(
    kafka: str, mongo: str
) -> None:
    async with outside(settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_")) as its:
        requests = [some_request() for _ in range(250)]
        await its.tell(*requests)
        await its.tell(requests[0])
        async with listening(its, "?from=start") as stream:
            told = await some(stream, 251)
            assert dict(gist(told)) == {**dict.fromkeys(requests, 1), requests[0]: 2}
            await its.tell(requests[1])
            assert gist(await some(stream, 1)) == [(requests[1], 2)]


async def test_an_id_of_another_life_is_said_to_be_one(sokak: Outside) -> None:
    answer = await sokak.http.get(f"/public/{sokak.tenant}/events?after=999999")
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/stream-begun-anew"


@pytest.mark.parametrize("id", ["x", "-1", "1.5", "1" * 19, "٣"])
async def test_what_is_no_id_is_refused(sokak: Outside, id: str) -> None:
    answer = await sokak.http.get(f"/public/{sokak.tenant}/events", params={"after": id})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/event-id-invalid")


async def test_nobodys_stream_is_not_found(sokak: Outside) -> None:
    answer = await sokak.http.get(
        "/public/nobody/events", headers={"Origin": "https://elsewhere.example"}
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/tenant-unknown")
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_streams_are_bounded_for_an_address_and_in_all(kafka: str, mongo: str) -> None:
    options = settings(
        kafka, mongo, f"t{uuid.uuid4().hex[:12]}_", streams=3, streams_of_address=2, proxy_hops=1
    )
    async with outside(options) as its:
        path = f"/public/{its.tenant}/events"
        async with (
            listening(its, X_Forwarded_For="192.0.2.1"),
            listening(its, X_Forwarded_For="192.0.2.1"),
        ):
            same = await its.http.get(path, headers={"X-Forwarded-For": "192.0.2.1"})
            assert same.status_code == 429
            async with listening(its, X_Forwarded_For="192.0.2.2"):
                full = await its.http.get(path, headers={"X-Forwarded-For": "192.0.2.3"})
                assert full.status_code == 503

        async def room_again() -> bool:
            async with its.http.stream("GET", path, headers={"X-Forwarded-For": "192.0.2.1"}) as a:
                return a.status_code == 200

        await until(room_again, "room for a stream")


async def test_who_reads_nothing_is_cut_and_others_hear_all_the_while(
    kafka: str, mongo: str
) -> None:
    """He asks for everything and takes nothing of it: no memory and no place are his for long."""
    options = settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_", answer_seconds=1.0, streams=2)
    async with outside(options) as its:
        for _ in range(8):
            await its.tell(*(some_request() for _ in range(1000)))
        port = int(its.url.rpartition(":")[2])
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", port))
            path = f"/public/{its.tenant}/events?from=start"
            await loop.sock_sendall(deaf, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            request = some_request()
            async with listening(its) as stream:
                await its.tell(request)
                assert gist(await some(stream, 1)) == [(request, 1)]

            async def both_places_are_free() -> bool:
                try:
                    async with listening(its), listening(its):
                        return True
                except AssertionError:
                    return False

            await until(both_places_are_free, "the deaf one to be cut")
