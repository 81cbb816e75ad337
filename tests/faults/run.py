"""A run: a load, a schedule of faults, rest, and the oracle's word."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.e2e import lives
from tests.e2e.harness import SERVICES, Done, Sokak, eventually
from tests.faults.compare import compare
from tests.faults.hooks import hooks
from tests.faults.inject import Happened, Injector
from tests.faults.lab import Lab
from tests.faults.load import Load
from tests.faults.oracle import Oracle
from tests.faults.schedule import planned
from tests.faults.watch import watch

TENANTS = ("kecioren", "cankaya", "mamak")
SPARE = ("yenimahalle", "pursaklar", "etimesgut")
"""Tenants that no run acts for."""

SETTLED_WITHIN = 300.0
REBUILT_WITHIN = 3600.0
TELLS_EVERY = 10.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What a run is to do, at `rate` or slower, so that the load lasts as long as the faults.

    `shortest` multiplies how long each fault lasts.
    """

    seed: int
    requests: int
    faults: int
    rate: float
    shortest: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """How it was."""

    oracle: Oracle
    happened: list[Happened]
    answers: Counter[str]
    seconds: float
    settled: float

    def __str__(self) -> str:
        recovered: dict[str, list[float]] = defaultdict(list)
        for one in self.happened:
            recovered[one.fault.kind].append(one.recovered)
        lines = [
            f"{len(self.oracle.kept)} requests, {len(self.happened)} faults, "
            f"{self.seconds:.0f} s, at rest {self.settled:.0f} s after the last",
            f"answers: {dict(sorted(self.answers.items()))}",
            *(
                f"  {kind}: {len(seconds)}, answers again after {median(seconds):.1f} s,"
                f" {max(seconds):.1f} s at most"
                for kind, seconds in sorted(recovered.items())
            ),
            f"found: {self.oracle.findings}",
        ]
        return "\n".join(lines)


async def run(lab: Lab, plan: Plan, log: Path, say: Say = print) -> Outcome:
    """Do it all; what was found is in the outcome."""
    say(f"seed {plan.seed}")
    schedule = list(planned(plan.faults, plan.seed, plan.shortest))
    for fault in schedule:
        say(str(fault))
    sokak, oracle = lab.sokak, Oracle(TENANTS)
    load = Load(sokak, oracle, plan.seed)
    injector = Injector(lab, load, log, say, lambda: len(oracle.kept) / plan.requests)
    rate = min([plan.rate, *(plan.requests / fault.at for fault in schedule[-1:])])
    began = time.monotonic()
    watching = asyncio.create_task(watch(sokak, oracle.findings))
    telling = asyncio.create_task(_tell(oracle, load, injector, say))
    try:
        async with hooks(load, TENANTS, plan.seed) as heard:
            async with asyncio.TaskGroup() as group:
                group.create_task(injector.run(schedule))
                planned_lives = lives.planned(plan.requests, TENANTS, plan.seed, lives.ALL_TURNS)
                group.create_task(load.run(planned_lives, rate))
                group.create_task(_rebuild(sokak, say, after=plan.requests / rate / 3))
            seconds = time.monotonic() - began
            say("load and faults are over")
            await sokak.settled(SETTLED_WITHIN)
            settled = time.monotonic() - began - seconds
            await heard.compare(sokak, oracle.findings)
        await compare(sokak, oracle, load)
        await _all_well(sokak)
    finally:
        watching.cancel()
        telling.cancel()
        load.close()
    return Outcome(oracle, injector.happened, load.answers, seconds, settled)


async def _tell(oracle: Oracle, load: Load, injector: Injector, say: Say) -> None:
    began, before = time.monotonic(), 0
    while True:
        await asyncio.sleep(TELLS_EVERY)
        accepted = len(oracle.kept)
        rate = (accepted - before) / TELLS_EVERY
        say(
            f"{time.monotonic() - began:7.1f} s  -- {accepted} accepted ({rate:.0f}/s), "
            f"{load.lived} lived, {len(injector.happened)} faults over, {dict(load.answers)}"
        )
        before = accepted


async def _rebuild(sokak: Sokak, say: Say, after: float) -> None:
    """Rebuild the reports while all this goes on; where it fails, it has harmed nothing."""
    await asyncio.sleep(after)

    async def rebuilt() -> Done:
        done = await sokak.sokak("rebuild", "reporting", within=REBUILT_WITHIN)
        assert done.code == 0, done
        return done

    say((await eventually(rebuilt, 600.0, 3.0)).out.strip())


async def _all_well(sokak: Sokak) -> None:
    """Nothing is red any more."""

    async def well() -> None:
        for service in SERVICES:
            for copy in sokak.copies[service]:
                for what in ("live", "ready", "stuck"):
                    answer = await sokak.http.get(f"{copy.url}/{service}/{what}")
                    assert answer.status_code == 200, f"{copy.name}: {answer.text}"

    await eventually(well, 120.0)
