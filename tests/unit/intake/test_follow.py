from __future__ import annotations

from itertools import permutations, product
from typing import get_args

import pytest

from libs.events import CLOSED_STATUSES, Event, TaskStatus
from libs.events import EVENTS as ALL
from libs.text.meanings import WORDS
from services.intake.answers import public_part, whole
from services.intake.consumers import RULES, TOPICS
from services.intake.request import Request

from .scenarios import (
    OTHER_ID,
    PARKS,
    POTHOLE,
    ROADS,
    TREE,
    a_request,
    amended,
    assigned,
    at,
    context,
    created,
    heard,
    known,
    merged,
    moved,
    read_by_all,
    recategorised,
    routed,
    said,
    shown,
    taken_back,
    unroutable,
    withdrawn,
)

STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)

EVENTS: dict[str, Event] = {
    "routed": routed(),
    "unroutable": unroutable(),
    "created": created(),
    "handed to a department": assigned(),
    "said": said("Geliyoruz"),
    "noted": said(None, public=False),
    "not opened again": said("Yerinde bakıldı", declines=True),
    "another category": recategorised(),
    "joined to another": merged("into"),
    "another joined to it": merged("from"),
    "hidden": shown(False),
    "shown": shown(True),
    "read by all": read_by_all(),
    "taken back": taken_back(),
    **{status: moved(status) for status in STATUSES},
}

STATES: dict[str, Request | None] = {
    "none": None,
    "submitted": a_request(),
    "amended": amended(a_request(), text="Başka bir söz").state,
    "withdrawn": withdrawn(a_request()).state,
    "routed": known(a_request(), routed()),
    "created": known(a_request(), created()),
    "at a department": known(a_request(), created(), assigned()),
    "at a department and withdrawn": withdrawn(known(a_request(), created(), assigned())).state,
    **{status: known(a_request(), created(), moved(status)) for status in STATUSES},
}


def test_every_event_of_its_topics_has_a_rule() -> None:
    assert {type(event) for event in EVENTS.values()} == set(RULES)
    heard_of = {event for event in ALL.values() if event.topic in TOPICS}
    assert heard_of == set(RULES)


@pytest.mark.parametrize(("state", "event"), list(product(STATES, EVENTS)))
def test_every_event_is_heard_in_every_state_and_nothing_is_told(state: str, event: str) -> None:
    before = STATES[state]
    told = EVENTS[event]
    change = RULES[type(told)](before, told, context(6, told))
    assert change.events == ()
    if before is None:
        assert change.state is None
        return
    assert isinstance(change.state, Request)
    assert change.state.text == before.text
    assert change.state.updates[: len(before.updates)] == before.updates
    assert whole(change.state).status_text == WORDS[public_part(change.state).status]


def test_a_request_knows_what_it_was_joined_to_and_whether_the_public_may_see_it() -> None:
    into = known(a_request(), created(), merged("into"), shown(False))
    assert (into.progress.joined_to, into.progress.public) == ("9C2VK7NB4", False)
    other = known(a_request(), created(), merged("from"))
    assert (other.progress.joined_to, other.progress.public) == (None, True)
    assert (into.joined, other.joined) == ((), (OTHER_ID,))
    assert known(other, merged("from")).joined == (OTHER_ID,)


def test_one_that_is_worked_on_by_itself_again_is_joined_to_nothing() -> None:
    into = known(a_request(), created(), merged("into"), moved("duplicate"))
    assert into.progress.joined_to == "9C2VK7NB4"
    assert known(into, moved("reopened")).progress.joined_to is None


@pytest.mark.parametrize("status", STATUSES)
def test_the_citizen_reads_the_municipalitys_status_in_words(status: TaskStatus) -> None:
    seen = public_part(known(a_request(), created(), assigned(), moved(status)))
    assert (seen.status, seen.status_text) == (status, WORDS[status])
    assert seen.open == (status not in CLOSED_STATUSES)
    assert (seen.closed_at is None) == seen.open


