"""The categories as a tree, each with what counts for it: its own or what it inherits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.tenants import OWN
from libs.text import fold

from .deadlines import Unit, day_of, told
from .lists import Item, items

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A category at its place. `department` is the one that counts, None for the triage desk;
    `lost` a code that names no department; `deadline` a number and its unit.
    """

    item: Item
    depth: int
    group: bool
    size: int
    department: Item | None
    inherited: bool
    lost: str
    deadline: tuple[int, Unit]
    body: Item | None
    words: str
    unsorted: bool


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the rows look up."""

    categories: Mapping[str, Item]
    departments: Mapping[str, Item]
    bodies: Mapping[str, Item]
    unsorted: str | None
    day: int

    @classmethod
    def of(cls, document: Document) -> _Lists:
        """The lists of a document, by their codes."""

        def by_code(part: str) -> dict[str, Item]:
            return {one["code"]: one for one in items(document, part)}

        return cls(
            categories=by_code("categories"),
            departments=by_code("departments"),
            bodies=by_code("bodies"),
            unsorted=document.get("unsorted_category"),
            day=day_of(document),
        )


def rows(document: Document) -> list[Row]:
    """Every category, those below a group after it; those in a circle at the end."""
    lists = _Lists.of(document)
    by_parent: dict[str | None, list[Item]] = {}
    for one in lists.categories.values():
        parent = one.get("parent")
        by_parent.setdefault(parent if parent in lists.categories else None, []).append(one)
    order = list(_walk(by_parent, None, 0))
    seen = {one["code"] for one, _ in order}
    order += [(one, 0) for code, one in lists.categories.items() if code not in seen]
    return [_row(lists, one, depth, len(by_parent.get(one["code"], ()))) for one, depth in order]


def matching(found: Sequence[Row], query: str) -> list[Row]:
    """Those that a search finds, each under its groups."""
    wanted = fold(query).split()
    kept = {row.item["code"] for row in found if all(word in row.words for word in wanted)}
    parents = {row.item["code"]: row.item.get("parent") for row in found}
    for code in tuple(kept):
        parent = parents.get(code)
        while parent and parent not in kept:
            kept.add(parent)
            parent = parents.get(parent)
    return [row for row in found if row.item["code"] in kept]


def is_group(document: Document, code: str) -> bool:
    """Whether others are below it."""
    return any(one.get("parent") == code for one in items(document, "categories"))


def below(document: Document, code: str) -> set[str]:
    """The codes of everything below a category."""
    listed = items(document, "categories")
    found: set[str] = set()
    new = {code}
    while new:
        new = {one["code"] for one in listed if one.get("parent") in new} - found
        found |= new
    return found


def possible_parents(document: Document, code: str) -> list[Row]:
    """Those that can be above a category: neither itself, nor below it, nor what is unsorted."""
    never = {code, *below(document, code), document.get("unsorted_category")}
    return [row for row in rows(document) if row.item["code"] not in never]


def without_department(found: Sequence[Row]) -> list[Row]:
    """Those that can be chosen and go to the triage desk, as neither they nor their groups say."""
    return [
        row
        for row in found
        if not (row.group or row.department or row.lost or row.body or row.unsorted)
    ]


def _walk(
    by_parent: Mapping[str | None, list[Item]], parent: str | None, depth: int
) -> Iterator[tuple[Item, int]]:
    for one in by_parent.get(parent, ()):
        yield one, depth
        yield from _walk(by_parent, one["code"], depth + 1)


def _row(lists: _Lists, one: Item, depth: int, size: int) -> Row:
    code = _department(lists, one)
    department = lists.departments.get(code)
    body = one.get("body", OWN)
    told_by = [one["code"], *one["names"].values(), *(one.get("keywords") or ())]
    told_by += department["names"].values() if department else ()
    return Row(
        item=one,
        depth=depth,
        group=size > 0,
        size=size,
        department=department,
        inherited=not one.get("department") and department is not None,
        lost=code if code and department is None else "",
        deadline=told(one.get("sla_minutes", 7200), lists.day),
        body=None if body == OWN else lists.bodies.get(body, _unknown(body)),
        words=fold(" ".join(told_by)),
        unsorted=one["code"] == lists.unsorted,
    )


def _department(lists: _Lists, one: Item) -> str:
    """The code of its own department, else of the next group above that has one."""
    seen: set[str] = set()
    above: Item | None = one
    while above and above["code"] not in seen:
        if above.get("department"):
            return str(above["department"])
        seen.add(above["code"])
        above = lists.categories.get(above.get("parent") or "")
    return ""


def _unknown(code: str) -> Item:
    return {"code": code, "names": {"tr": code, "en": code}}
