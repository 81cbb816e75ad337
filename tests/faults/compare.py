"""The end of a run: everything that the system holds and tells, beside what the oracle knows."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from libs.events import CLOSED_STATUSES
from services.reporting.cube import CELLS
from tests import scenarios
from tests.e2e.harness import SERVICES, Sokak
from tests.faults import outside
from tests.faults.oracle import Kept, Oracle
from tests.faults.told import Told

AT_ONCE = 16

STORES = {
    "intake": ("requests", ("routing", "tasks"), "requests"),
    "routing": ("decisions", ("requests",), "routing"),
    "crm": ("tasks", ("requests", "routing"), "tasks"),
    "reporting": ("facts", ("requests", "routing", "tasks"), None),
}
"""Each service's documents, the topics it must have followed to their end, the one it fills."""

KINDS = (
    "created",
    "assigned",
    "status_changed",
    "commented",
    "amended",
    "answered",
    "recategorised",
    "merged",
    "visibility_changed",
    "reopen_requested",
)
SPLITS = ("channel", "type", "department", "category", "neighbourhood")


async def compare(
    sokak: Sokak, oracle: Oracle, calls: scenarios.Running, *, counts: bool = True
) -> None:
    """Compare all of it; what differs is in the oracle's findings.

    Without `counts` where others have acted for its tenants before: figures hold all of them.
    """
    await oracle.read(sokak.kafka.address)
    for service in SERVICES:
        await _documents(sokak, oracle, service)
        await _nothing_waits(sokak, oracle, service)
    await _forgotten(sokak, oracle)
    if counts:
        await _cells(sokak, oracle)
    for tenant in oracle.tenants:
        await _operators(calls, oracle, tenant)
        if counts:
            await _reports(calls, oracle, tenant)
    await _citizens(calls, oracle)
    await outside.check(sokak.kafka.address, oracle)


async def _documents(sokak: Sokak, oracle: Oracle, service: str) -> None:
    """One document for each request, which has followed every history to its end."""
    name, followed, filled = STORES[service]
    if service == "reporting":
        name = f"{name}_{await _generation(sokak)}"
    missing = set(oracle.kept)
    fields = ["tenant", "seen", "sent", "parked", "history"]
    wanted = {"tenant": {"$in": list(oracle.tenants)}}
    async for row in sokak.collection(service, name).find(wanted, fields):
        id = row["_id"]
        if not oracle.is_own(id):
            continue
        if id not in oracle.kept:
            oracle.findings.add("nobody-asked-for-it", f"{service} has {id}")
            continue
        missing.discard(id)
        told, what = oracle.kept[id].told, f"{service} {id}"
        oracle.findings.equal("parked", what, row["parked"], 0)
        for topic in followed:
            seen = row["seen"].get(topic, {}).get(id, 0)
            oracle.findings.equal("not-followed", f"{what} {topic}", seen, told.length(topic))
        if filled:
            sent = row["sent"].get(filled, 0)
            oracle.findings.equal("not-told", f"{what} {filled}", sent, told.length(filled))
        if service == "crm":
            _history(oracle, id, row["history"], told)
    for id in missing:
        oracle.findings.add("accepted-and-lost", f"{service} has no {id}")


async def _forgotten(sokak: Sokak, oracle: Oracle) -> None:
    """What was erased is in no document of those that were told it."""
    gone = {
        id: kept.life.text
        for id, kept in oracle.kept.items()
        if kept.life is not None and kept.life.turn == "erased"
    }
    for service in ("intake", "routing", "crm"):
        name = STORES[service][0]
        async for row in sokak.collection(service, name).find({"_id": {"$in": list(gone)}}):
            there = gone[row["_id"]] in str(row)
            oracle.findings.equal("erased-and-there", f"{service} {row['_id']}", there, False)


def _history(oracle: Oracle, id: str, history: Iterable[Mapping[str, Any]], told: Told) -> None:
    """A task's history has what was told of it, and each correction once."""
    kept = Counter(entry["kind"] for entry in history)
    wanted = Counter[str]()
    for (kind, _), count in told.acts.items():
        wanted[kind] += count
    for kind in KINDS:
        oracle.findings.equal("history-differs", f"{id} {kind}", kept[kind], wanted[kind])


