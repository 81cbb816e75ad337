"""Dead letters: what is parked goes on in order, once, and nothing genuine is lost with it."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from libs.events import RequestAmended
from libs.runtime import dead, replay
from libs.runtime.clock import now
from libs.runtime.mongo import Conflict
from libs.runtime.record import Record, parked_document, parked_record
from libs.runtime.rule import Refused
from tests.integration.runtime.test_commit import stored
from tests.integration.runtime.things import NOW, Service, Tape, command

FORM = RequestAmended(occurred_at=NOW).model_dump(mode="json", exclude_none=True)


async def failing_at_two(service: Service, tape: Tape) -> list[Record]:
    """`a` has heard q1; q2 failed, and more wait behind it."""
    service.broken.add("a:q2")
    records = [tape.request("a", 1), tape.request("a", 2), tape.routing("a", 1)]
    records += [tape.request("a", 3), tape.text("a", 1), tape.request("b", 1)]
    await service.consume(*records)
    return records


async def place_of(service: Service, index: int = 0) -> str:
    """The id of a parked record."""
    id = (await service.parked())[index]["_id"]
    assert isinstance(id, str)
    return id


async def test_after_a_rule_is_mended_a_replay_applies_all_in_order(
    service: Service, tape: Tape
) -> None:
    await failing_at_two(service, tape)
    assert await service.dead.replay(await place_of(service, 2), "op") == 0
    service.broken.clear()
    assert await service.dead.replay(await place_of(service, 2), "op") == 4
    assert await service.heard("a") == ["q1", "q2", "r1", "q3", "t1"]
    assert [told for told in await service.told() if told[0] == "a"] == [
        ("a", 1, "q1"),
        ("a", 2, "q2"),
        ("a", 3, "r1"),
        ("a", 4, "q3"),
        ("a", 5, "t1"),
    ]
    assert await service.parked() == []
    await service.consume(tape.request("a", 4))
    assert (await service.heard("a"))[-1] == "q4"


async def test_a_replay_goes_as_far_as_it_can(service: Service, tape: Tape) -> None:
    await failing_at_two(service, tape)
    service.broken = {"a:q3"}
    assert await service.dead.replay(await place_of(service), "op") == 2
    assert await service.heard("a") == ["q1", "q2", "r1"]
    reasons = [row["reason"] for row in await service.parked()]
    assert reasons == ["rule_failed:LookupError", "behind"]


async def test_redelivery_after_a_replay_changes_nothing(service: Service, tape: Tape) -> None:
    records = await failing_at_two(service, tape)
    service.broken.clear()
    await service.dead.replay(await place_of(service), "op")
    before = await stored(service)
    await service.consume(*records)
    assert await stored(service) == before


async def test_a_repaired_record_is_applied_and_its_original_kept(
    service: Service, tape: Tape
) -> None:
    poison = tape.request("a", 1, value=b"{", headers={"ce_type": b"request.amended.v9"})
    await service.consume(poison, tape.request("a", 2))
    place = await place_of(service)
    await service.dead.repair(place, {"ce_type": "request.amended.v1"}, FORM, "op")
    assert await service.heard("a") == []
    assert await service.dead.replay(place, "op") == 2
    assert await service.heard("a") == ["q1", "q2"]
    row = await service.dead.get(place)
    assert (row["status"], row["repaired_by"]) == ("applied", "op")
    del row["repaired"]
    assert parked_record(row) == poison
    await service.consume(poison)
    assert await service.heard("a") == ["q1", "q2"]


async def test_a_repair_meets_no_replay_of_the_form_before_it(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay has read the record when the repair comes: it must begin anew."""
    await failing_at_two(service, tape)
    place = await place_of(service)
    service.broken.clear()
    commit = service.chain.commit
    forms: list[str] = []

    class Crossing:
        async def __call__(self, unit: object) -> None:
            if not forms:
                forms.append("repaired")
                await service.dead.repair(place, {"ce_type": "request.withdrawn.v1"}, FORM, "op")
            await commit(unit)  # type: ignore[arg-type]

    monkeypatch.setattr(service.chain, "commit", Crossing())
    await service.dead.replay(place, "op")
    row = await service.dead.get(place)
    assert "repaired" in row
    # The repaired form is of a type that this service has no rule for: q2 is not heard.
    assert await service.heard("a") == ["q1", "r1", "q3", "t1"]


