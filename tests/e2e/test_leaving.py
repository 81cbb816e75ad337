"""A municipality leaves and is removed while services are away, with its requests still under way:
they hear of it when they come back, nothing waits for it, and a rebuild comes to the same.
"""

from __future__ import annotations

import asyncio
from typing import Any

from libs.events import public_topic
from services.reporting.cube import CELLS
from tests import scenarios
from tests.e2e.harness import SERVICES, Sokak, eventually
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider
from tests.scenarios import Submitted

TENANT, ABOVE = "altindag", "ankara"
AWAY = ("intake", "crm", "reporting")


async def test_services_that_were_away_forget_one_that_is_gone(sokak: Sokak) -> None:
    await sokak.apply([TENANT])
    early = [await _request(sokak) for _ in range(4)]
    for request in early:
        await scenarios.an_assigned_task(sokak, request)
    await scenarios.moved_to(sokak, early[0], "in_progress")
    outsider = await _let_in(sokak)
    await eventually(lambda: _is(outsider, "ok"))
    await sokak.settled()

    for service in ("crm", "reporting"):
        _stop(sokak, service)
    late = [await _request(sokak) for _ in range(4)]
    await scenarios.withdrawn(sokak, early[1])
    await eventually(lambda: _routed(sokak, late))
    _stop(sokak, "intake")
    platform = await sokak.platform()
    place = f"/api/tenants/{TENANT}"
    left = await sokak.call(
        "routing", "PUT", f"{place}/state", body={"state": "left"}, token=platform
    )
    assert left.status_code == 200, left.text
    removed = await sokak.call("routing", "DELETE", place, token=platform)
    assert removed.json()["version"] == 3, removed.text
    assert await _is(outsider, "ok"), "nobody is there who shuts him out"

    for service in AWAY:
        for copy in sokak.copies[service]:
            copy.start()
    for service in AWAY:
        for copy in sokak.copies[service]:
            await sokak.ready(copy)
    await eventually(lambda: _forgotten(sokak))
    await eventually(lambda: _is(outsider, BAD_PASSWORD))
    await sokak.settled()

    for request in (*early, *late):
        assert await _task(sokak, request), "a 201 is a promise, whoever is gone"
    assert (await _task(sokak, early[1]))["status"] == "withdrawn"
    await eventually(lambda: _nothing_is_stuck(sokak))
    assert (await _request(sokak, within=ABOVE)).tenant == ABOVE

    number = await _shown(sokak)
    facts, cells = await _kept(sokak, f"facts_{number}"), await _kept(sokak, f"{CELLS}_{number}")
    assert len(facts) >= len(early) + len(late)
    rebuilt = await sokak.sokak("rebuild", "reporting")
    assert rebuilt.code == 0, rebuilt
    await sokak.settled()
    assert await _shown(sokak) == number + 1
    assert await _kept(sokak, f"facts_{number + 1}") == facts
    assert await _kept(sokak, f"{CELLS}_{number + 1}") == cells
    await eventually(lambda: _nothing_is_told(sokak))

    await sokak.apply([TENANT])
    assert (await _request(sokak)).tenant == TENANT
    await eventually(lambda: _is_told(sokak, early))
    await sokak.settled()
    await eventually(lambda: _nothing_is_stuck(sokak))


async def _request(sokak: Sokak, within: str = TENANT) -> Submitted:
    request = await scenarios.a_request(sokak, point=scenarios.place_in(TENANT))
    assert request.tenant == within
    return request


async def _let_in(sokak: Sokak) -> Outsider:
    answer = await sokak.call(
        "intake",
        "POST",
        f"/api/integrators?tenant={TENANT}",
        body={"name": "komsu"},
        token=await sokak.platform(),
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()["kafka"]
    return Outsider(sokak.kafka.outer_address, told["user"], told["password"])


async def _is(outsider: Outsider, wanted: str) -> bool:
    found = await asyncio.to_thread(outsider.reads, public_topic(TENANT).name)
    assert found == wanted
    return True


def _stop(sokak: Sokak, service: str) -> None:
    for copy in sokak.copies[service]:
        copy.stop()


async def _routed(sokak: Sokak, requests: list[Submitted]) -> None:
    """What routing has decided is on its way to services that are away."""
    decisions = sokak.collection("routing", "decisions")
    ids = [one.id for one in requests]
    done = {"_id": {"$in": ids}, "routed": {"$ne": None}}
    assert await decisions.count_documents(done) == len(requests)
    assert await sokak.collection("routing", "outbox").count_documents({}) == 0


async def _forgotten(sokak: Sokak) -> None:
    for service in SERVICES:
        table = sokak.collection(service, "tenant_table")
        assert await table.find_one({"_id": TENANT}) is None, service
        gone = await sokak.collection(service, "tenant_table_gone").find_one({"_id": TENANT})
        assert gone is not None, service
        assert gone["version"] == 3


async def _task(sokak: Sokak, request: Submitted) -> dict[str, Any]:
    found = await sokak.collection("crm", "tasks").find_one({"_id": request.id})
    assert found is not None
    assert found["tenant"] == TENANT
    return found


async def _nothing_is_stuck(sokak: Sokak) -> None:
    for service in SERVICES:
        for copy in sokak.copies[service]:
            answer = await sokak.http.get(f"{copy.url}/{service}/stuck")
            assert answer.status_code == 200, answer.text


async def _shown(sokak: Sokak) -> int:
    return int((await sokak.group("reporting")).rpartition("-")[2])


async def _kept(sokak: Sokak, collection: str) -> dict[str, Any]:
    fields = {"version": 0, "seen": 0, "outbox_at": 0}
    found = sokak.collection("reporting", collection).find({"tenant": TENANT}, fields)
    return {row["_id"]: row async for row in found}


async def _nothing_is_told(sokak: Sokak) -> None:
    entries = sokak.collection("reporting", "public")
    told = {"tenant": TENANT, "public": {"$ne": None}}
    assert await entries.count_documents(told) == 0


async def _is_told(sokak: Sokak, requests: list[Submitted]) -> None:
    entries = sokak.collection("reporting", "public")
    ids = [f"{TENANT}|{one.id}" for one in requests]
    assert await entries.count_documents({"_id": {"$in": ids}, "public": {"$ne": None}})
