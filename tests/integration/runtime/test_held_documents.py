"""Somebody holds a document in an open transaction, as a killed process does for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from pymongo import MongoClient

from libs.runtime.commands import GIVE_UP_AFTER, Unavailable
from libs.stack import NativeMongo
from libs.stack.mongo import TRANSACTION_SECONDS
from tests.integration.runtime.things import LISTENERS, Service, command


@pytest.fixture
async def served(service: Service) -> AsyncIterator[Service]:
    """A service that carries out commands, with one document."""
    running = asyncio.create_task(service.commands.run())
    await service.commands.execute(command("held", "first"))
    yield service
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@asynccontextmanager
async def holding(other: Service, id: str) -> AsyncIterator[None]:
    """A foreign transaction that has written the document and does not end."""
    async with await other.database.client.start_session() as session:
        session.start_transaction()
        listeners = other.database[LISTENERS.collection]
        await listeners.update_one({"_id": id}, {"$set": {"tenant": "x"}}, session=session)
        yield
        await session.abort_transaction()


async def test_a_held_document_delays_only_its_own_caller(served: Service, other: Service) -> None:
    async with holding(other, "held"):
        slow = asyncio.create_task(served.commands.execute(command("held", "second")))
        others = (served.commands.execute(command(f"other-{n}", "word")) for n in range(30))
        async with asyncio.timeout(GIVE_UP_AFTER - 1):
            answers = await asyncio.gather(*others)
        assert [answer["word"] for answer in answers] == ["word"] * 30
        assert not slow.done()
    assert (await slow)["at"] == 2
    assert await served.heard("held") == ["first", "second"]


async def test_a_command_that_comes_after_a_held_one_does_not_wait_for_it(
    served: Service, other: Service
) -> None:
    async with holding(other, "held"):
        slow = asyncio.create_task(served.commands.execute(command("held", "second")))
        await asyncio.sleep(0.5)
        async with asyncio.timeout(GIVE_UP_AFTER - 2):
            assert (await served.commands.execute(command("another", "word")))["at"] == 1
        with pytest.raises(Unavailable):
            await slow
    assert await served.heard("held") == ["first"]


async def test_drain_waits_for_those_set_aside(served: Service, other: Service) -> None:
    async with holding(other, "held"):
        slow = asyncio.create_task(served.commands.execute(command("held", "second")))
        await asyncio.sleep(0.5)
        drained = asyncio.create_task(served.commands.drain())
        await asyncio.sleep(0.2)
        assert not drained.done()
    await drained
    async with asyncio.timeout(0.5):
        assert (await slow)["at"] == 2


def test_a_server_of_our_own_frees_what_a_killed_process_held(own_mongo: NativeMongo) -> None:
    for _ in range(2):
        client: MongoClient[dict[str, object]] = MongoClient(own_mongo.url)
        told = client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
        assert told["transactionLifetimeLimitSeconds"] == TRANSACTION_SECONDS
        client.close()
        own_mongo.kill()
        own_mongo.start()