async def test_a_repair_of_what_is_dealt_with_is_refused(service: Service, tape: Tape) -> None:
    await failing_at_two(service, tape)
    place = await place_of(service)
    await service.dead.discard(place, "op", "forged")
    for attempt in (
        service.dead.repair(place, {}, FORM, "op"),
        service.dead.discard(place, "op", "again"),
        service.dead.replay(place, "op"),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert (refused.value.slug, refused.value.status) == ("dead-letter-resolved", 409)
    with pytest.raises(Refused) as refused:
        await service.dead.get("requests:0:999")
    assert refused.value.status == 404


async def test_after_a_discard_those_behind_go_on(service: Service, tape: Tape) -> None:
    await failing_at_two(service, tape)
    assert await service.dead.discard(await place_of(service), "op", "not ours") == 3
    assert await service.heard("a") == ["q1", "r1", "q3", "t1"]
    await service.consume(tape.request("a", 4))
    assert (await service.heard("a"))[-1] == "q4"
    row = (await service.database["dead"].find({"status": "discarded"}).to_list(None))[0]
    assert (row["why"], row["resolved_by"]) == ("not ours", "op")


async def test_many_are_discarded_together_and_what_is_behind_them_goes_on(
    service: Service, tape: Tape
) -> None:
    await failing_at_two(service, tape)
    first = await place_of(service)
    alone = [tape.poison(f"alone{n}", 1) for n in range(40)]
    await service.consume(*alone)
    places = [one.place for one in alone]
    done = await service.dead.discard_many([first, *places, "requests:0:999"], "op", "not ours")
    assert done == (41, 3)
    assert await service.heard("a") == ["q1", "r1", "q3", "t1"]
    assert await service.parked() == []
    assert await service.dead.discard_many([first, *places], "op", "again") == (0, 0)
    await service.consume(*alone, *(tape.request(f"alone{n}", 2) for n in range(40)))
    assert [await service.heard(f"alone{n}") for n in range(40)] == [["q2"]] * 40
    assert [(await service.document(f"alone{n}"))["parked"] for n in range(40)] == [0] * 40


async def test_a_discarded_forgery_does_not_swallow_the_true_event_behind_it(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 1), tape.poison("a", 2), tape.request("a", 2))
    await service.consume(tape.request("a", 3))
    await service.dead.discard(await place_of(service), "op", "forged")
    assert await service.heard("a") == ["q1", "q2", "q3"]


async def test_a_discarded_forgery_does_not_swallow_the_true_event_to_come(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 1), tape.poison("a", 2))
    await service.dead.discard(await place_of(service), "op", "forged")
    await service.consume(tape.request("a", 2))
    await service.consume(tape.request("a", 3))
    assert await service.heard("a") == ["q1", "q2", "q3"]
    assert "passed" not in await service.document("a")


async def test_a_discarded_forgery_of_a_later_place_is_skipped_when_it_comes_again(
    service: Service, tape: Tape
) -> None:
    forged = tape.request("a", 3)
    await service.consume(tape.request("a", 1), forged)
    await service.dead.discard(await place_of(service), "op", "forged")
    await service.consume(forged)  # not acknowledged the first time
    await service.consume(tape.request("a", 2))
    await service.consume(forged)
    assert await service.heard("a") == ["q1", "q2"]
    await service.consume(tape.request("a", 3), tape.request("a", 4))
    assert await service.heard("a") == ["q1", "q2", "q3", "q4"]


async def test_a_forged_far_place_does_not_stop_its_key_for_good(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 1), tape.request("a", 999_999), tape.request("a", 2))
    assert await service.heard("a") == ["q1", "q2"]
    await service.consume(tape.routing("a", 1), tape.request("a", 3))
    assert await service.heard("a") == ["q1", "q2", "q3"]
    await service.dead.discard(await place_of(service), "op", "forged")
    assert await service.heard("a") == ["q1", "q2", "q3", "r1"]
    await service.consume(tape.request("a", 4))
    assert (await service.heard("a"))[-1] == "q4"


async def test_an_accepted_gap_is_waited_for_no_longer(service: Service, tape: Tape) -> None:
    await service.consume(tape.request("a", 1), tape.request("a", 3), tape.routing("a", 1))
    assert await service.dead.replay(await place_of(service), "op") == 0
    assert await service.dead.replay(await place_of(service), "op", accept_gap=True) == 2
    assert await service.heard("a") == ["q1", "q3", "r1"]
    await service.consume(tape.request("a", 2), tape.request("a", 4))
    assert await service.heard("a") == ["q1", "q3", "r1", "q4"]


