"""How figures are kept and shown: medians with their spread, beside their yardsticks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure: its values of several repeats, the yardsticks', and ratios pair by pair."""

    figure: str
    unit: str
    values: Sequence[float]
    yardsticks: dict[str, Sequence[float]] = field(default_factory=dict)
    ratios: dict[str, Sequence[float]] = field(default_factory=dict)
    more: dict[str, float] = field(default_factory=dict)
    goal: float | None = None

    def document(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """The median, and between which values all were."""
    low, high = min(values), max(values)
    digits = 2 if high < 10 else 0
    shown = f"{median(values):,.{digits}f}"
    return shown if len(values) == 1 else f"{shown} ({low:,.{digits}f} to {high:,.{digits}f})"


def show(rows: Sequence[Row], console: Console) -> None:
    """Print them as a table."""
    table = Table("figure", "value", "yardstick", "ratio", "more", box=None)
    for row in rows:
        table.add_row(
            row.figure,
            f"{spread(row.values)} {row.unit}",
            "\n".join(f"{name}: {spread(values)}" for name, values in row.yardsticks.items()),
            "\n".join(f"{name}: {spread(values)}" for name, values in row.ratios.items()),
            ", ".join(f"{name} {value:,.1f}" for name, value in row.more.items()),
        )
    console.print(table)
