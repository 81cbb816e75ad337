"""Whatever happens between the store and Kafka, asking again ends well, and nothing stays open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from libs.runtime.rule import Context, Refused
from services.intake import integrator as rules
from services.intake.integrator import AT_WORK, SCOPES, Integrator, Scope, digest_of, knows

T0 = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
LATER = AT_WORK + timedelta(seconds=1)


def at(moment: datetime) -> Context:
    return Context("kecioren:app", moment)


def an_app(secret: str = "first", scopes: tuple[Scope, ...] = SCOPES, id: str = "1") -> Integrator:
    return Integrator("kecioren", "app", id, digest_of(secret), scopes, 10.0, "ayse", T0)


def added(moment: datetime = T0) -> Integrator:
    return rules.add(None, at(moment), integrator=an_app()).state


def opened() -> Integrator:
    return rules.settle(added(), at(T0), begun=T0, standing="open", tells=True).state


def broke_off(state: Integrator) -> Integrator:
    """The broker did not answer him who was at work."""
    assert state.begun_at is not None
    return rules.settle(state, at(T0), begun=state.begun_at, standing="changing").state


def test_the_account_is_changing_until_the_broker_has_it() -> None:
    assert (added().account, added().begun_at) == ("changing", T0)
    assert opened().account == "open"


def test_who_may_not_subscribe_has_no_account() -> None:
    state = rules.add(None, at(T0), integrator=an_app(scopes=("submit",))).state
    assert state.account == "none"
    assert rules.remove(state, at(T0)).state.account == "none"


def test_a_name_is_taken_once_its_secrets_were_told() -> None:
    with pytest.raises(Refused, match="integrator-exists"):
        rules.add(opened(), at(T0 + LATER), integrator=an_app())


@pytest.mark.parametrize("left", [broke_off(added()), added()], ids=["failed", "crashed"])
def test_one_who_was_never_told_his_secrets_is_added_again(left: Integrator) -> None:
    again = rules.add(left, at(T0 + LATER), integrator=an_app("second", id="2")).state
    assert (again.id, again.account, again.begun_at) == ("2", "changing", T0 + LATER)
    assert knows(again, "second")


def test_one_whose_other_secrets_failed_keeps_his_name_and_is_given_others_again() -> None:
    failed = broke_off(rules.rotate(opened(), at(T0), digest=digest_of("second")).state)
    with pytest.raises(Refused, match="integrator-exists"):
        rules.add(failed, at(T0 + LATER), integrator=an_app(id="2"))
    again = rules.rotate(failed, at(T0 + LATER), digest=digest_of("third")).state
    assert (again.id, again.account) == ("1", "changing")
    assert knows(again, "third")


@pytest.mark.parametrize(
    "act",
    [
        partial(rules.add, integrator=an_app()),
        partial(rules.rotate, digest=""),
        partial(rules.change, scopes=("submit",)),
        rules.remove,
    ],
    ids=["add", "rotate", "change", "remove"],
)
def test_two_at_once_are_one_after_the_other(act: Callable[..., object]) -> None:
    soon = at(T0 + AT_WORK - timedelta(milliseconds=1))
    with pytest.raises(Refused, match="integrator-changing"):
        act(added(), soon)


def test_a_removed_ones_account_is_asked_for_until_it_is_gone() -> None:
    removed = rules.remove(opened(), at(T0 + LATER)).state
    assert (removed.account, removed.subscribes) == ("changing", False)
    assert not knows(removed, "first")
    again = rules.remove(broke_off(removed), at(T0 + 2 * LATER)).state
    assert again.removed_at == removed.removed_at
    assert again.begun_at is not None
    gone = rules.settle(again, at(T0), begun=again.begun_at, standing="shut").state
    with pytest.raises(Refused, match="integrator-unknown"):
        rules.remove(gone, at(T0 + 2 * LATER))


def test_a_name_given_anew_shuts_what_its_last_owner_left_on_the_broker() -> None:
    left = broke_off(rules.remove(opened(), at(T0)).state)
    new = rules.add(left, at(T0), integrator=an_app(scopes=("submit",), id="2")).state
    assert (new.account, new.subscribes) == ("changing", False)


def test_other_scopes_leave_the_key_and_an_account_that_stays() -> None:
    state = rules.change(opened(), at(T0 + LATER), scopes=("subscribe",), rate=3.0).state
    assert (state.scopes, state.rate, state.account) == (("subscribe",), 3.0, "open")
    assert knows(state, "first")


@pytest.mark.parametrize(
    ("before", "after"),
    [(("submit",), SCOPES), (SCOPES, ("submit", "updates"))],
    ids=["given", "taken"],
)
def test_the_account_comes_and_goes_with_the_right_to_subscribe(
    before: tuple[Scope, ...], after: tuple[Scope, ...]
) -> None:
    state = rules.add(None, at(T0), integrator=an_app(scopes=before)).state
    if state.subscribes:
        state = rules.settle(state, at(T0), begun=T0, standing="open", tells=True).state
    failed = broke_off(rules.change(state, at(T0), scopes=after).state)
    assert (failed.account, failed.untold) == ("changing", False), "the key was told long ago"
    with pytest.raises(Refused, match="integrator-exists"):
        rules.add(failed, at(T0 + LATER), integrator=an_app(id="2"))
    again = rules.change(failed, at(T0 + LATER), scopes=after).state
    assert again.begun_at == T0 + LATER
    standing = "open" if again.subscribes else "shut"
    done = rules.settle(again, at(T0), begun=T0 + LATER, standing=standing).state
    assert rules.change(done, at(T0 + LATER), scopes=after).state == done


@pytest.mark.parametrize("act", [None, partial(rules.rotate, digest="")], ids=["add", "rotate"])
def test_who_was_never_told_the_key_gets_no_other_scopes(act: Callable[..., Any] | None) -> None:
    left = broke_off(act(opened(), at(T0)).state if act else added())
    swept = rules.resume(left, at(T0 + LATER)).state
    shut = rules.settle(swept, at(T0), begun=T0 + LATER, standing="shut").state
    for state in (left, shut):
        with pytest.raises(Refused, match="integrator-untold"):
            rules.change(state, at(T0 + 2 * LATER), scopes=SCOPES)


def test_what_is_left_half_changed_is_taken_in_hand_once() -> None:
    taken = rules.resume(added(), at(T0 + LATER))
    assert taken.answer == taken.state.begun_at == T0 + LATER
    assert rules.resume(taken.state, at(T0 + LATER)).answer is None
    assert rules.resume(opened(), at(T0 + LATER)).answer is None


def test_who_comes_late_leaves_nothing_open() -> None:
    second = rules.resume(added(), at(T0 + LATER)).state
    late = rules.settle(second, at(T0 + LATER), begun=T0, standing="open").state
    assert (late.account, late.begun_at) == ("changing", None)
    second = rules.settle(second, at(T0), begun=T0 + LATER, standing="shut").state
    late = rules.settle(second, at(T0 + LATER), begun=T0, standing="open").state
    assert (late.account, late.begun_at) == ("changing", None)
