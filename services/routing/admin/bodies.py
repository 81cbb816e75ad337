"""The step for other bodies that answer for some categories, and for the rules when they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from libs.tenants import OWN

from .. import body_form
from ..lists import Item, item, items, put, uses
from .frame import Read, View, texts
from .listing import NEW, called, chosen, fixed, rearranged, wrongs

PARTS = {"item": "bodies", "rule": "tier_rules"}
"""What the address asks for by each name."""


class Bodies:
    """Two lists; with `?item=CODE` one body, with `?rule=CODE` one rule, `~` for a new one."""

    code = "bodies"

    def told(self, view: View) -> Mapping[str, Any]:
        """The body or the rule that is looked at."""
        name, asked, found = _asked(view)
        if not asked:
            return {}
        return body_form.written(found) if name == "item" else body_form.rule_written(found)

    async def read(self, view: View, form: FormData) -> Read:
        """The body or the rule that was sent, or what `do` says is to be done with it."""
        told = texts(form)
        name, asked, found = _asked(view)
        part = PARTS[name]
        done = rearranged(view, part, asked, told, self.told(view))
        if done is not None:
            return done
        was = "" if asked == NEW else asked
        is_fixed = fixed(view, part, was)
        if name == "item":
            kept = (found or {}).get("tenant") or ""
            tenants = [kept, *(one.slug for one in _others(view))]
            new, slips = body_form.read(told, view.document, was, is_fixed, tenants)
        else:
            new, slips = body_form.rule_read(told, view.document, was, is_fixed)
        fields = put(view.document, part, new, was)
        return Read(told, fields, wrongs(view, slips), onward=f"#{name[0]}-{new['code']}")

    async def more(self, view: View) -> Mapping[str, Any]:
        """Both lists with how often each is used, and what can be chosen."""
        name, asked, found = _asked(view)
        document = view.document
        return {
            "item": asked if name == "item" else "",
            "rule": asked if name == "rule" else "",
            "found": found,
            "fixed": fixed(view, PARTS[name], asked),
            "bodies": items(document, "bodies"),
            "rules": items(document, "tier_rules"),
            "used": {
                part: {
                    one["code"]: len(uses(document, part, one["code"]))
                    for one in items(document, part)
                }
                for part in PARTS.values()
            },
            "body_of": lambda code: _body(view, code),
            "tenants": [(one.slug, view.language.of(one.names)) for one in _others(view)],
            "choices": [(OWN, view.language.text("We do")), *called(view, "bodies")],
        }


def _asked(view: View) -> tuple[str, str, Item | None]:
    """By which name the address asks for what; for a body where it asks for nothing."""
    for name, part in PARTS.items():
        asked, found = chosen(view, part, name)
        if asked:
            return name, asked, found
    return "item", "", None


def _others(view: View) -> list[Any]:
    return [one for one in view.service.tenants.all() if one.slug != view.slug]


def _body(view: View, code: str) -> str:
    if code == OWN:
        return view.language.text("We do")
    found = item(view.document, "bodies", code)
    return view.called(found["names"]) if found else code