async def _nothing_waits(sokak: Sokak, oracle: Oracle, service: str) -> None:
    dead = "dead" if service != "reporting" else f"dead_{await _generation(sokak)}"
    async for row in sokak.collection(service, dead).find({"status": "parked"}, ["reason", "key"]):
        if oracle.is_own(row["key"]):
            oracle.findings.add("parked", f"{service} {row['_id']} {row['reason']}")


async def _generation(sokak: Sokak) -> int:
    return int((await sokak.group("reporting")).rpartition("-")[2])


async def _cells(sokak: Sokak, oracle: Oracle) -> None:
    """Every cell of the cubes, and no other."""
    wanted = oracle.cells()
    cells = sokak.collection("reporting", f"{CELLS}_{await _generation(sokak)}")
    async for cell in cells.find({"tenant": {"$in": list(oracle.tenants)}}):
        due = wanted.pop(cell["_id"], Counter())
        oracle.findings.equal("cell-differs", cell["_id"], cell["amounts"], dict(due))
    for id, amounts in wanted.items():
        oracle.findings.add("cell-differs", f"{id} is missing: {dict(amounts)}")


async def _operators(calls: scenarios.Running, oracle: Oracle, tenant: str) -> None:
    """The tenant's list of tasks holds each once."""
    token, cursor = await calls.staff(tenant), ""
    listed = Counter[str]()
    while True:
        path = f"/api/tasks?limit=100{cursor}"
        page = (await calls.call("crm", "GET", path, token=token)).json()
        for row in page["tasks"]:
            if row["id"] in oracle.kept:
                listed[row["id"]] += 1
                oracle.check_task(row["id"], row)
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    for id, kept in oracle.kept.items():
        if kept.request.tenant == tenant:
            oracle.findings.equal("not-listed-once", id, listed[id], 1)


async def _citizens(calls: scenarios.Running, oracle: Oracle) -> None:
    """What each citizen reads."""
    waiting = list(oracle.kept.values())

    async def read() -> None:
        while waiting:
            kept = waiting.pop()
            try:
                found = await scenarios.as_citizen(calls, kept.request)
            except AssertionError as error:
                oracle.findings.add("accepted-and-lost", f"{kept.request.number}: {error}")
            else:
                oracle.check_view(kept, found)

    await asyncio.gather(*(read() for _ in range(AT_ONCE)))


async def _reports(calls: scenarios.Running, oracle: Oracle, tenant: str) -> None:
    """Opened, closed and open now, by everything that a report can be split by."""
    token = await calls.staff(tenant)
    own = [kept for kept in oracle.kept.values() if kept.request.tenant == tenant]
    for by in SPLITS:
        path = f"/api/reports/breakdown?by={by}"
        report = (await calls.call("reporting", "GET", path, token=token)).json()
        found = {
            row["code"]: tuple(row["figures"][name] for name in ("opened", "closed", "open_now"))
            for row in report["rows"]
        }
        oracle.findings.equal("report-differs", f"{tenant} by {by}", found, _counted(own, by))


def _counted(requests: list[Kept], by: str) -> dict[str | None, tuple[int, int, int]]:
    opened, closed = Counter[str | None](), Counter[str | None]()
    for kept in requests:
        told = kept.told
        values: dict[str, Any] = {
            "channel": told.channel,
            "type": told.type,
            "department": told.department or (told.routed and told.routed[1]),
            "category": told.category or (told.routed and told.routed[0]) or told.wished,
            "neighbourhood": told.neighbourhood,
        }
        value = values[by]
        code = value[0] if isinstance(value, tuple) else value
        opened[code] += 1
        closed[code] += told.status in CLOSED_STATUSES
    found: dict[str | None, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for code, count in opened.items():
        found[code] = count, closed[code], count - closed[code]
    return dict(found)
