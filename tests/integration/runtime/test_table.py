"""The tenants as a table: complete, kept, shared, and never blocked by a bad one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.events import Envelope, TenantPublished, TenantRemoved, encode
from libs.runtime.clock import new_id
from libs.runtime.consume import DEAD
from libs.runtime.kafka import plain_producer, transactional_producer
from libs.runtime.mongo import Database, connect, ensure_collections
from libs.runtime.table import GONE, POSITION, TENANTS, TenantsBehind, TenantTable
from libs.stack import NativeKafka
from tests.integration.runtime.flow import NOW, eventually, fresh, running

NOBODY = "127.0.0.1:9"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def tenant(slug: str, version: int) -> dict[str, Any]:
    """The document of a small tenant."""
    name = {"tr": "Örnek", "en": "Example"}
    ring = [[32, 39], [33, 39], [33, 40], [32, 40], [32, 39]]
    return {
        "slug": slug,
        "version": version,
        "names": name,
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {"type": "Polygon", "coordinates": [ring]},
        "working_hours": {day: [["08:30", "17:30"]] for day in DAYS},
        "departments": [{"code": "DESK", "names": name}],
        "triage_department": "DESK",
        "forwarding_department": "DESK",
        "categories": [{"code": "UNSORTED", "names": name}],
        "unsorted_category": "UNSORTED",
    }


Raw = tuple[bytes, list[tuple[str, bytes]], bytes | None]


def published(slug: str, number: int, **changes: Any) -> Raw:
    """The record that routing sends of a tenant."""
    document = tenant(slug, number) | changes
    event = TenantPublished(
        occurred_at=NOW, slug=slug, version=number, state="active", tenant=document
    )
    envelope = Envelope(new_id(), "/sokak/routing", event.type, slug, NOW, number, slug, number)
    encoded = encode(event, envelope)
    return slug.encode(), list(encoded.headers), encoded.value


def removed(slug: str, number: int, at: datetime | None = None) -> Raw:
    """The tombstone that routing sends of one that is gone; `number` counts it as a version."""
    event = TenantRemoved()
    envelope = Envelope(new_id(), "/sokak/routing", event.type, slug, at or NOW, number, slug)
    encoded = encode(event, envelope)
    return slug.encode(), list(encoded.headers), encoded.value


async def send(kafka: str, *records: Raw, commit: bool = True) -> None:
    """As the relay does it: in one transaction."""
    producer = transactional_producer(kafka, "routing-of-tests")
    await producer.start()
    try:
        await producer.begin_transaction()
        for key, headers, value in records:
            await producer.send_and_wait("tenants", value, key=key, headers=headers)
        if commit:
            await producer.commit_transaction()
        else:
            await producer.abort_transaction()
    finally:
        await producer.stop()


async def store_at(mongo: str, name: str) -> Database:
    """A service's database with what the table needs."""
    database = connect(mongo, name, wait_ms=1000)
    await ensure_collections(database, {TENANTS, GONE, POSITION, DEAD})
    return database


@pytest.fixture
async def store(mongo: str, database: str) -> AsyncIterator[Database]:
    """A service's own database."""
    found = await store_at(mongo, f"{database}crm")
    yield found
    found.client.close()


@contextlib.asynccontextmanager
async def table(store: Database, kafka: str) -> AsyncIterator[TenantTable]:
    """A table that follows its topic."""
    made = TenantTable("crm", store, kafka)
    await made.load()
    async with running(made.follow()):
        yield made


async def version(table: TenantTable, slug: str, expected: int) -> None:
    """Wait until the table has this version."""
    await eventually(lambda: (known := table.get(slug)) and known.version == expected)


