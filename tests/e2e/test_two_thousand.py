"""2,000 mixed requests over HTTP, a copy of each service killed meanwhile: nothing is lost,
nothing is twice, and everybody tells the same."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from libs.events import CLOSED_STATUSES
from tests import scenarios
from tests.e2e import bus
from tests.e2e.harness import SERVICES, Sokak, eventually
from tests.e2e.lives import ENDS, Life, live, planned
from tests.scenarios import Submitted

COUNT = 2000
TENANTS = ("kecioren", "cankaya")
CITIZENS = 24
"""How many act at the same time."""

EVENT_ENTRIES = {
    "task.created.v1": "created",
    "task.assigned.v1": "assigned",
    "task.status_changed.v1": "status_changed",
    "task.commented.v1": "commented",
}


@dataclass
class Lived:
    """What was done, and what crm says of it in the end."""

    lives: dict[str, Life]
    requests: dict[str, Submitted]
    tasks: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
async def lived(sokak: Sokak) -> Lived:
    """All lives lived, each service having lost a copy to a kill meanwhile."""
    lives: dict[str, Life] = {}
    requests: dict[str, Submitted] = {}
    waiting = list(planned(COUNT, TENANTS))[::-1]

    async def act() -> None:
        while waiting:
            life = waiting.pop()
            request = await live(sokak, life)
            assert request.id not in lives, "one request for two"
            lives[request.id] = life
            requests[request.id] = request

    async def kill() -> None:
        for number, service in enumerate(SERVICES):
            await eventually(partial(_at_most, waiting, COUNT * (85 - 20 * number) // 100), 600.0)
            await sokak.restart(sokak.copies[service][number % 2])

    await asyncio.gather(kill(), *(act() for _ in range(CITIZENS)))
    await sokak.settled()
    tasks = {tenant: [row async for row in _listed(sokak, tenant)] for tenant in TENANTS}
    return Lived(lives, requests, {row["id"]: row for rows in tasks.values() for row in rows})


async def _at_most(waiting: list[Life], count: int) -> None:
    assert len(waiting) <= count


async def _listed(sokak: Sokak, tenant: str) -> Any:
    """The tenant's tasks as its operators list them."""
    token = await sokak.staff(tenant)
    cursor = ""
    while True:
        page = await sokak.get("crm", f"/api/tasks?limit=100{cursor}", token)
        for row in page["tasks"]:
            yield row | {"tenant": tenant}
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"


def test_every_request_is_exactly_one_task(lived: Lived) -> None:
    assert len(lived.lives) == COUNT
    assert lived.tasks.keys() == lived.lives.keys()


def test_every_task_is_what_its_people_made_of_it(lived: Lived) -> None:
    for id, life in lived.lives.items():
        task = lived.tasks[id]
        assert task["tenant"] == life.tenant
        assert task["channel"] == life.channel
        assert task["request_type"] == life.last_type, life
        assert task["department"] or life.turn == "withdrawn", life  # before it was routed
        if life.last_category:
            assert task["category"]["code"] == life.last_category, life
        if life.turn in ENDS:
            assert task["status"] == ENDS[life.turn], life
        elif life.turn == "handed on":
            assert task["department"]["code"] == "ZAB", life


async def test_no_history_has_a_gap_or_a_repeat(sokak: Sokak, lived: Lived) -> None:
    told: dict[str, list[bus.Seen]] = defaultdict(list)
    for record in await sokak.records("tasks"):
        key = (record.key or b"").decode(errors="replace")  # others test what no key may be
        if key in lived.lives:
            told[key].append(record)
    tasks = sokak.collection("crm", "tasks")
    documents = {
        row["_id"]: row
        async for row in tasks.find({"tenant": {"$in": list(TENANTS)}}, ["history", "sent"])
    }
    for id, life in lived.lives.items():
        events = list(_once(told[id]))
        assert [int(event.text("ce_sequence")) for event in events] == [
            *range(1, len(events) + 1)
        ], f"{id}: {life}"
        assert documents[id]["sent"]["tasks"] == len(events)
        on_wire = Counter(EVENT_ENTRIES[event.text("ce_type")] for event in events)
        kept = Counter(entry["kind"] for entry in documents[id]["history"])
        assert {kind: kept[kind] for kind in on_wire} == dict(on_wire), f"{id}: {life}"
        assert kept["created"] == 1
        assert kept["amended"] == (life.turn == "amended"), life
        assert kept["commented"] == 2 * (life.turn == "commented"), life


