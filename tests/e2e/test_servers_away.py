"""Kafka away, MongoDB away: what intake has answered with 201 is kept, and arrives."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from functools import partial
from typing import Any

import httpx

from tests import scenarios
from tests.e2e.harness import TOO_OLD, Copy, Sokak, eventually
from tests.scenarios import Submitted

TENANT = "mamak"
KAFKA_AWAY = float(os.environ.get("E2E_KAFKA_AWAY", "20"))
"""Seconds; longer than TOO_OLD, so that there is something to turn red."""

ARRIVES_WITHIN = 60.0
"""Seconds on a machine that does much else; the test says how long it was."""

WRITTEN = "Kafka yokken de çalışırız."


async def test_without_kafka_intake_goes_on(sokak: Sokak) -> None:
    accepted = [await _accepted(sokak, sokak.copies["intake"][0])]
    await scenarios.an_assigned_task(sokak, accepted[0])

    await asyncio.to_thread(sokak.kafka.kill)
    back_at = time.monotonic() + KAFKA_AWAY
    accepted += [await _accepted(sokak, copy) for copy in sokak.copies["intake"]]
    await scenarios.commented(sokak, accepted[0], WRITTEN)
    await sokak.restart(sokak.copies["intake"][1])
    while time.monotonic() < back_at:
        accepted += [await _accepted(sokak, copy) for copy in sokak.copies["intake"]]
        await asyncio.sleep(0.5)
    for copy in sokak.copies["intake"]:
        assert "outbox" in await _stuck(sokak, copy)

    await asyncio.to_thread(sokak.kafka.start)
    returned = time.monotonic()
    await eventually(lambda: _are_tasks(sokak, accepted), ARRIVES_WITHIN)
    print(f"{len(accepted)} arrived {time.monotonic() - returned:.1f} s after Kafka answered")
    for copy in sokak.copies["intake"]:
        await eventually(partial(_flows, sokak, copy))
    await eventually(lambda: _is_told(sokak, accepted[0], WRITTEN), ARRIVES_WITHIN)


async def test_without_mongodb_nothing_is_accepted_and_nothing_is_lost(sokak: Sokak) -> None:
    before = await _accepted(sokak, sokak.copies["intake"][0])
    accepted: list[Submitted] = []
    away = asyncio.Event()

    async def insist(citizen: int) -> None:
        """Hand in ten, whatever happens meanwhile: some are on their way when it goes."""
        for number in range(10):
            text = f"Israrlı başvuru {citizen}-{number}"
            point = scenarios.place_in(TENANT)
            accepted.append(await scenarios.a_request(sokak, text=text, point=point))
            if number == 4:
                away.set()

    citizens = [asyncio.create_task(insist(citizen)) for citizen in range(8)]
    await away.wait()
    sokak.mongo.kill()
    refused = [_handed_in(sokak, copy, uuid.uuid4().hex) for copy in sokak.copies["intake"]]
    for answer in await asyncio.gather(*refused):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
    for copy in sokak.copies["intake"]:
        ready = await sokak.http.get(f"{copy.url}/intake/ready")
        assert ready.status_code == 503

    await asyncio.to_thread(sokak.mongo.start)
    await asyncio.gather(*citizens)
    assert len({request.id for request in accepted}) == 80
    await sokak.settled()
    await _are_tasks(sokak, [before, *accepted])
    tasks = sokak.collection("crm", "tasks")
    found = tasks.find({"tenant": TENANT, "text": {"$regex": "^Israrlı"}}, ["text"])
    texts = [row["text"] async for row in found]
    assert len(texts) == len(set(texts)) == 80


async def _accepted(sokak: Sokak, copy: Copy) -> Submitted:
    """Hand in at one copy, which must take it at once."""
    answer = await _handed_in(sokak, copy, uuid.uuid4().hex)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return Submitted(told["id"], told["tracking_number"], told["secret"], told["tenant"]["slug"])


async def _handed_in(sokak: Sokak, copy: Copy, key: str) -> httpx.Response:
    body = scenarios.words(point=scenarios.place_in(TENANT))
    headers = {"Idempotency-Key": key}
    return await sokak.http.post(f"{copy.url}/api/requests", json=body, headers=headers)


async def _are_tasks(sokak: Sokak, requests: list[Submitted]) -> None:
    ids = [request.id for request in requests]
    count = await sokak.collection("crm", "tasks").count_documents({"_id": {"$in": ids}})
    assert count == len(ids), f"{count} of {len(ids)} are tasks"


async def _is_told(sokak: Sokak, request: Submitted, message: str) -> None:
    """What the municipality wrote has reached its citizen."""
    told = await scenarios.as_citizen(sokak, request)
    assert message in [update["message"] for update in told["updates"]]


async def _stuck(sokak: Sokak, copy: Copy) -> dict[str, Any]:
    """What waits for too long at a copy, which must say so."""
    answer = await sokak.http.get(f"{copy.url}/{copy.service}/stuck")
    assert answer.status_code == 503, answer.text
    waiting = {one["what"]: one for one in answer.json()["waiting"]}
    assert all(one["seconds"] > TOO_OLD for one in waiting.values())
    return waiting


async def _flows(sokak: Sokak, copy: Copy) -> None:
    answer = await sokak.http.get(f"{copy.url}/{copy.service}/stuck")
    assert answer.status_code == 200, answer.text
