"""The step for departments and their teams, and for the two desks that every tenant has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from libs.text import said

from .. import department_form
from ..forms import Slip
from ..lists import items, put, uses
from .frame import Read, View, texts
from .listing import NEW, chosen, fixed, rearranged, wrongs

PART = "departments"
DESKS = ("triage_department", "forwarding_department")


class Departments:
    """The list; with `?item=CODE` one department, with `?item=~` a new one."""

    code = "departments"

    def told(self, view: View) -> Mapping[str, Any]:
        """The department that is looked at, else the desks that were chosen."""
        asked, found = chosen(view, PART)
        if asked:
            return department_form.written(found)
        return {name: view.document.get(name) or "" for name in DESKS}

    async def read(self, view: View, form: FormData) -> Read:
        """What was sent by one of the forms, which `do` tells apart."""
        told = texts(form)
        asked, _ = chosen(view, PART)
        match told.get("do"):
            case "desks":
                return Read(told, {name: told.get(name) or None for name in DESKS})
            case "several":
                return self._several(view, told)
        done = rearranged(view, PART, asked, told, self.told(view), f"#d-{asked}")
        return done or self._one(view, told, "" if asked == NEW else asked)

    async def more(self, view: View) -> Mapping[str, Any]:
        """The list with how often each is used, and what the one looked at may change."""
        asked, found = chosen(view, PART)
        listed = items(view.document, PART)
        return {
            "item": asked,
            "found": found,
            "listed": listed,
            "used": {one["code"]: len(uses(view.document, PART, one["code"])) for one in listed},
            "fixed": fixed(view, PART, asked),
            "rows": department_form.rows,
        }

    def _several(self, view: View, told: dict[str, str]) -> Read:
        made = department_form.several(told.get("several", ""), view.document)
        if not made:
            slip = Slip("several", said("Write at least one name that is not there yet."))
            return Read({**self.told(view), **told}, wrong=wrongs(view, [slip]))
        return Read(told, {PART: [*items(view.document, PART), *made]})

    def _one(self, view: View, told: dict[str, str], was: str) -> Read:
        is_fixed = fixed(view, PART, was)
        found, slips = department_form.read(told, view.document, was, is_fixed)
        fields = put(view.document, PART, found, was)
        return Read(told, fields, wrongs(view, slips), onward=f"#d-{found['code']}")