def _once(events: list[bus.Seen]) -> Iterator[bus.Seen]:
    """Without the repeats that a killed relay may have left: the very same event again."""
    seen: dict[str, bus.Seen] = {}
    for event in events:
        sequence = event.text("ce_sequence")
        if sequence in seen:
            first = seen[sequence]
            assert (first.headers, first.value) == (event.headers, event.value)
            continue
        seen[sequence] = event
        yield event


async def test_the_citizen_reads_what_the_municipality_did(sokak: Sokak, lived: Lived) -> None:
    messages: Counter[str] = Counter()
    ids = list(lived.lives)

    async def compare() -> None:
        while ids:
            id = ids.pop()
            task, life = lived.tasks[id], lived.lives[id]
            read = await scenarios.as_citizen(sokak, lived.requests[id])
            assert read["status"] == task["status"], life
            assert read["open"] == task["open"], life
            assert read["type"] == task["request_type"], life
            assert read["department"] == (task["department"] and task["department"]["names"]), life
            assert read["category"] == task["category"], life
            assert read["due_at"] == task["due_at"], life
            assert read["text"].startswith(life.text)
            messages.update(update["message"] for update in read["updates"] if update["message"])

    await asyncio.gather(*(compare() for _ in range(CITIZENS)))
    turns = Counter(life.turn for life in lived.lives.values())
    assert messages == {
        "Ekip yarın gelecek.": turns["commented"],
        "Yapıldı.": turns["resolved"] + turns["reopened"],
        "Bizim işimiz değil.": turns["rejected"],
    }


@pytest.mark.parametrize("by", ["department", "category", "channel", "type", "neighbourhood"])
async def test_reports_equal_a_count(sokak: Sokak, lived: Lived, by: str) -> None:
    for tenant in TENANTS:
        path = f"/api/reports/breakdown?by={by}"
        report = await sokak.get("reporting", path, await sokak.staff(tenant))
        rows = {row["code"]: row["figures"] for row in report["rows"]}
        counted = {
            value: {"opened": opened, "closed": closed, "open_now": opened - closed}
            for value, (opened, closed) in _counted(lived, tenant, by).items()
        }
        assert {
            value: {name: figures[name] for name in ("opened", "closed", "open_now")}
            for value, figures in rows.items()
        } == counted


def _counted(lived: Lived, tenant: str, by: str) -> dict[str | None, tuple[int, int]]:
    """Opened and closed, by what the test itself asked for and what operators see."""
    found: dict[str | None, tuple[int, int]] = {}
    for id, life in lived.lives.items():
        if life.tenant != tenant:
            continue
        task = lived.tasks[id]
        value: str | None = {"channel": life.channel, "type": life.last_type}.get(by)
        if value is None:
            value = task[by] and task[by]["code"]
        opened, closed = found.get(value, (0, 0))
        found[value] = opened + 1, closed + (task["status"] in CLOSED_STATUSES)
    return found


async def test_reports_know_every_status(sokak: Sokak, lived: Lived) -> None:
    for tenant in TENANTS:
        token = await sokak.staff(tenant)
        report = await sokak.get("reporting", "/api/reports/breakdown?by=status", token)
        told = {
            row["code"]: row["figures"]["open_now"] or row["figures"]["closed"] or 0
            for row in report["rows"]
        }
        counted = Counter(
            task["status"] for task in lived.tasks.values() if task["tenant"] == tenant
        )
        assert {status: count for status, count in told.items() if count} == dict(counted)


async def test_first_assignment_is_measured_once_for_each(sokak: Sokak, lived: Lived) -> None:
    tasks = sokak.collection("crm", "tasks")
    for tenant in TENANTS:
        token = await sokak.staff(tenant)
        figures = (await sokak.get("reporting", "/api/reports/summary", token))["figures"]
        assigned = await tasks.count_documents({"tenant": tenant, "history.kind": "assigned"})
        assert figures["first_assignment"]["count"] == assigned
        assert figures["opened"] == sum(life.tenant == tenant for life in lived.lives.values())
