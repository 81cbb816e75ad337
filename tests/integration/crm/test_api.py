"""Tasks over HTTP, on a real store; the tasks come of events, as they do in life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.events import RequestTextErased
from libs.runtime.clock import new_id
from tests.integration.crm.conftest import Town
from tests.unit.crm.scenarios import (
    MONDAY,
    category,
    department,
    routed,
    routed_outside,
    submitted,
    words,
)


async def test_a_task_tells_why_who_and_what_next(town: Town) -> None:
    id = await town.has_a_task()
    answer = await town.get(f"/{id}")
    task = answer.json()
    assert answer.headers["etag"] == f'"{task["version"]}"'
    assert (task["status"], task["tracking_number"]) == ("assigned", "7F3K-9QHX-M")
    assert task["department"]["code"] == "FEN"
    assert task["due_at"] == "2026-06-02T14:00:00Z"
    assert task["overdue"] == (task["due_at"] < town.service.now().isoformat())
    assert task["reasons"] == [{"tr": "“çukur” geçiyor", "en": "It says “çukur”"}]
    assert [entry["kind"] for entry in task["history"]] == ["created", "assigned"]
    assert "resolved" in [move["status"] for move in task["allowed"]]
    assert (task["text"], task["confidence"]) == ("Yolda ÇUKUR var", 0.8)


async def test_what_is_not_a_task_yet_is_not_seen(town: Town) -> None:
    id = new_id()
    await town.hears(id, words(), routed())
    assert (await town.get(f"/{id}")).status_code == 404
    assert await town.ids() == []
    await town.hears(id, submitted())
    assert await town.ids() == [id]


async def test_work_from_assignment_to_answer(town: Town) -> None:
    id = await town.has_a_task()
    version = (await town.get(f"/{id}")).json()["version"]
    given = await town.post(
        f"{id}/assign", {"department": "PARK", "operator": "mehmet", "version": version}
    )
    assert given.status_code == 200, given.text
    assert (given.json()["department"]["code"], given.json()["operator"]) == ("PARK", "mehmet")
    begun = await town.post(
        f"{id}/status", {"status": "in_progress"}, If_Match=given.headers["etag"]
    )
    assert begun.json()["status"] == "in_progress"
    told = await town.post(f"{id}/comments", {"message": "Yarın", "public": True})
    noted = await town.post(f"{id}/comments", {"message": "Not", "public": False})
    assert noted.json()["version"] == told.json()["version"] + 1
    done = await town.post(
        f"{id}/status",
        {"status": "resolved", "message": "Oldu", "version": noted.json()["version"]},
    )
    task = done.json()
    assert (task["status"], task["open"]) == ("resolved", False)
    assert [move["status"] for move in task["allowed"]] == ["reopened"]
    lines = [(entry["kind"], entry["by"]["id"], entry["message"]) for entry in task["history"][2:]]
    assert lines == [
        ("assigned", "ayse", None),
        ("status_changed", "ayse", None),
        ("commented", "ayse", "Yarın"),
        ("commented", "ayse", "Not"),
        ("status_changed", "ayse", "Oldu"),
    ]


async def test_who_saw_an_older_version_gets_the_current_state(town: Town) -> None:
    id = await town.has_a_task()
    seen = (await town.get(f"/{id}")).headers["etag"]
    first = await town.post(f"{id}/status", {"status": "in_progress"}, If_Match=seen)
    second = await town.post(f"{id}/assign", {"department": "PARK"}, If_Match=seen)
    assert second.status_code == 409
    assert second.json()["type"] == "/problems/conflict"
    assert second.json()["current"] == first.json()
    any_version = await town.post(f"{id}/assign", {"department": "PARK"}, If_Match="*")
    assert any_version.status_code == 200


async def test_a_version_must_be_given_and_be_one(town: Town) -> None:
    id = await town.has_a_task()
    path, body = f"{id}/status", {"status": "in_progress"}
    assert (await town.post(path, body)).status_code == 428
    assert (await town.post(path, body, If_Match="7")).status_code == 422
    assert (await town.post(path, body | {"version": 8}, If_Match='"7"')).status_code == 422


async def test_a_repeat_with_the_same_key_does_nothing_more(town: Town) -> None:
    id = await town.has_a_task()
    body = {"message": "Bir kez", "public": True}
    for _ in range(2):
        answer = await town.post(f"{id}/comments", body, Idempotency_Key="k1")
        assert answer.status_code == 200
    assert [entry["message"] for entry in answer.json()["history"]].count("Bir kez") == 1
    other = await town.post(f"{id}/comments", body | {"message": "x"}, Idempotency_Key="k1")
    assert other.status_code == 422


async def test_a_refusal_says_what_is_allowed(town: Town) -> None:
    id = await town.has_a_task()
    refused = await town.post(f"{id}/status", {"status": "reopened"}, If_Match="*")
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/transition-not-allowed"
    assert "in_progress" in refused.json()["allowed"]
    lacking = await town.post(f"{id}/status", {"status": "rejected"}, If_Match="*")
    assert lacking.status_code == 422
    assert [error["field"] for error in lacking.json()["errors"]] == ["reason", "message"]
    unknown = await town.post(f"{id}/assign", {"department": "FEN", "who": 1}, If_Match="*")
    assert unknown.status_code == 422


async def test_a_duplicate_names_another_task_of_the_tenant(town: Town) -> None:
    first, second = await town.has_a_task(), await town.has_a_task(tracking="AAAABBBBC")
    path = f"{second}/status"
    unknown = {"status": "duplicate", "duplicate_of": "ZZZZ-ZZZZ-Z"}
    assert (await town.post(path, unknown, If_Match="*")).status_code == 422
    known = {"status": "duplicate", "duplicate_of": "7f3k-9qhx-m"}
    done = await town.post(path, known, If_Match="*")
    assert (done.json()["status"], done.json()["duplicate_of"]) == ("duplicate", first)
    kinds = [entry["kind"] for entry in done.json()["history"]]
    assert kinds[-2:] == ["merged", "status_changed"]
    kept = (await town.get(f"/{first}")).json()
    assert (kept["voices"], [one["id"] for one in kept["joined"]]) == (1, [second])
    chain = {"status": "duplicate", "duplicate_of": second}
    assert (await town.post(f"{first}/status", chain, If_Match="*")).status_code == 422


async def test_a_duplicate_lacks_nothing_and_has_nothing_else(town: Town) -> None:
    first, second = await town.has_a_task(), await town.has_a_task(tracking="AAAABBBBC")
    for lacking in ({}, {"duplicate_of": second}, {"duplicate_of": first, "reason": "mistake"}):
        told = {"status": "duplicate"} | lacking
        refused = await town.post(f"{second}/status", told, If_Match="*")
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/status-incomplete"
    closed = {"status": "cancelled", "reason": "test"}
    await town.post(f"{first}/status", closed, If_Match="*")
    told = {"status": "duplicate", "duplicate_of": first}
    refused = await town.post(f"{second}/status", told, If_Match="*")
    assert refused.json()["type"] == "/problems/task-already-closed"
    assert (await town.get(f"/{second}")).json()["status"] == "assigned"


async def test_nobody_of_another_tenant_sees_or_changes_it(town: Town) -> None:
    id = await town.has_a_task()
    other = "mamak/operator"
    assert (await town.get(f"/{id}", role=other)).status_code == 404
    assert (await town.get(role=other)).json()["tasks"] == []
    assert (await town.get(text="7F3K9QHXM", role=other)).json()["tasks"] == []
    body = {"message": "m", "public": False}
    assert (await town.post(f"{id}/comments", body, role=other)).status_code == 404
    stale = {"department": "FEN", "version": 99}
    assert (await town.post(f"{id}/assign", stale, role=other)).status_code == 404
    assert (await town.get(tenant="kecioren", role=other)).status_code == 403


async def test_an_auditor_reads_and_changes_nothing(town: Town) -> None:
    id = await town.has_a_task()
    assert (await town.get(f"/{id}", role="auditor")).status_code == 200
    body = {"message": "m", "public": False}
    assert (await town.post(f"{id}/comments", body, role="auditor")).status_code == 403


async def test_each_filter_finds_its_own(town: Town) -> None:
    pothole = await town.has_a_task(occurred_at=MONDAY)
    tree = new_id()
    await town.hears(
        tree,
        submitted(
            tracking_number="AAAABBBBC",
            occurred_at=MONDAY - timedelta(hours=1),
            neighbourhood=None,
        ),
        words("Ağaç devrilmek üzere"),
        routed(category=category("tree"), department=department("PARK"), sla_minutes=400_000),
    )
    outside = new_id()
    await town.hears(
        outside,
        submitted(tracking_number="DDDDEEEEF", occurred_at=MONDAY - timedelta(days=3)),
        words("Su borusu patladı"),
        routed_outside(),
    )
    new = new_id()
    await town.hears(
        new, submitted(tracking_number="GGGGHHHHJ", occurred_at=MONDAY - timedelta(days=500))
    )
    await town.post(f"{tree}/assign", {"department": "PARK", "operator": "can"}, If_Match="*")
    await town.post(f"{pothole}/status", {"status": "resolved", "message": "Tamam"}, If_Match="*")
    assert await town.ids(limit=3) == [pothole, tree, outside]
    assert await town.ids(status=["open"]) == [tree, outside]
    assert await town.ids(status="closed") == [pothole]
    assert await town.ids(status=["assigned", "resolved"]) == [pothole, tree]
    assert await town.ids(department="PARK") == [tree]
    assert await town.ids(category="pothole") == [pothole, outside]
    assert await town.ids(operator="can") == [tree]
    assert await town.ids(neighbourhood="aktepe") == [pothole, outside]
    assert await town.ids(text="agac") == [tree]
    assert await town.ids(text="AĞAÇ üzere") == [tree]
    assert await town.ids(text="gac") == []
    assert await town.ids(overdue=True) == []
    since, until = MONDAY - timedelta(days=3), MONDAY
    found = await town.ids(**{"from": since.isoformat(), "to": until.isoformat()})
    assert found == [tree, outside]
    assert await town.ids(text="7f3k-9qhx-m", status="open", department="PARK") == [pothole]
    await town.hears(tree, RequestTextErased())
    assert await town.ids(text="agac") == []


async def test_what_is_late_is_listed_as_overdue(town: Town) -> None:
    late = await town.has_a_task(occurred_at=town.service.now() - timedelta(days=60))
    in_time = await town.has_a_task(occurred_at=town.service.now())
    assert await town.ids(overdue=True) == [late]
    assert set(await town.ids()) == {late, in_time}


async def test_pages_hold_every_task_once_newest_first(town: Town) -> None:
    """Crowds within a second, equal times, and gaps of years."""
    now = town.service.now()
    ages = [timedelta(milliseconds=n // 3) for n in range(30)]
    ages += [timedelta(hours=7 * n) for n in range(20)] + [
        timedelta(days=500 * n) for n in range(6)
    ]
    for n, age in enumerate(ages):
        await town.hears(new_id(), submitted(tracking_number=f"AAAA{n:05d}", occurred_at=now - age))
    seen: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    for _ in range(40):
        answer = (await town.get(limit=7, **cursor)).json()
        seen += [(task["opened_at"], task["id"]) for task in answer["tasks"]]
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert answer["next"] is None
    assert len(seen) == len(set(seen)) == len(ages)
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "params",
    [{"cursor": "x"}, {"limit": 0}, {"limit": 101}, {"status": "nope"}, {"from": "yesterday"},
     {"from": "2026-01-01T00:00:00"}, {"to": "0001-01-01T00:00:00+14:00"}, {"department": "a b"}],
)  # fmt: skip
async def test_what_a_list_cannot_be_asked(town: Town, params: dict[str, Any]) -> None:
    answer = await town.get(**params)
    assert answer.status_code == 422
    assert answer.json()["errors"]
