"""A service's life: what it says of itself in trouble, and how it ends."""

# No `from __future__ import annotations`: FastAPI cannot resolve the route's own annotations.

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends

from libs.events import Event, RequestAmended
from libs.runtime.clock import new_id
from libs.runtime.commit import OUTBOX
from libs.runtime.consume import Rules
from libs.runtime.lease import Lease
from libs.runtime.mongo import connect
from libs.runtime.rule import Change, Command, Context
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.stack import NativeKafka, NativeMongo
from libs.web.access import Open
from libs.web.app import service_app
from tests.integration.runtime.flow import (
    DIARIES,
    Diary,
    amended,
    eventually,
    fresh,
    is_caught_up,
    sent,
    text,
)


def note(state: Diary | None, event: Event, context: Context) -> Change[Diary]:
    """The rule of every event: count it."""
    state = state or Diary("kecioren")
    return Change(replace(state, told=state.told + 1))


def tell(state: Diary | None, context: Context) -> Change[Diary]:
    """The command: tell something on a topic of each kind."""
    state = state or Diary("kecioren")
    after = replace(state, told=state.told + 1)
    return Change(after, (amended(), text("x")), {"told": after.told})


def telling(id: str) -> Command:
    """The command to tell something of one document."""
    return Command(new_id(), id, "kecioren", tell)


def parts() -> Parts:
    """A service that hears what it tells, in a group of its own."""
    rules = Rules(("requests",), {RequestAmended: note})
    return Parts("diary", (DIARIES,), rules, group=fresh("g"))


def settings(kafka: str, mongo: str, database: str, **more: Any) -> Settings:
    """Where the servers are; impatient."""
    return Settings(kafka=kafka, mongo=mongo, database=database, outbox_too_old=1.0, **more)


def diaries(service: Service) -> APIRouter:
    """The API: a command, and nothing more."""
    routes = APIRouter()

    @routes.post("/api/diaries/{id}", status_code=201, dependencies=[Depends(Open())])
    async def post(id: str) -> dict[str, int]:
        told: dict[str, int] = await service.execute(telling(id))
        return told

    return routes


