"""A tenant leaves, is removed by a tombstone, and comes again: over HTTP, on a real store."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from libs.runtime.clock import new_id
from libs.runtime.service import Service
from tests.integration.routing.conftest import SIGNER, known, tenant
from tests.integration.routing.test_routing import record
from tests.unit.routing.examples import said, submitted


def who() -> dict[str, str]:
    """The platform, by a token that is not older than the test."""
    return SIGNER.platform()


async def forgotten(service: Service, slug: str) -> int:
    """Wait until the tombstone has come back; the version that the removal is."""
    for _ in range(1000):
        if slug in service.tenants.gone:
            return service.tenants.gone[slug]
        await asyncio.sleep(0.02)
    pytest.fail(f"the tombstone of {slug} did not come by the topic")


async def left(client: httpx.AsyncClient, slug: str) -> str:
    """One that was published and has left, at versions 1 and 2."""
    place = f"/api/tenants/{slug}"
    assert (await client.put(place, json=tenant(slug), headers=who())).json()["version"] == 1
    turned = await client.put(f"{place}/state", json={"state": "left"}, headers=who())
    assert turned.json()["version"] == 2
    return place


async def test_only_one_that_has_left_is_removed_and_only_by_the_platform(
    client: httpx.AsyncClient, slug: str
) -> None:
    place = f"/api/tenants/{slug}"
    assert (await client.delete(place, headers=who())).status_code == 404
    await client.put(place, json=tenant(slug), headers=who())
    early = await client.delete(place, headers=who())
    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (
        409,
        "tenant-has-not-left",
    )
    await left(client, slug)
    own = await client.delete(place, headers=SIGNER.staff(slug, "admin"))
    assert own.status_code == 403
    assert (await client.get(place)).status_code == 200


async def test_a_removed_one_is_forgotten_and_its_versions_are_kept(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    place = await left(client, slug)
    await client.post(f"{place}/draft", json={}, headers=who())
    done = await client.delete(place, headers=who())
    assert done.json() == {"slug": slug, "version": 3, "changed": True}
    assert await forgotten(service, slug) == 3
    assert service.tenants.get(slug) is None
    again = await client.delete(place, headers=who())
    assert again.json() == {"slug": slug, "version": 3, "changed": False}
    for gone in ("", "/document", "/draft"):
        assert (await client.get(f"{place}{gone}", headers=who())).status_code == 404
    assert slug not in {one["slug"] for one in (await client.get("/api/tenants")).json()}
    versions = (await client.get(f"{place}/versions", headers=who())).json()
    assert [(one["number"], bool(one["digest"]), one["by"]) for one in versions] == [
        (3, False, "platform"),
        (2, True, "platform"),
        (1, True, "platform"),
    ]
    assert (await client.get(f"{place}/versions/2", headers=who())).json()["state"] == "left"


async def test_one_that_comes_again_goes_on_from_its_last_version(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    """By its file, which may say any version; not by its own administrators."""
    place = await left(client, slug)
    file = (await client.get(f"{place}/document", headers=who())).json() | {"state": "active"}
    await client.delete(place, headers=who())
    own = await client.put(place, json=file, headers=SIGNER.staff(slug, "admin"))
    assert own.status_code == 403
    back = await client.put(place, json=file, headers=who())
    assert back.json() == {"slug": slug, "version": 4, "changed": True}
    await known(service, slug, 4)
    assert slug not in service.tenants.gone
    assert (await client.get(f"{place}/versions/4", headers=who())).json()["version"] == 4
    restored = await client.post(f"{place}/versions/2/restore", headers=who())
    assert restored.json()["version"] == 5
    assert (await client.delete(place, headers=who())).json()["version"] == 6
    assert await forgotten(service, slug) == 6
    taken_back = await client.post(f"{place}/versions/1/restore", headers=who())
    assert taken_back.json()["version"] == 7
    await known(service, slug, 7)


async def test_one_that_comes_again_may_begin_with_a_draft(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    place = await left(client, slug)
    await client.delete(place, headers=who())
    whole = {name: told for name, told in tenant(slug).items() if name != "version"}
    own = await client.post(f"{place}/draft", json={}, headers=SIGNER.staff(slug, "admin"))
    assert own.status_code == 403
    put = await client.put(f"{place}/draft", json=whole, headers=who() | {"If-Match": "*"})
    assert put.status_code == 200, put.text
    told = (await client.get(f"{place}/draft/check", headers=who())).json()
    assert (told["ready"], told["behind"]) == (True, False)
    done = await client.post(f"{place}/draft/publish", headers=who() | {"If-Match": "*"})
    assert done.json() == {"slug": slug, "version": 4, "changed": True}
    await known(service, slug, 4)


async def test_a_draft_that_outlives_the_removal_can_be_begun_anew(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    """Somebody began it between the tombstone and the end of the draft."""
    place = await left(client, slug)
    await client.post(f"{place}/draft", json={}, headers=who())
    drafts = service.database["tenant_drafts"]
    stood = await drafts.find_one({"_id": slug})
    await client.delete(place, headers=who())
    assert stood is not None
    await drafts.replace_one({"_id": slug}, stood)
    early = await client.post(f"{place}/draft/publish", headers=who() | {"If-Match": "*"})
    assert early.status_code == 409
    rebased = await client.post(f"{place}/draft/rebase", headers=who() | {"If-Match": "*"})
    assert rebased.status_code == 200, rebased.text
    changed = await client.patch(
        f"{place}/draft", json={"state": "active"}, headers=who() | {"If-Match": "*"}
    )
    assert changed.status_code == 200, changed.text
    done = await client.post(f"{place}/draft/publish", headers=who() | {"If-Match": "*"})
    assert done.json()["version"] == 4


async def test_a_request_of_one_that_is_gone_is_unroutable_and_waits_for_nobody(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    place = await left(client, slug)
    await client.delete(place, headers=who())
    await forgotten(service, slug)
    id = new_id()
    sent = submitted().model_copy(update={"tenant": slug})
    records = [
        record(sent, id, 1, 1, tenant=slug, version=1),
        record(said("çukur"), id, 1, 2, tenant=slug, version=1),
    ]
    await asyncio.wait_for(service.chain(records), 5)
    decision = await service.get(id)
    assert decision.unroutable.reason == "tenant_unknown"
    assert await service.database["dead"].count_documents({"key": id}) == 0
