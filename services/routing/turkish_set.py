"""The Turkish municipal set: categories, departments and other bodies that one may begin with.

What a municipality has already stays as it is; what lacks is put beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from libs.text import fold

Item = dict[str, Any]
Document = Mapping[str, Any]

Metropolis = Literal["above", "itself", "none"]
"""Whether a metropolitan municipality is above, is the municipality itself, or is not there."""

WORKING_DAY = 480
"""Minutes of the working day in which the set tells its deadlines."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the set: how many categories it has, and how many of them are there already."""

    code: str
    names: Mapping[str, str]
    size: int
    there: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be taken over. `above` is the metropolitan municipality's slug and names, where
    it is with us; `day` the minutes of a working day.
    """

    groups: frozenset[str]
    departments: bool = True
    metropolis: Metropolis = "above"
    above: tuple[str, Mapping[str, str]] | None = None
    day: int = WORKING_DAY


@cache
def the_set() -> Item:
    """The set as it is kept."""
    text = (files("services.routing") / "turkish_set.yaml").read_text(encoding="utf-8")
    found: Item = yaml.safe_load(text)
    return found


def groups(document: Document) -> list[Group]:
    """The set's groups, in its order."""
    there = {one["code"] for one in document.get("categories") or ()}
    kept = the_set()["categories"]
    return [
        Group(one["code"], one["names"], len(below), sum(each["code"] in there for each in below))
        for one in kept
        if (below := [each for each in kept if each.get("parent") == one["code"]])
    ]


def lacking_departments(
    document: Document, chosen: frozenset[str], metropolis: Metropolis
) -> list[Item]:
    """The departments that these groups need and the municipality has not."""
    known = _known(document)
    return [one for one in _needed(document, chosen, metropolis) if one["code"] not in known]


def taken(document: Document, wish: Wish) -> dict[str, Any]:
    """The parts of the document with what was wished put into them; only those that change."""
    known = _known(document)
    made = lacking_departments(document, wish.groups, wish.metropolis) if wish.departments else []
    known |= {one["code"]: one["code"] for one in made}
    categories = [
        _category(one, wish, known)
        for one in _chosen(wish.groups)
        if one["code"] not in _codes(document, "categories")
    ]
    fields = {
        "departments": [*_list(document, "departments"), *({**d, "attested": False} for d in made)],
        "categories": [*_list(document, "categories"), *categories],
        "bodies": [*_list(document, "bodies"), *_lacking(document, "bodies", _bodies(wish))],
        "tier_rules": [
            *_list(document, "tier_rules"),
            *_lacking(document, "tier_rules", _rules(wish)),
        ],
        **_chosen_desks(document, known),
    }
    return {name: value for name, value in fields.items() if value and value != document.get(name)}


def _chosen_desks(document: Document, known: Mapping[str, str]) -> dict[str, Any]:
    """Triage, forwarding and what is unsorted, where nobody has chosen them yet."""
    kept = the_set()
    return {
        **{
            name: document.get(name) or known.get(kept[name])
            for name in ("triage_department", "forwarding_department")
        },
        "unsorted_category": document.get("unsorted_category") or kept["unsorted_category"],
    }


def _chosen(chosen: frozenset[str]) -> list[Item]:
    """The groups, what is below them, and the category of what is unsorted."""
    kept = the_set()
    always = kept["unsorted_category"]
    return [
        one
        for one in kept["categories"]
        if one["code"] in chosen or one.get("parent") in chosen or one["code"] == always
    ]


def _category(one: Item, wish: Wish, known: Mapping[str, str]) -> Item:
    body, rule = _body(one, wish.metropolis), _rule(one, wish.metropolis)
    department = known.get(_department(one, wish.metropolis) or "")
    return {
        **{name: value for name, value in one.items() if name not in ("body", "tier_rule")},
        "department": department,
        "sla_minutes": one.get("sla_minutes", 15 * WORKING_DAY) * wish.day // WORKING_DAY,
        **({"body": body} if body else {}),
        **({"tier_rule": rule} if rule else {}),
    }


def _body(one: Item, metropolis: Metropolis) -> str | None:
    """Who answers instead of the municipality; None for itself."""
    body: str | None = one.get("body")
    return None if body in the_set()["own"].get(metropolis, ()) else body


def _rule(one: Item, metropolis: Metropolis) -> str | None:
    rule: str | None = one.get("tier_rule")
    return None if metropolis != "above" and rule in the_set()["metropolitan_rules"] else rule


def _department(one: Item, metropolis: Metropolis) -> str | None:
    """The set's; for what a metropolis would do elsewhere, the one that does such work."""
    found: str | None = one.get("department")
    if found or _body(one, metropolis) == one.get("body"):
        return found
    alone: dict[str, str] = the_set()["alone"]
    return alone.get(one["code"]) or alone.get(one["body"])


def _needed(document: Document, chosen: frozenset[str], metropolis: Metropolis) -> list[Item]:
    kept = the_set()
    codes = {_department(one, metropolis) for one in _chosen(chosen)}
    codes |= {
        kept[name]
        for name in ("triage_department", "forwarding_department")
        if not document.get(name)
    }
    return [one for one in kept["departments"] if one["code"] in codes]


def _known(document: Document) -> dict[str, str]:
    """The set's departments that are there, by code or by name, with the codes they have there."""
    there = _list(document, "departments")
    codes = {one["code"]: one["code"] for one in there}
    named = {fold(one["names"]["tr"]): one["code"] for one in there}
    found = {
        one["code"]: named.get(fold(one["names"]["tr"])) or codes.get(one["code"])
        for one in the_set()["departments"]
    }
    return {code: known for code, known in found.items() if known}


def _bodies(wish: Wish) -> list[Item]:
    """The bodies that the chosen categories and their rules name."""
    used = {_body(one, wish.metropolis) for one in _chosen(wish.groups)}
    used |= {rule.get("body") for rule in _rules(wish)}
    return [_above(one, wish) for one in the_set()["bodies"] if one["code"] in used]


def _above(body: Item, wish: Wish) -> Item:
    if body["code"] != "metropolitan" or wish.above is None:
        return body
    slug, names = wish.above
    return {**body, "names": dict(names), "tenant": slug}


def _rules(wish: Wish) -> list[Item]:
    used = {_rule(one, wish.metropolis) for one in _chosen(wish.groups)}
    return [one for one in the_set()["tier_rules"] if one["code"] in used]


def _lacking(document: Document, name: str, wanted: Iterable[Item]) -> list[Item]:
    there = _codes(document, name)
    return [one for one in wanted if one["code"] not in there]


def _codes(document: Document, name: str) -> set[str]:
    return {one["code"] for one in _list(document, name)}


def _list(document: Document, name: str) -> list[Item]:
    return list(document.get(name) or ())
