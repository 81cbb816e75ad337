"""Rules: what people set up in the console: their keys and views, and the views that all share.

One document holds all of a person, another one all that a tenant's people share; so limits, names
and order are one rule's matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from libs.runtime.rule import Change, Context, Refused, replace
from libs.text import fold, said

from .work import field_error

MOST_OWN = 50
MOST_SHARED = 100

USUAL: Mapping[str, str] = {
    "down": "j", "up": "k", "select": "x", "mine": "a", "status": "s", "reply": "c", "note": "r",
    "category": "t", "merge": "m", "new": "n", "go": "g", "search": "/", "list": "1", "map": "2",
    "board": "3", "undo": "z", "sheet": "?",
}  # fmt: skip
"""The single keys, by what they do."""

WITH_SHIFT = frozenset({"select", "mine"})
"""These do something else with Shift, which only a letter can tell."""

LETTERS = frozenset("abcdefghjklmnopqrstuvwxyzçğöşü")
"""Of Turkish keyboards. Their I gives ı, and that of the others i: neither is a key."""

SIGNS = frozenset("0123456789/?.,-*+=!%&():;'_")
"""What Turkish keyboards have without AltGr, beside letters."""


@dataclass(frozen=True, slots=True)
class View:
    """A list under a name: `query` is an address's, as the filter writes it."""

    id: str
    name: str
    query: str


@dataclass(frozen=True)
class Preferences:
    """What somebody has set up; where `owner` is None, what everybody in the tenant has. Single
    keys act only where they are `keys_on`.
    """

    tenant: str
    owner: str | None = None
    views: tuple[View, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    keys_on: bool = True

    @property
    def in_force(self) -> dict[str, str]:
        """Every key, by what it does; `keys` holds those that are not the usual ones."""
        return {**USUAL, **self.keys}


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


def set_keys(
    state: Preferences | None,
    context: Context,
    *,
    tenant: str,
    owner: str,
    keys: Mapping[str, str],
    on: bool,
) -> Change[Preferences]:
    """Give commands these keys, all others the usual ones. Refused (422) where one cannot be typed
    on every Turkish keyboard, or does two things.
    """
    before = state or Preferences(tenant, owner)
    told = {name: key.lower() for name, key in keys.items()}
    after = replace(
        before, keys={name: key for name, key in told.items() if key != USUAL.get(name)}, keys_on=on
    )
    often = Counter(after.in_force.values())
    faults = {name: _unusable(name, key, often[key] > 1) for name, key in told.items()}
    if errors := [field_error(f"keys.{name}", why) for name, why in faults.items() if why]:
        raise Refused("keys-unusable", "These keys cannot be used.", 422, errors=errors)
    return Change(before if after == state else after)


def _unusable(name: str, key: str, twice: bool) -> str | None:
    if name not in USUAL:
        return said("There is no such command.")
    if key in ("i", "ı", "i̇"):
        return said("The key I gives another letter on Turkish keyboards than on others.")
    if key not in LETTERS | SIGNS:
        return said("Turkish keyboards do not have this, or only with AltGr.")
    if name in WITH_SHIFT and key not in LETTERS:
        return said("Choose a letter here: with Shift the key does something else.")
    return said("“%(key)s” is another command’s key.", key=key.upper()) if twice else None