@contextlib.asynccontextmanager
async def a_slow_copy(
    mongo: str, store: Database, kafka: NativeKafka, slug: str
) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """Another copy of the service, halted with what it was told of a tenant in hand. It keeps that
    once the first event is set, sets the second, and dies.
    """
    other = await store_at(mongo, store.name)
    slow = TenantTable("crm", other, kafka.address)
    keep = slow._keep
    held, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(record: Any, told: Any, fault: str | None) -> None:
        if told and told.slug == slug and not go_on.is_set():
            held.set()
            await go_on.wait()
        await keep(record, told, fault)
        if told and told.slug == slug:
            done.set()
            await asyncio.Event().wait()

    slow._keep = late  # type: ignore[method-assign]
    await slow.load()
    async with running(slow.follow()):
        await held.wait()
        yield go_on, done
    other.client.close()


def located(table: TenantTable) -> object:
    """Who answers for a place; None as long as the table was not read to its end."""
    try:
        return table.jurisdictions.locate(39.5, 32.5)
    except TenantsBehind:
        return None


async def stored(store: Database, slug: str) -> int:
    """The version that the store holds; 0 for none."""
    row = await store[TENANTS].find_one({"_id": slug})
    return row["tenant"]["version"] if row else 0


async def test_it_is_read_to_its_end_and_then_followed(
    restless: NativeKafka, store: Database
) -> None:
    slug = fresh()
    await send(restless.address, published(slug, 1), published(slug, 2))
    async with table(store, restless.address) as tenants:
        await version(tenants, slug, 2)
        await send(restless.address, published(slug, 3))
        await version(tenants, slug, 3)
        assert tenants.get(slug) in tenants.all()
        assert tenants.jurisdictions
        await eventually(lambda: is_stored(store, slug, 3))
    again = TenantTable("crm", store, restless.address)
    await again.load()
    assert tenants.published_at(slug) == again.published_at(slug) == NOW
    assert again.published_at("nobody") is None


async def test_a_service_starts_from_its_own_store_while_kafka_is_away(
    restless: NativeKafka, store: Database
) -> None:
    slug = fresh()
    await send(restless.address, published(slug, 1))
    async with table(store, restless.address) as before:
        await version(before, slug, 1)
        await eventually(lambda: stored(store, slug))
    async with table(store, NOBODY) as tenants:
        known = tenants.get(slug)
        assert known is not None
        assert known.version == 1
        assert tenants.jurisdictions
        with pytest.raises(TenantsBehind):
            await tenants.known({slug: 2})
    await send(restless.address, published(slug, 2))
    async with table(store, restless.address) as after:
        await version(after, slug, 2)


async def test_a_table_that_was_never_complete_says_so(store: Database) -> None:
    tenants = TenantTable("crm", store, NOBODY)
    await tenants.load()
    with pytest.raises(TenantsBehind):
        _ = tenants.jurisdictions


async def test_several_copies_of_a_service_keep_one_table(
    restless: NativeKafka, mongo: str, store: Database
) -> None:
    slugs = [fresh() for _ in range(6)]
    stores = [await store_at(mongo, store.name) for _ in range(4)]
    async with contextlib.AsyncExitStack() as stack:
        copies = [await stack.enter_async_context(table(s, restless.address)) for s in stores]
        for number in (1, 2, 3):
            await send(restless.address, *(published(slug, number) for slug in slugs))
        for copy in copies:
            for slug in slugs:
                await version(copy, slug, 3)
        for slug in slugs:
            await eventually(lambda slug=slug: is_stored(store, slug, 3))  # type: ignore[misc]
    assert await store[DEAD].count_documents({}) == 0
    for one in stores:
        one.client.close()


async def is_stored(store: Database, slug: str, expected: int) -> bool:
    return await stored(store, slug) == expected


async def test_a_slower_copy_puts_no_older_version_over_a_newer_one(
    restless: NativeKafka, mongo: str, store: Database
) -> None:
    slug, last = fresh(), fresh()
    await send(restless.address, published(slug, 1))
    async with (
        a_slow_copy(mongo, store, restless, slug) as (go_on, done),
        table(store, restless.address) as fast,
    ):
        await send(restless.address, published(slug, 2))
        await version(fast, slug, 2)
        await eventually(lambda: is_stored(store, slug, 2))
        position = await store[POSITION].find_one({})
        go_on.set()
        await done.wait()
        assert await store[POSITION].find_one({}) == position
        await send(restless.address, published(last, 1))
        await eventually(lambda: stored(store, last))
    assert await stored(store, slug) == 2


