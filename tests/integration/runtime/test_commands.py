"""Commands: many in one commit, each answered as if alone, and once in effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from libs.events import Point
from libs.runtime import commands
from libs.runtime.clock import new_id
from libs.runtime.commands import Once, Taken, Unavailable
from libs.runtime.commit import Commit
from libs.runtime.mongo import connect, ensure_collections
from libs.runtime.rule import Change, Claim, Command, Context, Refused
from libs.runtime.unit import Unit
from services.intake.request import Request, submit
from services.intake.store import REQUESTS, TRACKING_NUMBERS
from tests.integration.runtime.things import (
    NAMES,
    NOW,
    Listener,
    Service,
    command,
    named,
    said,
)
from tests.integration.runtime.wire import Fault, Wire


@asynccontextmanager
async def serving(*services: Service) -> AsyncIterator[None]:
    """Let these serve their commands."""
    tasks = [asyncio.ensure_future(service.commands.run()) for service in services]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def serves(service: Service) -> AsyncIterator[Service]:
    """The service, serving its commands."""
    async with serving(service):
        yield service


@pytest.fixture
async def behind_wire(mongo: str, service: Service) -> AsyncIterator[tuple[Service, Wire]]:
    """A process of the service that reaches its store over a wire."""
    async with Wire(mongo) as wire:
        far = Service(connect(wire.url, service.database.name, wait_ms=700))
        await far.database.client.admin.command("ping")
        async with serving(far):
            yield far, wire
        await asyncio.to_thread(far.database.client.close)


def commits_of(service: Service) -> list[int]:
    """Grows with each commit of the service's commands, by the number of its documents."""
    sizes: list[int] = []
    commit = service.commit

    class Counting(Commit):
        async def __call__(self, unit: Unit) -> None:
            await commit(unit)
            sizes.append(len(unit.changed))

    service.commands._commit = Counting("crm", service.database, service.ring)
    return sizes


async def outcomes(*work: Any) -> list[Any]:
    return await asyncio.gather(*work, return_exceptions=True)


async def test_a_hundred_at_once_share_few_commits(serves: Service) -> None:
    sizes = commits_of(serves)
    done = await asyncio.gather(
        *(serves.commands.execute(command(f"k{n}", f"w{n}")) for n in range(100))
    )
    assert done == [{"word": f"w{n}", "at": 1} for n in range(100)]
    assert len(sizes) <= 3
    assert sum(sizes) == 100
    assert [await serves.heard(f"k{n}") for n in range(100)] == [[f"w{n}"] for n in range(100)]


async def test_one_alone_waits_for_nobody(serves: Service) -> None:
    sizes = commits_of(serves)
    async with asyncio.timeout(2):
        await serves.commands.execute(command("a", "one"))
        await serves.commands.execute(command("a", "two"))
    assert sizes == [1, 1]


async def test_a_refusal_and_a_failure_disturb_nobody_else(serves: Service) -> None:
    sizes = commits_of(serves)
    words = ["one", "no", "two", "bug", "three"]
    done = await outcomes(*(serves.commands.execute(command("a", word)) for word in words))
    assert [type(one).__name__ for one in done] == [
        "dict",
        "Refused",
        "dict",
        "RuntimeError",
        "dict",
    ]
    assert done[1].more == {"heard": 1}
    assert await serves.heard("a") == ["one", "two", "three"]
    assert sizes == [1]


async def test_two_on_one_document_see_each_other(serves: Service) -> None:
    done = await asyncio.gather(
        *(serves.commands.execute(command("a", word)) for word in ("one", "two", "three"))
    )
    assert [one["at"] for one in done] == [1, 2, 3]
    assert [number for _, number, _ in await serves.told()] == [1, 2, 3]


