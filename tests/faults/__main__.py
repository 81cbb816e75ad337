"""`python -m tests.faults [--seed 7] [--requests 100000] [--faults 300] [--rate 80]`."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.faults.lab import a_lab
from tests.faults.run import TENANTS, Outcome, Plan, run


async def _run(plan: Plan, directory: Path, log: Path) -> Outcome:
    async with a_lab(directory, cache="4G") as lab:
        await lab.sokak.apply(TENANTS)
        try:
            return await run(lab, plan, log, _say)
        except BaseException:
            print(lab.sokak.tails())
            raise


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Run, and tell what was found; 1 where that is anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--rate", type=float, default=80.0, help="requests a second, at most")
    parser.add_argument("--log", type=Path, default=Path("faults.jsonl"))
    parser.add_argument("--keep", action="store_true", help="keep data and logs")
    asked = parser.parse_args()
    plan = Plan(asked.seed, asked.requests, asked.faults, asked.rate)
    directory = Path(tempfile.mkdtemp(prefix="sokak-faults-"))
    asked.log.write_text("")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(_run(plan, directory, asked.log))
    finally:
        if asked.keep:
            print(f"kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(outcome)
    return 1 if outcome.oracle.findings else 0


sys.exit(main())
