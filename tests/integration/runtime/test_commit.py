"""The commit: all or nothing, whatever happens between its steps, and once in effect."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from libs.events import Event
from libs.runtime.commit import OUTBOX, ClaimTaken, Written
from libs.runtime.mongo import Conflict, StoreError, connect, is_infrastructure
from libs.runtime.record import Record
from libs.runtime.rule import Change, Context, Increment
from libs.runtime.unit import TooLarge, Unit
from tests.integration.runtime.things import (
    CELLS,
    LISTENERS,
    NAMES,
    NOW,
    Listener,
    Service,
    Tape,
    named,
    said,
    service_at,
)
from tests.integration.runtime.wire import Fault, Wire


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


async def test_a_commit_whose_answer_is_lost_is_done_once(
    mongo: str, service: Service, tape: Tape
) -> None:
    async with Wire(mongo) as wire:
        crashing = Service(connect(wire.url, service.database.name, wait_ms=700))
        await crashing.database.client.admin.command("ping")
        batch = [tape.request("a", 1), tape.poison("b", 1), tape.routing("a", 1)]
        wire.strike_at("commitTransaction", "cut_after")
        with pytest.raises(StoreError) as raised:
            await crashing.consume(*batch)
        assert is_infrastructure(raised.value)
        once = await stored(service)
        assert once["heard"]["a"][0] == ["q1", "r1"]
        wire.mend()
        await crashing.consume(*batch)
        assert await stored(service) == once
        await asyncio.to_thread(crashing.database.client.close)


def changed(service: Service, *ids: str) -> Unit:
    """A unit that makes each of these hear a word, and tells it."""
    unit = Unit("crm", NOW)
    for id in ids:
        say_in(unit, id, "one")
    return unit


def say_in(unit: Unit, id: str, word: str, *events: Event) -> None:
    held = unit.hold(LISTENERS, id)
    heard = (*(held.state.heard if held.state else ()), word)
    change = Change(Listener("kecioren", heard), events or (said(word),))
    unit.apply(held, change, Context(id, NOW), "cause")


async def loaded(service: Service, *ids: str) -> Unit:
    unit = Unit("crm", NOW)
    await service.chain.load(unit, ids)
    return unit


async def test_one_document_that_has_changed_meanwhile_keeps_all_from_being_written(
    service: Service,
) -> None:
    await service.commit(changed(service, "a", "b"))
    late = await loaded(service, "a", "b")
    await service.consume(Tape().text("b", 1))
    before = await stored(service)
    for id in ("a", "b", "c"):
        say_in(late, id, "late")
    with pytest.raises(Conflict):
        await service.commit(late)
    assert await stored(service) == before


async def test_two_who_create_the_same_document_are_told_of_it(
    service: Service, other: Service
) -> None:
    await service.commit(changed(service, "a"))
    with pytest.raises(Conflict):
        await other.commit(changed(other, "new", "a"))
    assert await service.heard("new") == []
    both = await asyncio.gather(
        service.commit(changed(service, "b", "c")),
        other.commit(changed(other, "c", "b")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "NoneType"]


async def test_a_name_is_taken_once(service: Service, other: Service) -> None:
    def claiming(one: Service, id: str) -> Unit:
        unit = changed(one, id)
        unit.claims[NAMES, "7F3K"] = named("7F3K")
        return unit

    both = await asyncio.gather(
        service.commit(claiming(service, "a")),
        other.commit(claiming(other, "b")),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, ClaimTaken | Conflict) for one in both) == [False, True]
    with pytest.raises(ClaimTaken) as taken:
        await service.commit(claiming(service, "c"))
    assert taken.value.ids == {(NAMES, "7F3K")}
    assert await service.heard("c") == []
    assert len(await service.told()) == 1


async def test_an_outbox_id_is_greater_than_that_of_every_commit_before_it(
    service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the second process's clock is ten seconds behind, and where time jumps back."""
    real = time.time_ns
    last = 0
    for round in range(8):
        for one, offset in ((service, 0), (other, -10), (service, -10 if round % 2 else 0)):
            monkeypatch.setattr(time, "time_ns", lambda offset=offset: real() + offset * 10**9)
            unit = await loaded(one, "a")
            before = unit.hold(LISTENERS, "a").outbox_at
            say_in(unit, "a", "word")
            await one.commit(unit)
            newest = await one.database[OUTBOX].find_one({}, sort=[("_id", -1)])
            assert newest is not None
            number = int(newest["_id"].split(".")[0], 16)
            assert number > before
            assert number > last
            assert (await one.document("a"))["outbox_at"] == number
            last = number
    assert [number for _, number, _ in await service.told()] == list(range(1, 25))


