"""Whole lives of requests, beside what the store's own guarded writes would allow."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.guarded import guarded_writes
from tests.bench.lives import Lives, Seen, lives
from tests.bench.processes import cpu_seconds, memory_mb, processes, used
from tests.bench.table import Row, median
from tests.e2e.harness import SERVICES, Sokak

WRITES = 20
"""Guarded writes in a lifecycle: intake 6, routing 2, crm 5, reporting 4, one for each event
that changes a document, less those that come in one batch; and 3 for what outsiders are told."""

AT_A_TIME = 200
WARM_UP_S = 4.0
STORE = f"{WRITES} guarded writes"

Told = defaultdict[str, float]

_SAMPLE = re.compile(r'^sokak_(\w+)\{service="[a-z]+"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Lived:
    """What was seen in a while of lives in plenty: how many, and what it took of each process."""

    rate: float
    seconds: float
    parts: dict[str, dict[str, float]]
    writes_a_commit: float
    seen: Seen


async def measure(
    sokak: Sokak, repeats: int, seconds: float, figure: str, first: Row | None = None
) -> Row:
    """Lifecycles a second, in turn with the yardstick; also beside the `first` such figure."""
    async with lives(sokak) as load:
        await load.many(AT_A_TIME, 2 * WARM_UP_S)
        found: list[Lived] = []
        allowed: list[float] = []
        with guarded_writes(sokak.mongo.url) as store:
            for _ in range(repeats):
                lived = await live(sokak, load, seconds)
                together = max(1, round(lived.writes_a_commit))
                allowed.append(await asyncio.to_thread(store.rate, together, seconds) / WRITES)
                found.append(lived)
    rates = [lived.rate for lived in found]
    yardsticks: dict[str, Sequence[float]] = {STORE: allowed}
    goals = {STORE: 0.6}
    if first is not None:
        yardsticks[first.figure] = [median(first.values)] * repeats
        goals[first.figure] = 0.9
    return Row.beside(
        figure,
        "lifecycles/s",
        rates,
        yardsticks,
        goals=goals,
        more=_more(found),
        parts=_medians([lived.parts for lived in found]),
    )


async def live(sokak: Sokak, load: Lives, seconds: float, at_a_time: int = AT_A_TIME) -> Lived:
    """Lives in plenty, looked at for so long once they flow."""
    pids = processes(sokak)
    load.begin()
    living = asyncio.create_task(load.many(at_a_time, WARM_UP_S + seconds))
    await asyncio.sleep(WARM_UP_S)
    began, cpu, told = time.perf_counter(), cpu_seconds(pids), await _told(sokak)
    await asyncio.sleep(seconds)
    ended, of_each = time.perf_counter(), used(cpu, cpu_seconds(pids))
    told_then, memory = await _told(sokak), memory_mb(pids)
    await living
    rate, seconds = load.rate(began, ended), ended - began
    lifecycles = max(1.0, rate * seconds)
    parts = {
        name: {
            "CPU ms a lifecycle": cpu / lifecycles * 1000,
            "% of a core": cpu / seconds * 100,
            "MB": memory[name],
        }
        for name, cpu in of_each.items()
    }
    commits = 0.0
    for name, figures in told_then.items():
        done = {sample: value - told[name][sample] for sample, value in figures.items()}
        commits += done["commit_seconds_count"]
        parts[name] |= _commits(defaultdict(float, done), seconds)
    return Lived(rate, seconds, parts, lifecycles * WRITES / max(1.0, commits), load.seen)


def _commits(done: Told, seconds: float) -> dict[str, float]:
    return {
        "commits/s": done["commit_seconds_count"] / seconds,
        "ms a commit": _mean(done, "commit_seconds") * 1000,
        "conflicts/s": done["commit_conflicts_total"] / seconds,
        "commands together": _mean(done, "commands_per_commit"),
        "relay rounds/s": done["relay_seconds_count"] / seconds,
        "ms a round": _mean(done, "relay_seconds") * 1000,
    }


def _mean(done: Told, histogram: str) -> float:
    return done[f"{histogram}_sum"] / max(1.0, done[f"{histogram}_count"])


async def _told(sokak: Sokak) -> dict[str, Told]:
    """The figures of each service's own metrics until now, its copies summed."""
    told: dict[str, Told] = {name: defaultdict(float) for name in SERVICES}
    for name in SERVICES:
        for copy in sokak.copies[name]:
            answer = await sokak.http.get(f"{copy.url}/{name}/metrics")
            for sample, value in _SAMPLE.findall(answer.text):
                told[name][sample] += float(value)
    return told


def _more(found: list[Lived]) -> dict[str, float]:
    seen = [lived.seen for lived in found]
    return {
        "writes a commit": median([lived.writes_a_commit for lived in found]),
        "p50 ms submit": median([one.submits.percentile(0.5) for one in seen]),
        "change": median([one.changes.percentile(0.5) for one in seen]),
        "until assigned": median([median(one.assigned) * 1000 for one in seen]),
        "whole life": median([median(one.whole) * 1000 for one in seen]),
        "409s": float(sum(one.changes.statuses.get(409, 0) for one in seen)),
        "broken": float(sum(one.broken for one in seen)),
    }


def _medians(found: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for parts in found:
        for part, figures in parts.items():
            for name, value in figures.items():
                values[part][name].append(value)
    return {
        part: {name: median(all) for name, all in figures.items()}
        for part, figures in values.items()
    }
