"""`python -m tests.bench [--quick] [--only NAME] [--json FILE]`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import tempfile
from pathlib import Path

from rich.console import Console

from libs.runtime import log
from libs.stack.private import native_stack
from services.cli.serve import GC_THRESHOLDS
from tests.bench import consumer, intake
from tests.bench.table import Row, show
from tests.e2e.harness import running

console = Console(width=180)


async def _measure(directory: Path, quick: bool, only: str | None) -> list[Row]:
    rows: list[Row] = []
    with native_stack(directory, console.print, "2G") as (kafka, mongo):
        if only in (None, "consumer"):
            events, repeats = (10_000, 2) if quick else (20_000, 3)
            rows += await consumer.measure(kafka.address, mongo.url, events, repeats)
            show(rows, console)
        if only in (None, "intake"):
            async with running(kafka, mongo, directory) as sokak:
                await sokak.apply(["kecioren"])
                for name in ("routing", "crm", "reporting"):
                    for copy in sokak.copies[name]:
                        copy.stop()
                clients = (1, 32) if quick else (1, 8, 32, 128)
                repeats, seconds = (2, 2.0) if quick else (3, 5.0)
                rows += await intake.measure(sokak, clients, repeats, seconds)
    return rows


def main() -> None:
    """Measure and print; nothing passes or fails here."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("consumer", "intake"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    log.configure("WARNING")
    gc.set_threshold(*GC_THRESHOLDS)  # as `sokak serve` does
    with tempfile.TemporaryDirectory(prefix="sokak-bench-") as directory:
        rows = asyncio.run(_measure(Path(directory), asked.quick, asked.only))
    show(rows, console)
    if asked.json:
        asked.json.write_text(json.dumps([row.document() for row in rows], indent=2))


main()
