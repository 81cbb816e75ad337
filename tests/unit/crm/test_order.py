"""Topics have no order against each other: the task that comes of them is the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.events import (
    Event,
    Point,
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestRouted,
    RequestSubmitted,
    RequestSupported,
    RequestText,
    RequestTextErased,
    RequestUnroutable,
    RequestWithdrawn,
    TaskCreated,
)
from services.crm.status import OPEN
from services.crm.task import Task
from tests.unit.crm.scenarios import (
    at,
    category,
    department,
    imported,
    routed,
    routed_outside,
    submitted,
    told,
    words,
)

minutes = st.integers(0, 5000)
categories = st.sampled_from([category("pothole"), category("tree")])
statuses = st.sampled_from(["new", "in_progress", "awaiting_citizen", "resolved", "cancelled"])

submissions: st.SearchStrategy[RequestSubmitted] = st.one_of(
    st.builds(lambda wished: submitted(category=wished), st.none() | categories),
    st.builds(
        lambda status, whose, wished: imported(
            status=status, department=whose, closed_at=at(-100) if status not in OPEN else None
        ).model_copy(update={"category": wished}),
        statuses,
        st.sampled_from(["PARK", "NO_SUCH", None]),
        st.none() | categories,
    ),
)
amendments = st.builds(
    lambda when, wished, moved, answered: RequestAmended(
        occurred_at=at(when),
        category=wished,
        point=Point(lat=39.95, lon=32.85) if moved else None,
        answered=answered,
    ),
    minutes,
    st.none() | categories,
    st.booleans(),
    st.booleans(),
)
later: st.SearchStrategy[Event] = st.one_of(
    st.builds(lambda n: RequestSupported(occurred_at=at(9), voices=n), st.integers(1, 50)),
    st.builds(lambda n: RequestFeedbackGiven(occurred_at=at(9), rating=n), st.integers(1, 5)),
    st.builds(lambda n: RequestReopenRequested(occurred_at=at(n)), minutes),
    st.builds(
        lambda n: RequestAttachmentAdded(occurred_at=at(9), attachments=n), st.integers(1, 5)
    ),
)
withdrawals = st.builds(lambda when: RequestWithdrawn(occurred_at=at(when)), minutes)
routings: st.SearchStrategy[RequestRouted | RequestUnroutable] = st.one_of(
    st.builds(
        lambda when, what, whose: routed(when, category=what, department=whose, sla_minutes=480),
        minutes,
        categories,
        st.sampled_from([department("FEN"), department("PARK")]),
    ),
    st.builds(routed_outside, minutes),
    st.builds(lambda when: RequestUnroutable(occurred_at=at(when), reason="tenant_left"), minutes),
)
texts: st.SearchStrategy[RequestText | RequestTextErased] = st.one_of(
    st.builds(words, st.sampled_from(["Çukur", "Ağaç devrildi"])), st.just(RequestTextErased())
)


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """What happens to one request, in two orders; each topic's own order is kept."""
    requests: list[Event] = [draw(submissions), *draw(st.lists(amendments, max_size=2))]
    requests += draw(st.lists(withdrawals, max_size=1))
    requests += draw(st.lists(later, max_size=3))
    topics: list[list[Event]] = [
        requests,
        list(draw(st.lists(routings, max_size=3))),
        list(draw(st.lists(texts, max_size=2))),
    ]
    turns = [number for number, topic in enumerate(topics) for _ in topic]
    return _in_turn(topics, draw(st.permutations(turns))), _in_turn(
        topics, draw(st.permutations(turns))
    )


def _in_turn(topics: list[list[Event]], turns: list[int]) -> list[Event]:
    left = [iter(topic) for topic in topics]
    return [next(left[turn]) for turn in turns]


def _but_for_order(task: Task) -> Task:
    """Without the lines of history, which tell in which order things were heard."""
    return replace(task, history=())


@settings(max_examples=300, deadline=None)
@given(two_orders())
def test_every_order_of_arrival_ends_in_the_same_task(
    orders: tuple[list[Event], list[Event]],
) -> None:
    one, heard_one = told(*orders[0])
    other, heard_other = told(*orders[1])
    assert _but_for_order(one) == _but_for_order(other)
    for heard in (heard_one, heard_other):
        assert [type(event) for event in heard].count(TaskCreated) == 1
        assert isinstance(heard[0], TaskCreated)
