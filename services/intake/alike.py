"""Which requests are likely about the same thing: near, open, of one kind, in like words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from libs.text import words

WITHIN_M = 250
SQUARE_M = 75
"""How far a place may be from the middle of the finest square, which stands for it (71.5 m at 36
degrees north, less further north)."""

YOUNGER = timedelta(days=90)
ENOUGH = 0.45
_STEM = 4
"""Turkish words differ at their ends: `çukur`, `çukurlar`, `çukura`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is compared: the words, and the category's code where it is known."""

    text: str
    category: str | None = None


def likeness(one: Told, other: Told, metres: float) -> float:
    """Between 0 and 1: how far apart they are, the share of common words, the same category.

    `metres` are to the place that outsiders are told of the other, so those within its square are
    none. The same category at the same place is enough; without it the words must be much alike.
    """
    nearness = 1 - min(1.0, max(0.0, metres - SQUARE_M) / (WITHIN_M - SQUARE_M))
    common = _overlap(_stems(one.text), _stems(other.text))
    if one.category and other.category:
        same = 1.0 if one.category == other.category else 0.0
        return nearness * (0.55 * same + 0.45 * common) if same else nearness * common * 0.8
    return nearness * common


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words(text) if len(word) > 2)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Common words over those of the shorter text."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0
