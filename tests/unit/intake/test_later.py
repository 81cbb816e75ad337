"""What citizens do later: each thing once, at its time, and told to the others."""

from __future__ import annotations

from typing import Any

import pytest

from libs.events import (
    Attachment,
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestSupported,
    RequestText,
    TaskStatus,
)
from libs.runtime.rule import Change, Refused
from services.intake import later
from services.intake.request import MOST_UPDATES, Request

from .scenarios import (
    a_request,
    amended,
    assigned,
    at,
    context,
    created,
    known,
    moved,
    said,
    withdrawn,
)


def supported(state: Request, by: str) -> Change[Request]:
    return later.support(state, context(5), by=by)


def resolved() -> Request:
    return known(a_request(), created(), assigned(), moved("resolved", message="Onarıldı"))


def asked() -> Request:
    return known(a_request(), created(), assigned(), moved("awaiting_citizen", message="Nerede?"))


def photo(name: str = "a") -> Attachment:
    return Attachment(id=name, media_type="image/jpeg", size=10)


def refused(rule: Any, state: Request | None, **told: Any) -> str:
    with pytest.raises(Refused) as caught:
        rule(state, context(9), **told)
    return caught.value.slug


def test_a_voice_counts_once_each() -> None:
    one = supported(a_request(), "ayse")
    assert [event.voices for event in one.events if isinstance(event, RequestSupported)] == [1]
    again = supported(one.state, "ayse")
    assert (again.events, again.state, again.answer) == ((), one.state, 1)
    two = supported(one.state, "mehmet")
    assert (two.answer, two.state.voices) == (2, 2)


def test_of_very_many_voices_all_are_counted_and_few_are_kept() -> None:
    state = a_request()
    for number in range(later.MOST_SUPPORTERS + 3):
        state = supported(state, str(number)).state
    assert state.voices == later.MOST_SUPPORTERS + 3
    assert len(state.supporters) == later.MOST_SUPPORTERS


def test_nobody_supports_what_is_closed() -> None:
    assert refused(later.support, resolved(), by="ayse") == "request-closed"
    assert refused(later.support, None, by="ayse") == "request-unknown"


def test_feedback_is_for_what_the_municipality_has_closed() -> None:
    for state in (a_request(), withdrawn(a_request()).state):
        assert refused(later.give_feedback, state, rating=4, words=None) == "request-still-open"


def test_a_later_judgement_replaces_the_first_and_keeps_its_words() -> None:
    first = later.give_feedback(resolved(), context(9), rating=2, words="Yine kırıldı")
    kinds = [type(event) for event in first.events]
    assert kinds == [RequestFeedbackGiven, RequestText]
    assert [one.kind for one in first.state.remarks] == ["feedback"]
    second = later.give_feedback(first.state, context(10), rating=5, words=None)
    assert second.state.rating == 5
    assert [type(event) for event in second.events] == [RequestFeedbackGiven]
    third = later.give_feedback(second.state, context(11), rating=5, words=None)
    assert (third.events, third.state) == ((), second.state)


def test_reopening_is_asked_once_until_the_municipality_has_moved() -> None:
    first = later.request_reopening(resolved(), context(9), reason="came_back", words="Yine")
    assert isinstance(first.events[0], RequestReopenRequested)
    again = later.request_reopening(first.state, context(10), reason="other", words=None)
    assert (again.events, again.state) == ((), first.state)
    moved_on = known(first.state, moved("reopened"), minutes=11)
    assert moved_on.reopen_requested_at is None
    assert refused(later.request_reopening, moved_on, reason="other", words=None) == (
        "request-still-open"
    )


def test_a_wish_that_was_declined_stands_no_longer_and_may_come_again() -> None:
    asked = later.request_reopening(resolved(), context(9), reason="came_back", words=None).state
    assert known(asked, said("Bakıyoruz"), minutes=10).reopen_requested_at == at(9)
    declined = known(asked, said("Yerinde bakıldı", declines=True), minutes=10)
    assert declined.reopen_requested_at is None
    assert declined.updates[-1].message == "Yerinde bakıldı"
    again = later.request_reopening(declined, context(11), reason="other", words=None)
    assert isinstance(again.events[0], RequestReopenRequested)


@pytest.mark.parametrize(
    ("status", "asked"), [("resolved", True), ("rejected", True), ("duplicate", False)]
)
def test_how_it_was_is_asked_of_what_was_not_joined_to_another(
    status: TaskStatus, asked: bool
) -> None:
    closed = known(a_request(), created(), moved(status))
    assert later.is_to_judge(closed) is asked
    assert later.is_answered(closed)


def test_a_question_is_answered_once() -> None:
    change = later.answer(asked(), context(9), words="Köşedeki bakkalın önünde")
    amendment, words = change.events
    assert isinstance(amendment, RequestAmended)
    assert amendment.answered
    assert isinstance(words, RequestText)
    assert [one.text for one in words.remarks] == ["Köşedeki bakkalın önünde"]
    assert not later.is_asked(change.state)
    assert refused(later.answer, change.state, words="Bir daha") == "nothing-asked"
    once_more = known(change.state, moved("in_progress"), moved("awaiting_citizen"), minutes=12)
    assert later.is_asked(once_more)


def test_nothing_is_answered_that_was_not_asked() -> None:
    assert refused(later.answer, a_request(), words="Merhaba") == "nothing-asked"


def test_photos_are_told_with_the_words_and_the_same_one_again_changes_nothing() -> None:
    one = later.attach(a_request(), context(1), attachment=photo())
    added, words = one.events
    assert isinstance(added, RequestAttachmentAdded)
    assert isinstance(words, RequestText)
    assert (added.attachments, words.attachments) == (1, (photo(),))
    again = later.attach(one.state, context(2), attachment=photo())
    assert (again.events, again.state) == ((), one.state)


def test_five_photos_are_enough_and_a_closed_request_takes_none() -> None:
    state = a_request()
    for name in "abcde":
        state = later.attach(state, context(1), attachment=photo(name)).state
    assert refused(later.attach, state, attachment=photo("f")) == "too-many-attachments"
    assert refused(later.attach, resolved(), attachment=photo()) == "request-closed"


def test_later_words_do_not_lose_the_earlier_ones() -> None:
    state = later.attach(a_request(), context(1), attachment=photo()).state
    change = amended(state, text="Başka bir söz")
    words = next(event for event in change.events if isinstance(event, RequestText))
    assert (words.text, words.attachments) == ("Başka bir söz", (photo(),))


def test_a_guests_request_is_claimed_by_one_account() -> None:
    mine = later.claim(a_request(), context(1), citizen="ayse", citizen_ref="r")
    assert (mine.state.citizen, mine.state.citizen_ref, mine.events) == ("ayse", "r", ())
    assert later.claim(mine.state, context(2), citizen="ayse", citizen_ref="r").state is mine.state
    taken = {"citizen": "mehmet", "citizen_ref": "s"}
    assert refused(later.claim, mine.state, **taken) == "request-claimed"


def test_an_account_that_is_full_takes_no_more() -> None:
    state = a_request()
    for number in range(MOST_UPDATES - 1):
        state = amended(state, text=f"Söz {number}").state
    assert refused(later.attach, state, attachment=photo()) == "request-full"