async def test_only_the_first_gap_is_accepted(service: Service, tape: Tape) -> None:
    await service.consume(tape.request("a", 2), tape.request("a", 5))
    assert await service.dead.replay(await place_of(service), "op", accept_gap=True) == 1
    assert await service.heard("a") == ["q2"]
    await service.consume(tape.request("a", 3), tape.request("a", 4))
    assert await service.heard("a") == ["q2", "q3", "q4", "q5"]


async def test_a_gap_is_not_accepted_while_the_missing_one_is_parked(
    service: Service, tape: Tape
) -> None:
    service.broken.add("a:q1")
    await service.consume(tape.request("a", 2), tape.request("a", 1))
    assert await service.dead.replay(await place_of(service), "op", accept_gap=True) == 0
    service.broken.clear()
    assert await service.dead.replay(await place_of(service), "op", accept_gap=True) == 2
    assert await service.heard("a") == ["q1", "q2"]


async def test_a_missing_one_is_found_however_far_behind_it_is_parked(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 3)
    await service.consume(tape.request("a", 2), *(tape.routing("a", n) for n in range(1, 9)))
    await service.consume(tape.poison("a", 1))
    place = await place_of(service, -1)
    await service.dead.repair(place, {}, FORM, "op")
    assert await service.dead.replay(place, "op") == 10
    assert await service.heard("a") == ["q1", "q2", *(f"r{n}" for n in range(1, 9))]


async def test_many_go_in_several_commits(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 4)
    service.broken.add("a:q1")
    await service.consume(*(tape.request("a", n) for n in range(1, 12)))
    service.broken.clear()
    assert await service.dead.replay(await place_of(service), "op") == 11
    assert await service.heard("a") == [f"q{n}" for n in range(1, 12)]


async def test_what_a_dying_process_left_behind_goes_on_with_the_sweep(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 2)
    service.broken.add("a:q1")
    await service.consume(*(tape.request("a", n) for n in range(1, 8)))
    await service.consume(tape.poison("b", 1), tape.request("b", 2))
    service.broken.clear()
    unit, held = await service.dead._hold("a")
    await service.dead._replay.some(unit, held, "op")
    await service.commit(unit)  # and here it dies, before the next two
    assert await service.heard("a") == ["q1", "q2"]
    await service.dead.release_gaps()
    assert await service.heard("a") == [f"q{n}" for n in range(1, 8)]
    assert len(await service.parked("b")) == 2


async def test_the_sweep_looks_at_some_keys_at_a_time_and_comes_to_all(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 2)
    monkeypatch.setattr(dead, "LOOKED_AT", 2)
    service.broken |= {f"{key}:q1" for key in "abc"}
    await service.consume(*(tape.request(key, n) for key in "abc" for n in range(1, 5)))
    service.broken.clear()
    for key in "abc":
        unit, held = await service.dead._hold(key)
        await service.dead._replay.some(unit, held, "op")
        await service.commit(unit)
    passes = 0
    while any([await service.parked(key) for key in "abc"]) and passes < 9:
        await service.dead.release_gaps()
        passes += 1
    assert passes > 1
    for key in "abc":
        assert await service.heard(key) == ["q1", "q2", "q3", "q4"]


@pytest.mark.parametrize("what", ["replay", "discard"])
async def test_two_operators_at_once_count_a_record_once(
    service: Service, other: Service, what: str
) -> None:
    tape = Tape()
    for round in range(8):
        key = f"k{round}"
        await service.consume(tape.poison(key, 1), tape.request(key, 2))
        place = (await service.parked(key))[0]["_id"]
        await service.dead.repair(place, {}, FORM, "op")
        second = other.dead.replay(place, "two") if what == "replay" else None
        await asyncio.gather(
            service.dead.discard(place, "one", "forged"),
            second or other.dead.discard(place, "two", "forged"),
            return_exceptions=True,
        )
        document = await service.document(key)
        assert document["parked"] == 0
        assert document["heard"][-1] == "q2"
        assert await service.parked(key) == []


