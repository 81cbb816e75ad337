"""A category's questions as rows of a form: `q0_tr` is a question, `q0o1_tr` an answer of it.

Codes go along unseen, so that a question keeps its code however it is worded.
"""

from __future__ import annotations

from typing import Any

from libs.tenants.unfinished import Place
from libs.text import said

from .forms import Slip, Typed, code_from, names_of, rows_of
from .lists import Item

KINDS = {
    "text": said("Text"),
    "number": said("Number"),
    "choice": said("Choice of answers"),
    "boolean": said("Yes or no"),
}
FREE_OPTIONS = 3
MOST = 20


def written(questions: list[Item]) -> dict[str, str]:
    """What the form shows of them."""
    shown: dict[str, str] = {}
    for row, question in enumerate(questions):
        own = f"q{row}_"
        shown |= _named(own, question)
        shown[f"{own}kind"] = question.get("kind", "text")
        shown |= {f"{own}{mark}": "on" for mark in ("required", "multiple") if question.get(mark)}
        for at, option in enumerate(question.get("options") or ()):
            shown |= _named(f"q{row}o{at}_", option)
    return shown


def rows(shown: Typed) -> list[tuple[int, int]]:
    """The questions of the form, one empty one at the end, each with its number of answers."""
    last = max(_questions(shown), default=-1)
    return [
        (row, max(_answers(shown, row), default=-1) + 1 + FREE_OPTIONS) for row in range(last + 2)
    ]


def read(typed: Typed) -> tuple[list[Item], list[Slip]]:
    """The questions that were written, and what is wrong with them."""
    found: list[Item] = []
    slips: list[Slip] = []
    for row in _questions(typed):
        own = f"q{row}_"
        names, kind = names_of(typed, own), typed.get(f"{own}kind") or "text"
        options = _options(typed, row) if kind == "choice" else []
        taken = [one["code"] for one in found]
        question: dict[str, Any] = {
            "code": code_from(typed, f"{own}code", names["tr"], taken, small=True),
            "names": names,
            "kind": kind,
            "required": f"{own}required" in typed,
            "multiple": kind == "choice" and f"{own}multiple" in typed,
            "options": options,
        }
        found.append(question)
        if kind == "choice" and len(options) < 2:
            slips.append(Slip(f"q{row}o0_tr", said("Give at least two answers to choose from.")))
    if len(found) > MOST:
        told = said("At most %(count)s questions: citizens give up otherwise.")
        slips.append(Slip("questions", told, {"count": MOST}))
    return found, slips


def field_of(place: Place, typed: Typed) -> str:
    """The field of the form that a place such as `(0, "options", 1, "names", "tr")` is."""
    row = _questions(typed)[int(place[0])]
    match place[1:]:
        case ("options", int(at), *rest):
            language = rest[-1] if rest and rest[0] == "names" else "tr"
            return f"q{row}o{_answers(typed, row)[at]}_{language}"
        case ("names", language):
            return f"q{row}_{language}"
        case ("kind",):
            return f"q{row}_kind"
    return f"q{row}_tr"


def _questions(typed: Typed) -> list[int]:
    return rows_of(typed, r"q(\d+)(?:o\d+)?_")


def _answers(typed: Typed, row: int) -> list[int]:
    return rows_of(typed, rf"q{row}o(\d+)_")


def _options(typed: Typed, row: int) -> list[Item]:
    made: list[Item] = []
    for at in _answers(typed, row):
        names = names_of(typed, f"q{row}o{at}_")
        taken = [one["code"] for one in made]
        code = code_from(typed, f"q{row}o{at}_code", names["tr"], taken, small=True)
        made.append({"code": code, "names": names})
    return made


def _named(prefix: str, one: Item) -> dict[str, str]:
    names = one["names"]
    return {f"{prefix}tr": names["tr"], f"{prefix}en": names["en"], f"{prefix}code": one["code"]}
