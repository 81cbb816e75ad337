"""The lease: one holder at a time, by the server's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from libs.runtime import lease as lease_module
from libs.runtime.lease import LEASES, Lease
from libs.runtime.mongo import Database
from tests.integration.runtime.flow import database_at, eventually


@pytest.fixture
async def leases(mongo: str, database: str) -> AsyncIterator[Database]:
    """A database of leases."""
    found = await database_at(mongo, f"{database}crm")
    yield found
    found.client.close()


@pytest.mark.parametrize("seconds", [3.0, 0.0], ids=["first of all", "after it expired"])
async def test_one_of_many_wins(leases: Database, seconds: float) -> None:
    if not seconds:
        assert await Lease(leases, "relay", 0.01).hold()
        await asyncio.sleep(0.1)
    many = [Lease(leases, "relay") for _ in range(16)]
    assert sum(await asyncio.gather(*(one.hold() for one in many))) == 1


async def test_it_stays_with_who_renews_it(leases: Database) -> None:
    holder, other = Lease(leases, "relay", 0.6), Lease(leases, "relay", 0.6)
    assert await holder.hold()
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert await holder.hold()
        assert not await other.hold()
        await asyncio.sleep(0.05)


async def test_a_holder_asks_the_store_only_when_it_is_time(leases: Database) -> None:
    holder = Lease(leases, "relay", 30.0)
    assert await holder.hold()
    before = await leases[LEASES].find_one({})
    for _ in range(50):
        assert await holder.hold()
    assert await leases[LEASES].find_one({}) == before


async def test_it_is_taken_over_when_it_expires_and_not_before(leases: Database) -> None:
    holder, other = Lease(leases, "relay", 1.0), Lease(leases, "relay", 1.0)
    began = time.monotonic()
    assert await holder.hold()
    assert await eventually(other.hold, within=10)
    assert time.monotonic() - began >= 0.95
    assert not await holder.hold()


async def test_what_is_given_up_is_free_at_once(leases: Database) -> None:
    holder = Lease(leases, "relay", 60.0)
    assert await holder.hold()
    await holder.give_up()
    assert await Lease(leases, "relay").hold()
    assert not await holder.hold()


async def test_who_has_lost_it_cannot_give_it_up(leases: Database) -> None:
    late = Lease(leases, "relay", 0.01)
    assert await late.hold()
    await asyncio.sleep(0.1)
    assert await Lease(leases, "relay", 60.0).hold()
    await late.give_up()
    assert not await Lease(leases, "relay").hold()


def shift(clock: pytest.MonkeyPatch, seconds: float) -> None:
    """Make this process's clock wrong; its monotonic one goes on as before."""
    true, true_ns = time.time, time.time_ns
    clock.setattr(time, "time", lambda: true() + seconds)
    clock.setattr(time, "time_ns", lambda: true_ns() + int(seconds * 1e9))
    assert abs(lease_module.time.time() - true() - seconds) < 1


async def test_a_clock_that_is_ahead_takes_nothing_early(
    leases: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await Lease(leases, "relay", 5.0).hold()
    with monkeypatch.context() as clock:
        shift(clock, 10.0)
        assert not await Lease(leases, "relay", 5.0).hold()


async def test_a_clock_that_is_behind_loses_nothing_early(
    leases: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as clock:
        shift(clock, -10.0)
        assert await Lease(leases, "relay", 5.0).hold()
    assert not await Lease(leases, "relay", 5.0).hold()


async def test_a_clock_that_is_ahead_keeps_nothing_for_longer(
    leases: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as clock:
        shift(clock, 10.0)
        assert await Lease(leases, "relay", 0.5).hold()
    assert await eventually(Lease(leases, "relay", 0.5).hold, within=5)