async def test_a_discard_that_read_its_record_before_a_replay_is_refused(
    service: Service, other: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_at_two(service, tape)
    place = await place_of(service)
    hold = service.dead._hold

    async def late(key: str) -> object:
        monkeypatch.undo()
        await other.dead.replay(place, "two")
        return await hold(key)

    monkeypatch.setattr(service.dead, "_hold", late)
    with pytest.raises(Refused):
        await service.dead.discard(place, "one", "forged")
    assert (await service.document("a"))["parked"] == 0
    assert await service.heard("a") == ["q1", "q2", "r1", "q3", "t1"]


async def test_figures_tell_how_many_and_since_when(service: Service, tape: Tape) -> None:
    assert await service.dead.figures() == (0, None)
    await failing_at_two(service, tape)
    count, since = await service.dead.figures()
    assert count == 4
    assert since is not None
    assert timedelta(0) <= now() - since < timedelta(minutes=1)
    await service.dead.discard(await place_of(service), "op", "not ours")
    assert await service.dead.figures() == (0, None)


async def test_a_list_is_paged_without_losing_one(service: Service, tape: Tape) -> None:
    await service.consume(*(tape.poison(f"k{n}", 1) for n in range(25)))
    seen: list[str] = []
    while page := await service.dead.list(limit=7, after=seen[-1] if seen else None):
        seen += [row["_id"] for row in page]
    assert len(seen) == len(set(seen)) == 25


async def test_dead_letters_of_a_generation_stay_in_its_own_collection(
    mongo: str, service: Service, tape: Tape
) -> None:
    second = Service(service.database, dead_letters="dead_2")
    await service.database.create_collection("dead_2")
    await second.consume(tape.poison("a", 1), tape.request("a", 2))
    assert len(await second.parked()) == 2
    assert await service.parked() == []
    await second.dead.repair((await second.parked())[0]["_id"], {}, FORM, "op")
    assert await second.dead.replay_key("a", "op") == 2


async def test_replays_arrivals_and_commands_never_cross(
    service: Service, other: Service, tape: Tape
) -> None:
    """Everybody is at the same documents at once; each thing is done once, in its order."""
    chance = random.Random(3)
    keys = [f"k{n}" for n in range(4)]
    serving = [asyncio.ensure_future(one.commands.run()) for one in (service, other)]
    for one in (service, other):
        one.broken |= {f"{key}:q3" for key in keys}

    async def arrivals(one: Service) -> None:
        for number in range(1, 13):
            batch = [tape.request(key, number) for key in keys]
            batch += [tape.routing(key, number) for key in keys]
            await one.consume(*batch)
            await other.consume(*batch[::2])
            await asyncio.sleep(chance.random() * 0.01)

    async def replays(one: Service) -> None:
        for _ in range(20):
            await asyncio.sleep(chance.random() * 0.02)
            if chance.random() < 0.3:
                for each in (service, other):
                    each.broken.clear()
            await one.dead.replay_key(chance.choice(keys), "op")

    async def words(one: Service, name: str) -> None:
        for number in range(15):
            await one.commands.execute(command(chance.choice(keys), f"{name}{number}"))

    await asyncio.gather(
        arrivals(service), replays(service), replays(other), words(service, "w"), words(other, "v")
    )
    for key in keys:
        await service.dead.replay_key(key, "op")
    said = []
    for key in keys:
        heard = await service.heard(key)
        assert [label for label in heard if label[0] == "q"] == [f"q{n}" for n in range(1, 13)]
        assert [label for label in heard if label[0] == "r"] == [f"r{n}" for n in range(1, 13)]
        said += [label for label in heard if label[0] in "vw"]
        told = [one for one in await service.told() if one[0] == key]
        assert [number for _, number, _ in told] == list(range(1, len(heard) + 1))
        assert [words for _, _, words in told] == heard
        assert (await service.document(key))["parked"] == 0
    assert sorted(said) == sorted(f"{name}{n}" for name in "vw" for n in range(15))
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


async def test_a_replay_that_meets_another_writer_begins_anew(
    service: Service, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_at_two(service, tape)
    service.broken.clear()
    commit, times = service.chain.commit, []

    class Once:
        async def __call__(self, unit: object) -> None:
            times.append(1)
            if len(times) == 1:
                raise Conflict
            await commit(unit)  # type: ignore[arg-type]

    monkeypatch.setattr(service.chain, "commit", Once())
    assert await service.dead.replay(await place_of(service), "op") == 4
    assert await service.heard("a") == ["q1", "q2", "r1", "q3", "t1"]


async def test_a_given_up_event_that_comes_all_the_same_goes_before_the_next(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 1), tape.poison("a", 3), tape.request("a", 4))
    await service.dead.discard(await place_of(service), "op", "forged")
    await service.consume(tape.request("a", 3))
    await service.consume(tape.request("a", 2))
    assert await service.heard("a") == ["q1", "q2", "q3", "q4"]


async def test_of_two_unreadable_twins_one_is_repaired_and_one_given_up(
    service: Service, tape: Tape
) -> None:
    poison = tape.poison("a", 1)
    await service.consume(poison, tape.again(poison), tape.request("a", 2))
    await service.dead.discard(await place_of(service, 1), "op", "a copy")
    assert await service.heard("a") == []
    await service.dead.repair(await place_of(service), {}, FORM, "op")
    assert await service.dead.replay(await place_of(service), "op") == 2
    assert await service.heard("a") == ["q1", "q2"]


async def test_poison_of_a_place_long_passed_does_not_stop_what_came_before_it(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 1), tape.request("a", 3), tape.poison("a", 1))
    await service.consume(tape.request("a", 2))
    assert await service.heard("a") == ["q1", "q2", "q3"]
    assert len(await service.parked()) == 1


