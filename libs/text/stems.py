"""Do words contain a phrase of stems, with the endings that Turkish gives them?

Stems and words are folded to plain letters. A stem meets every word that begins with it, and the
softened forms that Turkish gives it (`köpek`, `köpeği`). Short stems meet only the word itself and
its endings, else `su` would meet `susam`; the last one of a phrase only has to be a beginning.
Phrases may have two words between their parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORT = 4
"""Stems up to this many letters need a Turkish ending after them, longer ones anything."""

GAP = 2
"""Words that may stand between two parts of a phrase."""

_SOFTENED = {"k": "g", "p": "b", "t": "d"}  # ç becomes c, which folding has done already
_ENDINGS = re.compile(
    r"(l[iu]|s[iu]z)?"
    r"(l[ae]r)?"
    r"(s[iu]|y?[iu][mn]?|(y?[iu])?[mn][iu]z)?"
    r"(y?[aeiu]|n?[iu]n|[dt][ae]n?|n[aeiu]|nd[ae]n?|y?l[ae])?"
    r"(ki)?(d[iu]r)?"
)


def start(stem: str) -> str:
    """Letters by which a stem is looked up; the last one is left out, as it may soften."""
    return stem[:3] if len(stem) > 3 else stem[:2]


def starts(word: str) -> tuple[str, ...]:
    """Every `start` of the stems that a word can begin with."""
    return tuple(dict.fromkeys((word[:3], word[:2], word[:1])))


def meets(stems: Sequence[str], spoken: Sequence[str], place: int, *, exact: bool = False) -> bool:
    """Whether the words from `place` on are these stems; `exact` is strict on the last, too."""
    last = len(stems) - 1
    for part, stem in enumerate(stems):
        loose = part == last and not exact
        reach = (place,) if part == 0 else range(place + 1, min(place + GAP + 2, len(spoken)))
        for at in reach:
            if _begins(stem, spoken[at], loose=loose, alone=last == 0):
                place = at
                break
        else:
            return False
    return True


def _begins(stem: str, word: str, *, loose: bool, alone: bool) -> bool:
    rest = _rest(stem, word)
    if rest is None:
        return False
    if len(stem) > SHORT or (loose and not alone and len(stem) > 2):
        return True
    return _ENDINGS.fullmatch(rest) is not None


def _rest(stem: str, word: str) -> str | None:
    """What follows the stem in the word; None where the word does not begin with it."""
    if word.startswith(stem):
        return word[len(stem) :]
    soft = _SOFTENED.get(stem[-1])
    if soft and 2 < len(stem) < len(word) and word.startswith(stem[:-1] + soft):
        return word[len(stem) :]
    return None
