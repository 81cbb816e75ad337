"""A document's lists whose items have codes: items are put, taken out and moved, and found where
others name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.tenants.unfinished import Place

Item = dict[str, Any]
Document = Mapping[str, Any]

NAMED_BY: dict[str, tuple[tuple[str, ...], ...]] = {
    "departments": (
        ("triage_department",),
        ("forwarding_department",),
        ("categories", "*", "department"),
        ("assignment_rules", "*", "department"),
    ),
    "teams": (("assignment_rules", "*", "team"),),
    "categories": (
        ("unsorted_category",),
        ("categories", "*", "parent"),
        ("assignment_rules", "*", "when", "categories", "*"),
    ),
    "bodies": (("categories", "*", "body"), ("tier_rules", "*", "body")),
    "tier_rules": (("categories", "*", "tier_rule"),),
    "assignment_rules": (),
}
"""Where the codes of each list stand elsewhere in the document; `*` is every item of a list."""


def items(document: Document, part: str) -> list[Item]:
    """A list of the document; empty where it lacks."""
    return list(document.get(part) or ())


def item(document: Document, part: str, code: str) -> Item | None:
    """The item of that code."""
    return next((one for one in items(document, part) if one["code"] == code), None)


def codes(document: Document, part: str) -> list[str]:
    """The codes of a list, in its order."""
    return [one["code"] for one in items(document, part)]


def uses(document: Document, part: str, code: str) -> list[Place]:
    """Every place of the document that names this item."""
    return [place for way in NAMED_BY[part] for place in _found(document, way, code, ())]


def put(document: Document, part: str, new: Item, was: str = "") -> dict[str, Any]:
    """The parts that change when an item is added, or takes the place of the one called `was`.

    Whoever names it follows a new code.
    """
    before = items(document, part)
    known = any(one["code"] == was for one in before)
    after = [new if one["code"] == was else one for one in before]
    changed: dict[str, Any] = {part: after if known else [*before, new]}
    if known and was != new["code"]:
        changed |= recoded({**document, **changed}, part, was, new["code"])
    return changed


def recoded(document: Document, part: str, old: str, new: str) -> dict[str, Any]:
    """The parts that name an item, with its new code instead of the old one."""
    changed: dict[str, Any] = {}
    for way in NAMED_BY[part]:
        name = way[0]
        before = changed.get(name, document.get(name))
        after = _renamed(before, way[1:], old, new)
        if after != before:
            changed[name] = after
    return changed


def without(document: Document, part: str, code: str) -> dict[str, Any]:
    """The list without that item; None instead of a list that is empty then."""
    return {part: [one for one in items(document, part) if one["code"] != code] or None}


def moved(document: Document, part: str, code: str, by: int) -> dict[str, Any]:
    """The list with that item one place earlier (-1) or later (1) among those beside it: those
    with the same parent.
    """
    listed = items(document, part)
    own = item(document, part, code)
    if own is None:
        return {}
    beside = [at for at, one in enumerate(listed) if one.get("parent") == own.get("parent")]
    at = next(at for at, place in enumerate(beside) if listed[place]["code"] == code)
    if not 0 <= at + by < len(beside):
        return {}
    one, other = beside[at], beside[at + by]
    listed[one], listed[other] = listed[other], listed[one]
    return {part: listed}


def _found(node: Any, way: tuple[str, ...], code: str, place: Place) -> Iterator[Place]:
    if not way:
        if node == code:
            yield place
    elif way[0] == "*":
        for at, below in enumerate(node or ()):
            yield from _found(below, way[1:], code, (*place, at))
    elif isinstance(node, Mapping):
        yield from _found(node.get(way[0]), way[1:], code, (*place, way[0]))


def _renamed(node: Any, way: tuple[str, ...], old: str, new: str) -> Any:
    if not way:
        return new if node == old else node
    if way[0] == "*":
        return [_renamed(below, way[1:], old, new) for below in node or ()] or node
    if isinstance(node, Mapping) and way[0] in node:
        return {**node, way[0]: _renamed(node[way[0]], way[1:], old, new)}
    return node