async def test_a_document_that_told_nothing_keeps_its_place(service: Service) -> None:
    await service.commit(changed(service, "a"))
    at = (await service.document("a"))["outbox_at"]
    unit = await loaded(service, "a")
    unit.hold(LISTENERS, "a").mark_seen("requests", "a", 1)
    say_in(unit, "b", "word")
    await service.commit(unit)
    assert (await service.document("a"))["outbox_at"] == at
    assert (await service.document("b"))["outbox_at"] > at


async def test_more_than_four_megabytes_of_events_are_split_in_order(service: Service) -> None:
    unit = Unit("crm", NOW)
    letters = "x" * 3900
    for number in range(2600):
        say_in(unit, "a", str(number)[-1:], said(f"{number} {letters}"))
    await service.commit(unit)
    sizes = [
        sum(len(event["value"]) for event in document["events"])
        async for document in service.database[OUTBOX].find({}).sort("_id", 1)
    ]
    assert len(sizes) >= 3
    assert max(sizes) < 4 * 1024 * 1024
    told = await service.told()
    assert [int(words.split()[0]) for _, _, words in told] == list(range(2600))
    assert [number for _, number, _ in told] == list(range(1, 2601))


async def test_an_event_that_its_topic_would_refuse_changes_nothing(service: Service) -> None:
    unit = changed(service, "a")
    huge = said("x").model_copy(update={"message": "x" * 1_100_000})
    with pytest.raises(TooLarge):
        say_in(unit, "a", "two", said("two"), huge)
    await service.commit(unit)
    assert await service.heard("a") == ["one"]
    assert [number for _, number, _ in await service.told()] == [1]


async def test_zero_amounts_and_empty_cells_vanish(service: Service) -> None:
    async def add(*increments: tuple[str, dict[str, int]]) -> dict[str, Any]:
        unit = Unit("crm", NOW)
        say_in(unit, "a", "word", said("word"))
        unit.take(LISTENERS, await service.database[LISTENERS.collection].find({}).to_list(None))
        unit.hold(LISTENERS, "a").version += 1
        unit.add(Increment(CELLS, id, {"day": 1}, amounts) for id, amounts in increments)
        await service.commit(unit)
        cells = service.database[CELLS].find({}).sort("_id", 1)
        return {cell["_id"]: cell["amounts"] async for cell in cells}

    assert await add(("x", {"open": 2, "late": 0}), ("y", {"open": 0})) == {"x": {"open": 2}}
    assert await add(("x", {"open": -1}), ("x", {"late": 1})) == {"x": {"open": 1, "late": 1}}
    assert await add(("x", {"late": -1}), ("y", {"open": 5})) == {
        "x": {"open": 1},
        "y": {"open": 5},
    }
    assert await add(("x", {"open": -1}), ("z", {"open": 1}), ("z", {"open": -1})) == {
        "y": {"open": 5}
    }


async def test_a_cell_that_was_taken_for_new_is_added_to_at_the_second_try(
    service: Service,
) -> None:
    async def add(key: str) -> None:
        unit = changed(service, key)
        unit.add([Increment(CELLS, "x", {"day": 1}, {"open": 2})])
        await service.commit(unit)

    await add("a")
    service.commit.written = Written()
    with pytest.raises(Conflict):
        await add("b")
    assert ((await stored(service))["cells"], await service.heard("b")) == ({"x": {"open": 2}}, [])
    await add("b")
    await add("c")
    assert (await stored(service))["cells"] == {"x": {"open": 6}}


async def test_the_bell_rings_only_when_there_is_something_to_tell(service: Service) -> None:
    unit = Unit("crm", NOW)
    unit.hold(LISTENERS, "a").mark_seen("requests", "a", 1)
    await service.commit(unit)
    assert service.rung == 0
    await service.commit(changed(service, "b"))
    assert service.rung == 1
