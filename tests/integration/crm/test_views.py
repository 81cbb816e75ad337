"""What people set up over HTTP on a real store: views and keys, whose they are, who may share."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.integration.crm.conftest import Town

SAVED = {"name": "Gecikmiş yol", "query": "overdue=1&department=FEN&tenant=kecioren"}
KEPT = {"id": "v1", "name": "Gecikmiş yol", "query": "department=FEN&overdue=1"}


async def _ask(
    town: Town, method: str, path: str, who: str = "ayse", role: str = "operator", **sent: Any
) -> httpx.Response:
    groups = [f"{slug}/{role}" for slug in ("kecioren", "altindag")]
    claims = json.dumps({"sub": who, "groups": groups})
    headers = {"Authorization": f"Bearer {claims}"}
    params = {"tenant": sent.pop("tenant", "kecioren")}
    return await town.client.request(
        method, f"/api/tasks{path}", params=params, headers=headers, **sent
    )


async def _views(town: Town, **who: str) -> Any:
    answer = await _ask(town, "GET", "/views", **who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_view_is_its_persons_in_its_tenant(town: Town) -> None:
    put = await _ask(town, "PUT", "/views/v1", json=SAVED)
    assert (put.status_code, put.json()) == (200, [KEPT])
    assert await _views(town) == {"own": [KEPT], "shared": []}
    for who in ({"who": "mehmet"}, {"tenant": "altindag"}):
        assert await _views(town, **who) == {"own": [], "shared": []}
    assert (await _ask(town, "DELETE", "/views/v1", who="mehmet")).status_code == 404
    assert (await _ask(town, "DELETE", "/views/v1")).json() == []


async def test_only_who_leads_shares_and_everybody_sees(town: Town) -> None:
    for role in ("operator", "auditor"):
        for method, sent in (("PUT", {"json": SAVED}), ("DELETE", {})):
            refused = await _ask(town, method, "/views/shared/v1", role=role, **sent)
            assert (refused.status_code, refused.json()["needed"]) == (403, ["admin", "supervisor"])
    assert (await _ask(town, "PUT", "/views/shared/v1", role="supervisor", json=SAVED)).is_success
    assert (await _views(town, who="mehmet", role="auditor"))["shared"] == [KEPT]
    assert (await _ask(town, "DELETE", "/views/shared/v1", who="fatma", role="admin")).json() == []


async def test_who_only_reads_has_views_too(town: Town) -> None:
    assert (await _ask(town, "PUT", "/views/v1", role="auditor", json=SAVED)).status_code == 200


async def test_views_are_put_in_order(town: Town) -> None:
    for id in "abc":
        await _ask(town, "PUT", f"/views/{id}", json=SAVED | {"name": id})
    put = await _ask(town, "PUT", "/views/c", json=SAVED | {"name": "c", "place": 0})
    assert [one["id"] for one in put.json()] == ["c", "a", "b"]
    assert [one["id"] for one in (await _views(town))["own"]] == ["c", "a", "b"]


async def test_what_is_no_view_is_refused_by_name(town: Town) -> None:
    await _ask(town, "PUT", "/views/v1", json=SAVED)
    for body, status, slug, field in (
        (SAVED | {"query": "status=yarım"}, 422, "view-query-unknown", "query"),
        (SAVED | {"name": " GECİKMİŞ yol"}, 409, "view-name-taken", "name"),
        (SAVED | {"name": "  "}, 422, "invalid", "name"),
        (SAVED | {"name": "x" * 61}, 422, "invalid", "name"),
        (SAVED | {"colour": "red"}, 422, "invalid", "colour"),
    ):
        answer = await _ask(town, "PUT", "/views/v2", json=body)
        problem = answer.json()
        assert (answer.status_code, problem["errors"][0]["field"]) == (status, field), problem
        assert slug in problem["type"]
    assert (await _views(town))["own"] == [KEPT]


async def test_keys_are_kept_for_their_person(town: Town) -> None:
    usual = (await _ask(town, "GET", "/keys")).json()
    assert usual["on"] is True
    put = await _ask(town, "PUT", "/keys", role="auditor", json={"keys": {"status": "D"}})
    told = {"on": True, "keys": usual["keys"] | {"status": "d"}}
    assert (put.status_code, put.json()) == (200, told)
    assert (await _ask(town, "GET", "/keys")).json() == told
    assert (await _ask(town, "GET", "/keys", who="mehmet")).json() == usual
    refused = await _ask(town, "PUT", "/keys", json={"on": False, "keys": {"status": "x"}})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "keys.status")
    assert (await _ask(town, "PUT", "/keys", json={"keys": {"fly": "f"}})).status_code == 422
    assert (await _ask(town, "PUT", "/keys", json={})).json() == usual
