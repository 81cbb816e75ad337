"""The form of one category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.tenants import OWN, TenantCategory
from libs.tenants.unfinished import Place
from libs.text import said

from . import deadlines, question_form, tree
from .forms import (
    Slip,
    Typed,
    code_from,
    code_slips,
    gone,
    names_of,
    phrase_slips,
    phrases_of,
    slips_of,
)
from .lists import Item, codes

Document = Mapping[str, Any]

PRIORITIES = {
    "low": said("Low"),
    "normal": said("Normal"),
    "high": said("High"),
    "urgent": said("Urgent"),
}
ANSWERS = {
    "realtime": said("At once with its number (realtime)"),
    "batch": said("With a token for the number (batch)"),
    "blackbox": said("With thanks and no number (blackbox)"),
}
USUAL_DAYS = 5


def written(category: Item | None, document: Document) -> dict[str, str]:
    """What the form shows of a category; of a new one what is usual."""
    if category is None:
        return {"sla": str(USUAL_DAYS), "sla_unit": "days", "priority": "normal", "body": OWN}
    day = deadlines.day_of(document)
    number, unit = deadlines.told(category.get("sla_minutes", 7200), day)
    return {
        "name_tr": category["names"]["tr"],
        "name_en": category["names"]["en"],
        "code": category["code"],
        "parent": category.get("parent") or "",
        "department": category.get("department") or "",
        "sla": str(number),
        "sla_unit": unit,
        "priority": category.get("priority", "normal"),
        "keywords": ", ".join(category.get("keywords") or ()),
        "body": category.get("body", OWN),
        "tier_rule": category.get("tier_rule") or "",
        "open311": category.get("open311", "realtime"),
        **question_form.written(category.get("questions") or []),
    }


def read(
    typed: Typed, document: Document, before: Item | None, fixed: bool
) -> tuple[Item, list[Slip]]:
    """The category that was written, and what is wrong with it. A `fixed` code stays.

    Of a group only what those below it inherit is asked; the rest stays as it was.
    """
    was = before["code"] if before else ""
    names = names_of(typed)
    others = [code for code in codes(document, "categories") if code != was]
    code = was if fixed else code_from(typed, "code", names["tr"], others)
    found: Item = {
        **(before or {}),
        "code": code,
        "names": names,
        "parent": typed.get("parent") or None,
        "department": typed.get("department") or None,
    }
    slips = [*code_slips("code", code, others), *_placed(found, document, was)]
    if not (was and tree.is_group(document, was)):
        more, wrong = _read_rest(typed, document)
        found |= more
        slips += wrong
    slips += slips_of(TenantCategory, found, lambda place: _field(place, typed))
    return found, slips


def _read_rest(typed: Typed, document: Document) -> tuple[Item, list[Slip]]:
    """What only one that can be chosen has."""
    slips: list[Slip] = []
    day = deadlines.day_of(document)
    minutes = deadlines.minutes_of(typed.get("sla", ""), typed.get("sla_unit", ""), day)
    if minutes is None:
        slips.append(Slip("sla", deadlines.WRONG))
    keywords = phrases_of(typed.get("keywords", ""))
    slips += phrase_slips("keywords", keywords)
    questions, wrong = question_form.read(typed)
    rest = {
        "sla_minutes": minutes or 1,
        "priority": typed.get("priority") or "normal",
        "keywords": keywords,
        "body": typed.get("body") or OWN,
        "tier_rule": typed.get("tier_rule") or None,
        "open311": typed.get("open311") or "realtime",
        "questions": questions,
    }
    for name, part in (("body", "bodies"), ("tier_rule", "tier_rules")):
        if rest[name] not in (None, OWN, *codes(document, part)):
            slips.append(gone(name, str(rest[name])))
    return rest, slips + wrong


def _placed(found: Item, document: Document, was: str) -> list[Slip]:
    """Whether the department and the category above are there and can be that."""
    slips = []
    if found["department"] not in (None, *codes(document, "departments")):
        slips.append(gone("department", found["department"]))
    parent = found["parent"]
    if parent is None:
        return slips
    if parent not in codes(document, "categories"):
        slips.append(gone("parent", parent))
    elif was and parent in {was, *tree.below(document, was)}:
        told = said("It is its own ancestor: choose another one above it.")
        slips.append(Slip("parent", told))
    elif parent == document.get("unsorted_category"):
        told = said("What is to be sorted can have nothing below it: choose another one.")
        slips.append(Slip("parent", told))
    return slips


def _field(place: Place, typed: Typed) -> str:
    match place:
        case ("names", language):
            return f"name_{language}"
        case ("questions", int(_), *_):
            return question_form.field_of(place[1:], typed)
        case ("sla_minutes", *_):
            return "sla"
    return str(place[0])
