"""Tracking numbers: eight random characters and one that catches slips, `7F3K-9QHX-M`.

The alphabet is Crockford's base 32 (no I, L, O, U; crockford.com/base32.html). Its own check
symbol needs five further signs, so ours is another one within the alphabet: the characters
are elements of the field GF(2^5) with x^5 + x^2 + 1, and the weighted sum of all nine, with
powers of the generator 2 as weights, is zero. Different weights find every single wrong
character and every two that changed places (a Reed-Solomon code with one check symbol).
"""

from __future__ import annotations

import re
import secrets

from libs.text import dashed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 9
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_POLYNOMIAL = 0b100101
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]")
"""Spaces and dashes of every kind, as word processors change them."""


def draw() -> str:
    """A new number without dashes; it may be taken, so it has to be reserved."""
    digits = [secrets.randbelow(32) for _ in range(LENGTH - 1)]
    return "".join(ALPHABET[digit] for digit in (*digits, _check(digits)))


shown = dashed
"""As a person reads it."""


def parse(text: str) -> str | None:
    """The number that a person wrote, in any case, with or without dashes and spaces.

    O is read as 0, I and L as 1. None where it is none, or has a slip.
    """
    letters = _BETWEEN.sub("", text.upper())
    if len(letters) != LENGTH or any(letter not in _VALUES for letter in letters):
        return None
    digits = [_VALUES[letter] for letter in letters]
    if _check(digits[:-1]) != digits[-1]:
        return None
    return "".join(ALPHABET[digit] for digit in digits)


def _check(digits: list[int]) -> int:
    """The last digit, whose weight is 1, makes the sum zero."""
    total = 0
    for digit in digits:
        total = _doubled(total ^ digit)
    return total


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 0b100000 else value
