"""The reports grown anew from the topics, while requests flow, equal those that grew with them."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from services.reporting.cube import CELLS
from tests import scenarios
from tests.e2e.harness import Sokak
from tests.e2e.new_york import BOROUGHS, PERIOD, Imported
from tests.e2e.poison import TENANT as POISONED

FLOWING = "yenimahalle"
QUIET = (*BOROUGHS, POISONED)
SPLITS = ("department", "category", "channel", "type", "neighbourhood", "status")


Figures = dict[str, Any]


async def test_rebuilt_equals_lived(sokak: Sokak, history: Imported) -> None:
    await sokak.settled()
    number = await _shown(sokak)
    reports = {tenant: await _reports(sokak, tenant) for tenant in QUIET}
    cells, facts = await _cells(sokak, number), await _facts(sokak, number)
    assert len(facts) >= 19_995
    assert len(cells) > 1000

    enough = asyncio.Event()
    flow = asyncio.create_task(_flow(sokak, enough))
    rebuilt = await sokak.sokak("rebuild", "reporting")
    enough.set()
    submitted, withdrawn = await flow
    assert rebuilt.code == 0, rebuilt
    print(rebuilt.out.strip())
    await sokak.settled()

    assert await _shown(sokak) == number + 1
    assert {tenant: await _reports(sokak, tenant) for tenant in QUIET} == reports
    assert await _facts(sokak, number + 1) == facts
    assert await _cells(sokak, number + 1) == cells
    flowed = await _reports(sokak, FLOWING)
    assert submitted > 0
    assert flowed["summary"]["opened"] == submitted
    assert flowed["summary"]["closed"] == withdrawn
    assert flowed["summary"]["open_now"] == submitted - withdrawn


async def _flow(sokak: Sokak, enough: asyncio.Event) -> tuple[int, int]:
    """Citizens go on handing in, and every fifth withdraws; how many did."""
    dice = random.Random(7)
    submitted = withdrawn = 0
    while not enough.is_set():
        request = await scenarios.a_request(sokak, point=scenarios.place_in(FLOWING, dice))
        submitted += 1
        if submitted % 5 == 0:
            await scenarios.withdrawn(sokak, request)
            withdrawn += 1
        await asyncio.sleep(0.2)
    return submitted, withdrawn


async def _shown(sokak: Sokak) -> int:
    return int((await sokak.group("reporting")).rpartition("-")[2])


async def _reports(sokak: Sokak, tenant: str) -> Figures:
    """All that the reports tell of a tenant, without how fresh it is."""
    token = await sokak.platform()
    query = f"tenant={tenant}" + (f"&{PERIOD}" if tenant in BOROUGHS else "")
    summary = await sokak.get("reporting", f"/api/reports/summary?{query}", token)
    series = await sokak.get("reporting", f"/api/reports/series?{query}", token)
    found: Figures = {"summary": summary["figures"], "series": series["days"]}
    for by in SPLITS:
        path = f"/api/reports/breakdown?{query}&by={by}"
        found[by] = (await sokak.get("reporting", path, token))["rows"]
    return found


async def _cells(sokak: Sokak, number: int) -> dict[str, Any]:
    """Every cell of the quiet tenants."""
    cells = sokak.collection("reporting", f"{CELLS}_{number}")
    return {cell["_id"]: cell async for cell in cells.find({"tenant": {"$in": list(QUIET)}})}


async def _facts(sokak: Sokak, number: int) -> dict[str, Any]:
    """Every fact of the quiet tenants."""
    facts = sokak.collection("reporting", f"facts_{number}")
    fields = ["tenant", "request", "routing", "task", "counted"]
    return {row["_id"]: row async for row in facts.find({"tenant": {"$in": list(QUIET)}}, fields)}
