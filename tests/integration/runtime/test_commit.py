"""The commit: all or nothing, whatever happens between its steps, and once in effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.runtime.clock import HybridClock
from libs.runtime.commit import OUTBOX, ClaimTaken, Commit
from libs.runtime.mongo import Conflict, StoreError, connect
from libs.runtime.record import Record
from libs.runtime.rule import Change, Context
from libs.runtime.unit import Unit
from tests.integration.runtime.things import (
    CELLS,
    LISTENERS,
    NAMES,
    NOW,
    Listener,
    Service,
    Tape,
    counted,
    named,
    said,
    service_at,
)
from tests.integration.runtime.wire import Fault, Wire

CONTEXT = Context("", NOW)


@pytest.fixture
async def wire(mongo: str) -> AsyncIterator[Wire]:
    """The way to the database, to be cut."""
    async with Wire(mongo) as wire:
        yield wire


async def stored(service: Service) -> dict[str, Any]:
    """All that a commit writes, without times and ids."""
    database = service.database
    cells = {cell["_id"]: cell["amounts"] async for cell in database[CELLS].find({}).sort("_id", 1)}
    return {
        "heard": {
            row["_id"]: (row.get("heard"), row["version"], row["seen"], row["sent"], row["parked"])
            async for row in database[LISTENERS.collection].find({}).sort("_id", 1)
        },
        "told": await service.told(),
        "parked": [(row["_id"], row["reason"]) for row in await service.parked()],
        "cells": cells,
    }


def batch_on(tape: Tape) -> tuple[list[Record], list[Record]]:
    """What is there before, and a batch that inserts, replaces, parks and tells."""
    before = [tape.request("old", 1), tape.request("older", 1), tape.request("older", 2)]
    batch = [tape.request("old", 2), tape.routing("new", 1), tape.poison("bad", 1)]
    return before, [*batch, tape.request("older", 3), tape.request("old", 3)]


STEPS = 11
"""More than a batch takes: the last of these finds nothing to strike."""


@pytest.mark.parametrize(
    ("fault", "projects"),
    [("cut_before", False), ("cut_after", False), ("none", False), ("cut_before", True)],
)
async def test_a_crash_between_any_two_steps_leaves_all_or_nothing(
    mongo: str, database: str, fault: Fault, projects: bool
) -> None:
    few = asyncio.Semaphore(6)

    async def crash(step: int) -> str | None:
        async with few, Wire(mongo) as wire:
            return await _crash_and_redo(wire, mongo, f"{database}{step}", step, fault, projects)

    struck = await asyncio.gather(*(crash(step) for step in range(1, STEPS + 1)))
    commands = [command for command in struck if command]
    assert commands[-1] == "commitTransaction"
    assert struck == [*commands, *[None] * (STEPS - len(commands))]
    assert len(commands) >= 6


async def _crash_and_redo(
    wire: Wire, mongo: str, name: str, step: int, fault: Fault, projects: bool
) -> str | None:
    before, batch = batch_on(Tape())
    direct = await service_at(mongo, name, projects=projects)
    await direct.consume(*before)
    nothing = await stored(direct)

    crashing = Service(connect(wire.url, name, wait_ms=700), projects=projects)
    struck = await _crash(wire, step, fault, crashing, batch)
    if struck:
        await forget(direct, wire)
    left = await stored(direct)

    await direct.consume(*batch)
    everything = await stored(direct)
    assert len(everything["heard"]) == 4
    assert everything["heard"]["old"][0] == ["q1", "q2", "q3"]
    done = not struck or (fault == "cut_after" and struck == "commitTransaction")
    if fault == "none":
        assert left in (nothing, everything)
    else:
        assert left == (everything if done else nothing), struck
    await direct.consume(*batch)
    assert await stored(direct) == everything
    direct.database.client.close()
    return struck


async def _crash(
    wire: Wire, step: int, fault: Fault, service: Service, batch: list[Record]
) -> str | None:
    """Let a process fail at a step of its batch; the command, None where there is no such step.

    Where the wire has no fault, the process is told to stop just then.
    """
    await service.database.client.admin.command("ping")
    wire.strike(step, fault)
    work = asyncio.ensure_future(service.consume(*batch))
    struck = asyncio.ensure_future(wire.struck.wait())
    await asyncio.wait({work, struck}, return_when="FIRST_COMPLETED")
    struck.cancel()
    if not wire.struck.is_set():
        await work
        return None
    if fault == "none":
        work.cancel()
    with pytest.raises((StoreError, asyncio.CancelledError)):
        await work
    await asyncio.to_thread(service.database.client.close)  # it speaks through the wire
    return wire.commands[step - 1]


async def forget(service: Service, wire: Wire) -> None:
    """What the server does by itself, after a while, with a lost client's transaction."""
    await service.database.client.admin.command({"killSessions": wire.sessions})
