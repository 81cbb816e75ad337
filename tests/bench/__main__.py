"""`python -m tests.bench [--quick] [--only NAME] [--copies N] [--json FILE]`."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console

from libs.runtime import log
from libs.stack.private import native_stack
from services.cli.serve import GC_THRESHOLDS
from tests.bench import consumer, intake, lifecycles
from tests.bench.table import Row, missed, show
from tests.e2e.harness import running

console = Console(width=180)


async def _measure(directory: Path, quick: bool, only: str | None, copies: int) -> list[Row]:
    rows: list[Row] = []
    with native_stack(directory, console.print, "2G") as (kafka, mongo):
        if only in (None, "consumer"):
            events, repeats = (10_000, 2) if quick else (20_000, 3)
            rows += await consumer.measure(kafka.address, mongo.url, events, repeats)
        if only == "consumer":
            return rows
        async with running(kafka, mongo, directory, copies) as sokak:
            await sokak.apply(["kecioren"])
            if only in (None, "lifecycles"):
                repeats, seconds = (2, 8.0) if quick else (3, 15.0)
                rows.append(await lifecycles.measure(sokak, repeats, seconds))
            if only in (None, "intake"):
                for name in ("routing", "crm", "reporting"):
                    for copy in sokak.copies[name]:
                        copy.stop()
                clients = (1, 32) if quick else (1, 8, 32, 128)
                repeats, seconds = (2, 2.0) if quick else (3, 5.0)
                rows += await intake.measure(sokak, clients, repeats, seconds)
    return rows


def main() -> None:
    """Measure and print; fails where a ratio is below half of its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("consumer", "intake", "lifecycles"))
    parser.add_argument("--copies", type=int, default=1, help="of each service")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    log.configure("WARNING")
    gc.set_threshold(*GC_THRESHOLDS)  # as `sokak serve` does
    with tempfile.TemporaryDirectory(prefix="sokak-bench-") as directory:
        rows = uvloop.run(_measure(Path(directory), asked.quick, asked.only, asked.copies))
    show(rows, console)
    if asked.json:
        asked.json.write_text(json.dumps([row.document() for row in rows], indent=2))
    for sentence in missed(rows):
        console.print(f"[red]below half of its goal: {sentence}")
    sys.exit(1 if any(missed(rows)) else 0)


main()
