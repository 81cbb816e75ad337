"""The figures as a file for machines and as a page for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from libs.stack.build import SECANTUS_VERSION, kafka_version
from tests.bench.table import Row, columns, ratios, short, spread

HEAD = """# Benchmarks

Each figure beside its yardstick, measured in turn in the same run: the median of the repeats,
and between which values all were. Everything runs on one machine: Kafka, the store, the services
and the load. [How it is measured](measuring.md). Written by `make bench`, not by hand.
"""


def machine() -> dict[str, str]:
    """On what it was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Kafka": f"Apache Kafka {kafka_version()}, one broker",
        "store": f"secantusd {SECANTUS_VERSION}, --sync-on-commit, w=majority, j=true",
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def document(machine: Mapping[str, str], rows: Sequence[Row]) -> str:
    """JSON: the machine, and all values of all rows."""
    whole = {"machine": machine, "figures": [row.document() for row in rows]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def page(machine: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = [HEAD, "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in machine.items()]
    lines += ["", "## Figures", ""]
    lines += ["| figure | value | yardstick | ratio | more |", "|---|---|---|---|---|"]
    lines += [_line(row) for row in rows]
    for row in rows:
        if row.parts:
            lines += ["", f"## {row.figure}: each process", "", *_parts(row)]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    cells = (
        row.figure,
        f"{spread(row.values)} {row.unit}",
        "<br>".join(f"{name}: {spread(values)}" for name, values in row.yardsticks.items()),
        "<br>".join(ratios(row)),
        ", ".join(f"{name} {short(value)}" for name, value in row.more.items()),
    )
    return f"| {' | '.join(cells)} |"


def _parts(row: Row) -> list[str]:
    names = columns(row)
    lines = [f"| | {' | '.join(names)} |", "|" + "---|" * (len(names) + 1)]
    for part, figures in row.parts.items():
        cells = [short(figures[name]) if name in figures else "" for name in names]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    return lines
