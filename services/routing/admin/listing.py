"""What the steps that are lists have in common: the item looked at, refusals by what uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.text import said

from ..forms import Slip
from ..lists import Item, item, items, moved, uses, without
from .frame import Read, View, Wrong

NEW = "~"
"""What `?item=` says of one that is to be added; it can be no code."""

MOST_NAMED = 6


def chosen(view: View, part: str, name: str = "item") -> tuple[str, Item | None]:
    """What `?item=` asks for: a code and its item; `~` for a new one, nothing for the list.

    One that is sent although it is gone meanwhile is a new one of that code: nothing typed is lost.
    """
    asked = view.asked(name)
    found = item(view.document, part, asked)
    sent = bool(asked) and view.request.method == "POST"
    return (asked, found) if found or asked == NEW or sent else ("", None)


def fixed(view: View, part: str, code: str) -> bool:
    """Whether a code is published: requests, groups and rules outside hang on it."""
    return item(view.seen.published or {}, part, code) is not None


def wrongs(view: View, slips: Iterable[Slip]) -> tuple[Wrong, ...]:
    """Slips in the reader's language, one for each field."""
    first: dict[str, Slip] = {}
    for one in slips:
        first.setdefault(one.field, one)
    return tuple(
        Wrong(one.field, view.language.text(one.message, **one.words)) for one in first.values()
    )


def called(view: View, part: str) -> list[tuple[str, str]]:
    """A list's codes with their names, to choose from."""
    return [(one["code"], view.called(one["names"])) for one in items(view.document, part)]


def in_use(view: View, part: str, code: str, told: Mapping[str, Any]) -> Read | None:
    """A refusal to remove what is still named elsewhere, by whom; None where nobody does."""
    places = uses(view.document, part, code)
    if not places:
        return None
    named = [view.way(place[:2]) for place in places[:MOST_NAMED]]
    if len(places) > MOST_NAMED:
        named.append(view.language.text("%(count)s more", count=len(places) - MOST_NAMED))
    called = item(view.document, part, code)
    names = (called or {}).get("names") or (called or {}).get("reason")
    words = {"name": view.called(names) or code}
    words["where"] = "; ".join(named)
    return Read(told, wrong=wrongs(view, [Slip("remove", STILL_USED, words)]))


def rearranged(
    view: View,
    part: str,
    asked: str,
    sent: Mapping[str, str],
    shown: Mapping[str, Any],
    onward: str = "",
) -> Read | None:
    """What `do` says is to become of an item: taken out, or one place up or down. None where it
    says nothing of that. `shown` is what the page tells where it is refused.
    """
    do = sent.get("do")
    if do not in ("remove", "up", "down"):
        return None
    if item(view.document, part, asked) is None:
        return Read(sent)
    if do == "remove":
        return in_use(view, part, asked, shown) or Read(sent, without(view.document, part, asked))
    return Read(sent, moved(view.document, part, asked, -1 if do == "up" else 1), onward=onward)


STILL_USED = said("“%(name)s” is still used: %(where)s. Choose something else there first.")