async def test_a_bad_tenant_is_put_aside_and_the_others_go_on(
    restless: NativeKafka, store: Database
) -> None:
    first, good = fresh(), fresh()
    bad = {name: fresh() for name in ("broken", "square", "liar", "headless")}
    open_ring = {"type": "Polygon", "coordinates": [[[32, 39], [33, 39]]]}
    _, headers, _ = published(bad["broken"], 1)
    async with table(store, restless.address) as tenants:
        await send(
            restless.address,
            published(first, 1),
            (bad["broken"].encode(), headers, b"\xff{"),
            published(bad["square"], 1, jurisdiction=open_ring),
            published(bad["liar"], 1, version=9),
            (bad["headless"].encode(), [("ce_id", b"\xff")], b"{}"),
            published(good, 1),
        )
        await version(tenants, good, 1)
        assert tenants.get(first)
        assert not any(tenants.get(slug) for slug in bad.values())
    rows = {row["key"]: row async for row in store[DEAD].find({"key": {"$in": [*bad.values()]}})}
    assert {name: rows[slug]["reason"] for name, slug in bad.items()} == {
        "broken": "data_invalid:json_invalid",
        "square": "tenant_invalid",
        "liar": "tenant_contradicts_itself",
        "headless": "header_not_utf8:ce_id",
    }
    assert bytes(rows[bad["broken"]]["record"]["value"]) == b"\xff{"


async def test_who_needs_a_version_waits_until_it_is_there(
    restless: NativeKafka, store: Database
) -> None:
    slug = fresh()
    await send(restless.address, published(slug, 1), published(slug, 2))
    tenants = TenantTable("crm", store, restless.address)
    waiting = asyncio.create_task(tenants.known({slug: 2}))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    async with running(tenants.follow()):
        await asyncio.wait_for(waiting, 20)
        known = tenants.get(slug)
        assert known is not None
        assert known.version == 2


@pytest.mark.parametrize("last", ["committed", "aborted", "plain"])
async def test_nobody_waits_for_a_version_that_does_not_exist(
    restless: NativeKafka, store: Database, last: str
) -> None:
    """Whatever the topic ends with: a marker is an offset that no record has."""
    slug = fresh()
    await send(restless.address, published(slug, 1))
    if last == "aborted":
        await send(restless.address, published(slug, 2), commit=False)
    if last == "plain":
        producer = plain_producer(restless.address)
        await producer.start()
        key, headers, value = published(slug, 1)
        await producer.send_and_wait("tenants", value, key=key, headers=headers)
        await producer.stop()
    async with table(store, restless.address) as tenants:
        began = time.monotonic()
        await tenants.known({slug: 999_999})
        assert time.monotonic() - began < 10
        known = tenants.get(slug)
        assert known is not None
        assert known.version == 1


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    restless: NativeKafka, store: Database
) -> None:
    slug = fresh()
    await store[POSITION].insert_one({"_id": "tenants", "offset": 1_000_000})
    await send(restless.address, published(slug, 1))
    async with table(store, restless.address) as tenants:
        await version(tenants, slug, 1)
        await send(restless.address, published(slug, 2))
        await version(tenants, slug, 2)
        await eventually(lambda: is_stored(store, slug, 2))
    position = await store[POSITION].find_one({})
    assert position is not None
    assert position["offset"] < 1_000_000


def test_the_sample_is_what_the_wire_holds() -> None:
    key, _, value = published("ornek", 3)
    assert value is not None
    assert json.loads(value)["tenant"] == tenant(key.decode(), 3)


async def test_what_is_to_be_there_before_a_tenants_first_event_is_made_first(
    kafka: str, store: Database
) -> None:
    slug, heard = fresh("early"), asyncio.Event()
    made = TenantTable("crm", store, kafka)

    async def slowly() -> None:
        if made.get(slug):
            await asyncio.sleep(0.3)
            heard.set()

    made.heard = slowly
    async with running(made.follow()):
        await send(kafka, published(slug, 1))
        await made.known({slug: 1})
        assert heard.is_set()


