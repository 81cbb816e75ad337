"""A hundred records that nobody can apply, among New York's twenty thousand requests: each is
put aside whole, keeps nobody waiting, and goes on once somebody has repaired it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from libs.events import RequestAmended, RequestText
from tests import scenarios
from tests.e2e import bus, letters, poison
from tests.e2e.harness import CONSUMED, SERVICES, Sokak
from tests.e2e.new_york import BOROUGHS, Imported
from tests.e2e.poison import TENANT

BY_HAND = 2
"""So many are repaired in crm from the command line, the others over HTTP, which is quicker."""

AT_ONCE = 8

Row = dict[str, Any]


async def test_the_good_ones_all_arrive(sokak: Sokak, history: Imported) -> None:
    tasks = sokak.collection("crm", "tasks")
    arrived = await tasks.count_documents({"tenant": {"$in": list(BOROUGHS)}, "open": True})
    arrived += await tasks.count_documents({"tenant": {"$in": list(BOROUGHS)}, "open": False})
    assert arrived == 19_995
    assert len(history.poisons) == 100


@pytest.mark.parametrize("service", SERVICES)
async def test_each_is_listed_with_its_reason_and_its_bytes(
    sokak: Sokak, history: Imported, service: str
) -> None:
    rows = await letters.listed(sokak, service)
    told = {row["id"]: row for row in rows if row["id"] in history.poisons}
    consumed = {
        place: one for place, one in history.poisons.items() if one.topic in CONSUMED[service]
    }
    assert told.keys() == consumed.keys()
    for place, one in consumed.items():
        row = told[place]
        assert (row["key"], row["reason"], row["status"]) == (one.key, one.reason, "parked")
        assert letters.bytes_of(row["value"]) == one.value
        assert (
            tuple((h["name"], letters.bytes_of(h["value"])) for h in row["headers"]) == one.headers
        )


async def test_repaired_and_replayed_they_are_applied(sokak: Sokak, history: Imported) -> None:
    await _repair_by_hand(sokak, history)
    waiting = [
        (service, place, one.repair)
        for service in SERVICES
        for place in await letters.parked(sokak, service)
        if (one := history.poisons.get(place)) is not None and one.kind != "hole"
    ]
    assert len(waiting) == 3 * 48 + 2 * 16 + 3 * 12 + 2 * 12 - BY_HAND

    async def repair() -> None:
        while waiting:
            service, place, form = waiting.pop()
            await letters.do(sokak, service, place, "repair", form)
            went = await letters.do(sokak, service, place, "replay", {})
            assert went["applied"] >= 1  # what it led to elsewhere may wait behind it

    await asyncio.gather(*(repair() for _ in range(AT_ONCE)))
    await _fill_holes(sokak, history)
    await sokak.settled()
    await _all_are_applied(sokak, history)
    await _they_count(sokak, history)


async def _repair_by_hand(sokak: Sokak, history: Imported) -> None:
    url = ("--service", "crm", "--url", sokak.copies["crm"][0].url)
    kinds: dict[str, str] = {
        one.kind: place for place, one in history.poisons.items() if one.topic == "requests"
    }
    for kind in ("header not UTF-8", "missing field")[:BY_HAND]:
        place = kinds[kind]
        one = history.poisons[place]
        early = await sokak.sokak("dead", "replay", place, *url)
        assert early.code == 1, early
        file = sokak.directory / "repair.json"
        file.write_text(json.dumps(one.repair))
        repaired = await sokak.sokak("dead", "repair", place, "--with", str(file), *url)
        assert repaired.code == 0, repaired
        replayed = await sokak.sokak("dead", "replay", place, *url)
        assert (replayed.code, replayed.out.strip()) == (0, f"{place}: 1 applied")
        shown = await sokak.sokak("dead", "show", place, *url)
        assert letters.bytes_of(json.loads(shown.out)["value"]) == one.value


async def _fill_holes(sokak: Sokak, history: Imported) -> None:
    """The event that was missing comes after all: what waited for it goes on by itself."""
    missing = []
    for one in history.poisons.values():
        if one.kind == "hole":
            headers, value = poison.good(poison.submitted(one.key), one.key, 1)
            missing.append(("requests", one.key.encode(), headers, value))
    assert missing
    await bus.send_all(sokak.kafka.address, missing)


async def _all_are_applied(sokak: Sokak, history: Imported) -> None:
    """None is parked, and the originals are still there."""
    for service in SERVICES:
        assert not set(await letters.parked(sokak, service)) & history.poisons.keys()
        dead = (await sokak.group(service)).replace("reporting-", "dead_")
        rows = sokak.collection(service, dead if service == "reporting" else "dead").find(
            {"_id": {"$in": list(history.poisons)}}
        )
        stored = {row["_id"]: row async for row in rows}
        assert len(stored) == sum(
            one.topic in CONSUMED[service] for one in history.poisons.values()
        )
        for place, row in stored.items():
            one = history.poisons[place]
            assert row["status"] == "applied"
            assert ("repaired" in row) == (one.kind != "hole")
            assert row["record"]["value"] == one.value


async def _they_count(sokak: Sokak, history: Imported) -> None:
    """Each repaired submission is a task and a figure; with words it is a department's."""
    submissions = [one for one in history.poisons.values() if one.topic == "requests"]
    words = [
        ("request_texts", one.key.encode(), *poison.good(RequestText(text="Çukur."), one.key, 1))
        for one in submissions
    ]
    await bus.send_all(sokak.kafka.address, words)
    await sokak.settled()
    token = await sokak.staff(TENANT)
    for one in submissions:
        task = await sokak.get("crm", f"/api/tasks/{one.key}", token)
        assert task["status"] == "assigned", one
        assert task["request_type"] == ("thanks" if one.kind == "hole" else "notice")
    query = f"tenant={TENANT}&by=type&channel=sms&from=2026-11-01&to=2026-11-01"
    report = await sokak.get("reporting", f"/api/reports/breakdown?{query}", token)
    kinds = Counter(one.kind == "hole" for one in submissions)
    assert {row["code"]: row["figures"]["opened"] for row in report["rows"]} == {
        "notice": kinds[False],
        "thanks": kinds[True],
    }


