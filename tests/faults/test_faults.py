"""A short run: every kind of fault once, under load, and the oracle finds nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from services.reporting.cube import CELLS
from services.reporting.republishing import WALK_ID
from services.reporting.store import FACTS, PUBLIC
from tests.e2e.harness import Sokak, eventually
from tests.faults.lab import Lab
from tests.faults.run import Plan, run
from tests.faults.schedule import planned

WITHOUT = {"version": False, "queued": False}
"""How often a document was written is not what it says: batches differ."""

PLAN = Plan(seed=20, requests=1500, faults=12, rate=25.0, shortest=0.5)


async def test_nothing_is_lost_and_nothing_is_twice(lab: Lab, tmp_path: Path) -> None:
    outcome = await run(lab, PLAN, tmp_path / "faults.jsonl")
    print(outcome)
    assert not outcome.oracle.findings, str(outcome.oracle.findings)
    lived = [kept for kept in outcome.oracle.kept.values() if kept.life is not None]
    assert len(lived) == PLAN.requests
    assert len(outcome.happened) == PLAN.faults


async def test_rebuilt_equals_lived(lab: Lab) -> None:
    """What grew under fire, itself a rebuild made meanwhile, beside one that grew in peace."""
    await lab.sokak.settled()
    lived, told = await _projection(lab.sokak), await _told(lab.sokak)
    done = await lab.sokak.sokak("rebuild", "reporting")
    assert done.code == 0, done
    rebuilt = await _projection(lab.sokak)
    assert len(lived) > PLAN.requests
    assert rebuilt == lived
    await eventually(partial(_is_told_anew, lab.sokak), 60.0)
    assert len(told) > PLAN.requests / 2
    assert await _told(lab.sokak) == told


async def _told(sokak: Sokak) -> dict[str, Any]:
    """What the world was told of each request, and how often."""
    rows = sokak.collection("reporting", PUBLIC).find({"number": {"$gte": 0}})
    return {row["_id"]: (row["number"], row["public"]) async for row in rows}


async def _is_told_anew(sokak: Sokak) -> None:
    """Somebody has walked through the generation that is shown."""
    number = (await sokak.group("reporting")).rpartition("-")[2]
    walk = await sokak.collection("reporting", PUBLIC).find_one({"_id": WALK_ID})
    assert walk is not None
    assert (walk["generation"], walk["done"]) == (int(number), True)


async def _projection(sokak: Sokak) -> dict[str, Any]:
    """Every fact and every cell of the generation that is shown."""
    number = (await sokak.group("reporting")).rpartition("-")[2]
    found = {}
    for name in (FACTS, CELLS):
        async for row in sokak.collection("reporting", f"{name}_{number}").find({}, WITHOUT):
            found[f"{name} {row.pop('_id')}"] = row
    return found


def test_a_seed_repeats_its_schedule() -> None:
    assert list(planned(300, 7)) == list(planned(300, 7))
    assert list(planned(300, 7)) != list(planned(300, 8))
    assert len({fault.kind for fault in planned(12, 7)}) == 12
