"""What lists ask of the store, and how places in a list are written."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.runtime.rule import Refused
from services.crm.act import cursor_of, place_of
from services.crm.consumers import RULES, TOPICS, WHOLE
from services.crm.queries import Place, Wanted, matching, page, tracking_number
from services.crm.status import OPEN
from services.crm.store import AGGREGATE
from services.crm.task import Task
from tests.unit.crm.scenarios import a_task_in, after, an_assigned_task, at, imported, routed

NOW = at(0)


@pytest.mark.parametrize(
    ("wanted", "indexed", "rest"),
    [
        (Wanted(), {}, []),
        (Wanted(statuses=["open"]), {"open": True}, []),
        (Wanted(statuses=["closed"]), {"open": False}, []),
        (Wanted(statuses=["open", "closed"]), {}, []),
        (Wanted(statuses=["new"]), {"open": True}, [{"status": {"$in": ["new"]}}]),
        (
            Wanted(statuses=["resolved", "rejected"]),
            {"open": False},
            [{"status": {"$in": ["rejected", "resolved"]}}],
        ),
        (Wanted(statuses=["new", "resolved"]), {}, [{"status": {"$in": ["new", "resolved"]}}]),
        (Wanted(statuses=["open", "new"]), {"open": True}, []),
        (Wanted(department="FEN"), {}, [{"department.code": "FEN"}]),
        (Wanted(category="tree"), {}, [{"category.code": "tree"}]),
        (Wanted(neighbourhood="aktepe"), {}, [{"neighbourhood.code": "aktepe"}]),
        (Wanted(operator="ayse"), {}, [{"operator": "ayse"}]),
        (
            Wanted(text="ÇUKUR (yol"),
            {},
            [{"search": {"$regex": " cukur"}}, {"search": {"$regex": " yol"}}],
        ),
        (Wanted(text="?!"), {}, [{"_id": {"$in": []}}]),
    ],
)
def test_every_filter_becomes_a_predicate(
    wanted: Wanted, indexed: dict[str, Any], rest: list[dict[str, Any]]
) -> None:
    assert matching(wanted, NOW) == (indexed, rest)


class Quiet:
    """A tenant's tasks, none of them newer than the furthest that a page looks for."""

    def __init__(self) -> None:
        self.filters: list[dict[str, Any]] = []

    async def aggregate(self, _: object) -> list[dict[str, Any]]:
        """Nothing is found."""
        return []

    async def find_one(self, filter: dict[str, Any], **_: object) -> dict[str, Any]:
        """There is an older one."""
        self.filters.append(filter)
        return {"_id": "old"}


async def test_whether_a_queue_goes_on_is_not_looked_for_among_all_that_is_closed() -> None:
    tasks: Any = Quiet()
    found = await page(tasks, Wanted(statuses=["open"]), NOW, 50)
    assert found.next == Place(found.searched_to)
    assert [filter["open"] for filter in tasks.filters] == [True]


def test_what_is_overdue_is_open_and_its_clock_runs() -> None:
    wanted = Wanted(overdue=True, statuses=["closed", "new", "with_external"])
    assert matching(wanted, NOW) == (
        {"open": True},
        [{"status": {"$in": ["new"]}}, {"due_at": {"$lt": NOW}}],
    )
    _, (status, _) = matching(Wanted(overdue=True), NOW)
    assert set(status["status"]["$in"]) == OPEN - {"awaiting_citizen", "with_external"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7F3K-9QHX-M", "7F3K9QHXM"),
        ("7f3k9qhxm", "7F3K9QHXM"),
        (" 7f3k 9qhx m ", "7F3K9QHXM"),
        ("OF3K-9QHX-l", "0F3K9QHX1"),
        ("7F3K-9QHX", None),
        ("çukur var", None),
    ],
)
def test_a_tracking_number_is_known_however_it_is_written(text: str, number: str | None) -> None:
    assert tracking_number(text) == number


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from(["", "01997d2c-0000-7000-8000-000000000001"]),
)
def test_a_place_in_a_list_is_written_and_read_back(when: datetime, id: str) -> None:
    place = Place(when.replace(microsecond=when.microsecond // 1000 * 1000, tzinfo=UTC), id)
    assert place_of(cursor_of(place)) == place


def _written(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(st.text(max_size=40) | st.integers().map(lambda ms: _written(f"{ms}:x")))
@example(_written("9" * 15 + ":x"))
@example(_written("9" * 14 + ":x"))
def test_a_cursor_that_nobody_gave_is_refused_or_a_place(cursor: str) -> None:
    refusal: Refused | None = None
    try:
        assert isinstance(place_of(cursor), Place)
    except Refused as refused:
        refusal = refused
    assert refusal is None or (refusal.slug, refusal.status) == ("cursor-invalid", 422)


@pytest.mark.parametrize(
    "task",
    [Task(), after(routed()), an_assigned_task(), a_task_in("duplicate"), after(imported())],
)
def test_a_task_is_stored_and_read_back_whole(task: Task) -> None:
    document = AGGREGATE.adapter.dump_python(task)
    assert AGGREGATE.state_of({"_id": "x", "version": 1, **document}) == task
    assert not set(document) & {"_id", "id", "version", "seen", "sent", "stub", "commands"}


def test_every_event_comes_from_a_topic_that_is_heard() -> None:
    assert {event.topic for event in RULES} == set(TOPICS)
    assert set(TOPICS) > WHOLE
