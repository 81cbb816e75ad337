"""Drafts on a real store: changed, checked, published to the topic, taken back."""

from __future__ import annotations

from typing import Any

import httpx

from libs.runtime.service import Service
from tests.integration.routing.conftest import SIGNER, known, tenant

WITHOUT = ("jurisdiction", "working_hours")


def match(answer: httpx.Response) -> dict[str, str]:
    return {"If-Match": answer.headers["etag"]}


async def begun(client: httpx.AsyncClient, slug: str) -> tuple[str, dict[str, str]]:
    """A new municipality's draft that lacks its boundary and its hours."""
    place, who = f"/api/tenants/{slug}/draft", SIGNER.platform()
    first = await client.post(place, json={"names": {"tr": "Ad", "en": "Name"}}, headers=who)
    assert first.status_code == 201, first.text
    whole = tenant(slug)
    del whole["version"]
    fields = {name: told for name, told in whole.items() if name not in WITHOUT}
    put = await client.put(place, json=fields, headers=who | match(first))
    assert put.status_code == 200, put.text
    return place, who


async def test_a_draft_becomes_a_version_that_the_topic_tells(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    place, who = await begun(client, slug)
    told = (await client.get(f"{place}/check", headers=who)).json()
    assert {(one["place"], one["step"]) for one in told["faults"]} == {
        ("jurisdiction", "boundary"),
        ("working_hours", "hours"),
    }
    assert (told["ready"], told["steps"]["boundary"]) == (False, "not_started")
    early = await client.post(f"{place}/publish", headers=who | {"If-Match": "*"})
    assert early.status_code == 422
    rest = {name: tenant(slug)[name] for name in WITHOUT}
    changed = await client.patch(place, json=rest, headers=who | {"If-Match": "*"})
    assert (await client.get(f"{place}/check", headers=who)).json()["ready"]
    done = await client.post(f"{place}/publish", headers=who | match(changed))
    assert done.json() == {"slug": slug, "version": 1, "changed": True}
    await known(service, slug, 1)
    assert (await client.get(place, headers=who)).status_code == 404
    same = await client.put(f"/api/tenants/{slug}", json=tenant(slug), headers=who)
    assert same.json() == {"slug": slug, "version": 1, "changed": False}


async def test_two_administrators_on_one_part_meet(client: httpx.AsyncClient, slug: str) -> None:
    await client.put(f"/api/tenants/{slug}", json=tenant(slug), headers=SIGNER.platform())
    place, who = f"/api/tenants/{slug}/draft", SIGNER.staff(slug, "admin")
    seen = match(await client.post(place, json={}, headers=who))
    first = {"names": {"tr": "Bir", "en": "One"}}
    assert (await client.patch(place, json=first, headers=who | seen)).status_code == 200
    second = {"names": {"tr": "İki", "en": "Two"}}
    met = await client.patch(place, json=second, headers=SIGNER.platform() | seen)
    assert (met.status_code, met.json()["by"]) == (409, f"admin@{slug}")
    assert met.json()["fields"] == ["names"]
    beside = await client.patch(
        place, json={"classifier_threshold": 0.6}, headers=SIGNER.platform() | seen
    )
    assert beside.status_code == 200
    draft = (await client.get(place, headers=who)).json()
    assert draft["document"]["names"]["tr"] == "Bir"
    assert draft["document"]["classifier_threshold"] == 0.6
    assert [one["by"] for one in draft["edits"]] == [f"admin@{slug}", "platform"]
    for stale in ("publish", "rebase"):
        answer = await client.post(f"{place}/{stale}", headers=who | seen)
        assert answer.status_code == 409
    assert (await client.delete(place, headers=who | seen)).status_code == 409
    assert (await client.patch(place, json={}, headers=who)).status_code == 428


async def test_an_older_version_is_taken_back_as_a_new_one(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    place, who = f"/api/tenants/{slug}", SIGNER.staff(slug, "admin")
    await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    renamed = tenant(slug, names={"tr": "Yeni", "en": "New"})
    await client.put(place, json=renamed, headers=who)
    done = await client.post(f"{place}/versions/1/restore", headers=who)
    assert done.json() == {"slug": slug, "version": 3, "changed": True}
    await known(service, slug, 3)
    found = service.tenants.get(slug)
    assert found is not None
    assert found.names.tr == "Örnek Belediyesi"
    numbers = [one["number"] for one in (await client.get(f"{place}/versions", headers=who)).json()]
    assert numbers == [3, 2, 1]
    assert (await client.post(f"{place}/versions/9/restore", headers=who)).status_code == 404


async def test_a_file_that_was_applied_meanwhile_is_not_overwritten(
    client: httpx.AsyncClient, slug: str
) -> None:
    place, who = f"/api/tenants/{slug}", SIGNER.staff(slug, "admin")
    await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    seen = match(await client.post(f"{place}/draft", json={}, headers=who))
    mine = {"classifier_threshold": 0.6}
    seen = match(await client.patch(f"{place}/draft", json=mine, headers=who | seen))
    theirs = tenant(slug, names={"tr": "Yeni", "en": "New"})
    await client.put(place, json=theirs, headers=who)
    behind = await client.post(f"{place}/draft/publish", headers=who | seen)
    assert (behind.status_code, behind.json()["type"]) == (
        409,
        "/problems/tenant-changed-meanwhile",
    )
    assert (await client.get(f"{place}/draft/check", headers=who)).json()["behind"]
    seen = match(await client.post(f"{place}/draft/rebase", headers=who | seen))
    done = await client.post(f"{place}/draft/publish", headers=who | seen)
    assert done.json()["version"] == 3
    document = (await client.get(f"{place}/document", headers=who)).json()
    assert (document["names"]["tr"], document["classifier_threshold"]) == ("Yeni", 0.6)


async def test_parts_that_are_wrong_in_themselves_are_refused_with_their_places(
    client: httpx.AsyncClient, slug: str
) -> None:
    place, who = await begun(client, slug)
    wrong: dict[str, Any] = {"names": {"tr": "x"}, "colour": "red", "kind": "village"}
    answer = await client.patch(place, json=wrong, headers=who | {"If-Match": "*"})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"names.en", "colour", "kind"}
    other = await client.patch(place, json={"slug": "x"}, headers=who | {"If-Match": "*"})
    assert other.json()["type"] == "/problems/tenant-slug-differs"


async def test_only_the_platform_founds_and_moves_a_boundary(
    client: httpx.AsyncClient, slug: str
) -> None:
    place, who = f"/api/tenants/{slug}", SIGNER.staff(slug, "admin")
    assert (await client.post(f"{place}/draft", json={}, headers=who)).status_code == 403
    await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    await client.post(f"{place}/draft", json={}, headers=who)
    domain = {"domain": "ornek.bel.tr"}
    seen = match(await client.patch(f"{place}/draft", json=domain, headers=who | {"If-Match": "*"}))
    refused = await client.post(f"{place}/draft/publish", headers=who | seen)
    assert (refused.status_code, refused.json()["fields"]) == (403, ["domain"])
    done = await client.post(f"{place}/draft/publish", headers=SIGNER.platform() | seen)
    assert done.json()["version"] == 2
