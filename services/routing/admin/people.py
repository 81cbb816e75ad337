"""The page about people: there are no accounts here, only groups of the municipality's sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from libs.runtime.rule import Refused

from ..people import ROLES, groups, may
from .frame import Read, View


class Shown:
    """A page that shows something and has nothing to save."""

    code: str

    def told(self, view: View) -> Mapping[str, Any]:
        """Nothing of the document."""
        return {}

    async def read(self, view: View, form: FormData) -> Read:
        """Refused: no form of the page is sent here."""
        raise Refused("nothing-to-save", "There is nothing to save on this page.", 405)

    async def more(self, view: View) -> Mapping[str, Any]:
        """What the page shows."""
        return {}


class People(Shown):
    """Who gets in, and what somebody of a role and department sees."""

    code = "people"

    async def more(self, view: View) -> Mapping[str, Any]:
        """The claims for the role and the departments that the address names."""
        role = view.asked("role") if view.asked("role") in ROLES else "operator"
        departments = view.document.get("departments") or ()
        named = set(view.request.query_params.getlist("department"))
        chosen = [one["code"] for one in departments if one["code"] in named]
        return {
            "roles": ROLES,
            "role": role,
            "departments": departments,
            "chosen": chosen,
            "groups": groups(view.slug, role, chosen),
            "rights": may(role),
        }
