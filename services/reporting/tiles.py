"""The tiles on top of a dashboard: a figure, the one before, and its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .figures import FEW

Value = float | int | None
Kind = Literal["number", "percent", "seconds", "stars"]
Good = Literal["more", "less", ""]

WIDTH, HEIGHT, EDGE = 88, 32, 3


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of a period. `good` says what is better; `also` is told beside it."""

    key: str
    kind: Kind
    value: Value
    before: Value
    good: Good = ""
    also: Value = None
    few: bool = False
    line: str = ""

    @property
    def change(self) -> float | None:
        """A share for numbers and times; the plain difference for rates and stars.

        None where it says nothing: of fewer than `FEW` before, some more are many per cent.
        """
        if self.value is None or self.before is None:
            return None
        if self.kind == "number" and self.before < FEW:
            return None
        if self.kind in ("percent", "stars"):
            return self.value - self.before
        return (self.value - self.before) / self.before if self.before else None

    @property
    def verdict(self) -> Literal["better", "worse", ""]:
        """Whether it has become better."""
        change = self.change
        if not self.good or not change:
            return ""
        return "better" if (change > 0) == (self.good == "more") else "worse"


def line(values: Sequence[Value]) -> str:
    """The path of a small line through the values that there are, 88 by 32."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    across = (WIDTH - 2) / (len(values) - 1)
    down: Callable[[float], float] = (
        (lambda value: HEIGHT / 2)
        if high == low
        else lambda value: EDGE - 2 + (HEIGHT - 2 * EDGE) * (high - value) / (high - low) + 2
    )
    points = [f"{1 + place * across:.1f} {down(value):.1f}" for place, value in known]
    return "M" + " ".join(points)
