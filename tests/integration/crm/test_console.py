"""What the console does beyond single tasks' usual work, over HTTP on a real store."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from libs.events import RequestReopenRequested, RequestSupported
from libs.runtime import commands
from libs.runtime.commit import Commit
from libs.runtime.unit import Unit
from tests.integration.crm.conftest import Town
from tests.unit.crm.scenarios import at


async def _version(town: Town, id: str) -> int:
    return int((await town.get(f"/{id}")).json()["version"])


async def _read(town: Town, id: str) -> Any:
    return (await town.get(f"/{id}")).json()


def _told(done: Any) -> list[Any]:
    """What became of each, but for what trying it cannot know."""
    return [(one["id"], one["ok"], one["slug"], one["reason"]) for one in done["outcomes"]]


async def test_merging_changes_both_or_neither_and_can_be_undone(town: Town) -> None:
    one = await town.has_a_task(tracking="7F3K9QHX1")
    two = await town.has_a_task(tracking="7F3K9QHX2")
    await town.hears(one, RequestSupported(occurred_at=at(3), voices=4))
    stale = await town.post(f"{one}/merge", {"into": two, "version": 1})
    assert stale.status_code == 409
    assert (await _read(town, two))["joined"] == []
    done = await town.post(f"{one}/merge", {"into": "7f3k-9qhx-2"}, If_Match="*")
    assert (done.status_code, done.json()["status"]) == (200, "duplicate")
    kept = await _read(town, two)
    assert (kept["voices"], [other["id"] for other in kept["joined"]]) == (5, [one])
    again = await town.post(f"{one}/merge", {"into": two}, If_Match="*")
    assert again.status_code == 409
    back = {"status": "reopened", "reason": "mistake", "version": await _version(town, one)}
    assert (await town.post(f"{one}/status", back)).json()["duplicate_of"] is None
    assert (await _read(town, two))["voices"] == 0


async def test_many_that_are_reopened_take_their_voices_back(town: Town) -> None:
    one, two, kept = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(3)]
    for id in (one, two):
        await town.post(f"{id}/merge", {"into": kept}, If_Match="*")
    assert (await _read(town, kept))["voices"] == 2
    wish = {"ids": [one, two], "status": {"status": "reopened", "reason": "mistake"}}
    tried = (await town.post("bulk", wish | {"dry_run": True})).json()
    assert (tried["done"], (await _read(town, kept))["voices"]) == (2, 2)
    for _ in range(2):
        done = (await town.post("bulk", wish, Idempotency_Key="k")).json()
        assert (done["done"], done["refused"]) == (2, 0)
    left = await _read(town, kept)
    assert (left["voices"], left["joined"]) == (0, [])
    assert [entry["kind"] for entry in left["history"]].count("parted") == 2
    assert [(await _read(town, id))["duplicate_of"] for id in (one, two)] == [None, None]


async def test_many_duplicates_are_merged_and_their_voices_counted(town: Town) -> None:
    one, two, kept = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(3)]
    await town.hears(one, RequestSupported(occurred_at=at(3), voices=4))
    told = {"status": "duplicate", "duplicate_of": "7F3K-9QHX-2", "message": "İkisi aynı"}
    wish = {"ids": [one, two, kept], "status": told}
    tried = (await town.post("bulk", wish | {"dry_run": True})).json()
    done = (await town.post("bulk", wish)).json()
    assert _told(tried) == _told(done)
    assert [outcome["slug"] for outcome in done["outcomes"]] == [None, None, "status-incomplete"]
    left = await _read(town, kept)
    assert (left["status"], left["voices"]) == ("assigned", 6)
    assert [other["id"] for other in left["joined"]] == [one, two]
    assert (await _read(town, one))["history"][-1]["message"] == "İkisi aynı"


async def test_a_reopening_that_comes_again_is_done_once(town: Town) -> None:
    one, kept = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(2)]
    merged = await town.post(f"{one}/merge", {"into": kept}, If_Match="*")
    back = {"status": "reopened", "reason": "mistake", "version": merged.json()["version"]}
    first = await town.post(f"{one}/status", back, Idempotency_Key="k")
    again = await town.post(f"{one}/status", back, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (200, 200)


async def test_another_tenants_task_is_merged_with_nothing(town: Town) -> None:
    own = await town.has_a_task(tracking="7F3K9QHX1")
    other = await town.has_a_task(tracking="7F3K9QHX2", tenant="altindag")
    refused = await town.post(f"{own}/merge", {"into": other}, If_Match="*")
    assert refused.status_code == 422
    assert (await _read(town, own))["status"] == "assigned"


async def test_a_category_is_looked_at_before_it_is_changed(town: Town) -> None:
    id = await town.has_a_task()
    before = await _read(town, id)
    seen = (await town.get(f"/{id}/category", category="tree")).json()
    assert (seen["department"], seen["department_changes"], seen["sla_minutes"]) == (
        "PARK",
        True,
        480,
    )
    assert await _read(town, id) == before
    body = {"category": "tree", "version": before["version"]}
    done = (await town.post(f"{id}/category", body)).json()
    assert (done["category"]["code"], done["department"]["code"]) == ("tree", "PARK")
    assert done["due_at"] == seen["due_at"]


async def test_many_are_tried_first_and_each_has_its_outcome(town: Town) -> None:
    ids = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(4)]
    gone = {"status": "cancelled", "reason": "test"}
    await town.post(f"{ids[0]}/status", gone, If_Match="*")
    wish: dict[str, Any] = {"ids": [*ids, "nobody"], "assign": {"department": "PARK"}}
    tried = (await town.post("bulk", wish | {"dry_run": True})).json()
    assert (tried["done"], tried["refused"]) == (3, 2)
    assert (await _read(town, ids[1]))["department"]["code"] == "FEN"
    done = (await town.post("bulk", wish)).json()
    assert [one["ok"] for one in done["outcomes"]] == [False, True, True, True, False]
    assert [one["slug"] for one in done["outcomes"] if not one["ok"]] == [
        "task-already-closed",
        "task-not-found",
    ]
    assert (await _read(town, ids[1]))["department"]["code"] == "PARK"
    assert done["outcomes"][0]["reason"] == "The task is closed; reopen it first."
    read = (await town.post("bulk", wish, Cookie="sokak_language=tr")).json()
    assert read["outcomes"][0]["slug"] == "task-already-closed"
    assert read["outcomes"][0]["reason"] == "Görev kapalı; önce yeniden açın."


async def test_five_hundred_are_done_and_no_more(town: Town) -> None:
    id = await town.has_a_task()
    note = {"comment": {"message": "Hepsine", "public": False}}
    many = [f"none-{n}" for n in range(499)]
    done = (await town.post("bulk", {"ids": [id, *many], **note})).json()
    assert (done["done"], done["refused"]) == (1, 499)
    assert (await town.post("bulk", {"ids": [id, *many, "x"], **note})).status_code == 422
    assert (await town.post("bulk", {"ids": [id]})).status_code == 422
    assert (await town.post("bulk", {"ids": [id], **note}, role="auditor")).status_code == 403


async def _notes(town: Town, ids: list[str]) -> list[int]:
    """How many notes each task has."""
    tasks = [await _read(town, id) for id in ids]
    return [sum(entry["kind"] == "commented" for entry in task["history"]) for task in tasks]


async def test_many_that_come_again_are_done_once(town: Town) -> None:
    ids = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(3)]
    wish = {"ids": [*ids, "nobody"], "comment": {"message": "Hepsine", "public": False}}
    first = await town.post("bulk", wish, Idempotency_Key="k")
    again = await town.post("bulk", wish, Idempotency_Key="k")
    assert first.json() == again.json()
    assert (first.json()["done"], await _notes(town, ids)) == (3, [1, 1, 1])
    await town.post("bulk", wish, Idempotency_Key="another")
    assert await _notes(town, ids) == [2, 2, 2]


async def test_a_key_of_many_is_good_for_nothing_else(town: Town) -> None:
    ids = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(2)]
    note = {"message": "Hepsine", "public": False}
    await town.post("bulk", {"ids": ids[:1], "comment": note}, Idempotency_Key="k")
    others: list[tuple[str, dict[str, Any]]] = [
        ("bulk", {"ids": ids[1:], "comment": note}),
        ("bulk", {"ids": ids[:1], "comment": note | {"message": "Başka"}}),
        ("bulk", {"ids": ids[:1], "assign": {"department": "PARK"}}),
        (f"{ids[1]}/comments", note),
    ]
    for path, body in others:
        refused = await town.post(path, body, Idempotency_Key="k")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
            422,
            "idempotency-key-reused",
        )
    assert await _notes(town, ids) == [1, 0]


async def test_many_that_stopped_half_way_are_finished_by_a_repeat(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(4)]
    wish = {"ids": ids, "comment": {"message": "Hepsine", "public": False}}
    commit, left = Commit.__call__, [1]

    async def then_away(self: Commit, unit: Unit) -> None:
        if not left:
            raise AutoReconnect("gone")
        left.pop()
        await commit(self, unit)

    monkeypatch.setattr(commands, "TOGETHER", 2)
    with monkeypatch.context() as away:
        away.setattr(commands, "GIVE_UP_AFTER", 1.0)
        away.setattr(Commit, "__call__", then_away)
        stopped = await town.post("bulk", wish, Idempotency_Key="k")
    assert stopped.status_code == 503
    assert sorted(await _notes(town, ids)) == [0, 0, 1, 1]
    again = await town.post("bulk", wish, Idempotency_Key="k")
    assert again.json()["done"] == 4
    assert await _notes(town, ids) == [1, 1, 1, 1]


async def test_a_wish_to_reopen_is_granted_or_answered(town: Town) -> None:
    id = await town.has_a_task()
    done = {"status": "resolved", "message": "Yapıldı"}
    await town.post(f"{id}/status", done, If_Match="*")
    none = await town.post(f"{id}/decline-reopening", {"message": "Yok"}, If_Match="*")
    assert none.status_code == 409
    await town.hears(id, RequestReopenRequested(occurred_at=at(60)))
    assert (await _read(town, id))["reopen_asked"] is True
    told = await town.post(f"{id}/decline-reopening", {"message": "Bakıldı"}, If_Match="*")
    assert (told.status_code, told.json()["reopen_asked"]) == (200, False)
    assert told.json()["history"][-1]["message"] == "Bakıldı"


async def test_what_is_hidden_says_so(town: Town) -> None:
    id = await town.has_a_task()
    body = {"public": False, "reason": "personal_data"}
    assert (await town.post(f"{id}/visibility", body, If_Match="*")).json()["public"] is False


async def test_open_tasks_close_by_are_found(town: Town) -> None:
    id = await town.has_a_task()
    found = (await town.get("/near", lat=39.9801, lon=32.8601)).json()
    assert [one["task"]["id"] for one in found] == [id]
    assert found[0]["metres"] < 20
    assert (await town.get("/near", lat=39.99, lon=32.87)).json() == []


def _back(outcome: Any) -> Any:
    was = {name: outcome["was"][name] for name in ("department", "team", "operator")}
    return {"id": outcome["id"], "version": outcome["version"], "assign": was}


async def test_many_are_taken_back_but_for_what_somebody_else_has_changed(town: Town) -> None:
    one, two, three = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(3)]
    before = {id: await _read(town, id) for id in (one, two, three)}
    wish = {"ids": [one, two, three], "assign": {"department": "PARK", "operator": "zeynep"}}
    done = (await town.post("bulk", wish)).json()
    told = [(o["version"], o["status"], o["was"]["department"]) for o in done["outcomes"]]
    assert told == [(before[id]["version"] + 1, "assigned", "FEN") for id in before]
    await town.post(f"{two}/comments", {"message": "Bende kalsın", "public": False})
    back = {"tasks": [_back(outcome) for outcome in done["outcomes"]]}
    for _ in range(2):  # a repeat with its key takes nothing back twice
        taken = (await town.post("bulk/each", back, Idempotency_Key="k")).json()
        assert (taken["done"], taken["refused"]) == (2, 1)
        assert [o["slug"] for o in taken["outcomes"]] == [None, "conflict", None]
    for id in (one, three):
        now = await _read(town, id)
        for field in ("department", "operator", "category", "status", "due_at"):
            assert now[field] == before[id][field]
        assert len(now["history"]) == len(before[id]["history"]) + 2
    assert (await _read(town, two))["operator"] == "zeynep"


async def test_many_are_brought_back_to_statuses_of_their_own(town: Town) -> None:
    one, two = [await town.has_a_task(tracking=f"7F3K9QHX{n}") for n in range(2)]
    await town.post(f"{two}/status", {"status": "in_progress"}, If_Match="*")
    wish = {"ids": [one, two], "status": {"status": "on_hold", "reason": "weather"}}
    outcomes = (await town.post("bulk", wish)).json()["outcomes"]
    assert [o["was"]["status"] for o in outcomes] == ["assigned", "in_progress"]
    tasks = [{k: o[k] for k in ("id", "version")} | {"status": "in_progress"} for o in outcomes]
    assert (await town.post("bulk/each", {"tasks": tasks})).json()["done"] == 2
    tasks = [{k: o[k] for k in ("id", "version")} | {"status": "resolved"} for o in outcomes]
    refused = (await town.post("bulk/each", {"tasks": tasks})).json()
    assert [o["slug"] for o in refused["outcomes"]] == ["conflict", "conflict"]


async def test_each_of_many_is_named_once_with_one_wish(town: Town) -> None:
    id = await town.has_a_task()
    one = {"id": id, "version": 1, "status": "in_progress"}
    both = one | {"assign": {"department": "FEN"}}
    for tasks in ([one, one], [{"id": id, "version": 1}], [both]):
        answer = await town.post("bulk/each", {"tasks": tasks})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "tasks")
    for tasks in ([], [{"id": id, "status": "in_progress"}], [one] * 501):
        assert (await town.post("bulk/each", {"tasks": tasks})).status_code == 422
