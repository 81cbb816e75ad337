"""What `?set` shows in the step for categories: the Turkish municipal set, to be taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.text import said

from .. import deadlines, turkish_set
from ..forms import Slip
from ..turkish_set import Metropolis, Wish
from .frame import Read, View
from .listing import wrongs

WHO: dict[Metropolis, str] = {
    "above": said("The metropolitan municipality above us and its companies (Law 5216)"),
    "itself": said("We: we are the metropolitan municipality"),
    "none": said("We: there is no metropolitan municipality here"),
}


def told(view: View) -> Mapping[str, Any]:
    """Everything chosen that is not there yet."""
    found = turkish_set.groups(view.document)
    whole = {f"g-{one.code}": "on" for one in found if one.there < one.size}
    return {**whole, "made": "on", "metropolis": _usual(view)}


def read(view: View, form: Mapping[str, str]) -> Read:
    """What the municipality has then; refused where no group is chosen."""
    known = {one.code for one in turkish_set.groups(view.document)}
    chosen = frozenset(code for code in known if f"g-{code}" in form)
    if not chosen:
        slip = Slip("groups", said("Choose at least one group."))
        return Read(form, wrong=wrongs(view, [slip]))
    who = form.get("metropolis")
    wish = Wish(
        groups=chosen,
        departments="made" in form,
        metropolis=next((one for one in WHO if one == who), _usual(view)),
        above=_above(view),
        day=deadlines.day_of(view.document),
    )
    return Read(form, turkish_set.taken(view.document, wish))


def more(view: View) -> Mapping[str, Any]:
    """The groups, who may do what a metropolis does, and the departments that lack."""
    found = turkish_set.groups(view.document)
    every = frozenset(one.code for one in found)
    lacking = turkish_set.lacking_departments(view.document, every, _usual(view))
    return {"groups": found, "who": WHO, "lacking": lacking, "hours": _hours(view)}


def _usual(view: View) -> Metropolis:
    return "itself" if view.document.get("kind") == "metropolitan" else "above"


def _above(view: View) -> tuple[str, Mapping[str, str]] | None:
    """The one above it, where that is with us and a metropolitan municipality."""
    parent = view.service.tenants.get(str(view.document.get("parent") or ""))
    if parent is None or parent.kind != "metropolitan":
        return None
    return parent.slug, parent.names.model_dump()


def _hours(view: View) -> bool:
    return bool(view.document.get("working_hours"))
