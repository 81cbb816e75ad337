"""What people set up in the console, and in which order it is."""

from __future__ import annotations

import pytest

from libs.runtime.rule import Context, Refused
from services.crm.preferences import (
    MOST_OWN,
    MOST_SHARED,
    USUAL,
    Preferences,
    View,
    keep_view,
    remove_view,
    set_keys,
)
from tests.unit.crm.scenarios import at

CONTEXT = Context("ornek/ayse", at(0))


def kept(
    state: Preferences | None, *ids: str, owner: str | None = "ayse", place: int | None = None
) -> Preferences:
    for id in ids:
        view = View(id, f"Görünüm {id}", "status=new")
        change = keep_view(state, CONTEXT, tenant="ornek", owner=owner, view=view, place=place)
        state = change.state
    assert state is not None
    return state


def order(state: Preferences) -> str:
    return "".join(view.id for view in state.views)


def test_views_stay_in_the_order_in_which_they_were_put() -> None:
    state = kept(None, *"abcd")
    assert (state.tenant, state.owner, order(state)) == ("ornek", "ayse", "abcd")
    assert order(kept(state, "d", place=0)) == "dabc"
    assert order(kept(state, "a", place=2)) == "bcad"
    assert order(kept(state, "a", place=99)) == "bcda"
    assert kept(state, "b") is state
    changed = keep_view(
        state, CONTEXT, tenant="ornek", owner="ayse", view=View("b", "Başka", "overdue=1")
    ).state
    assert (order(changed), changed.views[1].query) == ("abcd", "overdue=1")


def test_a_name_is_one_views_whatever_its_letters() -> None:
    state = kept(None, "ı")
    with pytest.raises(Refused) as refused:
        kept(state, "I")
    assert (refused.value.slug, refused.value.status) == ("view-name-taken", 409)
    assert order(kept(state, "ı")) == "ı"


@pytest.mark.parametrize(("owner", "most"), [("ayse", MOST_OWN), (None, MOST_SHARED)])
def test_there_are_so_many_and_no_more(owner: str | None, most: int) -> None:
    state = kept(None, *map(str, range(most)), owner=owner)
    with pytest.raises(Refused) as refused:
        kept(state, "one more", owner=owner)
    assert (refused.value.slug, refused.value.status) == ("views-full", 422)
    assert len(kept(state, "7", owner=owner, place=0).views) == most


def test_what_is_removed_is_gone_and_what_is_not_there_is_said() -> None:
    state = kept(None, *"ab")
    assert order(remove_view(state, CONTEXT, id="a").state) == "b"
    for there in (state, None):
        with pytest.raises(Refused, match="view-not-found"):
            remove_view(there, CONTEXT, id="c")


def typed(state: Preferences | None = None, on: bool = True, **keys: str) -> Preferences:
    return set_keys(state, CONTEXT, tenant="ornek", owner="ayse", keys=keys, on=on).state


def test_what_is_not_named_has_its_usual_key() -> None:
    state = typed(status="D", reply="ç", sheet="!")
    assert state.in_force == {**USUAL, "status": "d", "reply": "ç", "sheet": "!"}
    assert typed(state, status="d", reply="ç", sheet="!") is state
    assert typed(state, status="s").keys == typed(state).keys == {}
    assert typed(state, on=False).keys_on is False


def test_keys_may_change_places() -> None:
    assert typed(down="k", up="j").in_force | {"down": "j", "up": "k"} == USUAL


@pytest.mark.parametrize(
    ("name", "key", "why"),
    [
        *((("status"), key, "I gives another letter") for key in "iıIİ"),
        *((("status"), key, "only with AltGr") for key in '@#$[]{}\\|~€<é" ^'),
        ("status", "ab", "only with AltGr"),
        ("mine", "5", "with Shift"),
        ("select", "?", "with Shift"),
        ("status", "X", "another command"),
        ("board", "1", "another command"),
    ],
)
def test_a_key_that_cannot_be_typed_everywhere_or_does_two_things_is_refused(
    name: str, key: str, why: str
) -> None:
    with pytest.raises(Refused) as refused:
        typed(**{name: key})
    [error] = refused.value.more["errors"]
    assert (refused.value.slug, error["field"]) == ("keys-unusable", f"keys.{name}")
    assert why in error["message"]


def test_views_and_keys_leave_one_another_alone() -> None:
    state = typed(kept(None, *"ab"), status="d")
    assert (order(state), kept(state, "c").keys) == ("ab", {"status": "d"})
