"""Ten thousand poisoned records of every kind among good ones: each is put aside whole, the good
ones end as they would have, and what was put aside is repaired or given up."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from libs.runtime.record import parked_record
from tests import raw, scenarios
from tests.e2e import letters, poison
from tests.e2e.harness import CONSUMED, SERVICES, Sokak
from tests.e2e.lives import ENDS, Life, live, planned
from tests.e2e.spoilt import MANY, Spoilt, by_partition, ten_thousand

TENANTS = ("mamak", "pursaklar")
BEFORE, MEANWHILE = 16, 32
"""So many lives are lived before, of whose records some are spoilt, and so many meanwhile."""

REASONS = re.compile(
    r"gap|unknown_version|wrong_topic|key_missing|data_missing|tombstone_with_data"
    r"|specversion_unknown|header_name_not_utf8|header_(missing|null|invalid|not_utf8):(ce_[a-z]+|\?)"
    r"|data_invalid:[a-z_]+(:[a-z_]+)?"
)
OF_EACH = 1
"""So many of each kind and topic are repaired at each service."""


@dataclass
class Thrown:
    """The poisons by their places, and what was lived among them."""

    poisons: dict[str, Spoilt]
    lives: list[tuple[Life, scenarios.Submitted]]


@pytest.fixture(scope="module")
async def thrown(sokak: Sokak) -> Thrown:
    """Everything has been thrown, lived, and settled."""
    plan = planned(BEFORE + MEANWHILE, TENANTS, seed=44)
    lives = [(life, await live(sokak, life)) for life in islice(plan, BEFORE)]
    await sokak.settled()
    real = [record for topic in MANY for record in await sokak.records(topic)]
    ours = {request.id.encode() for _, request in lives}
    poisons = ten_thousand([one for one in real if one.key in ours])
    throwing = asyncio.create_task(_throw(sokak, poisons))
    waiting = list(plan)

    async def act() -> None:
        while waiting:
            life = waiting.pop()
            lives.append((life, await live(sokak, life)))

    await asyncio.gather(*(act() for _ in range(4)))
    places = await throwing
    await sokak.settled()
    return Thrown(places, lives)


async def _throw(sokak: Sokak, poisons: list[Spoilt]) -> dict[str, Spoilt]:
    portions = list(by_partition(poisons, random.Random(5)))
    batches = [
        (topic, number, raw.batch([one.raw for one in portion], codec=index % 5))
        for index, (topic, number, portion) in enumerate(portions)
    ]
    offsets = await raw.send_all(sokak.kafka.address, batches)
    return {
        f"{topic}:{number}:{first + index}": one
        for first, (topic, number, portion) in zip(offsets, portions, strict=True)
        for index, one in enumerate(portion)
    }


def _consumed(thrown: Thrown, service: str) -> dict[str, Spoilt]:
    topics = (*CONSUMED[service], "tenants")
    return {place: one for place, one in thrown.poisons.items() if one.topic in topics}


async def test_the_good_ones_end_as_they_would_have(sokak: Sokak, thrown: Thrown) -> None:
    assert len(thrown.poisons) == 10_000
    assert len(thrown.lives) == BEFORE + MEANWHILE
    for life, request in thrown.lives:
        task = await scenarios.task_of(sokak, request)
        assert task["request_type"] == life.last_type, life
        assert task["status"] == ENDS.get(life.turn, task["status"]), life
        assert task["department"] or life.turn == "withdrawn", life
        read = await scenarios.as_citizen(sokak, request)
        assert (read["status"], read["type"]) == (task["status"], task["request_type"]), life


@pytest.mark.parametrize("service", SERVICES)
async def test_each_is_parked_with_its_exact_bytes(
    sokak: Sokak, thrown: Thrown, service: str
) -> None:
    wanted = _consumed(thrown, service)
    rows = sokak.collection(service, await _dead(sokak, service)).find(
        {"_id": {"$in": list(wanted)}}
    )
    stored = {row["_id"]: row async for row in rows}
    missing = {place: wanted[place] for place in wanted.keys() - stored.keys()}
    assert not missing
    for place, one in wanted.items():
        row = stored[place]
        kept = parked_record(row)
        names = [(n.encode(errors="surrogateescape"), text) for n, text in kept.headers]
        assert (kept.key, tuple(names), kept.value) == (one.key, one.headers, one.value), one
        assert (row["status"], row["record"]["topic"]) == ("parked", one.topic)
        assert REASONS.fullmatch(row["reason"]), row["reason"]


@pytest.mark.parametrize("service", SERVICES)
async def test_each_is_listed_and_counted(sokak: Sokak, thrown: Thrown, service: str) -> None:
    wanted = _consumed(thrown, service)
    rows = await letters.listed(sokak, service)
    told = {row["id"]: row for row in rows}
    assert wanted.keys() <= told.keys()
    for place, one in wanted.items():
        row = told[place]
        if not row["cut"]:
            assert letters.bytes_of(row["value"]) == one.value
        assert (
            tuple((_name(h), letters.bytes_of(h["value"])) for h in row["headers"]) == one.headers
        )
    metrics = await sokak.http.get(f"{sokak.copies[service][0].url}/{service}/metrics")
    assert f'sokak_dead_letters{{service="{service}"}} {float(len(rows))}' in metrics.text
    _, largest = max((len(one.value or b""), place) for place, one in wanted.items())
    shown = await sokak.get(service, f"/ops/{service}/dead/{largest}", await sokak.platform())
    assert letters.bytes_of(shown["value"]) == wanted[largest].value


async def test_a_service_is_stuck_once_they_are_too_old(sokak: Sokak, thrown: Thrown) -> None:
    impatient = sokak.another("crm", SOKAK_DEAD_TOO_OLD="1")
    impatient.start()
    try:
        await sokak.ready(impatient)
        answer = await sokak.http.get(f"{impatient.url}/crm/stuck")
    finally:
        impatient.stop()
    assert answer.status_code == 503
    waiting = {one["what"]: one for one in answer.json()["waiting"]}
    assert waiting["dead_letters"]["count"] >= len(_consumed(thrown, "crm"))


@pytest.mark.parametrize("service", SERVICES)
async def test_repaired_or_given_up_none_is_left(
    sokak: Sokak, thrown: Thrown, service: str
) -> None:
    wanted = _consumed(thrown, service)
    sample: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place, one in wanted.items():
        named = one.key and dict(one.headers).get(b"ce_subject") == one.key
        if one.topic != "tenants" and named and len(sample[one.topic, one.kind]) < OF_EACH:
            sample[one.topic, one.kind].append(place)
    repaired = [place for places in sample.values() for place in places]
    assert len(repaired) >= OF_EACH * 4 * len(CONSUMED[service])
    for place in repaired:
        await letters.do(sokak, service, place, "repair", _repair(wanted[place]))
        await letters.do(sokak, service, place, "replay", {}, also=409)  # a sweep may be quicker

    url = ("--service", service, "--url", sokak.copies[service][1].url)
    why = ("--reason", "forged by a test", "--parked-for", "*")
    discarded = await sokak.sokak("dead", "discard", *url, *why)
    assert discarded.code == 0, discarded
    await sokak.settled()

    dead = sokak.collection(service, await _dead(sokak, service))
    assert await dead.count_documents({"status": "parked", "_id": {"$in": list(wanted)}}) == 0
    assert await dead.count_documents({"status": "applied", "_id": {"$in": repaired}}) == len(
        repaired
    )
    ids = [one.key.decode() for one in wanted.values() if one.kind == "data" and one.key]
    documents = sokak.collection(service, await _documents(sokak, service))
    assert await documents.count_documents({"_id": {"$in": ids}, "parked": {"$ne": 0}}) == 0


def _repair(one: Spoilt) -> dict[str, Any]:
    """The record as it should have been; headers of nobody's get a text."""
    assert one.key is not None
    key = one.key.decode()
    headers, value = poison.good(poison.event_for(one.topic, key), key, 1)
    odd = {name.decode(): "1" for name, _ in one.headers if _is_odd(name)}
    named = {name: text.decode() for name, text in headers}
    return {"headers": odd | named, "data": json.loads(value)}


def _is_odd(name: bytes) -> bool:
    return name.startswith(b"ce_") and name.isascii()


def _name(header: dict[str, Any]) -> bytes:
    name = str(header["name"])
    return bytes.fromhex(name) if header["name_encoding"] == "hex" else name.encode()


async def _dead(sokak: Sokak, service: str) -> str:
    if service != "reporting":
        return "dead"
    return (
        (await sokak.group(service)).replace("reporting-", "dead_")
        if service == "reporting"
        else "dead"
    )


async def _documents(sokak: Sokak, service: str) -> str:
    names = {"intake": "requests", "routing": "decisions", "crm": "tasks"}
    return names.get(service) or (await sokak.group(service)).replace("reporting-", "facts_")
