"""`sokak trace`: one request through all four services and topics, as an operator needs it.

Shows ids, times, types and statuses, and no word of a citizen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from aiokafka import TopicPartition
from rich.console import Console
from rich.table import Table

from libs.events import EVENTS, TOPICS
from libs.runtime.kafka import partition_of, reader
from libs.runtime.mongo import Database, Document, connect
from libs.runtime.record import Delivery, Record, read
from libs.runtime.settings import Settings
from libs.runtime.settings import read as read_settings
from services.intake.store import TRACKING_NUMBERS
from services.intake.tracking import parse
from services.reporting.projection import shown_number
from services.reporting.store import Generation

from .serve import use_stack

TRACED = ("requests", "request_texts", "routing", "tasks")


def trace(
    request: Annotated[str, typer.Argument(help="A tracking number, or a request's id.")],
) -> None:
    """Show where a request is: its documents, and its records in their topics."""
    use_stack()
    settings = read_settings(Settings)
    found = asyncio.run(_trace(settings, request))
    if not found:
        typer.echo("There is no such request.", err=True)
        raise typer.Exit(1)


async def _trace(settings: Settings, request: str) -> bool:
    id = await _id_of(_database(settings, "intake"), request)
    console = Console()
    documents = Table("service", "version", "parked", "status", "heard", "told", box=None)
    for service, document in await _documents(settings, id):
        documents.add_row(service, *_row(document))
    records = Table("topic", "place", "sequence", "event", "committed", "appended", box=None)
    deliveries = sorted(await _records(settings.kafka, id), key=_appended)
    for delivery in deliveries:
        records.add_row(*_line(delivery))
    if not (documents.row_count or deliveries):
        return False
    console.print(f"{id}, partition {partition_of(id)}")
    console.print(documents)
    console.print(records)
    return True


def _database(settings: Settings, service: str) -> Database:
    return connect(settings.mongo, f"{settings.database}_{service}")


async def _id_of(intake: Database, request: str) -> str:
    number = parse(request)
    row = await intake[TRACKING_NUMBERS].find_one({"_id": number}) if number else None
    return str(row["request"]) if row else request


async def _documents(settings: Settings, id: str) -> list[tuple[str, Document]]:
    reporting = _database(settings, "reporting")
    facts = Generation(await shown_number(reporting)).facts.collection
    collections = {"intake": "requests", "routing": "decisions", "crm": "tasks", "reporting": facts}
    found = []
    for service, collection in collections.items():
        document = await _database(settings, service)[collection].find_one({"_id": id})
        if document:
            found.append((service, document))
    return found


async def _records(servers: str, id: str) -> list[Delivery]:
    """The request's records: its partition of each topic is read from end to end."""
    consumer = reader(servers)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, partition_of(id)) for topic in TRACED if topic in TOPICS
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        found = []
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            batches = await consumer.getmany(timeout_ms=500)
            found += [read(record, EVENTS) for record in _of_key(batches, id.encode())]
        return found
    finally:
        await consumer.stop()


def _of_key(batches: dict[Any, list[Any]], key: bytes) -> Iterator[Record]:
    for records in batches.values():
        yield from (Record.of_kafka(record) for record in records if record.key == key)


def _row(document: Document) -> tuple[str, ...]:
    status = document.get("status") or document.get("progress", {}).get("status") or ""
    heard = {topic: max(of.values(), default=0) for topic, of in document["seen"].items()}
    return (
        str(document["version"]),
        str(document["parked"]),
        str(status),
        ", ".join(f"{topic} {number}" for topic, number in heard.items()),
        ", ".join(f"{topic} {number}" for topic, number in document["sent"].items()),
    )


def _appended(delivery: Delivery) -> Any:
    return delivery.record.timestamp


def _line(delivery: Delivery) -> tuple[str, ...]:
    record, envelope = delivery.record, delivery.envelope
    return (
        record.topic,
        f"{record.partition}:{record.offset}",
        str(envelope.sequence) if envelope else "?",
        envelope.type if envelope else f"unreadable: {delivery.fault}",
        envelope.time.isoformat(timespec="milliseconds") if envelope else "",
        record.timestamp.isoformat(timespec="milliseconds"),
    )
