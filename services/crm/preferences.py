"""Rules: what people set up in the console: a person's own views, and those that a tenant shares.

One document holds all of a person, another one all that a tenant's people share; so limits, names
and order are one rule's matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.runtime.rule import Change, Context, Refused, replace
from libs.text import fold, said

MOST_OWN = 50
MOST_SHARED = 100


@dataclass(frozen=True, slots=True)
class View:
    """A list under a name: `query` is an address's, as the filter writes it."""

    id: str
    name: str
    query: str


@dataclass(frozen=True)
class Preferences:
    """What somebody has set up; where `owner` is None, what everybody in the tenant has."""

    tenant: str
    owner: str | None = None
    views: tuple[View, ...] = ()


def document_id(tenant: str, owner: str | None = None) -> str:
    """Of a person's document, or of what a tenant's people share; no slug has a stroke."""
    return tenant if owner is None else f"{tenant}/{owner}"


def keep_view(
    state: Preferences | None,
    context: Context,
    *,
    tenant: str,
    owner: str | None,
    view: View,
    place: int | None = None,
) -> Change[Preferences]:
    """Add a view, or change the one of this id; `place` is where in the list, else it stays where
    it is, a new one at the end. Refused (409) where another one is called so, (422) beyond the
    most.
    """
    before = state or Preferences(tenant, owner)
    others = [one for one in before.views if one.id != view.id]
    if any(fold(one.name) == fold(view.name) for one in others):
        errors = [{"field": "name", "message": said("Another view is called so.")}]
        raise Refused("view-name-taken", "Another view is called so.", 409, errors=errors)
    known = [one.id for one in before.views]
    most = MOST_SHARED if owner is None else MOST_OWN
    if view.id not in known and len(known) >= most:
        title = said("There are %(most)s views, and no room for more. Remove one.", most=most)
        raise Refused("views-full", title, 422)
    stays = known.index(view.id) if view.id in known else len(known)
    others.insert(stays if place is None else place, view)
    after = replace(before, views=tuple(others))
    return Change(before if after == state else after)


def remove_view(state: Preferences | None, context: Context, *, id: str) -> Change[Preferences]:
    """Forget a view. Refused (404) where there is none of this id."""
    kept = tuple(one for one in state.views if one.id != id) if state else ()
    if state is None or kept == state.views:
        raise Refused("view-not-found", "There is no such view.", 404)
    return Change(replace(state, views=kept))
