"""Codes for what people name: made from the name, in plain letters, different from all others."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import TypeAdapter, ValidationError

from libs.events.common import Code
from libs.text import words

MOST = 24
EMPTY_WORDS = frozenset(("mudurlugu", "ve", "ile", "icin", "the", "of", "and"))
"""Words that tell nothing apart: every department is a `müdürlük`."""

_CODE: TypeAdapter[str] = TypeAdapter(Code)


def code_of(name: str, taken: Collection[str], *, small: bool = False) -> str:
    """A code for this name: `FEN_ISLERI` for "Fen İşleri Müdürlüğü", `FEN_ISLERI_2` if taken."""
    told = words(name)
    kept = [word for word in told if word not in EMPTY_WORDS] or told or ["x"]
    plain = ["".join(sign for sign in word if sign.isascii()) for word in kept]
    made = ""
    for word in plain:
        if word and len(made) + len(word) < MOST:
            made = f"{made}_{word}" if made else word
        elif not made:
            made = word[:MOST]
    made = (made or "x") if small else (made or "x").upper()
    number, found = 1, made
    while found in taken:
        number += 1
        found = f"{made}_{number}"
    return found


def is_code(text: str) -> bool:
    """Whether this can be a code."""
    try:
        _CODE.validate_python(text)
    except ValidationError:
        return False
    return True
