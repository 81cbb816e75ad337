"""What a citizen wrote goes; that there was a request stays."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from libs.events import Attachment, RequestTextErased, RequestWithdrawn
from libs.runtime.rule import Refused
from services.intake import later
from services.intake.erasure import erase
from services.intake.request import Contact, Request, amend, withdraw

from .scenarios import a_request, assigned, context, created, known, moved, withdrawn

WORDS = "KENDI-SOZUM"


def full(state: Request) -> Request:
    """With the citizen's words wherever they can be."""
    photo = Attachment(id="a", media_type="image/jpeg", size=10)
    state = replace(
        state,
        text=WORDS,
        address=WORDS,
        answers={"WHERE": WORDS},
        contact=Contact(WORDS, "+90 312 000 00 00", f"{WORDS}@example.org"),
        phone="3120000000",
        attachments=(photo,),
    )
    return later.comment(state, context(4), words=WORDS).state


def test_nothing_that_the_citizen_wrote_is_left() -> None:
    state = full(known(a_request(), created(), assigned(), moved("resolved", message="Onarıldı")))
    state = later.give_feedback(state, context(5), rating=2, words=WORDS).state
    state = later.request_reopening(state, context(6), reason="other", words=WORDS).state
    erased = erase(state, context(9)).state
    assert WORDS in repr(state)
    assert WORDS not in repr(erased)
    assert (erased.contact, erased.phone, erased.attachments) == (None, None, ())
    kept = {field.name for field in fields(Request)} - {
        *("text", "address", "answers", "contact", "phone", "attachments", "remarks"),
        *("erased", "withdrawn", "updates", "changed"),
    }
    assert {name for name in kept if getattr(erased, name) != getattr(state, name)} == set()
    assert [one.message for one in erased.updates if one.kind == "status"] == ["Onarıldı"]


def test_an_open_one_is_withdrawn_and_a_closed_one_stays_as_it_was() -> None:
    change = erase(full(a_request()), context(9))
    assert [type(event) for event in change.events] == [RequestWithdrawn, RequestTextErased]
    assert change.state.withdrawn
    closed = full(known(a_request(), created(), assigned(), moved("resolved", message="Evet")))
    change = erase(closed, context(9))
    assert [type(event) for event in change.events] == [RequestTextErased]
    assert (change.state.withdrawn, change.state.progress) == (False, closed.progress)
    gone = full(withdrawn(a_request()).state)
    assert [type(event) for event in erase(gone, context(9)).events] == [RequestTextErased]


def test_it_is_done_once_and_nothing_can_be_added_afterwards() -> None:
    resolved = known(a_request(), created(), assigned(), moved("resolved", message="Evet"))
    state = erase(full(resolved), context(9)).state
    again = erase(state, context(10))
    assert (again.state, again.events) == (state, ())
    for rule, told in (
        (amend, {"text": "Başka"}),
        (withdraw, {"reason": "other"}),
        (later.comment, {"words": "Bir söz"}),
        (later.give_feedback, {"rating": 1, "words": "Kötü"}),
        (later.claim, {"citizen": "ayse", "citizen_ref": "x"}),
    ):
        with pytest.raises(Refused) as caught:
            rule(state, context(11), **told)  # type: ignore[operator]
        assert caught.value.slug == "request-erased"
    assert not state.public
