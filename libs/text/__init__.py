"""Turkish text for searching and matching, folded; a mark on what pages say later; how tracking
numbers are written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

CUT = "[…]"
"""Stands where words were taken out of a text."""

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Bring a text to the form that is compared: plain small letters, single spaces.

    İ, I, ı and i are one letter, accents are dropped (ş is s, ğ is g, â is a), compatibility
    forms are written out. Folding twice changes nothing. A folded text may be longer or
    shorter than the original.
    """
    if not text.isascii():
        text = _bare(_bare(text).casefold().replace("ı", "i")).casefold()
    return " ".join(text.lower().split())


def words(text: str) -> list[str]:
    """The folded words of a text, in order; an apostrophe parts a name from its ending."""
    return _WORD.findall(fold(text))


class Said(str):
    """A message that was filled in, and can be said in another language all the same."""

    message: str
    values: dict[str, object]


def said(message: str, **values: object) -> str:
    """Marks a message that a page says later, in its reader's language, for the catalogues.

    With values it has `%(name)s` filled in.
    """
    if not values:
        return message
    told = Said(message % values)
    told.message, told.values = message, values
    return told


def dashed(number: str) -> str:
    """A tracking number as a person reads it: `7F3K-9QHX-M`."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"


def shown_parts(text: str, parts: Iterable[tuple[int, int]]) -> str:
    """What is shown of a text: these parts, and CUT for what was taken out between and around."""
    shown, end = list[str](), 0
    for start, stop in parts:
        if text[end:start].strip():
            shown.append(CUT)
        shown.append(text[start:stop])
        end = stop
    if shown and text[end:].strip():
        shown.append(CUT)
    return " ".join(shown)


def _bare(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
