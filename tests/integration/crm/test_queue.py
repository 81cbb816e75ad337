"""The queue by what is due first, on a real store: nothing twice, nothing left out, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from libs.runtime.clock import new_id
from libs.runtime.mongo import connect
from libs.runtime.store import Held, Scoped
from services.crm.filter import Filter, Read, read
from services.crm.queries import Place
from services.crm.queue import is_late, named, near, places, rows, wanted_of
from services.crm.status import PAUSING
from services.crm.store import AGGREGATE
from services.crm.tally import Tally, tally
from services.crm.task import ReopenAsked
from tests.unit.crm.scenarios import TENANT, a_task_in, an_assigned_task

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
async def tasks(mongo: str, database: str) -> Scoped:
    """Two hundred tasks of one tenant, many of them due at the same moment, some never."""
    found = connect(mongo, f"{database}crm")
    await found["tasks"].create_indexes(list(AGGREGATE.indexes))
    rnd, documents = Random(3), []
    for number in range(200):
        kind = rnd.choice(["assigned", "in_progress", "awaiting_citizen", "resolved"])
        task = an_assigned_task() if kind == "assigned" else a_task_in(kind)  # type: ignore[arg-type]
        due = rnd.choice([None, *(NOW + timedelta(hours=h) for h in (-90, -1, 1, 3, 30, 300))])
        task = replace(
            task,
            tracking_number=f"7F3K9{number:04d}",
            due_at=due,
            operator=rnd.choice(["ayse", None]),
            category=None if number % 5 == 0 else task.category,
            reopen_asked=ReopenAsked(NOW, "not_solved") if number % 9 == 0 else None,
        )
        documents.append(Held(AGGREGATE, new_id(), version=1, state=task).document())
    await found["tasks"].insert_many(documents)
    return Scoped(found, "tasks", "kecioren")


async def _all(tasks: Scoped, filter: Filter, size: int = 7) -> list[Any]:
    asked = read(filter, TENANT)
    wanted = wanted_of(asked, "ayse", TENANT.unsorted_category, NOW)
    after: Place | None = None
    found: list[Any] = []
    while True:
        page = await rows(tasks, asked, wanted, NOW, size, after)
        assert len(page.documents) <= size
        found += page.documents
        if page.next is None:
            return found
        after = page.next


async def test_a_list_is_named_as_far_as_is_asked(tasks: Scoped) -> None:
    for filter in (Filter(), Filter(q="cukur"), Filter(status=("resolved",)), Filter(overdue=True)):
        every = await _all(tasks, filter)
        asked = read(filter, TENANT)
        wanted = wanted_of(asked, "ayse", TENANT.unsorted_category, NOW)
        for most in (500, 9):
            found = await named(tasks, asked, wanted, NOW, most, True)
            assert [one["_id"] for one in found] == [one["_id"] for one in every][:most]
            assert all(one["tracking_number"].startswith("7F3K9") for one in found)


async def test_one_callers_tasks_are_found_by_their_ids_open_or_not(tasks: Scoped) -> None:
    every = await tasks.find({}, limit=1000)
    theirs = [one["_id"] for one in every if one["tracking_number"][-1] == "3"][:12]
    asked = Filter(caller=(*theirs, "nobody’s"))
    found = await _all(tasks, asked, size=20)
    assert {one["_id"] for one in found} == set(theirs)
    assert len({one["open"] for one in found}) == 2
    away = Scoped(tasks._collection.database, "tasks", "mamak")
    assert await _all(away, asked, size=20) == []


async def _wanted(tasks: Scoped, **filter: Any) -> set[str]:
    every = await tasks.find({}, limit=1000)
    return {
        one["_id"] for one in every if all(one.get(name) == value for name, value in filter.items())
    }


@pytest.mark.parametrize(
    ("filter", "same"),
    [
        (Filter(), {"open": True}),
        (Filter(assignee="me"), {"open": True, "operator": "ayse"}),
        (Filter(assignee="none"), {"open": True, "operator": None}),
        (Filter(status=("in_progress",)), {"status": "in_progress"}),
        (Filter(q="durum:birimde"), {"status": "assigned"}),
        (Filter(status=("resolved",)), {"status": "resolved"}),
        (Filter(q="cukur"), {}),
        (Filter(q="AKTEPE"), {}),
    ],
)
async def test_pages_hold_everything_once(
    tasks: Scoped, filter: Filter, same: dict[str, Any]
) -> None:
    found = [one["_id"] for one in await _all(tasks, filter)]
    assert len(found) == len(set(found))
    assert set(found) == await _wanted(tasks, **same)


async def test_what_is_due_first_comes_first_then_what_stands_then_what_is_never_due(
    tasks: Scoped,
) -> None:
    for filter in (Filter(), Filter(assignee="me"), Filter(q="durum:birimde durum:yurttas")):
        found = await _all(tasks, filter)
        kinds = ["stands" if one["status"] in PAUSING else one["due_at"] for one in found]
        due = [kind for kind in kinds if isinstance(kind, datetime)]
        assert due == sorted(due)
        stands, never = kinds.count("stands"), kinds.count(None)
        assert kinds == [*due, *["stands"] * stands, *[None] * never]
        assert stands
        assert never


@pytest.mark.parametrize(
    "filter",
    [Filter(), Filter(assignee="none"), Filter(overdue=True), Filter(q="durum:yapiliyor")],
)
async def test_the_board_has_the_tasks_of_the_list(tasks: Scoped, filter: Filter) -> None:
    asked = read(filter, TENANT)
    every = await places(tasks, wanted_of(asked, "ayse", TENANT.unsorted_category, NOW), NOW)
    listed = await _all(tasks, filter)
    assert {one["_id"] for one in every} == {one["_id"] for one in listed}
    assert [one["due_at"] for one in every] == [one["due_at"] for one in listed]


async def test_a_clock_that_stands_is_neither_overdue_nor_soon(tasks: Scoped) -> None:
    late, soon = await _all(tasks, Filter(overdue=True)), await _all(tasks, Filter(soon=True))
    assert late
    assert soon
    for one in late:
        assert one["due_at"] < NOW
    for one in soon:
        assert NOW <= one["due_at"] < NOW + timedelta(hours=4)
    assert {one["status"] for one in late + soon} == {"assigned", "in_progress"}


@pytest.mark.parametrize(
    "filter",
    [
        Filter(q="cukur"),
        Filter(q="cukur", overdue=True),
        Filter(q="cukur", assignee="me"),
        Filter(q="cukur", assignee="none"),
        Filter(q="nirengi"),
    ],
)
async def test_the_board_of_a_search_has_every_open_task(tasks: Scoped, filter: Filter) -> None:
    asked = read(filter, TENANT)
    wanted = replace(wanted_of(asked, "ayse", TENANT.unsorted_category, NOW), statuses=("open",))
    every = await places(tasks, wanted, NOW)
    listed = [one for one in await _all(tasks, filter) if one["open"]]
    assert {one["_id"] for one in every} == {one["_id"] for one in listed}
    late = {one["_id"] for one in every if is_late(one, NOW)}
    assert late == {one["_id"] for one in await _all(tasks, Filter(overdue=True))} & {
        one["_id"] for one in every
    }


@pytest.mark.parametrize("fine", [True, False])
async def test_counts_are_those_of_the_lists(tasks: Scoped, fine: bool) -> None:
    unsorted = TENANT.unsorted_category
    counted: Tally = await tally(tasks, NOW, unsorted, fine)
    to_sort = Filter(category=unsorted)
    assert counted.count(category=unsorted) == len(await _all(tasks, to_sort))
    if fine:
        (one, *_) = await tasks.find({"open": True}, limit=1)
        code, hood = one["category"]["code"], one["neighbourhood"]["code"]
        listed = Filter(category=code, neighbourhood=hood)
        assert counted.count(category=code, neighbourhood=hood) == len(await _all(tasks, listed))
    assert counted.count() == len(await _all(tasks, Filter()))
    assert counted.count(operator="ayse") == len(await _all(tasks, Filter(assignee="me")))
    assert counted.count(when="late") == len(await _all(tasks, Filter(overdue=True)))
    assert counted.count(when="soon") == len(await _all(tasks, Filter(soon=True)))
    assert counted.reopen == len(await _all(tasks, Filter(reopen=True), size=1000))


async def test_a_number_finds_its_task_alone(tasks: Scoped) -> None:
    (known,) = [
        one for one in await tasks.find({}, limit=1000) if one["tracking_number"].endswith("0042")
    ]
    for words in ("#7F3K90042", "7f3k-9004-2"):
        asked = read(Filter(q=words), TENANT)
        found = await rows(tasks, asked, wanted_of(asked, "a", "u", NOW), NOW, 50, None)
        assert [one["_id"] for one in found.documents] == [known["_id"]]
    assert isinstance(asked, Read)


async def test_near_is_open_and_close_and_not_itself(tasks: Scoped) -> None:
    (task,) = await tasks.find({"open": True}, limit=1)
    found = await near(tasks, task)
    assert len(found) == 8
    assert task["_id"] not in {one["_id"] for one in found}
    away = {**task, "point": {"lat": 41.0, "lon": 29.0}}
    assert await near(tasks, away) == []