async def test_a_tenants_record_is_given_up_and_touches_no_request(
    service: Service, tape: Tape
) -> None:
    """The table of tenants puts its bad records into the same collection, under no document."""
    bad = tape.raw("tenants", b"kecioren", (), b"{")
    await service.database["dead"].insert_one(parked_document(bad, "tenant_invalid", 1, now()))
    place = await place_of(service)
    for attempt in (
        service.dead.replay(place, "op"),
        service.dead.repair(place, {}, FORM, "op"),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.slug == "dead-letter-of-a-table"
    assert await service.dead.discard(place, "op", "published anew") == 0
    assert (await service.dead.get(place))["status"] == "discarded"
    assert await service.database["listeners"].count_documents({}) == 0


async def test_a_trial_says_what_a_replay_does_and_stores_nothing(
    service: Service, tape: Tape
) -> None:
    await failing_at_two(service, tape)
    place = await place_of(service)
    before = await service.parked(), await stored(service)
    still = await service.dead.try_out(place)
    assert (still.applied, still.left, still.reason) == (0, 4, "rule_failed:LookupError")
    service.broken.clear()
    all_of_it = await service.dead.try_out(place)
    assert (all_of_it.applied, all_of_it.left, all_of_it.reason) == (4, 0, None)
    assert (await service.parked(), await stored(service)) == before
    assert await service.heard("a") == ["q1"]
    assert await service.dead.replay(place, "op") == all_of_it.applied


async def test_what_was_put_aside_for_one_reason_goes_on_or_is_given_up_together(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.poison("a", 1), tape.poison("b", 1))
    service.broken.add("c:q1")
    await service.consume(tape.request("c", 1))
    groups = {row["_id"]: row["count"] for row in await service.dead.groups()}
    (broken,) = (reason for reason in groups if reason.startswith("rule_failed"))
    (poison,) = set(groups) - {broken}
    service.broken.clear()
    assert await service.dead.replay_group(broken, "op", "mended") == 1
    assert await service.heard("c") == ["q1"]
    assert groups[poison] == 2
    assert await service.dead.discard_group(poison, "op", "of no use") == 2
    assert await service.parked() == []
    rows = await service.database["dead"].find({"status": "discarded"}).to_list(None)
    assert [row["acts"][0]["reason"] for row in rows] == ["of no use"] * 2


async def test_why_somebody_looked_is_kept_with_the_record_and_not_in_the_log(
    service: Service,
    tape: Tape,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await service.consume(tape.poison("a", 1))
    place = await place_of(service)
    await service.dead.note(place, "unmasked", "op", "Ayşe Yılmaz asked")
    row = await service.dead.get(place)
    assert row["acts"][0]["reason"] == "Ayşe Yılmaz asked"
    logged = caplog.text + "".join(capsys.readouterr())
    assert "Yılmaz" not in logged


async def test_a_correction_that_its_schema_cannot_read_is_told(
    service: Service, tape: Tape
) -> None:
    await failing_at_two(service, tape)
    place = await place_of(service)
    assert await service.dead.fault_of(place, FORM) is None
    assert await service.dead.fault_of(place, {"occurred_at": "never"})
