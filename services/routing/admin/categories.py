"""The step for categories: the tree, one category's form at a time, the Turkish set."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData

from libs.tenants import OWN
from libs.text import said

from .. import category_form, deadlines, many, question_form, tree
from ..forms import Slip
from ..lists import Item, codes, item, items, put
from . import turkish
from .frame import Read, View, texts
from .listing import NEW, called, chosen, fixed, rearranged, wrongs

PART = "categories"


class Categories:
    """The list, searched by `?q=`; with `?item=CODE` one of it, with `?set` the Turkish set."""

    code = "categories"

    def told(self, view: View) -> Mapping[str, Any]:
        """The category that is looked at, or what the set offers, or what is unsorted."""
        asked, found = chosen(view, PART)
        if asked:
            above = {"parent": view.asked("parent")} if found is None else {}
            return {**category_form.written(found, view.document), **above}
        if _set(view):
            return turkish.told(view)
        return {"unsorted_category": view.document.get("unsorted_category") or ""}

    async def read(self, view: View, form: FormData) -> Read:
        """What was sent by one of the forms, which `do` tells apart."""
        told = texts(form)
        asked, _ = chosen(view, PART)
        match told.get("do"):
            case "set":
                return turkish.read(view, told)
            case "many":
                picked = [name[2:] for name in told if name.startswith("c-")]
                fields, slips = many.changed(view.document, picked, told)
                return Read({**self.told(view), **told}, fields, wrongs(view, slips))
            case "unsorted":
                return self._unsorted(view, told)
        done = rearranged(view, PART, asked, told, self.told(view), _to(asked))
        return done or self._one(view, told)

    async def more(self, view: View) -> Mapping[str, Any]:
        """The tree, or the choices that one category has."""
        asked, found = chosen(view, PART)
        rows = tree.rows(view.document)
        query = view.asked("q")
        return {
            "item": asked,
            "found": found,
            "query": query,
            "shown": tree.matching(rows, query),
            "rows": rows,
            "units": deadlines.UNITS,
            "without": len(tree.without_department(rows)),
            "the_set": not asked and _set(view),
            **(turkish.more(view) if not asked and _set(view) else {}),
            **(self._one_category(view, asked, found) if asked else {}),
            "choices": _choices(view, asked),
        }

    def _one_category(self, view: View, asked: str, found: Item | None) -> Mapping[str, Any]:
        day = deadlines.day_of(view.document)
        return {
            "fixed": fixed(view, PART, asked),
            "group": tree.is_group(view.document, asked),
            "questions": question_form.rows,
            "day": view.language.number(day / 60, 0 if day % 60 == 0 else 2),
            "hours": bool(view.document.get("working_hours")),
            "ruled": item(view.document, "tier_rules", (found or {}).get("tier_rule") or ""),
        }

    def _one(self, view: View, told: dict[str, str]) -> Read:
        asked, before = chosen(view, PART)
        is_fixed = fixed(view, PART, asked)
        found, slips = category_form.read(told, view.document, before, is_fixed)
        was = "" if asked == NEW else asked
        fields = put(view.document, PART, found, was)
        return Read(told, fields, wrongs(view, slips), onward=_to(found["code"]))

    def _unsorted(self, view: View, told: dict[str, str]) -> Read:
        code = told.get("unsorted_category", "")
        if code and code in codes(view.document, PART) and tree.is_group(view.document, code):
            slip = Slip("unsorted_category", GROUP, {"code": code})
            return Read(told, wrong=wrongs(view, [slip]))
        return Read(told, {"unsorted_category": code or None})


def _choices(view: View, asked: str) -> Mapping[str, Any]:
    """What can be chosen in each field, as pairs of code and words."""
    document, text = view.document, view.language.text
    lists: dict[str, Mapping[Any, str]] = {
        "sla_unit": deadlines.UNITS,
        "priority": category_form.PRIORITIES,
        "open311": category_form.ANSWERS,
        "kind": question_form.KINDS,
    }
    return {
        "parent": [
            (row.item["code"], "– " * row.depth + view.called(row.item["names"]))
            for row in tree.possible_parents(document, asked)
        ],
        "department": called(view, "departments"),
        "body": [(OWN, text("We do")), *called(view, "bodies")],
        "tier_rule": [
            (one["code"], shorten(view.called(one["reason"]), 90, placeholder=" …"))
            for one in items(document, "tier_rules")
        ],
        **{
            name: [(code, text(told)) for code, told in pairs.items()]
            for name, pairs in lists.items()
        },
    }


GROUP = said("“%(code)s” has categories below it: choose one without.")


def _set(view: View) -> bool:
    return "set" in view.request.query_params


def _to(code: str) -> str:
    return f"#c-{quote(code)}"
