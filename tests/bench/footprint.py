"""What the services need when nothing happens, and what a request needs on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench.processes import cpu_seconds, memory_mb, processes, used
from tests.bench.table import Row
from tests.e2e.harness import SERVICES, Sokak

TOPICS = ("requests", "request_texts", "routing", "tasks")


async def idle(sokak: Sokak, seconds: float, stored: str) -> Row:
    """Memory and CPU of every process while nothing happens."""
    pids = {name: group for name, group in processes(sokak).items() if name != "load"}
    before = cpu_seconds(pids)
    await asyncio.sleep(seconds)
    of_each, memory = used(before, cpu_seconds(pids)), memory_mb(pids)
    return Row(
        f"idle, {stored}: the largest service",
        "MB",
        [max(memory[name] for name in SERVICES)],
        parts={
            name: {"MB": memory[name], "% of a core": cpu / seconds * 100}
            for name, cpu in of_each.items()
        },
    )


def on_disk(kafka: Path, mongo: Path, count: int) -> Row:
    """Bytes of a stored request: an imported one, with its task, decision and fact."""
    topics = sum(
        _size(partition) for topic in TOPICS for partition in (kafka / "data").glob(f"{topic}-*")
    )
    return Row(
        f"bytes of a request on disk, {count:,} imported",
        "bytes",
        [(topics + _size(mongo / "data")) / count],
        more={"in Kafka": topics / count, "in the store": _size(mongo / "data") / count},
    )


def _size(directory: Path) -> int:
    """Blocks on the disk: files are made longer than what is in them."""
    return sum(path.stat().st_blocks * 512 for path in directory.rglob("*") if path.is_file())
