"""A consumer, whole (load, rule, commit, relay), beside a bare loop over the same records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import InsertOne, UpdateOne

from libs.events import (
    Authority,
    Category,
    Department,
    Encoded,
    Envelope,
    Event,
    Names,
    Point,
    RequestRouted,
    RequestSubmitted,
    TenantPublished,
    encode,
)
from libs.events.common import Wording
from libs.runtime.clock import new_id, now
from libs.runtime.mongo import connect, ensure_collections
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.tenants.file import load_tenant
from services.crm.app import PARTS
from tests.bench.table import Row
from tests.e2e import bus
from tests.scenarios import TENANTS

BATCH = 500
BARE = "bare loop"
NAMES = Names(tr="Fen İşleri Müdürlüğü", en="Technical Works")


async def measure(kafka: str, mongo: str, events: int, repeats: int) -> list[Row]:
    """Creations and updates a second, and the ratio to the bare loop."""
    rates: dict[str, list[float]] = {}
    await _send(kafka, "tenants", [("kecioren", _published())])
    for number in range(repeats):
        ids = [new_id() for _ in range(events)]
        for what, topic, made in (
            ("creations", "requests", [_submitted(id) for id in ids]),
            ("updates", "routing", [_routed(id) for id in ids]),
        ):
            group = f"bench-{what}-{number}-{ids[0]}"
            for name in (group, f"{group}-bare"):
                await bus.skip_to_end(kafka, name, [topic])
            await _send(kafka, topic, list(zip(ids, made, strict=True)))
            rates.setdefault(what, []).append(
                await _whole(kafka, mongo, topic, group, events, number)
            )
            rates.setdefault(f"bare {what}", []).append(
                await _bare(kafka, mongo, topic, f"{group}-bare", set(ids), number)
            )
    return [
        Row.beside(
            f"a consumer, {what}",
            "events/s",
            rates[what],
            {BARE: rates[f"bare {what}"]},
            goals={BARE: 0.5},
        )
        for what in ("creations", "updates")
    ]


async def _whole(kafka: str, mongo: str, topic: str, group: str, events: int, number: int) -> float:
    """crm as it is, reading one topic; until all is committed, sent and acknowledged."""
    settings = Settings(kafka=kafka, mongo=mongo, database=f"bench{number}", instance="bench")
    rules = replace(PARTS.rules, topics=(topic,))
    service = Service(replace(PARTS, group=group, rules=rules), settings)
    tasks = service.database[PARTS.aggregates[0].collection]
    field = "routing" if topic == "routing" else "tracking_number"
    await service.prepare()
    began = time.perf_counter()
    await service.start()
    try:
        while not await _is_done(service, events):
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - began
        stored = await tasks.count_documents({field: {"$ne": None}, "parked": 0})
        assert stored >= events, f"{stored} of {events} were applied"
        return events / seconds
    finally:
        await service.stop()


async def _is_done(service: Service, events: int) -> bool:
    if service.subscription.consumed < events:
        return False
    return await service.database["outbox"].find_one({}) is None


async def _bare(
    kafka: str, mongo: str, topic: str, group: str, ids: set[str], number: int
) -> float:
    """No framework, no transaction, no relay: decode, one bulk write, commit the offsets.

    Into a collection with the indexes of crm's tasks, as they are the store's cost for whoever
    wants to list tasks.
    """
    database = connect(mongo, f"bench{number}_bare")
    await ensure_collections(database, {"tasks"})
    await database["tasks"].create_indexes(list(PARTS.aggregates[0].indexes))
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    done = 0
    began = time.perf_counter()
    await consumer.start()
    try:
        while done < len(ids):
            batches = await consumer.getmany(timeout_ms=200, max_records=BATCH)
            records = [record for batch in batches.values() for record in batch]
            if records:
                writes = [_write(topic, record) for record in records]
                await database["tasks"].bulk_write(writes, ordered=False)
                await consumer.commit()
                done += len(records)
        return len(ids) / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        database.client.close()


def _write(topic: str, record: Any) -> Any:
    if topic == "requests":
        submitted = RequestSubmitted.model_validate_json(record.value)
        indexed = {"open": True, "opened_at": submitted.occurred_at}
        return InsertOne({"_id": record.key.decode(), **submitted.model_dump(), **indexed})
    routed = RequestRouted.model_validate_json(record.value)
    return UpdateOne({"_id": record.key.decode()}, {"$set": routed.model_dump()})


async def _send(kafka: str, topic: str, events: Sequence[tuple[str, Event]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, enable_idempotence=True)
    await producer.start()
    try:
        acks = []
        for id, event in events:
            record = _encoded(id, event)
            acks.append(
                await producer.send(
                    topic, record.value, key=id.encode(), headers=list(record.headers)
                )
            )
        await asyncio.gather(*acks)
    finally:
        await producer.stop()


def _encoded(id: str, event: Event) -> Encoded:
    source = "/sokak/intake" if event.topic == "requests" else "/sokak/routing"
    return encode(event, Envelope(new_id(), source, event.type, id, now(), 1, "kecioren", 1))


def _published() -> TenantPublished:
    tenant = load_tenant(TENANTS / "kecioren.yaml").model_copy(update={"version": 1})
    document = tenant.model_dump(mode="json")
    return TenantPublished(
        occurred_at=now(), slug="kecioren", version=1, state="active", tenant=document
    )


def _submitted(id: str) -> RequestSubmitted:
    return RequestSubmitted(
        tenant="kecioren",
        tracking_number="".join(letter for letter in id.upper() if letter in "0123456789ABCDEF")[
            -9:
        ],
        request_type="complaint",
        channel="web",
        occurred_at=now(),
        point=Point(lat=39.98, lon=32.86),
        time_zone="Europe/Istanbul",
    )


def _routed(id: str) -> RequestRouted:
    names = Names(tr="Yol çukuru", en="Pothole")
    return RequestRouted(
        occurred_at=now() + timedelta(milliseconds=1),
        authority=Authority(kind="own", body="own", names=NAMES),
        category=Category(code="ROAD_POTHOLE", names=names),
        category_source="classifier",
        confidence=0.8,
        department=Department(code="FEN", names=NAMES),
        sla_minutes=2400,
        reasons=(Wording(tr="Yazdıklarınızdan.", en="From what you wrote."),),
    )
