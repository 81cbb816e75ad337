"""Several categories changed at once: their department, their deadline, the group above them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from libs.text import said

from . import deadlines, tree
from .forms import Slip, Typed, gone
from .lists import codes, items

KEEP = ""
NONE = "~"
"""No department of their own, or nothing above them; no code can be this."""


def changed(
    document: Mapping[str, Any], chosen: Collection[str], typed: Typed
) -> tuple[dict[str, Any], list[Slip]]:
    """The categories with what was written put into the chosen ones, and what is wrong with it.

    What was left empty stays as each has it.
    """
    changes, slips = _changes(document, typed)
    known = set(chosen) & {*codes(document, "categories")}
    if not known:
        slips.append(Slip("many", said("Choose at least one category.")))
    elif not changes and not slips:
        slips.append(Slip("many", said("Say what is to be changed.")))
    parent = changes.get("parent")
    if parent and any(parent in {code, *tree.below(document, code)} for code in known):
        told = said("The group is itself among the chosen ones, or below one of them.")
        slips.append(Slip("many_parent", told))
    after = [
        {**one, **changes} if one["code"] in known else one for one in items(document, "categories")
    ]
    return {"categories": after}, slips


def _changes(document: Mapping[str, Any], typed: Typed) -> tuple[dict[str, Any], list[Slip]]:
    changes: dict[str, Any] = {}
    slips: list[Slip] = []
    for name, part in (("department", "departments"), ("parent", "categories")):
        told = typed.get(f"many_{name}", KEEP)
        if told == NONE:
            changes[name] = None
        elif told in codes(document, part) and told != document.get("unsorted_category"):
            changes[name] = told
        elif told != KEEP:
            slips.append(gone(f"many_{name}", told))
    number = typed.get("many_sla", KEEP)
    if number != KEEP:
        day = deadlines.day_of(document)
        minutes = deadlines.minutes_of(number, typed.get("many_sla_unit", ""), day)
        if minutes is None:
            slips.append(Slip("many_sla", deadlines.WRONG))
        else:
            changes["sla_minutes"] = minutes
    return changes, slips