async def test_two_processes_on_one_document_lose_nothing(service: Service, other: Service) -> None:
    async with serving(service, other):
        await asyncio.gather(
            *(service.commands.execute(command(f"k{n % 3}", f"s{n}")) for n in range(30)),
            *(other.commands.execute(command(f"k{n % 3}", f"o{n}")) for n in range(30)),
        )
    heard = [word for n in range(3) for word in await service.heard(f"k{n}")]
    assert sorted(heard) == sorted(f"{who}{n}" for who in "so" for n in range(30))


async def test_who_has_not_seen_the_last_version_hears_the_present_state(serves: Service) -> None:
    await serves.commands.execute(command("a", "one"))
    version = (await serves.document("a"))["version"]
    done = await outcomes(
        serves.commands.execute(command("a", "two", expects=version)),
        serves.commands.execute(command("a", "late", expects=version)),
        serves.commands.execute(command("b", "three")),
    )
    assert isinstance(done[1], Refused)
    assert (done[1].slug, done[1].status) == ("conflict", 409)
    assert done[1].more["current"]["heard"] == ["one", "two"]
    now = done[1].more["current"]["version"]
    assert now == (await serves.document("a"))["version"]
    await serves.commands.execute(command("a", "again", expects=now))
    assert await serves.heard("a") == ["one", "two", "again"]


async def test_a_command_that_comes_again_hears_its_first_answer(serves: Service) -> None:
    one = command("a", "one")
    first = await serves.commands.execute(one)
    await serves.commands.execute(command("a", "two"))
    assert await serves.commands.execute(one) == first
    together = await asyncio.gather(*(serves.commands.execute(one) for _ in range(5)))
    assert together == [first] * 5
    assert await serves.heard("a") == ["one", "two"]


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
@pytest.mark.parametrize("at", ["find", "insert", "commitTransaction"])
async def test_an_unknown_outcome_is_answered_once_it_is_known(
    behind_wire: tuple[Service, Wire], service: Service, at: str, fault: Fault
) -> None:
    far, wire = behind_wire
    wire.strike_at(at, fault)
    asked = asyncio.ensure_future(far.commands.execute(command("a", "one")))
    await wire.struck.wait()
    await asyncio.sleep(0.1)
    if at != "commitTransaction":
        await service.database.client.admin.command({"killSessions": wire.sessions})
    wire.mend()
    assert await asked == {"word": "one", "at": 1}
    assert await service.heard("a") == ["one"]
    assert await service.told() == [("a", 1, "one")]


async def test_without_its_store_a_caller_hears_so_in_time_and_nothing_is_half_done(
    behind_wire: tuple[Service, Wire], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "GIVE_UP_AFTER", 1.0)
    far, wire = behind_wire
    wire.strike_at("insert", "cut_before")
    started = asyncio.get_running_loop().time()
    done = await outcomes(*(far.commands.execute(command(f"k{n}", "one")) for n in range(5)))
    took = asyncio.get_running_loop().time() - started
    assert [type(one) for one in done] == [Unavailable] * 5
    assert 0.9 <= took < 2.5
    assert await service.database["listeners"].count_documents({}) == 0
    assert await service.told() == []
    wire.mend()
    await service.database.client.admin.command({"killSessions": wire.sessions})
    assert await far.commands.execute(command("a", "one")) == {"word": "one", "at": 1}
    assert await service.database["listeners"].count_documents({}) == 1


