from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import (
    History,
    Neighbourhood,
    Point,
    RequestAmended,
    RequestSubmitted,
    RequestText,
    RequestWithdrawn,
)
from libs.runtime.rule import Refused
from services.intake import request as rules
from services.intake.request import MOST_UPDATES, Contact

from .scenarios import (
    ID,
    NOW,
    POTHOLE,
    TREE,
    a_request,
    amended,
    at,
    context,
    draft,
    known,
    moved,
    submitted,
    withdrawn,
)

ELSEWHERE = Point(lat=39.9, lon=32.8)


def test_a_submission_tells_the_request_and_its_words_apart() -> None:
    told, words = submitted(answers={"size": "plate"}, category=POTHOLE).events
    assert isinstance(told, RequestSubmitted)
    assert (told.tenant, told.tracking_number, told.category) == ("kecioren", "7F3K9QHXM", POTHOLE)
    assert (told.occurred_at, told.history) == (NOW, None)
    assert words == RequestText(
        text="Yolda çukur var", address="Aktepe 12", answers={"size": "plate"}
    )


def test_a_submission_keeps_the_citizen_out_of_its_event() -> None:
    contact = Contact(name="Zeynep Gizli", phone="0500 111 22 33", email="gizli@example.org")
    told, words = submitted(contact=contact, citizen="demo-zeynep", citizen_ref="f00").events
    for event in (told, words):
        for secret in ("Gizli", "0500", "gizli", "demo-zeynep"):
            assert secret not in event.model_dump_json()
    assert "çukur" not in told.model_dump_json()
    assert isinstance(told, RequestSubmitted)
    assert told.citizen_ref == "f00"


def test_a_submission_answers_what_a_retry_must_hear_again() -> None:
    change = rules.submit(draft(), at(60), None, context())
    assert change.answer == {
        "id": ID,
        "tracking_number": "7F3K9QHXM",
        "tenant": "kecioren",
        "neighbourhood": "Aktepe",
        "submitted_at": NOW,
        "usually_by": at(60),
    }
    assert [(update.kind, update.at) for update in change.state.updates] == [("received", NOW)]


def test_an_old_request_keeps_its_own_times() -> None:
    history = History(source="old", source_number="1", opened_at=at(-900), status="resolved")
    change = submitted(history=history)
    told = change.events[0]
    assert isinstance(told, RequestSubmitted)
    assert (told.occurred_at, told.history) == (at(-900), history)
    assert change.state.updates[0].at == at(-900)


def test_an_id_is_used_once() -> None:
    with pytest.raises(Refused, match="request-exists"):
        rules.submit(draft(), None, a_request(), context())


def test_an_amendment_tells_what_was_corrected_and_nothing_else() -> None:
    change = amended(a_request(), category=TREE)
    assert change.events == (RequestAmended(occurred_at=at(5), category=TREE),)
    assert change.state.category == TREE
    assert change.state.text == "Yolda çukur var"
    assert change.state.updates[-1].kind == "amended"


@pytest.mark.parametrize("changes", [{"text": "Ağaç devrildi"}, {"address": "Ovacık 1"}])
def test_corrected_words_travel_whole_on_their_own_topic(changes: dict[str, Any]) -> None:
    told, words = amended(a_request(), **changes).events
    assert told == RequestAmended(occurred_at=at(5), text_changed=True)
    edition = 2 if "text" in changes else 1
    known_words = {"text": "Yolda çukur var", "address": "Aktepe 12", "edition": edition} | changes
    assert words == RequestText.model_validate(known_words)


def test_an_address_is_taken_away_by_an_empty_one() -> None:
    change = amended(a_request(), address="")
    assert change.state.address is None
    assert isinstance(change.events[1], RequestText)
    assert change.events[1].address is None
    assert amended(change.state, address="").events == ()


def test_a_point_brings_its_neighbourhood_or_none() -> None:
    there = Neighbourhood(code="ovacik", name="Ovacık")
    moved_there = amended(a_request(), point=ELSEWHERE, neighbourhood=there)
    assert moved_there.state.neighbourhood == there
    assert amended(moved_there.state, point=Point(lat=39, lon=32)).state.neighbourhood is None
    assert amended(moved_there.state, text="Başka bir söz").state.neighbourhood == there


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"text": "Yolda çukur var"},
        {"request_type": "complaint", "address": "Aktepe 12"},
    ],
)
def test_an_amendment_that_changes_nothing_tells_nothing(changes: dict[str, Any]) -> None:
    state = a_request()
    change = amended(state, **changes)
    assert change.state is state
    assert change.events == ()


def test_a_withdrawal_is_told_once_and_closes() -> None:
    change = withdrawn(a_request())
    assert change.events == (RequestWithdrawn(occurred_at=at(5), reason="solved"),)
    assert change.state.closed
    with pytest.raises(Refused, match="request-closed"):
        withdrawn(change.state)
    with pytest.raises(Refused, match="request-closed"):
        amended(change.state, text="Vazgeçtim")


def test_what_the_municipality_has_closed_is_not_changed_any_more() -> None:
    state = known(a_request(), moved("resolved"))
    for attempt in (withdrawn, amended):
        with pytest.raises(Refused, match="request-closed") as refused:
            attempt(state)
        assert refused.value.status == 409


def test_what_the_municipality_reopened_can_be_changed_again() -> None:
    state = known(a_request(), moved("resolved"), moved("reopened"))
    assert amended(state, text="Yine bozuldu").state.text == "Yine bozuldu"


def test_what_is_not_there_cannot_be_changed() -> None:
    for attempt in (rules.amend, partial(rules.withdraw, reason="other")):
        with pytest.raises(Refused, match="request-unknown") as refused:
            attempt(None, context())
        assert refused.value.status == 404


def test_a_request_cannot_be_changed_without_end() -> None:
    state = a_request()
    for number in range(MOST_UPDATES - 1):
        state = amended(state, text=f"Söz {number}").state
    with pytest.raises(Refused, match="request-full"):
        amended(state, text="Bir söz daha")
    assert withdrawn(state).state.closed


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "request_type": st.sampled_from(("request", "complaint")),
            "category": st.sampled_from((POTHOLE, TREE)),
            "text": st.sampled_from(("Yolda çukur var", "Başka")),
            "address": st.sampled_from(("Aktepe 12", "Ovacık")),
            "point": st.sampled_from((ELSEWHERE, Point(lat=39.98, lon=32.86))),
        },
    )
)
def test_words_are_told_exactly_when_they_changed(changes: dict[str, Any]) -> None:
    state = a_request()
    change = amended(state, **changes)
    words = [event for event in change.events if isinstance(event, RequestText)]
    told = [event for event in change.events if isinstance(event, RequestAmended)]
    changed = (change.state.text, change.state.address) != (state.text, state.address)
    assert bool(words) == changed
    assert [event.text_changed for event in told] in ([], [changed])
    assert bool(told) == (change.state != state)
