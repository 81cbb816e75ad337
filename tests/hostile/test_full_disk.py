"""A full disk under the store, or under Kafka: what was answered 201 is there afterwards, nothing
else is lost, and nothing is put aside for it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from libs.stack import NativeKafka, NativeMongo
from libs.stack.private import make_topics
from libs.stack.process import Process
from tests import scenarios
from tests.e2e.harness import SERVICES, Sokak, eventually, running
from tests.hostile.disk import Disk, small_disk

Full = Literal["mongo", "kafka"]
TENANT = "kecioren"
CITIZENS = 4
ENOUGH = 20
"""So many are accepted before the disk is full, and again afterwards."""


@dataclass
class Asked:
    """What citizens asked for, and what they were told."""

    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By the key that each was asked with."""
    unanswered: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    refusal: httpx.Response | None = None


@pytest.fixture(params=["mongo", "kafka"])
def crowded(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Full, Disk, NativeKafka, NativeMongo]]:
    """Servers of our own, one of them on a small disk."""
    directory = Path(tempfile.mkdtemp(prefix="sokak-disk-"))
    try:
        with small_disk(directory / "small") as disk:
            places = {"mongo": directory, "kafka": directory, request.param: disk.directory}
            kafka = NativeKafka(places["kafka"] / "kafka")
            mongo = NativeMongo(places["mongo"] / "mongo", cache="128M")
            servers: tuple[Process, Process] = (kafka, mongo)
            try:
                for server in servers:
                    server.start()
                make_topics(kafka.address)
                yield request.param, disk, kafka, mongo
            finally:
                for server in servers:
                    server.stop(timeout_s=5.0)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def test_what_was_accepted_is_there_after_a_full_disk(
    crowded: tuple[Full, Disk, NativeKafka, NativeMongo], tmp_path: Path
) -> None:
    full, disk, kafka, mongo = crowded
    server: Process = mongo if full == "mongo" else kafka
    async with running(kafka, mongo, tmp_path, copies=1) as sokak:
        await sokak.apply(["ankara", TENANT])
        asked, over = Asked(), asyncio.Event()
        citizens = [asyncio.create_task(_ask(sokak, asked, over)) for _ in range(CITIZENS)]
        await eventually(partial(_accepted, asked, ENOUGH))
        disk.fill(server)
        if full == "mongo":
            await eventually(partial(_refuses, sokak, asked))
        else:
            await eventually(partial(_has_ended, server))
            await eventually(partial(_accepted, asked, len(asked.accepted) + ENOUGH))
        disk.empty()
        await asyncio.to_thread(server.kill)  # as its keeper would: a store that is ill is no store
        await asyncio.to_thread(server.start)
        await eventually(partial(_accepted, asked, len(asked.accepted) + ENOUGH), 120.0)
        over.set()
        await asyncio.gather(*citizens)
        for key, body in list(asked.unanswered.items()):
            await _insist(sokak, asked, key, body)
        await sokak.settled()
        await _all_is_there(sokak, asked)
        print(f"{full} on {disk.kind}: {dict(asked.answers)}")


async def _ask(sokak: Sokak, asked: Asked, over: asyncio.Event) -> None:
    """Hand in one request after the other; what is not answered is asked again in the end."""
    while not over.is_set():
        key = uuid.uuid4().hex
        body = scenarios.words(text=f"Çukur {key}")
        asked.unanswered[key] = body
        try:
            await _try(sokak, asked, key, body)
        except httpx.TransportError:
            asked.answers[0] += 1
        await asyncio.sleep(0.05)


async def _try(sokak: Sokak, asked: Asked, key: str, body: dict[str, Any]) -> None:
    url = f"{sokak.copies['intake'][0].url}/api/requests"
    answer = await sokak.http.post(url, json=body, headers={"Idempotency-Key": key})
    asked.answers[answer.status_code] += 1
    if answer.status_code == 201:
        asked.accepted[key] = answer.json()
        del asked.unanswered[key]
    else:
        asked.refusal = answer


async def _insist(sokak: Sokak, asked: Asked, key: str, body: dict[str, Any]) -> None:
    async def answered() -> None:
        await _try(sokak, asked, key, body)
        assert key in asked.accepted

    await eventually(answered)


async def _accepted(asked: Asked, count: int) -> None:
    assert len(asked.accepted) >= count


async def _refuses(sokak: Sokak, asked: Asked) -> None:
    """503 with a time to come again, from the routes and from `/ready`; the process lives."""
    url = f"{sokak.copies['intake'][0].url}/intake"
    assert asked.refusal is not None
    assert asked.refusal.status_code == 503
    assert asked.refusal.headers["content-type"] == "application/problem+json"
    assert int(asked.refusal.headers["retry-after"]) > 0
    assert (await sokak.http.get(f"{url}/ready")).status_code == 503
    assert (await sokak.http.get(f"{url}/live")).status_code == 200


async def _has_ended(server: Process) -> None:
    assert server.pid is None


async def _all_is_there(sokak: Sokak, asked: Asked) -> None:
    assert set(asked.answers) <= {0, 201, 503}
    ids = [told["id"] for told in asked.accepted.values()]
    assert len(set(ids)) == len(ids) == len(asked.accepted)
    stored = {row["_id"]: row async for row in sokak.collection("intake", "requests").find({})}
    assert stored.keys() == set(ids)
    for key, told in asked.accepted.items():
        assert stored[told["id"]]["text"] == f"Çukur {key}"
    tasks = {row["_id"]: row async for row in sokak.collection("crm", "tasks").find({})}
    assert tasks.keys() == set(ids)
    assert all(task["department"] for task in tasks.values())
    facts = sokak.collection("reporting", "facts_1")
    assert await facts.count_documents({}) == len(ids)
    for service in SERVICES:
        dead = "dead_1" if service == "reporting" else "dead"
        assert await sokak.collection(service, dead).count_documents({}) == 0
