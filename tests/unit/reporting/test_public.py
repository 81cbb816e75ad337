"""What an outsider may know follows from the parts of a fact and the tenant's rules."""

from __future__ import annotations

import json
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.events import (
    Envelope,
    Event,
    RequestSubmitted,
    ServiceRequestChanged,
    ServiceRequestHidden,
    encode,
)
from libs.runtime.rule import replace
from libs.tenants import Tenant
from services.reporting.consumers import RULES
from services.reporting.fact import Fact
from services.reporting.public import Entry, Public, changed, follow, known, told
from tests.contract.documents import documents
from tests.contract.shapes import read, shape_files
from tests.unit.tenants.conftest import document

from .history import OPENED, Told, context, fact_of
from .history import follow as followed

TENANT = Tenant.checked(document())


def by(**publication: Any) -> Tenant:
    return Tenant.checked(document(publication=publication))


def state_of(story: Told, tenant: Tenant = TENANT) -> Public:
    state = told(known(fact_of(story)), tenant)
    assert state is not None
    return state


def test_the_order_between_topics_leaves_no_trace() -> None:
    story = Told().submitted("HOLE").created().routed(1).assigned(2, about="WATER")
    story.supported(3, 4).amended(4, place="ovacik").moved(5, "resolved").moved(6, "reopened")
    queues = [story.topic(name) for name in ("requests", "routing", "tasks")]
    states = set()
    for seed in range(20):
        dice, rest = random.Random(seed), [list(queue) for queue in queues]
        events = []
        while waiting := [queue for queue in rest if queue]:
            events.append(dice.choice(waiting).pop(0))
        state = told(known(followed(story.id, events)), TENANT)
        assert state is not None
        states.add((state, state.updated_at))
    assert len(states) == 1


def test_a_private_or_hidden_or_unheard_of_request_is_none_of_their_business() -> None:
    assert known(None) is None
    assert known(fact_of(Told().created())) is None
    assert known(fact_of(Told().submitted(private=True).created().shown(1, True))) is None
    assert known(fact_of(Told().submitted().created().shown(1, False))) is None
    assert known(fact_of(Told().submitted().created().shown(1, False).shown(2, True))) is not None
    assert told(known(fact_of(Told().submitted())), None) is None


def test_no_clock_that_is_ahead_makes_a_change_older_than_the_request() -> None:
    fact = fact_of(Told().submitted().created())
    assert fact is not None
    assert fact.request is not None
    ahead = replace(fact.request, opened_at=OPENED + timedelta(days=9))
    late = known(replace(fact, request=ahead))
    assert late is not None
    assert late.updated_at == late.opened_at


def test_a_withdrawn_request_stays_and_is_closed() -> None:
    state = state_of(Told().submitted().created().moved(3, "withdrawn"))
    event = changed(state, "kecioren")
    assert (event.status, event.status_detail) == ("closed", "withdrawn")
    assert event.closed_at == event.updated_at


def test_what_it_was_joined_to_is_told_until_it_is_worked_on_again() -> None:
    story = Told().submitted().created().joined(2, "9C2VK7NB4")
    assert state_of(story).merged_into == "9C2VK7NB4"
    assert state_of(Told().submitted().created().joined(2, "9C2VK7NB4", True)).merged_into is None
    again = state_of(story.moved(3, "reopened"))
    assert (again.merged_into, again.reopened, again.closed_at) == (None, True, None)
    assert state_of(story.moved(4, "duplicate")).merged_into is None


def test_rules_take_away_what_they_withhold() -> None:
    story = Told().submitted("HOLE").created().assigned(1, about="HOLE")
    state, less = state_of(story), state_of(story, by(department=False, due_at=False, grid_m=2000))
    assert state.department is not None
    assert state.due_at is not None
    assert (less.department, less.due_at) == (None, None)
    assert less.place != state.place
    assert told(known(fact_of(story)), by(withheld=["ROADS"])) is None
    assert told(known(fact_of(story)), by(published=False)) is None
    unsorted = Told().submitted()
    assert told(known(fact_of(unsorted)), by(withheld=["WATER"])) is None


def test_something_told_of_what_is_withheld_is_no_change() -> None:
    story = Told().submitted("HOLE").created().assigned(1, to="FEN", about="HOLE")
    rules = by(department=False)
    before = state_of(story, rules)
    assert state_of(story.assigned(9, to="PARK", about="HOLE"), rules) == before
    assert state_of(story) != before


def test_the_number_counts_what_was_told() -> None:
    entry, state = Entry("kecioren"), state_of(Told().submitted("HOLE"))
    entry, event = follow(entry, None, (1, 0), 1)
    assert (entry.number, event) == (0, None)
    entry, event = follow(entry, state, (1, 1), 1)
    assert isinstance(event, ServiceRequestChanged)
    entry, event = follow(entry, state, (1, 2), 1)
    assert (entry.number, event) == (1, None)
    entry, event = follow(entry, None, (1, 3), 1)
    assert isinstance(event, ServiceRequestHidden)
    assert (entry.number, entry.public) == (2, None)


@pytest.mark.parametrize(
    ("of", "generation", "later"),
    [
        ((2, 5), 1, False),
        ((2, 5), 3, False),
        ((3, 4), 1, False),
        ((2, 4), 2, True),
        ((1, 5), 3, True),
        ((2, 5), 2, False),
    ],
)
def test_an_entry_is_not_taken_back_by_who_is_behind(
    of: tuple[int, int], generation: int, later: bool
) -> None:
    entry = Entry("kecioren", number=1, of=(2, 5), generation=1)
    assert entry.tells_later(of, generation) is later
    assert Entry("kecioren", of=(2, 5), generation=2).tells_later((2, 5), 1) is True


EVENT_TYPES: list[type[Event]] = list(RULES)

WRITTEN = {type_: documents(read(shape_files(type_.type)[-1])) for type_ in EVENT_TYPES}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_told_can_be_published(data: st.DataObject) -> None:
    """A batch is committed with what becomes public of it: that must never fail."""
    id, state = str(uuid.uuid4()), None
    later = data.draw(st.lists(st.sampled_from(EVENT_TYPES), max_size=6))
    types: list[type[Event]] = [RequestSubmitted, *later]
    for type_ in types:
        raw = data.draw(WRITTEN[type_])
        event = type_.model_validate_json(json.dumps(raw))
        state = RULES[type_](state, event, context(id, event)).state
        assert isinstance(state, Fact)
        seen = told(known(state), by(grid_m=data.draw(st.integers(100, 10_000))))
        if seen is not None:
            public = changed(seen, state.tenant)
            envelope = Envelope(id, "/sokak/reporting", public.type, id, OPENED, 1, state.tenant)
            assert encode(public, envelope).value
