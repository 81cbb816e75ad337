"""What the administration's forms have in common: names in two languages, codes, numbered rows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from libs.tenants.unfinished import Fault, Place
from libs.text import fold, said

from .codes import code_of, is_code
from .worded import sentence

MOST_PHRASES = 100
LONGEST_PHRASE = 60

Typed = Mapping[str, str]
"""A form as it was sent: words by the names of its fields."""


@dataclasses.dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a field, as an English sentence and what is filled in."""

    field: str
    message: str
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def names_of(typed: Typed, prefix: str = "name_") -> dict[str, str]:
    """A name in both languages; one that lacks in English is the Turkish one."""
    turkish = typed.get(f"{prefix}tr", "")
    return {"tr": turkish, "en": typed.get(f"{prefix}en") or turkish}


def rows_of(typed: Typed, pattern: str, names: Collection[str] = ("tr", "en")) -> list[int]:
    """The numbers of the rows in which something was written; `pattern` is such as `t(\\d+)_`."""
    written = re.compile(f"^{pattern}(?:{'|'.join(names)})$")
    found = {int(match[1]) for name in typed if (match := written.match(name)) and typed[name]}
    return sorted(found)


def code_from(
    typed: Typed, name: str, turkish: str, taken: Collection[str], *, small: bool = False
) -> str:
    """The code that was written, else one made of the Turkish name."""
    return typed.get(name) or code_of(turkish, taken, small=small)


def phrases_of(text: str) -> list[str]:
    """Words or phrases with commas or lines between them, each once however it is written."""
    found = {
        fold(phrase): phrase
        for part in reversed(re.split(r"[,;\n]", text))
        if (phrase := " ".join(part.split()))
    }
    return list(reversed(found.values()))


def phrase_slips(name: str, phrases: Collection[str]) -> list[Slip]:
    """Whether they are too many or too long."""
    if len(phrases) <= MOST_PHRASES and all(len(one) <= LONGEST_PHRASE for one in phrases):
        return []
    told = said("At most %(count)s words or phrases of %(length)s characters each.")
    return [Slip(name, told, {"count": MOST_PHRASES, "length": LONGEST_PHRASE})]


def gone(name: str, code: str) -> Slip:
    """What was chosen is there no more."""
    told = said("“%(code)s” is not there: add it, or choose another one.")
    return Slip(name, told, {"code": code})


def code_slips(name: str, code: str, taken: Collection[str]) -> list[Slip]:
    """What is wrong with a code: its signs, or that another one has it."""
    if not is_code(code):
        told = said("A code has only letters without accents, digits and _ . : -, 64 at most.")
        return [Slip(name, told)]
    if code in taken:
        return [Slip(name, said("“%(code)s” is the code of another one."), {"code": code})]
    return []


def slips_of(model: type[BaseModel], item: Any, field_of: Callable[[Place], str]) -> list[Slip]:
    """What the model finds wrong with an item; `field_of` tells which field a place belongs to."""
    try:
        model.model_validate(item, extra="forbid")
    except ValidationError as error:
        found = []
        places = {one["loc"] for one in error.errors(include_url=False)}
        for one in error.errors(include_url=False, include_input=False):
            if one["loc"][-1:] == ("en",) and (*one["loc"][:-1], "tr") in places:
                continue  # the English name is the Turkish one where it was left out
            words = {name: told for name, told in one.get("ctx", {}).items() if name != "error"}
            fault = Fault(one["loc"], one["type"], one["msg"], words)
            found.append(Slip(field_of(fault.place), *sentence(fault)))
        return found
    return []