async def test_only_the_request_whose_event_is_poisoned_waits(sokak: Sokak) -> None:
    point = scenarios.place_in(TENANT)
    ill = await scenarios.a_request(sokak, point=point, type="question")
    await scenarios.an_assigned_task(sokak, ill)
    await sokak.settled()  # what crm has told of it must not come behind the poison
    place = await _poisoned_event_of(sokak, ill.id)
    await sokak.settled()

    well = await scenarios.a_request(sokak, point=point, type="question")
    for request in (ill, well):
        await scenarios.amended(sokak, request, type="suggestion")
        await scenarios.withdrawn(sokak, request)
    await sokak.settled()

    assert (await scenarios.task_of(sokak, well))["status"] == "withdrawn"
    waiting = await scenarios.task_of(sokak, ill)
    assert (waiting["status"], waiting["request_type"]) == ("assigned", "question")
    for service in ("routing", "crm", "reporting"):
        rows = [row for row in await letters.listed(sokak, service) if row["key"] == ill.id]
        assert [row["reason"] for row in rows] == ["data_invalid:json_invalid", "behind", "behind"]
        assert [row["id"] == place for row in rows] == [True, False, False]
        assert [_header(row, "ce_sequence") for row in rows] == ["2", "2", "3"]
    for service in ("routing", "crm", "reporting"):
        discarded = await letters.do(
            sokak, service, place, "discard", {"reason": "forged by a test"}
        )
        assert discarded["applied"] >= 2
    await sokak.settled()

    task = await scenarios.task_of(sokak, ill)
    assert (task["status"], task["request_type"]) == ("withdrawn", "suggestion")
    told = [entry["kind"] for entry in task["history"] if entry["by"]["kind"] == "citizen"]
    assert told == ["created", "amended", "status_changed"]
    assert (await scenarios.as_citizen(sokak, ill))["status"] == "withdrawn"


async def _poisoned_event_of(sokak: Sokak, id: str) -> str:
    """The request's second event, as it would be with half of its bytes lost; its place."""
    event = RequestAmended(occurred_at=poison.AT, request_type="thanks")
    headers, value = poison.good(event, id, 2)
    cut = value[: len(value) // 2]
    return await bus.send(sokak.kafka.address, "requests", id.encode(), headers, cut)


def _header(row: Row, name: str) -> str:
    return str(next(h["value"]["text"] for h in row["headers"] if h["name"] == name))