def test_every_status_has_words_in_both_languages_of_its_own() -> None:
    assert set(WORDS) == set(STATUSES)
    assert len({words.tr for words in WORDS.values()}) == len(STATUSES)
    assert len({words.en for words in WORDS.values()}) == len(STATUSES)


def test_once_there_is_an_assignment_routing_no_longer_counts() -> None:
    state = known(a_request(), created(), assigned(PARKS), routed(ROADS))
    assert state.progress.department == PARKS.names
    assert public_part(state).category == TREE
    early = known(a_request(), created(), routed(ROADS))
    assert early.progress.department == ROADS.names
    assert public_part(early).category == POTHOLE


def test_the_order_between_the_two_topics_does_not_matter_in_the_end() -> None:
    """Routing's one event before, between or after crm's three, which keep their order."""
    tasks = (created(), assigned(PARKS), moved("in_progress"))
    ends = []
    for place in range(len(tasks) + 1):
        events = (*tasks[:place], routed(ROADS), *tasks[place:])
        seen = public_part(known(a_request(), *events))
        ends.append(seen.model_dump(exclude={"as_of"}))
    assert all(end == ends[0] for end in ends)


def test_a_promise_stays_where_a_later_event_names_none() -> None:
    state = known(a_request(), created(), assigned(), moved("in_progress"))
    assert public_part(state).due_at == at(1440)
    later = known(state, moved("assigned", due_at=at(2000)))
    assert public_part(later).due_at == at(2000)


def test_messages_reach_the_citizen_and_internal_notes_do_not() -> None:
    state = known(a_request(), created(), said("Yarın geliyoruz"))
    noted = heard(state, said("Komşusu şikâyetçi", public=False))
    assert noted is state
    answered = known(state, moved("resolved", message="Onarıldı"))
    shown = whole(answered).updates
    assert [(one.kind, one.message) for one in shown] == [
        ("received", None),
        ("message", "Yarın geliyoruz"),
        ("status", "Onarıldı"),
    ]


def test_what_anybody_may_know_has_none_of_the_words() -> None:
    state = known(a_request(), created(), said("Gizli söz"), moved("resolved", message="Onarıldı"))
    seen = public_part(state).model_dump_json()
    for secret in ("çukur", "Aktepe 12", "Gizli", "Onarıldı", "39.98"):
        assert secret not in seen


def test_a_withdrawal_is_seen_at_once_and_until_the_municipality_answers() -> None:
    state = withdrawn(known(a_request(), created(), assigned())).state
    assert public_part(state).status == "withdrawn"
    crossing = known(state, moved("in_progress"))
    assert public_part(crossing).status == "withdrawn"
    closed = known(crossing, moved("withdrawn", minutes=7))
    assert (public_part(closed).status, public_part(closed).closed_at) == ("withdrawn", at(7))


@pytest.mark.parametrize("status", CLOSED_STATUSES)
def test_a_closing_that_crossed_with_the_withdrawal_counts(status: TaskStatus) -> None:
    """crm keeps what it had closed; to it the withdrawal is a note, of which nobody tells."""
    state = known(withdrawn(a_request()).state, moved(status))
    assert public_part(state).status == status
    assert not public_part(state).open


def test_a_withdrawn_request_that_is_reopened_is_open_again() -> None:
    state = known(withdrawn(a_request()).state, moved("withdrawn"), moved("reopened"))
    assert (public_part(state).status, public_part(state).open) == ("reopened", True)
    assert public_part(state).closed_at is None


def test_what_is_known_is_never_as_of_an_earlier_time_than_before() -> None:
    """The topics have no order against each other, so an older event may be heard later."""
    for events in permutations((routed(), created(), assigned(), said("Söz"))):
        state = a_request()
        newest = at(0)
        for told, minutes in zip(events, (9, 3, 7, 5), strict=True):
            state = known(state, told, minutes=minutes)
            newest = max(newest, at(minutes))
            assert public_part(state).as_of == newest
