"""An assignment rule as it is written in a form: its words, its department and team, its code."""

from __future__ import annotations

import re
from collections.abc import Iterable

from libs.text import fold

_NOT_IN_CODES = re.compile(r"[^a-z0-9]+")
_BETWEEN = re.compile(r"\s*[,;\n]\s*")
LONGEST_CODE = 40


def phrases(written: str) -> list[str]:
    """What is written between commas or on lines of its own, each once."""
    return list(dict.fromkeys(one for one in _BETWEEN.split(written.strip()) if one))


def goal(department: str | None, team: str | None) -> str:
    """Department and team as one choice: `FEN`, `FEN/YOL`, nothing for the usual ones."""
    return f"{department or ''}/{team}" if team else department or ""


def goal_of(chosen: str) -> tuple[str | None, str | None]:
    """Department and team of a choice."""
    department, _, team = chosen.partition("/")
    return department or None, team or None


def code_for(name: str, taken: Iterable[str]) -> str:
    """A code that says what the rule is about and that no other rule has."""
    plain = _NOT_IN_CODES.sub("_", fold(name)).strip("_")[:LONGEST_CODE].strip("_") or "rule"
    known = set(taken)
    numbered = (f"{plain}_{number}" for number in range(2, len(known) + 3))
    return next(code for code in (plain, *numbered) if code not in known)
