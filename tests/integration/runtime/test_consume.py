"""Consuming: once in effect and in order, whatever comes, however often, in whatever bytes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import pytest

from libs.events import Actor, Event, TaskCommented
from libs.runtime.mongo import connect
from libs.runtime.record import Record, parked_record
from libs.runtime.table import TenantsBehind, TenantTable
from tests.integration.runtime.test_commit import stored
from tests.integration.runtime.things import NOW, Service, Tape, service_at


async def test_redelivery_of_a_whole_batch_is_harmless(service: Service, tape: Tape) -> None:
    batch = [tape.request("a", 1), tape.routing("a", 1), tape.text("b", 1), tape.request("b", 1)]
    await service.consume(*batch)
    once = await stored(service)
    await service.consume(*batch)
    assert await stored(service) == once
    assert await service.heard("a") == ["q1", "r1"]
    assert [number for key, number, _ in await service.told() if key == "a"] == [1, 2]


async def test_redelivery_of_a_part_with_new_ones_applies_only_the_new(
    service: Service, tape: Tape
) -> None:
    first, second, third = (tape.request("a", n) for n in (1, 2, 3))
    await service.consume(first, second)
    await service.consume(second, third)
    assert await service.heard("a") == ["q1", "q2", "q3"]


async def test_a_repeat_at_another_place_is_harmless(service: Service, tape: Tape) -> None:
    first = tape.request("a", 1)
    await service.consume(first, tape.again(first))
    await service.consume(tape.again(first), tape.request("a", 2))
    assert await service.heard("a") == ["q1", "q2"]


@pytest.mark.parametrize("batches", [(4,), (1, 3), (1, 1, 1, 1)])
async def test_what_comes_after_a_hole_waits_and_goes_on_by_itself(
    service: Service, tape: Tape, batches: tuple[int, ...]
) -> None:
    numbers = [1, 3, 4, 2]
    records = [tape.request("a", number) for number in numbers]
    for size in batches:
        batch, records = records[:size], records[size:]
        await service.consume(*batch)
        if len(records) == 1:
            assert await service.heard("a") == ["q1"]
            assert [row["reason"] for row in await service.parked()] == ["gap", "behind"]
    assert await service.heard("a") == ["q1", "q2", "q3", "q4"]
    assert await service.parked() == []


async def test_behind_a_hole_all_topics_wait_in_the_order_of_arrival(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.routing("a", 1), tape.request("a", 2), tape.routing("a", 2))
    await service.consume(tape.text("a", 1), tape.request("b", 1))
    assert await service.heard("a") == ["r1"]
    assert await service.heard("b") == ["q1"]
    await service.consume(tape.request("a", 1), tape.routing("a", 3))
    assert await service.heard("a") == ["r1", "q1", "q2", "r2", "t1", "r3"]


async def test_two_holes_are_closed_one_after_the_other(service: Service, tape: Tape) -> None:
    await service.consume(tape.request("a", 2), tape.routing("a", 2), tape.request("a", 4))
    await service.consume(tape.request("a", 1))
    assert await service.heard("a") == ["q1", "q2"]
    await service.consume(tape.routing("a", 1))
    assert await service.heard("a") == ["q1", "q2", "r1", "r2"]
    await service.consume(tape.request("a", 3))
    assert await service.heard("a") == ["q1", "q2", "r1", "r2", "q3", "q4"]


async def test_a_hole_closed_just_before_a_crash_is_found_by_the_sweep(
    service: Service, tape: Tape
) -> None:
    await service.consume(tape.request("a", 2), tape.routing("a", 1))
    await service.chain([tape.request("a", 1)])  # and the process dies before it goes on
    assert await service.heard("a") == ["q1"]
    await service.dead.release_gaps()
    assert await service.heard("a") == ["q1", "q2", "r1"]


async def test_a_compacted_topic_has_holes_rightly(service: Service, tape: Tape) -> None:
    await service.consume(tape.text("a", 3), tape.text("a", 2), tape.text("a", 7))
    assert await service.heard("a") == ["t3", "t7"]


async def test_each_subject_of_a_key_has_its_own_history(service: Service, tape: Tape) -> None:
    await service.consume(
        tape.request("a", 1, subject="one"),
        tape.request("a", 1, subject="two"),
        tape.request("a", 2, subject="one"),
    )
    assert await service.heard("a") == ["q1", "q1", "q2"]


@pytest.mark.parametrize("subject", ["$ref", "$inc", "a.b", "$ref.$id", "%24ref", "a$", "_id", "ş"])
async def test_a_subject_is_any_text(service: Service, tape: Tape, subject: str) -> None:
    await service.consume(tape.request("a", 1, subject=subject))
    await service.consume(tape.request("a", 2, subject=subject), tape.request("a", 1))
    await service.consume(tape.request("a", 2, subject=subject))
    assert await service.heard("a") == ["q1", "q2", "q1"]


async def test_a_type_that_nobody_knows_moves_a_whole_topic_on(
    service: Service, tape: Tape
) -> None:
    unknown = {"ce_type": b"request.sung.v1"}
    await service.consume(tape.request("a", 1, headers=unknown, value=b"la \xff la"))
    await service.consume(tape.request("a", 2))
    assert await service.heard("a") == ["q2"]
    assert await service.parked() == []


def _spoilt(tape: Tape) -> dict[str, Record]:
    headers = tape.request("h", 1).headers
    named: Mapping[str, bytes | None] = dict(headers)
    comment: Event = TaskCommented(occurred_at=NOW, public=True, by=Actor(kind="system"))
    return {
        "unknown_version": tape.request("a", 1, headers={"ce_type": b"request.amended.v9"}),
        "data_invalid:json_invalid": tape.poison("b", 1),
        "data_invalid:occurred_at:missing": tape.request("c", 1, value=b'{"other":1}'),
        "header_not_utf8:ce_source": tape.request("d", 1, headers={"ce_source": b"\xff\xfe"}),
        "header_null:ce_id": tape.request("e", 1, headers={"ce_id": None}),
        "header_invalid:ce_sequence": tape.request("f", 1, headers={"ce_sequence": b"-1"}),
        "header_missing:ce_type": tape.raw(
            "requests", b"g", tuple((n, t) for n, t in headers if n != "ce_type"), b"{}"
        ),
        "key_missing": tape.raw("requests", None, headers, tape.request("h", 1).value),
        "header_missing:ce_id": tape.raw("requests", b"\xff\x00\xfe", (), None),
        "specversion_unknown": tape.request("i", 1, headers={"ce_specversion": b"0.3"}),
        "data_missing": tape.raw("requests", b"j", headers, None),
        "wrong_topic": tape("requests", "k", 1, event=comment),
        "header_not_utf8:?": tape.request("l", 1, headers={**named, "ce_\x00$.": b"\x80"}),
        "header_name_not_utf8": tape.request("m", 1, headers={**named, "ce_\udcff\udcfe": b"1"}),
    }


async def test_whatever_is_wrong_is_parked_with_every_byte(service: Service, tape: Tape) -> None:
    spoilt = _spoilt(tape)
    good = [tape.request(f"good{n}", 1) for n in range(len(spoilt))]
    await service.consume(
        *(one for pair in zip(good, spoilt.values(), strict=True) for one in pair)
    )
    rows = {row["reason"]: row for row in await service.parked()}
    assert set(rows) == set(spoilt)
    assert {reason: parked_record(row) for reason, row in rows.items()} == spoilt
    assert [await service.heard(f"good{n}") for n in range(len(spoilt))] == [["q1"]] * len(spoilt)


async def test_a_poisons_redelivery_is_not_parked_twice(service: Service, tape: Tape) -> None:
    batch = [*_spoilt(tape).values(), tape.poison("z", 1), tape.request("z", 2)]
    await service.consume(*batch)
    before = [(row["_id"], row["order"]) for row in await service.parked()]
    await service.consume(*batch)
    assert [(row["_id"], row["order"]) for row in await service.parked()] == before
    assert (await service.document("z"))["parked"] == 2


@pytest.mark.parametrize("size", [200_000, 20_000_000])
async def test_a_huge_record_is_parked_like_any_other(
    service: Service, tape: Tape, size: int
) -> None:
    """Compressed on the wire, it may well be larger than a document of the store."""
    huge = tape.request("a", 1, value=b"[" * size, headers={"ce_more": b"x" * (size // 4)})
    await service.consume(huge, tape.request("b", 1))
    assert await service.heard("b") == ["q1"]
    assert parked_record((await service.parked())[0]) == huge


async def test_a_long_key_is_a_key(service: Service, tape: Tape) -> None:
    key = "ğ" * 100_000
    first, *others = (tape.request(key, n, subject="a") for n in (1, 3, 4))
    await service.consume(first, others[0])
    await service.consume(first, others[1])
    (held,) = await service.database["listeners"].find({}).to_list(None)
    assert (held["heard"], held["parked"]) == (["q1"], 2)
    assert [parked_record(row) for row in await service.parked(held["_id"])] == others


async def test_a_rule_that_fails_parks_only_its_keys_events_in_order(
    service: Service, tape: Tape
) -> None:
    service.broken.add("a:q2")
    await service.consume(
        *(record for n in (1, 2, 3) for record in (tape.request("a", n), tape.request("b", n))),
        tape.routing("a", 1),
        tape.text("a", 1),
    )
    await service.consume(tape.request("b", 4), tape.request("a", 4))
    assert await service.heard("a") == ["q1"]
    assert await service.heard("b") == ["q1", "q2", "q3", "q4"]
    rows = await service.parked()
    assert [row["reason"] for row in rows] == ["rule_failed:LookupError", *["behind"] * 4]
    assert [parked_record(row).topic for row in rows] == [
        "requests",
        "requests",
        "routing",
        "request_texts",
        "requests",
    ]


async def test_a_state_that_cannot_be_kept_parks_its_event_alone(
    service: Service, tape: Tape
) -> None:
    service.bloats.add("a:q2")
    await service.consume(
        tape.request("a", 1), tape.request("b", 1), tape.request("a", 2), tape.request("a", 3)
    )
    assert await service.heard("a") == ["q1"]
    assert await service.heard("b") == ["q1"]
    assert [row["reason"] for row in await service.parked()] == ["state_too_large", "behind"]
    assert [number for key, number, _ in await service.told() if key == "a"] == [1]


async def test_two_consumers_of_the_same_batch_at_the_same_time_apply_it_once(
    service: Service, other: Service, tape: Tape
) -> None:
    for round in range(6):
        batch = [
            record
            for key in (f"a{round}", f"b{round}", f"c{round}")
            for record in (tape.request(key, 1), tape.poison(key, 2), tape.routing(key, 1))
        ]
        await asyncio.gather(service.consume(*batch), other.consume(*batch))
        for key in (f"a{round}", f"b{round}", f"c{round}"):
            assert await service.heard(key) == ["q1"]
            assert [row["order"] for row in await service.parked(key)] == [1, 2]
    told = await service.told()
    assert sorted(key for key, _, _ in told) == sorted({key for key, _, _ in told})


async def test_counts_grown_event_by_event_equal_those_of_the_end(
    mongo: str, database: str
) -> None:
    service = await service_at(mongo, f"{database}counting", projects=True)
    tape, chance = Tape(), random.Random(7)
    left = {(topic, f"k{n}"): 1 for n in range(12) for topic in ("requests", "routing")}
    for _ in range(25):
        batch = []
        for topic, key in chance.sample(sorted(left), 5):
            batch.append(tape(topic, key, left[topic, key]))
            left[topic, key] += 1
        await service.consume(*batch, *batch[:2])
    grown = await stored(service)
    expected: dict[str, dict[str, int]] = {}
    for state, partition in await service.states():
        cell = expected.setdefault(f"{partition}:{len(state)}", {"listeners": 0})
        cell["listeners"] += 1
        for label in state:
            cell[f"{label[0]}.all"] = cell.get(f"{label[0]}.all", 0) + 1
    assert grown["cells"] == expected
    service.database.client.close()


async def test_an_event_that_cannot_be_counted_is_parked_alone(mongo: str, database: str) -> None:
    service = await service_at(mongo, f"{database}counting", projects=True)
    tape = Tape()
    service.uncountable.add("q2")
    await service.consume(tape.request("a", 1), tape.request("b", 1))
    await service.consume(tape.routing("a", 1), tape.request("a", 2), tape.routing("b", 1))
    assert await service.heard("a") == ["q1", "r1"]
    assert await service.heard("b") == ["q1", "r1"]
    assert [row["reason"] for row in await service.parked()] == ["rule_failed:ArithmeticError"]
    cells = (await stored(service))["cells"]
    assert sum(amounts["listeners"] for amounts in cells.values()) == 2
    service.database.client.close()


async def test_a_version_of_a_tenant_that_is_not_known_yet_is_waited_for(
    service: Service, tape: Tape
) -> None:
    known = asyncio.Event()
    asked: list[Mapping[str, int]] = []

    async def behind(versions: Mapping[str, int]) -> None:
        asked.append(versions)
        if not known.is_set():
            raise TenantsBehind

    service.known = behind
    batch = [
        tape.request("a", 1, tenant=("kecioren", 3)),
        tape.request("b", 1, tenant=("kecioren", 7)),
        tape.request("c", 1, tenant=("cankaya", 2)),
    ]
    with pytest.raises(TenantsBehind):
        await service.consume(*batch)
    assert asked == [{"kecioren": 7, "cankaya": 2}]
    assert (await stored(service))["heard"] == {}
    known.set()
    await service.consume(*batch)
    assert await service.heard("b") == ["q1"]


async def test_a_forged_version_of_a_tenant_does_not_block(
    service: Service, tape: Tape, kafka: str
) -> None:
    table = TenantTable("crm", service.database, kafka)
    await table.load()
    following = asyncio.ensure_future(table.follow())
    service.known = table.known
    try:
        async with asyncio.timeout(15):
            await service.consume(
                tape.request("a", 1, tenant=("no-such-tenant", 999_999)), tape.request("b", 1)
            )
    finally:
        following.cancel()
    assert await service.heard("a") == ["q1"]
    assert await service.heard("b") == ["q1"]


async def test_without_its_store_a_batch_is_raised_and_not_parked(
    service: Service, tape: Tape
) -> None:
    away = Service(connect("mongodb://127.0.0.1:9/?directConnection=true", "x", wait_ms=50))
    batch = [tape.request("a", 1), tape.poison("b", 1)]
    with pytest.raises(Exception, match="refused"):
        await away.consume(*batch)
    away.database.client.close()
    await service.consume(*batch)
    assert await service.heard("a") == ["q1"]
