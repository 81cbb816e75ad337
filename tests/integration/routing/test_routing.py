"""Routing on a real store: tenants published and read by HTTP, decisions made from records."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from libs.events import Envelope, Event, encode
from libs.runtime.clock import new_id, now
from libs.runtime.record import Record
from libs.runtime.service import Service
from tests.integration.routing.conftest import SIGNER, known, tenant
from tests.unit.routing.examples import said, submitted


def record(
    event: Event,
    id: str,
    sequence: int,
    offset: int,
    tenant: str | None = None,
    version: int | None = None,
) -> Record:
    envelope = Envelope(
        id=new_id(),
        source="/sokak/intake",
        type=event.type,
        subject=id,
        time=now(),
        sequence=sequence,
        tenant=tenant,
        tenant_version=version,
    )
    wire = encode(event, envelope)
    return Record(wire.topic, 0, offset, now(), id.encode(), wire.headers, wire.value)


async def test_publishing_twice_makes_one_version(client: httpx.AsyncClient, slug: str) -> None:
    place = f"/api/tenants/{slug}"
    first = await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    again = await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    assert first.json() == {"slug": slug, "version": 1, "changed": True}
    assert again.json() == {"slug": slug, "version": 1, "changed": False}
    versions = (await client.get(f"{place}/versions", headers=SIGNER.platform())).json()
    assert [version["number"] for version in versions] == [1]


async def test_every_version_can_be_read_whole(client: httpx.AsyncClient, slug: str) -> None:
    place, who = f"/api/tenants/{slug}", SIGNER.staff(slug, "admin")
    await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    renamed = tenant(slug, names={"tr": "Yeni", "en": "New"})
    second = await client.put(place, json=renamed, headers=who)
    assert second.json()["version"] == 2
    first = (await client.get(f"{place}/versions/1", headers=who)).json()
    newest = (await client.get(f"{place}/document", headers=who)).json()
    assert (first["version"], first["names"]["tr"]) == (1, "Örnek Belediyesi")
    assert (newest["version"], newest["names"]["tr"]) == (2, "Yeni")
    assert newest == (await client.get(f"{place}/versions/2", headers=who)).json()
    assert (await client.get(f"{place}/versions/3", headers=who)).status_code == 404
    by = [item["by"] for item in (await client.get(f"{place}/versions", headers=who)).json()]
    assert by == [f"admin@{slug}", "platform"]


async def test_publications_at_once_all_get_a_number(client: httpx.AsyncClient, slug: str) -> None:
    async def publish(number: int) -> int:
        names = {"tr": f"Ad {number}", "en": f"Name {number}"}
        answer = await client.put(
            f"/api/tenants/{slug}", json=tenant(slug, names=names), headers=SIGNER.platform()
        )
        return int(answer.json()["version"])

    assert sorted(await asyncio.gather(*map(publish, range(4)))) == [1, 2, 3, 4]


async def test_every_fault_of_a_tenant_is_told(client: httpx.AsyncClient, slug: str) -> None:
    wrong = tenant(slug, time_zone="Mars/Olympus", triage_department="NONE")
    answer = await client.put(f"/api/tenants/{slug}", json=wrong, headers=SIGNER.platform())
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} >= {
        "time_zone",
        "triage_department",
    }
    unknown = tenant(slug, colour="red")
    answer = await client.put(f"/api/tenants/{slug}", json=unknown, headers=SIGNER.platform())
    assert [fault["field"] for fault in answer.json()["errors"]] == ["colour"]
    assert (await client.get(f"/api/tenants/{slug}")).status_code == 404


async def test_only_its_own_people_read_and_change_a_tenant(
    client: httpx.AsyncClient, slug: str
) -> None:
    place = f"/api/tenants/{slug}"
    await client.put(place, json=tenant(slug), headers=SIGNER.platform())
    for who, status in (
        ({}, 401),
        (SIGNER.citizen(), 403),
        (SIGNER.staff("baska", "admin"), 403),
        (SIGNER.staff(slug, "operator"), 403),
    ):
        for path in ("/document", "/versions", "/versions/1"):
            assert (await client.get(place + path, headers=who)).status_code == status
        assert (await client.put(place, json=tenant(slug), headers=who)).status_code == status
    auditor = SIGNER.staff(slug, "auditor")
    assert (await client.get(f"{place}/document", headers=auditor)).status_code == 200
    assert (await client.put(place, json=tenant(slug), headers=auditor)).status_code == 403


async def test_anyone_reads_the_public_part_and_nothing_more(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    await client.put(f"/api/tenants/{slug}", json=tenant(slug), headers=SIGNER.platform())
    shown = await client.get(f"/api/tenants/{slug}")
    assert {item["code"] for item in shown.json()["categories"] if item["group"]} == {"ROADS"}
    assert "UNSORTED" not in shown.text
    assert "departments" not in shown.json()
    assert "çukur" not in shown.text
    await known(service, slug, 1)
    listed = {item["slug"]: item for item in (await client.get("/api/tenants")).json()}
    assert listed[slug]["names"]["tr"] == "Örnek Belediyesi"


async def test_explaining_tells_what_would_be_decided(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    await client.put(f"/api/tenants/{slug}", json=tenant(slug), headers=SIGNER.platform())
    await known(service, slug, 1)
    asked: dict[str, Any] = {
        "text": "Sokakta çukur var",
        "point": {"lat": 39.95, "lon": 32.85},
        "tenant": slug,
    }
    told = (await client.post("/api/routing/explain", json=asked)).json()
    assert (told["category"]["code"], told["department"]["code"]) == ("POTHOLE", "FEN")
    assert told["candidates"][0]["confidence"] == told["confidence"]
    asked["address"] = "Ahi Caddesi 3"
    told = (await client.post("/api/routing/explain", json=asked)).json()
    assert (told["authority"]["tenant"], told["department"]["code"]) == ("buyuksehir", "YON")
    assert await service.database["decisions"].count_documents({}) == 0
    for change, field in (
        ({"category": "NONE"}, "category"),
        ({"tenant": "nobody"}, "tenant"),
        ({"tenant": None, "point": {"lat": 0, "lon": 0}}, "point"),
        ({"colour": "red"}, "colour"),
    ):
        answer = await client.post("/api/routing/explain", json=asked | change)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field


async def test_records_become_one_decision_without_the_words(
    service: Service, client: httpx.AsyncClient, slug: str
) -> None:
    await client.put(f"/api/tenants/{slug}", json=tenant(slug), headers=SIGNER.platform())
    await known(service, slug, 1)
    id = new_id()
    ask = record(submitted(tenant=slug), id, 1, 0)
    words = record(said("Zümrüdüanka sokağında çukur var", "Gül Sokak 3"), id, 1, 1)
    for batch in ([words], [ask], [words, ask]):
        await service.chain(batch)
    found = await service.scoped(slug).find_one({"_id": id})
    assert found is not None
    assert found["routed"]["department"]["code"] == "FEN"
    assert found["sent"] == {"routing": 1}
    assert "Zümrüdüanka" not in str(found)
    same = record(said("Zümrüdüanka sokağında çukur var", "Gül Sokak 3"), id, 2, 2)
    await service.chain([same])
    found = await service.scoped(slug).find_one({"_id": id})
    assert found is not None
    assert found["sent"] == {"routing": 1}