@contextlib.asynccontextmanager
async def served(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The service with its life and its HTTP side."""
    app = service_app(service, service.settings, [diaries(service)])
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://diary", timeout=30) as client,
    ):
        yield client


async def says(client: httpx.AsyncClient, what: str, status: int) -> bool:
    return (await client.get(f"/diary/{what}")).status_code == status


async def late(client: httpx.AsyncClient) -> set[str]:
    """What waits for too long, as the service says."""
    return {one["what"] for one in (await client.get("/diary/stuck")).json()["waiting"]}


@pytest.fixture(autouse=True)
def asks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service asks for Kafka whenever it is asked itself."""
    monkeypatch.setattr("libs.runtime.health.KAFKA_ASKED_EVERY", 0.2)


async def test_a_service_that_is_well_says_so(kafka: str, mongo: str, database: str) -> None:
    service = Service(parts(), settings(kafka, mongo, database))
    async with served(service) as client:
        await eventually(lambda: says(client, "ready", 200))
        key = new_id()
        assert (await client.post(f"/api/diaries/{key}")).json() == {"told": 1}
        await eventually(lambda: is_sent(service))
        await eventually(lambda: is_caught_up(service.subscription))
        for what in ("live", "ready", "stuck"):
            answer = await client.get(f"/diary/{what}")
            assert answer.json() == {"service": "diary", "ok": True, "waiting": []}
            assert answer.status_code == 200
        figures = (await client.get("/diary/metrics")).text.splitlines()
    assert 'sokak_stuck{service="diary"} 0.0' in figures
    assert 'sokak_outbox_documents{service="diary"} 0.0' in figures
    assert 'sokak_lag_records{service="diary",topic="requests"} 0.0' in figures
    assert [one for one in figures if one.startswith("sokak_commit_seconds_count")]
    assert [one.sequence for one in await sent(kafka, "requests", key)] == [1]


async def is_sent(service: Service) -> bool:
    return await service.database[OUTBOX].count_documents({}) == 0


async def test_without_kafka_a_service_is_ready_accepts_and_turns_red(
    restless: NativeKafka, mongo: str, database: str
) -> None:
    key = new_id()
    await asyncio.to_thread(restless.kill)
    service = Service(parts(), settings(restless.address, mongo, database))
    async with served(service) as client:
        await eventually(lambda: says(client, "ready", 200))
        assert (await client.post(f"/api/diaries/{key}")).status_code == 201
        assert await says(client, "live", 200)
        await eventually(lambda: says(client, "stuck", 503))
        await eventually(lambda: is_late(client, {"kafka_away", "outbox"}))
        assert 'sokak_stuck{service="diary"} 1.0' in (await client.get("/diary/metrics")).text
        assert await says(client, "ready", 200)
        assert (await client.post(f"/api/diaries/{key}")).status_code == 201
        await asyncio.to_thread(restless.start)
        await eventually(lambda: says(client, "stuck", 200), within=60)
        await eventually(lambda: is_sent(service))
        await service.tenants.known({"nobody": 1})
    assert [one.sequence for one in await sent(restless.address, "requests", key)] == [1, 2]
    assert [one.sequence for one in await sent(restless.address, "request_texts", key)] == [1, 2]


async def is_late(client: httpx.AsyncClient, what: set[str]) -> bool:
    return what <= await late(client)


async def test_without_its_store_a_service_accepts_nothing_and_says_when_to_ask_again(
    kafka: str, own_mongo: NativeMongo, database: str
) -> None:
    key = new_id()
    service = Service(parts(), settings(kafka, own_mongo.url, database))
    async with served(service) as client:
        await eventually(lambda: says(client, "ready", 200))
        assert (await client.post(f"/api/diaries/{key}")).status_code == 201
        await asyncio.to_thread(own_mongo.kill)
        assert await says(client, "ready", 503)
        answer = await client.post(f"/api/diaries/{key}")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        await eventually(lambda: is_late(client, {"store_away"}), within=60)
        assert await says(client, "live", 200)
        await asyncio.to_thread(own_mongo.start)
        await eventually(lambda: says(client, "ready", 200))
        assert (await client.post(f"/api/diaries/{key}")).status_code == 201
        await eventually(lambda: is_sent(service))
        await eventually(lambda: says(client, "stuck", 200))
    assert list(dict.fromkeys(one.sequence for one in await sent(kafka, "requests", key))) == [1, 2]


async def test_a_service_starts_without_its_store_and_is_ready_when_it_comes(
    kafka: str, tmp_path: Path, database: str
) -> None:
    key = new_id()
    store = NativeMongo(tmp_path / "mongo", cache="256M")
    service = Service(parts(), settings(kafka, store.url, database))
    try:
        async with served(service) as client:
            assert await says(client, "live", 200)
            assert await says(client, "ready", 503)
            answer = await client.post(f"/api/diaries/{key}")
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            await asyncio.to_thread(store.start)
            await eventually(lambda: says(client, "ready", 200))
            assert (await client.post(f"/api/diaries/{key}")).status_code == 201
            await eventually(lambda: is_sent(service))
    finally:
        store.stop(timeout_s=5.0)
    assert [one.sequence for one in await sent(kafka, "requests", key)] == [1]


async def test_a_service_without_its_store_ends_soon(kafka: str, database: str) -> None:
    service = Service(parts(), settings(kafka, "mongodb://127.0.0.1:9/", database))
    await service.start()
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await service.stop()
    assert time.monotonic() - began < 8


async def test_who_stops_finishes_the_batch_sends_the_rest_and_gives_up_the_lease(
    kafka: str, mongo: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()
    in_work, go_on = asyncio.Event(), asyncio.Event()

    async def slow(versions: object) -> None:
        in_work.set()
        await go_on.wait()

    service = Service(parts(), settings(kafka, mongo, database))
    await service.start()
    await eventually(lambda: is_caught_up(service.subscription))
    monkeypatch.setattr(service.chain, "_tenants_known", slow)
    assert await service.execute(telling(key)) == {"told": 1}
    await in_work.wait()
    delayed(service, monkeypatch)
    assert await service.execute(telling(key)) == {"told": 2}
    stopping = asyncio.create_task(service.stop())
    await asyncio.sleep(0.5)
    assert not stopping.done()
    go_on.set()
    await stopping

    after = connect(mongo, f"{database}_diary")
    document = await after[DIARIES.collection].find_one({"_id": key})
    assert document is not None
    assert document["seen"] == {"requests": {key: 1}}
    assert document["told"] == 3
    assert await after[OUTBOX].count_documents({}) == 0
    assert await Lease(after, "relay").hold()
    after.client.close()
    assert [one.sequence for one in await sent(kafka, "requests", key)] == [1, 2]


def delayed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed now is not sent before the stop begins."""
    send = service.relay._send

    async def late(*arguments: Any) -> set[str]:
        await asyncio.sleep(1.0)
        return await send(*arguments)

    monkeypatch.setattr(service.relay, "_send", late)


async def test_who_stops_while_kafka_is_away_keeps_its_outbox_and_ends_in_time(
    restless: NativeKafka, mongo: str, database: str
) -> None:
    key = new_id()
    chosen = settings(restless.address, mongo, database, stop_seconds=1.0)
    service = Service(parts(), chosen)
    await service.start()
    await eventually(lambda: service.prepared)
    await service.execute(telling(key))
    await eventually(lambda: is_sent(service))
    await asyncio.to_thread(restless.pause)
    try:
        await service.execute(telling(key))
        began = time.monotonic()
        await service.stop()
        assert time.monotonic() - began < 15
    finally:
        await asyncio.to_thread(restless.resume)

    after = connect(mongo, f"{database}_diary")
    assert await after[OUTBOX].count_documents({}) == 1
    assert await Lease(after, "relay").hold()
    after.client.close()
    successor = Service(parts(), chosen)
    await successor.start()
    await eventually(lambda: successor.prepared)
    await eventually(lambda: is_sent(successor), within=60)
    await successor.stop()
    firsts = dict.fromkeys(one.sequence for one in await sent(restless.address, "requests", key))
    assert list(firsts) == [1, 2]