async def test_a_tombstone_takes_a_tenant_out_at_once_and_after_a_restart(
    restless: NativeKafka, store: Database
) -> None:
    slug, other = fresh(), fresh()
    await send(restless.address, published(slug, 1), published(other, 1))
    async with table(store, restless.address) as tenants:
        await version(tenants, slug, 1)
        await version(tenants, other, 1)
        await eventually(lambda: located(tenants))
        later = NOW + timedelta(hours=1)
        await send(restless.address, published(slug, 2, state="left"), removed(slug, 3, later))
        await eventually(lambda: tenants.get(slug) is None)
        assert tenants.changed_at == later
        assert slug not in {one.slug for one in tenants.all()}
        assert tenants.published_at(slug) is None
        assert tenants.gone[slug] == 3
        assert slug in tenants.departed
        assert other not in tenants.departed
        assert tenants.jurisdictions.neighbourhood(slug, 39.5, 32.5) is None
        await eventually(lambda: is_stored(store, slug, 0))
    async with table(store, NOBODY) as again:
        assert again.get(slug) is None
        assert again.get(other)
        assert again.gone[slug] == 3
        assert again.changed_at == later


async def test_a_service_that_was_away_hears_that_one_is_gone(
    restless: NativeKafka, store: Database, mongo: str
) -> None:
    slug, back = fresh(), fresh()
    await send(restless.address, published(slug, 1), published(back, 1))
    async with table(store, restless.address) as before:
        await version(before, slug, 1)
        await version(before, back, 1)
    await send(restless.address, published(slug, 2, state="left"), removed(slug, 3))
    await send(restless.address, removed(back, 2), published(back, 3))
    async with table(store, restless.address) as after:
        await version(after, back, 3)
        assert after.get(slug) is None
        assert slug in after.gone
        assert back not in after.gone
    new = await store_at(mongo, f"{store.name}new")
    async with table(new, restless.address) as never:
        await version(never, back, 3)
        assert never.gone[slug] == 3
    new.client.close()


async def test_nobody_waits_for_a_version_of_one_that_is_gone(
    restless: NativeKafka, store: Database
) -> None:
    """Not even for Kafka to say where the topic ends."""
    slug = fresh()
    await send(restless.address, published(slug, 1), removed(slug, 2))
    async with table(store, restless.address) as tenants:
        await eventually(lambda: slug in tenants.gone)
    async with table(store, NOBODY) as tenants:
        began = time.monotonic()
        await tenants.known({slug: 2})
        assert time.monotonic() - began < 0.5
        with pytest.raises(TenantsBehind):
            await tenants.known({slug: 3})  # it has come again, and that is not here yet


async def test_who_is_slow_does_not_put_back_one_that_is_gone(
    restless: NativeKafka, mongo: str, store: Database
) -> None:
    slug = fresh()
    await send(restless.address, published(slug, 1))
    async with (
        a_slow_copy(mongo, store, restless, slug) as (go_on, done),
        table(store, restless.address) as fast,
    ):
        await send(restless.address, removed(slug, 2))
        await eventually(lambda: slug in fast.gone)
        go_on.set()
        await done.wait()
    assert await stored(store, slug) == 0
    again = TenantTable("crm", store, restless.address)
    await again.load()
    assert again.get(slug) is None


async def test_a_tombstone_that_names_two_is_put_aside(
    restless: NativeKafka, store: Database
) -> None:
    slug, other = fresh(), fresh()
    _, headers, _ = removed(other, 9)
    await send(restless.address, published(slug, 1), (slug.encode(), headers, None))
    async with table(store, restless.address) as tenants:
        await version(tenants, slug, 1)
        await eventually(lambda: store[DEAD].find_one({"key": slug}))
        assert tenants.get(slug)
        assert not {slug, other} & set(tenants.gone)
