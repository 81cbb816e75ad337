"""What processes use: CPU seconds and memory, from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.harness import Sokak

TICKS = os.sysconf("SC_CLK_TCK")


def processes(sokak: Sokak) -> dict[str, list[int]]:
    """The pids of everything that has a part in the work, by what it is called."""
    found = {
        name: [copy.process.pid for copy in copies if copy.process]
        for name, copies in sokak.copies.items()
    }
    servers = {"kafka": sokak.kafka.pid, "store": sokak.mongo.pid, "load": os.getpid()}
    return found | {name: [pid] for name, pid in servers.items() if pid}


def cpu_seconds(pids: Mapping[str, list[int]]) -> dict[str, float]:
    """CPU time used until now, of the processes' threads in user and system mode."""
    return {name: sum(_cpu(pid) for pid in group) for name, group in pids.items()}


def memory_mb(pids: Mapping[str, list[int]]) -> dict[str, float]:
    """Resident memory now, in MB; the mean where there are several copies."""
    return {name: sum(_resident(pid) for pid in group) / len(group) for name, group in pids.items()}


def used(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was used between."""
    return {name: after[name] - before[name] for name in after}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
