"""A municipality's own words on the citizen site: plain text in both languages."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import BeforeValidator, Field

from .part import Part

LONGEST_SENTENCE = 300
LONGEST_NOTICE = 10_000


def _lines(text: object) -> object:
    """Without what nobody sees: spaces around it, control signs, those that turn the direction."""
    if not isinstance(text, str):
        return text
    plain = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(one for one in plain if _is_seen(one)).strip()


def _is_seen(sign: str) -> bool:
    return sign in "\n\u200d" or unicodedata.category(sign) not in ("Cc", "Cf")


def _line(text: object) -> object:
    """The same in one line."""
    return " ".join(plain.split()) if isinstance(plain := _lines(text), str) else plain


Line = Annotated[str, Field(min_length=1, max_length=LONGEST_SENTENCE), BeforeValidator(_line)]
Lines = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTICE), BeforeValidator(_lines)]
Telephone = Annotated[
    str, Field(pattern=r"^\+?[0-9][0-9 ()/-]{1,28}[0-9]$"), BeforeValidator(_line)
]
Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
    ),
    BeforeValidator(_line),
]
Link = Annotated[
    str,
    Field(
        max_length=500,
        pattern=r"^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?(/[!-~]*)?$",
    ),
    BeforeValidator(_line),
]


class Sentence(Part):
    """A sentence or two, without lines."""

    tr: Line
    en: Line


class Notice(Part):
    """A longer text; an empty line parts its paragraphs."""

    tr: Lines
    en: Lines


class Texts(Part):
    """What a municipality says in its own words; what is absent is said in Sokak's.

    `welcome` on the first page; `promise` beside the day that is promised; `sent` once a request
    was sent; `emergency` wherever dangers are spoken of. `telephone`, `email` and `address` are
    how it is reached, the address in Turkish as on a letter. `privacy` is its notice on personal
    data (law 6698, article 10), `privacy_url` where the whole of it is.
    """

    welcome: Sentence | None = None
    promise: Sentence | None = None
    sent: Sentence | None = None
    emergency: Sentence | None = None
    telephone: Telephone | None = None
    email: Email | None = None
    address: Line | None = None
    privacy: Notice | None = None
    privacy_url: Link | None = None