async def test_a_store_that_is_silent_holds_no_caller(
    behind_wire: tuple[Service, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "GIVE_UP_AFTER", 0.5)
    far, wire = behind_wire
    wire.strike_at("find", "silent")
    async with asyncio.timeout(3):
        with pytest.raises(Unavailable):
            await far.commands.execute(command("a", "one"))
        done = await outcomes(far.commands.execute_many([command("b", "one")]))
        assert isinstance(done[0], Unavailable)
    wire.cut()


async def test_the_same_key_and_body_hears_the_first_answer_also_after_others(
    serves: Service,
) -> None:
    once = Once("someone", "key-1", "body")
    first = await serves.commands.execute(command("a", "one"), once)
    again = await serves.commands.execute(command("b", "one"), Once("someone", "key-1", "body"))
    assert again == first
    assert await serves.heard("b") == []
    elsewhere = await serves.commands.execute(
        command("c", "one"), Once("somebody else", "key-1", "another body")
    )
    assert elsewhere == {"word": "one", "at": 1}
    assert await serves.heard("c") == ["one"]


async def test_the_same_key_with_another_body_is_refused(serves: Service) -> None:
    await serves.commands.execute(command("a", "one"), Once("someone", "key-1", "body"))
    with pytest.raises(Refused) as refused:
        await serves.commands.execute(command("b", "two"), Once("someone", "key-1", "other"))
    assert (refused.value.slug, refused.value.status) == ("idempotency-key-reused", 422)
    assert await serves.heard("b") == []


async def test_duplicates_at_the_same_time_have_one_effect(
    service: Service, other: Service
) -> None:
    async with serving(service, other):
        for round in range(6):
            once = Once("someone", f"key-{round}", "body")
            done = await asyncio.gather(
                *(
                    one.commands.execute(command(f"{round}-{n}", f"w{n}"), once)
                    for n, one in enumerate((service, other, service, other))
                )
            )
            assert all(one == done[0] for one in done)
    assert await service.database["listeners"].count_documents({}) == 6
    assert len(await service.told()) == 6


def let_it_come_first(service: Service, other: Service, wanted: Command, once: Once) -> list[Any]:
    """Carry it out here between the reads of the other's next attempt; what was answered."""
    first = list[Any]()

    def crossed(read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def reading(*arguments: Any) -> Any:
            found = await read(*arguments)
            if not first:
                first.append(await service.commands.execute(wanted, once))
            return found

        return reading

    for name in ("_load", "_first_answers"):
        setattr(other.commands, name, crossed(getattr(other.commands, name)))
    return first


async def test_a_repeat_hears_the_first_answer_where_that_is_given_between_its_reads(
    service: Service, other: Service
) -> None:
    once = Once("someone", "key-1", "body")
    async with serving(service, other):
        await service.commands.execute(command("a", "one"))
        first = let_it_come_first(service, other, command("a", "two", expects=1), once)
        again = await other.commands.execute(command("a", "two", expects=1), once)
    assert [again] == first
    assert await service.heard("a") == ["one", "two"]


async def test_a_repeat_is_shown_what_its_first_call_has_changed(
    service: Service, other: Service
) -> None:
    once = Once("someone", "key-1", "body")
    async with serving(service, other):
        await service.commands.execute(command("a", "one"))
        let_it_come_first(service, other, command("a", "two"), once)
        shown = await other.commands.change(command("a", "two"), once)
    assert (shown.id, shown.version) == ("a", 2)
    assert shown.state is not None
    assert shown.state.heard == ("one", "two")


async def test_a_refused_key_may_be_used_again(serves: Service) -> None:
    once = Once("someone", "key-1", "body")
    with pytest.raises(Refused):
        await serves.commands.execute(command("a", "no"), once)
    assert (await serves.commands.execute(command("a", "one"), once))["at"] == 1


async def test_who_wants_a_taken_name_is_told_and_the_others_go_on(serves: Service) -> None:
    await serves.commands.execute(command("a", "one", claims=(named("X"),)))
    done = await outcomes(
        serves.commands.execute(command("b", "two", claims=(named("X"),))),
        serves.commands.execute(command("c", "three", claims=(named("Y"),))),
        serves.commands.execute(command("d", "four")),
    )
    assert isinstance(done[0], Taken)
    assert [one["word"] for one in done[1:]] == ["three", "four"]
    assert await serves.heard("b") == []
    assert (await serves.commands.execute(command("b", "two", claims=(named("Z"),))))["at"] == 1


async def test_of_two_who_want_one_name_together_the_first_gets_it(serves: Service) -> None:
    sizes = commits_of(serves)
    done = await outcomes(
        *(serves.commands.execute(command(f"k{n}", "w", claims=(named("X"),))) for n in range(3))
    )
    assert [type(one) for one in done] == [dict, Taken, Taken]
    assert sizes == [1]
    assert await serves.database[NAMES].count_documents({}) == 1


async def test_a_retry_of_one_with_a_claim_is_not_told_that_its_name_is_taken(
    serves: Service,
) -> None:
    one = command("a", "one", claims=(named("X"),))
    assert await serves.commands.execute(one) == await serves.commands.execute(one)


async def test_a_refusal_is_heard_only_when_what_it_rests_on_is_committed(
    serves: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = serves.commit
    held_back = asyncio.Event()

    class Slow(Commit):
        async def __call__(self, unit: Unit) -> None:
            await held_back.wait()
            await commit(unit)

    serves.commands._commit = Slow("crm", serves.database, serves.ring)

    def only_first(state: Listener | None, context: Context) -> Change[Listener]:
        if state:
            raise Refused("not-first", "Somebody was first.", 409)
        return Change(Listener("kecioren", ("one",)), (said("one"),))

    first, second = (
        asyncio.ensure_future(
            serves.commands.execute(Command(new_id(), "a", "kecioren", only_first))
        )
        for _ in range(2)
    )
    await asyncio.wait({first, second}, timeout=0.3)
    assert not first.done()
    assert not second.done()
    held_back.set()
    await first
    with pytest.raises(Refused):
        await second


async def test_one_that_the_store_will_not_take_fails_alone(
    serves: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "GIVE_UP_AFTER", 60.0)

    def bloated(state: Listener | None, context: Context) -> Change[Listener]:
        return Change(Listener("kecioren", ("x" * 17_000_000,)))

    def strange(state: Listener | None, context: Context) -> Change[Listener]:
        return Change(Listener("kecioren"), answer={"no": object()})

    def told_too_much(state: Listener | None, context: Context) -> Change[Listener]:
        event = said("x").model_copy(update={"message": "x" * 1_100_000})
        return Change(Listener("kecioren"), (event,))

    done = await outcomes(
        *(
            serves.commands.execute(Command(new_id(), f"k{n}", "kecioren", decide))
            for n, decide in enumerate((bloated, strange, told_too_much))
        ),
        serves.commands.execute(command("a", "one")),
    )
    assert [getattr(one, "slug", type(one).__name__) for one in done] == [
        "too-large",
        "InvalidDocument",
        "too-large",
        "dict",
    ]
    assert await serves.heard("a") == ["one"]


async def test_an_aggregate_of_ones_own_has_its_own_documents(serves: Service) -> None:
    await serves.commands.execute(command("a", "one"))
    done = await serves.commands.execute(command("a", "two", aggregate="others"))
    assert done == {"word": "two", "at": 1}
    assert await serves.heard("a") == ["one"]


async def test_many_at_once_each_have_their_outcome(serves: Service) -> None:
    await serves.commands.execute(command("z", "one", claims=(named("X"),)))
    wanted = [command(f"k{n}", "w") for n in range(450)]
    wanted[7] = command("k7", "no")
    wanted[301] = command("k301", "w", claims=(named("X"),))
    done = await serves.commands.execute_many(wanted)
    assert [n for n, one in enumerate(done) if isinstance(one, Refused)] == [7]
    assert [n for n, one in enumerate(done) if isinstance(one, Taken)] == [301]
    assert await serves.database["listeners"].count_documents({}) == 449


async def test_many_tell_what_became_of_each_and_a_repeat_tells_the_same(serves: Service) -> None:
    def became(before: Any, after: Any, version: int) -> dict[str, Any]:
        return {"was": before and len(before.heard), "is": len(after.heard), "version": version}

    await serves.commands.execute(command("a", "one"))
    wanted = [command("a", "two"), command("b", "one"), command("c", "no")]
    wanted = [replace(one, answers=became) for one in wanted]
    key = Once("many", "k", "digest")
    first = await serves.commands.execute_many(wanted, key)
    assert first[:2] == [
        {"was": 1, "is": 2, "version": 2},
        {"was": None, "is": 1, "version": 1},
    ]
    await serves.commands.execute(command("a", "three"))
    again = await serves.commands.execute_many(wanted, key)
    assert again[:2] == first[:2]
    assert isinstance(first[2], Refused)
    assert isinstance(again[2], Refused)


async def test_a_caller_who_goes_away_stops_nobody(serves: Service) -> None:
    gone = asyncio.ensure_future(serves.commands.execute(command("a", "one")))
    stays = asyncio.ensure_future(serves.commands.execute(command("a", "two")))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays)["at"] == 2
    await serves.commands.drain()
    assert await serves.heard("a") == ["one", "two"]


async def test_a_submission_that_comes_again_hears_its_first_answer_whole(
    mongo: str, database: str
) -> None:
    """intake's own rule: number and promise are the first ones, whatever was drawn since."""
    store = connect(mongo, f"{database}intake")
    await ensure_collections(store, {"requests", "outbox", "idempotency", TRACKING_NUMBERS})
    intake = commands.Commands(
        "intake", store, (REQUESTS,), Commit("intake", store, lambda: None), lambda slug: None
    )
    task = asyncio.ensure_future(intake.run())

    def handed_in(number: str) -> Command:
        request = Request(
            tenant="kecioren",
            tracking_number=number,
            request_type="complaint",
            channel="web",
            submitted_at=NOW,
            time_zone="Europe/Istanbul",
            text="Kaldırım bozuk.",
            point=Point(lat=39.98, lon=32.86),
        )
        id = new_id()
        claim = Claim(TRACKING_NUMBERS, number, {"request": id})
        return Command(id, id, "kecioren", partial(submit, request, None), claims=(claim,))

    once = Once("submit:", "key-1", "body")
    first = await intake.execute(handed_in("7F3K9QHXM"), once)
    again = await intake.execute(handed_in("8F3K9QHXM"), once)
    assert again == first
    assert again["tracking_number"] == "7F3K9QHXM"
    assert await store["requests"].count_documents({}) == 1
    assert await store[TRACKING_NUMBERS].count_documents({}) == 1
    with pytest.raises(Taken):
        await intake.execute(handed_in("7F3K9QHXM"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store.client.close()


def _both(one: Listener | None, two: Listener | None, context: Context) -> Any:
    """A command on two documents: each hears of the other."""
    changes = []
    for state, word in ((one, "came"), (two, "went")):
        known = state or Listener("kecioren")
        heard = (*known.heard, word)
        changes.append(Change(Listener("kecioren", heard), (said(word),), len(heard)))
    return tuple(changes)


async def test_a_command_on_two_documents_writes_both_or_neither(serves: Service) -> None:
    here, there = new_id(), new_id()
    both = Command(new_id(), here, "kecioren", _both, beside=there)
    assert await serves.commands.execute(both) == 1
    assert await serves.commands.execute(both) == 1, "once in effect"
    stored = {one: await serves.document(one) for one in (here, there)}
    assert [stored[one]["heard"] for one in (here, there)] == [["came"], ["went"]]
    assert [stored[one]["version"] for one in (here, there)] == [1, 1]

    def refuses(one: Any, two: Any, context: Context) -> Any:
        raise Refused("not-both", "Not both.", 409)

    with pytest.raises(Refused):
        await serves.commands.execute(Command(new_id(), here, "kecioren", refuses, beside=there))
    assert (await serves.document(there))["version"] == 1


async def test_many_commands_on_the_same_two_documents_lose_nothing(serves: Service) -> None:
    here, there = new_id(), new_id()
    crossing = [
        Command(new_id(), one, "kecioren", _both, beside=other)
        for one, other in [(here, there), (there, here)] * 20
    ]
    await asyncio.gather(*(serves.commands.execute(each) for each in crossing))
    for one in (here, there):
        assert len((await serves.document(one))["heard"]) == 40
