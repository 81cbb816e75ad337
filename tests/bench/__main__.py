"""`python -m tests.bench [--quick] [--only PART ...] [--stored N ...] [--json FILE] [--page FILE]`.

Without arguments all of it, which takes some twenty minutes once the seeds are there.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from rich.console import Console

from libs.runtime import log
from libs.stack import NativeKafka, NativeMongo
from libs.stack.private import native_stack
from services.cli.serve import GC_THRESHOLDS
from tests.bench import (
    consumer,
    footprint,
    intake,
    lifecycles,
    reads,
    rebuild,
    report,
    seed,
    surge,
    turns,
)
from tests.bench.table import Row, median, missed, show
from tests.e2e.harness import Sokak, running

PARTS = (
    "consumer",
    "lifecycles",
    "rebuild",
    "queue",
    "turns",
    "reads",
    "surge",
    "footprint",
    "intake",
)
QUICK = ("consumer", "lifecycles", "intake")
STORED = (100_000, 1_000_000)
"""What else than nothing is stored while lifecycles are measured; the rest is on the last."""


@dataclass
class Bench:
    """What is asked for, and what was found."""

    parts: tuple[str, ...]
    stored: tuple[int, ...]
    quick: bool
    copies: int
    console: Console = field(default_factory=lambda: Console(width=180))
    rows: list[Row] = field(default_factory=list)
    top: float | None = None

    async def run(self) -> None:
        """Measure on nothing, and then on each of what is stored.

        A consumer has servers of its own: what is sent to it, all services would take up.
        """
        for measured in (self._consumer, self._on_nothing):
            with tempfile.TemporaryDirectory(prefix="sokak-bench-") as directory:
                await measured(Path(directory))
        for count in self.stored:
            await seed.grow(count, self.console.print)
            with tempfile.TemporaryDirectory(prefix="sokak-bench-") as directory:
                await self._on(count, Path(directory), last=count == self.stored[-1])

    async def _consumer(self, directory: Path) -> None:
        if "consumer" not in self.parts:
            return
        events, repeats = (10_000, 2) if self.quick else (20_000, 3)
        with native_stack(directory, self.console.print, "2G") as (kafka, mongo):
            for row in await consumer.measure(kafka.address, mongo.url, events, repeats):
                self._add(row)

    async def _on_nothing(self, directory: Path) -> None:
        with native_stack(directory, self.console.print, "2G") as (kafka, mongo):
            async with self._sokak(kafka, mongo, directory) as sokak:
                await sokak.apply([seed.TENANT])
                await self._lives(sokak, "nothing stored")
                if "rebuild" in self.parts:
                    self._add(await rebuild.measure(sokak, 1 if self.quick else 3))
                if "turns" in self.parts:
                    count, repeats = (200, 1) if self.quick else (1200, 3)
                    for row in await turns.measure(sokak, count, repeats):
                        self._add(row)
                if "intake" in self.parts:
                    await self._intake(sokak)

    async def _on(self, count: int, directory: Path, *, last: bool) -> None:
        stored = f"{count:,} stored"
        with seed.seeded_stack(count, directory, self.console.print) as (kafka, mongo):
            if "footprint" in self.parts:
                self._add(footprint.on_disk(kafka.data_dir, mongo.data_dir, count))
            async with self._sokak(kafka, mongo, directory) as sokak:
                if last and "reads" in self.parts:
                    for row in await reads.measure(sokak, 50 if self.quick else 300, stored):
                        self._add(row)
                await self._lives(sokak, stored)
                top = self.top
                if last and "surge" in self.parts and top is not None:
                    usual, surging = (10.0, 20.0) if self.quick else (30.0, 60.0)
                    self._add(await surge.surge(sokak, top, usual, surging))

    async def _lives(self, sokak: Sokak, stored: str) -> None:
        await sokak.settled()
        if "footprint" in self.parts:
            self._add(await footprint.idle(sokak, 10.0, stored))
        if not {"lifecycles", "queue", "surge"}.isdisjoint(self.parts):
            repeats, seconds = (2, 8.0) if self.quick else (3, 15.0)
            first = next((row for row in self.rows if row.figure.startswith("lifecycles")), None)
            row = await lifecycles.measure(sokak, repeats, seconds, f"lifecycles, {stored}", first)
            self._add(row)
            self.top = median(row.values)
        if "queue" in self.parts and self.top is not None:
            seconds = 20.0 if self.quick else 60.0
            self._add(await surge.until_queued(sokak, self.top, seconds, stored))

    async def _intake(self, sokak: Sokak) -> None:
        for name in ("routing", "crm", "reporting"):
            for copy in sokak.copies[name]:
                copy.stop()
        clients = (1, 32) if self.quick else (1, 8, 32, 128)
        repeats, seconds = (2, 2.0) if self.quick else (3, 5.0)
        for row in await intake.measure(sokak, clients, repeats, seconds):
            self._add(row)

    @asynccontextmanager
    async def _sokak(
        self, kafka: NativeKafka, mongo: NativeMongo, directory: Path
    ) -> AsyncIterator[Sokak]:
        async with running(kafka, mongo, directory, self.copies) as sokak:
            yield sokak

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        show([row], self.console)


def main() -> None:
    """Measure and print; fails where a ratio is below half of its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="two minutes: the ratios")
    parser.add_argument("--only", choices=PARTS, action="append", help="may come several times")
    parser.add_argument("--stored", type=int, action="append", help="100000 and 1000000")
    parser.add_argument("--copies", type=int, default=1, help="of each service")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--page", type=Path, help="write the page for people there")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, all is stopped
    log.configure("WARNING")
    gc.set_threshold(*GC_THRESHOLDS)  # as `sokak serve` does
    stored = asked.stored or (() if asked.quick or asked.only else STORED)
    parts = asked.only or (QUICK if asked.quick else PARTS)
    bench = Bench(tuple(parts), tuple(stored), asked.quick, asked.copies)
    try:
        uvloop.run(bench.run())
    finally:  # what was found, also where a later part fails
        show(bench.rows, bench.console)
        machine = report.machine()
        if asked.json:
            asked.json.write_text(report.document(machine, bench.rows))
        if asked.page:
            asked.page.write_text(report.page(machine, bench.rows))
    below = list(missed(bench.rows))
    for sentence in below:
        bench.console.print(f"[red]below half of its goal: {sentence}")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
