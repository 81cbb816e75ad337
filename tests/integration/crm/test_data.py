"""A tenant's tasks as they are taken along: its own, all of them, in little memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from libs.runtime.clock import new_id
from libs.runtime.store import Held
from libs.web.access import Access
from libs.web.caller import Caller
from services.crm import data
from services.crm.store import AGGREGATE
from tests.integration.crm.conftest import Town
from tests.unit.crm.scenarios import an_assigned_task

ACCESS = Access(Caller("ayse", platform=True), "kecioren")


async def plant(town: Town, tenant: str, count: int) -> set[str]:
    """So many tasks, each as long as one that was worked on."""
    task = replace(an_assigned_task(), tenant=tenant, text="Çukur " * 100)
    ids = [new_id() for _ in range(count)]
    rows = [Held(AGGREGATE, id, version=1, state=task).document() for id in ids]
    for at in range(0, count, 500):
        await town.service.database["tasks"].insert_many(rows[at : at + 500])
    return set(ids)


async def plant_people(town: Town, first: int, last: int) -> None:
    """People whose names tasks may hold."""
    rows = [
        {"_id": f"kecioren|p{number}", "tenant": "kecioren", "subject": f"p{number}", "name": "Ali"}
        for number in range(first, last)
    ]
    await town.service.database["people"].insert_many(rows)


def _route(town: Town, what: str) -> Any:
    routes = {route.path: route.endpoint for route in cast(Any, data.router(town.service)).routes}
    return routes[f"/api/tasks/data/{what}"]


async def pieces(town: Town, what: str = "tasks") -> AsyncIterator[bytes]:
    """The file as it is sent."""
    answer = await _route(town, what)(access=ACCESS)
    async for piece in answer.body_iterator:
        yield piece


async def test_all_of_ones_own_and_nothing_of_anothers_in_order(town: Town) -> None:
    own = await plant(town, "kecioren", 250)
    await plant(town, "cankaya", 250)
    own |= await plant(town, "kecioren", 30)
    whole = b"".join([piece async for piece in pieces(town)])
    assert [json.loads(line)["id"] for line in whole.splitlines()] == sorted(own)


async def test_many_take_no_more_memory_than_few(town: Town) -> None:
    peaks = []
    for count, more in ((1_000, 1_000), (6_000, 5_000)):
        await plant(town, "kecioren", more)
        tracemalloc.start()
        lines = 0
        async for piece in pieces(town):
            lines += piece.count(b"\n")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == count
    assert peaks[1] < 1.5 * peaks[0]


async def test_many_people_come_whole_and_take_no_more_memory_than_few(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "TOGETHER", 500)
    peaks, first = [], 0
    for count in (2_000, 12_000):
        await plant_people(town, first, count)
        first = count
        tracemalloc.start()
        lines = 0
        async for piece in pieces(town, "people"):
            lines += piece.count(b"\n")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == count
    assert peaks[1] < 1.5 * peaks[0]


async def test_what_is_taken_says_what_the_api_says_and_is_written_down(town: Town) -> None:
    id = await town.has_a_task()
    await town.post(f"{id}/comments", {"message": "Parça bekleniyor.", "public": False})
    with capture_logs() as log:
        answer = await town.get("/data/tasks", role="admin")
    told = {"tenant": "kecioren", "file": "tasks.jsonl", "by": "ayse"}
    assert sum(told.items() <= one.items() for one in log) == 1, "who took it is written down"
    assert answer.headers["content-type"] == "application/x-ndjson"
    (taken,) = [json.loads(line) for line in answer.text.splitlines()]
    shown = (await town.get(f"/{id}")).json()
    assert [one["kind"] for one in taken["history"]] == [one["kind"] for one in shown["history"]]
    assert taken["history"][-1]["message"] == "Parça bekleniyor."
    assert taken["text"] == shown["text"]
    assert not {"search", "waiting"} & taken.keys()


async def test_a_name_that_is_nobodys_has_an_empty_file(town: Town) -> None:
    """Whatever it is: it stands in the file's name as well."""
    access = Access(ACCESS.caller, 'çankaya"\r\n\U000c2083')
    answer = await _route(town, "tasks")(access=access)
    assert answer.headers["content-disposition"] == 'attachment; filename="ankaya-tasks.jsonl"'
    assert b"".join([piece async for piece in answer.body_iterator]) == b""
