"""How figures are kept, judged and shown: medians with their spread, beside their yardsticks."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure: its values of several repeats, the yardsticks', and ratios pair by pair.

    `goals` are of the ratios that have one. `parts` tells of what the figure consists: for each
    process, say, what it used.
    """

    figure: str
    unit: str
    values: Sequence[float]
    yardsticks: Mapping[str, Sequence[float]] = field(default_factory=dict)
    ratios: Mapping[str, Sequence[float]] = field(default_factory=dict)
    goals: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @classmethod
    def beside(
        cls,
        figure: str,
        unit: str,
        values: Sequence[float],
        yardsticks: Mapping[str, Sequence[float]],
        **others: Any,
    ) -> Row:
        """A figure measured in turn with its yardsticks: the ratios are of neighbours."""
        ratios = {
            name: [own / one for own, one in zip(values, measured, strict=True)]
            for name, measured in yardsticks.items()
        }
        return cls(figure, unit, values, yardsticks, ratios, **others)

    def document(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)


def missed(rows: Sequence[Row]) -> Iterator[str]:
    """What is so bad that it must be looked at: each ratio below half of its goal."""
    for row in rows:
        for name, goal in row.goals.items():
            reached = median(row.ratios[name])
            if reached < goal / 2:
                yield f"{row.figure}: {reached:.2f} of {name}, and the goal is {goal}"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """The median, and between which values all were."""
    low, high = min(values), max(values)
    digits = 2 if high < 10 else 0
    shown = f"{median(values):,.{digits}f}"
    return shown if len(values) == 1 else f"{shown} ({low:,.{digits}f} to {high:,.{digits}f})"


def short(value: float) -> str:
    """A figure among others: three digits, more or less."""
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def ratios(row: Row) -> Iterator[str]:
    """The ratios of a row, each with its goal where it has one."""
    for name, values in row.ratios.items():
        goal = f", goal {row.goals[name]}" if name in row.goals else ""
        yield f"{name}: {spread(values)}{goal}"


def show(rows: Sequence[Row], console: Console) -> None:
    """Print them as a table, and what they consist of below it."""
    table = Table("figure", "value", "yardstick", "ratio", "more", box=None)
    for row in rows:
        table.add_row(
            row.figure,
            f"{spread(row.values)} {row.unit}",
            "\n".join(f"{name}: {spread(values)}" for name, values in row.yardsticks.items()),
            "\n".join(ratios(row)),
            ", ".join(f"{name} {short(value)}" for name, value in row.more.items()),
        )
    console.print(table)
    for row in rows:
        if row.parts:
            console.print(_parts(row))


def columns(row: Row) -> list[str]:
    """What the parts of a row tell, in the order in which it first comes."""
    return list(dict.fromkeys(name for part in row.parts.values() for name in part))


def _parts(row: Row) -> Table:
    names = columns(row)
    table = Table("", *names, title=row.figure, box=None, title_justify="left")
    for part, figures in row.parts.items():
        cells = [short(figures[name]) if name in figures else "" for name in names]
        table.add_row(part, *cells)
    return table
