"""By the clock: how soon an operator sees a request, and what ten times the usual does to it."""

from __future__ import annotations

import time
from collections import defaultdict

from tests.bench.lives import TENANT, Phase, lives
from tests.bench.load import percentile
from tests.bench.receiver import receiving
from tests.bench.table import Row
from tests.e2e.harness import Sokak

USUAL = 1 / 5
"""Of the top rate."""

TIMES = 10
WINDOW_S = 2.0
NOTABLY_MS = 100.0
"""What is slower than before by less is as before."""


async def until_queued(sokak: Sokak, top: float, seconds: float, stored: str) -> Row:
    """From submission until the operator's queue shows it, at half the top rate."""
    rate = top / 2
    async with receiving(sokak, TENANT) as came, lives(sokak, console=True) as load:
        await load.arrive(Phase(rate, 5.0))
        load.begin()
        await load.arrive(Phase(rate, seconds))
        seen = load.seen
    hooked = [came[id] - at for id, at in seen.submitted.items() if id in came]
    return Row(
        f"submit until in the operator's queue, at {rate:.0f} lifecycles/s, {stored}",
        "ms (p50)",
        [percentile(seen.queued, 0.5)],
        more={
            "p99 ms": percentile(seen.queued, 0.99),
            "p50 ms until an open console is told": percentile(seen.until_shown, 0.5),
            "p99 ms of that": percentile(seen.until_shown, 0.99),
            "told": float(len(seen.until_shown)),
            "p50 ms until on the public topic": percentile(seen.until_public, 0.5),
            "p99 ms of it": percentile(seen.until_public, 0.99),
            "published": float(len(seen.until_public)),
            "p50 ms until a webhook's receiver has it": percentile(hooked, 0.5),
            "p99 ms of its receipt": percentile(hooked, 0.99),
            "received": float(len(hooked)),
            "p99 ms POST": seen.submits.percentile(0.99),
            "requests": float(len(seen.queued)),
            "broken": float(seen.broken),
        },
    )


async def surge(sokak: Sokak, top: float, usual_s: float, surge_s: float) -> Row:
    """Citizens hand in ten times the usual while operators work as ever; then as usual again.

    Asserts that everything that was answered with 201 is a task in the end.
    """
    usual = top * USUAL
    async with lives(sokak) as load:
        await load.arrive(Phase(usual, 5.0))
        load.begin()
        from_then = time.perf_counter() + usual_s
        over = from_then + surge_s
        await load.arrive(
            Phase(usual, usual_s),
            Phase(usual * TIMES, surge_s, whole=1 / TIMES),
            Phase(usual, 2 * usual_s),
        )
        seen = load.seen
    await sokak.settled(900.0)
    lost = await _lost(sokak, list(seen.submitted))
    assert not lost, f"{lost} were answered 201 and are no tasks"
    posts = _By(
        [
            (end - took, took)
            for end, took in zip(seen.submits.ended, seen.submits.latencies, strict=True)
        ],
        from_then,
        over,
    )
    queue = _By(list(zip(seen.began, seen.queued, strict=True)), from_then, over)
    return Row(
        f"POST at {TIMES} times the usual {usual:.0f}/s, for {surge_s:.0f} s",
        "ms (p99)",
        [percentile(posts.during, 0.99)],
        more={
            "p99 ms before": percentile(posts.before, 0.99),
            "after": percentile(posts.after, 0.99),
            "s until as before": posts.back(),
            "until queued p99 ms before": percentile(queue.before, 0.99),
            "during": percentile(queue.during, 0.99),
            "s until as before again": queue.back(),
            "requests": float(len(seen.submits.latencies)),
            "not 201": float(sum(n for code, n in seen.submits.statuses.items() if code != 201)),
            "broken lives": float(seen.broken),
            "lost": float(lost),
        },
    )


class _By:
    """Durations by when they began: before, in, or after a surge."""

    def __init__(self, samples: list[tuple[float, float]], began: float, over: float) -> None:
        self._samples = samples
        self._over = over
        self.before = [took for at, took in samples if at < began]
        self.during = [took for at, took in samples if began <= at < over]
        self.after = [took for at, took in samples if at >= over]

    def back(self) -> float:
        """Seconds after the surge until durations are as they were before, and stay so."""
        usual = percentile(self.before, 0.99)
        limit = max(2 * usual, usual + NOTABLY_MS)
        windows: dict[int, list[float]] = defaultdict(list)
        for at, took in self._samples:
            if at >= self._over:
                windows[int((at - self._over) / WINDOW_S)].append(took)
        slow = [window for window, all in windows.items() if percentile(all, 0.9) > limit]
        return (max(slow) + 1) * WINDOW_S if slow else 0.0


async def _lost(sokak: Sokak, taken: list[str]) -> int:
    tasks = sokak.collection("crm", "tasks")
    found = 0
    for start in range(0, len(taken), 1000):
        some = taken[start : start + 1000]
        found += await tasks.count_documents({"_id": {"$in": some}, "tenant": TENANT})
    return len(taken) - found
