"""A record as it came: from Kafka, or from the store of dead letters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import bson

from libs.events import Envelope, Event, Malformed, decode
from libs.events.topics import travels_on

from .mongo import Document

LONGEST_KEY = 1024
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PACKED_FROM = 1024 * 1024
"""Bytes. Records are compressed on the wire, so one may be larger than the store's documents."""

RawHeaders = tuple[tuple[str, bytes | None], ...]


class Record(NamedTuple):
    """The bytes of one record and where they were.

    A header's name that is not UTF-8 is here by `surrogateescape`, so that no byte is lost.
    """

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    headers: RawHeaders
    value: bytes | None

    @classmethod
    def of_kafka(cls, record: Any) -> Record:
        """Take an aiokafka ConsumerRecord; its headers are names with raw bytes."""
        return cls(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp=_moment(record.timestamp),
            key=record.key,
            headers=tuple(record.headers),
            value=record.value,
        )

    @property
    def place(self) -> str:
        """`topic:partition:offset`, unique on an installation."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    @property
    def aggregate_id(self) -> str:
        """The document that the key names; a document of its own where there is no usable key."""
        if not self.key:
            return self.place
        if len(self.key) > LONGEST_KEY:
            return f"sha256:{sha256(self.key).hexdigest()}"
        try:
            return self.key.decode()
        except UnicodeDecodeError:
            return f"hex:{self.key.hex()}"


class Delivery(NamedTuple):
    """A record that was read: its envelope and event, or the fault that parks it."""

    record: Record
    id: str
    envelope: Envelope | None = None
    event: Event | None = None
    fault: str | None = None


def _moment(milliseconds: int) -> datetime:
    """A record's time. A producer may say any number where the topic lets it."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def is_id(key: str) -> bool:
    """Whether a key has the shape of an id. One that has not may be anything."""
    return _ID.fullmatch(key) is not None


def loggable(id: str) -> str:
    """An id for a log line. A key of another shape may be a telephone number as well."""
    return id if is_id(id) else "?"


def read(record: Record, classes: Mapping[str, type[Event]]) -> Delivery:
    """Decode a record. Never raises, whatever its bytes are."""
    try:
        envelope, event = decode(classes, record.headers, record.value)
    except Malformed as malformed:
        return Delivery(record, record.aggregate_id, fault=str(malformed))
    if event is not None and not travels_on(event.topic, record.topic):
        return Delivery(record, record.aggregate_id, fault="wrong_topic")
    if not record.key:
        return Delivery(record, record.aggregate_id, fault="key_missing")
    return Delivery(record, record.aggregate_id, envelope, event)


def parked_document(record: Record, reason: str, order: int, at: datetime) -> Document:
    """How a dead letter is stored: every byte of it, and why."""
    return {
        "_id": record.place,
        "key": record.aggregate_id,
        "order": order,
        "status": "parked",
        "reason": reason,
        "at": at,
        "record": {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            **_packed(record),
        },
    }


def _packed(record: Record) -> Document:
    content = {
        "key": record.key,
        "headers": [[_stored(name), text] for name, text in record.headers],
        "value": record.value,
    }
    size = sum(len(name) + len(text or b"") for name, text in record.headers)
    if size + len(record.key or b"") + len(record.value or b"") < PACKED_FROM:
        return content
    return {"packed": zlib.compress(bson.encode(content))}


def _stored(name: str) -> str | bytes:
    """The store takes only text as text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode(errors="surrogateescape")
    return name


def _read_name(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode(errors="surrogateescape")


def unpacked(row: Document) -> Document:
    """A dead letter with its record's key, headers and value, however they are stored."""
    record = row["record"]
    if "packed" not in record:
        return row
    content = bson.decode(zlib.decompress(record["packed"]))
    return {**row, "record": {**record, **content}}


def parked_record(document: Document) -> Record:
    """The record of a dead letter, with its repair where there is one."""
    raw = unpacked(document)["record"]
    repaired = document.get("repaired") or raw
    value = repaired["value"]
    return Record(
        topic=raw["topic"],
        partition=raw["partition"],
        offset=raw["offset"],
        timestamp=raw["timestamp"],
        key=None if raw["key"] is None else bytes(raw["key"]),
        headers=tuple(
            (_read_name(name), None if text is None else bytes(text))
            for name, text in repaired["headers"]
        ),
        value=None if value is None else bytes(value),
    )


def place_in_history(row: Document) -> tuple[str | None, int | None]:
    """Subject and sequence of a record that may be unreadable otherwise."""
    texts = (row.get("repaired") or unpacked(row)["record"])["headers"]
    headers = {name: bytes(text) for name, text in texts if text is not None}
    subject = headers.get("ce_subject", b"")
    sequence = headers.get("ce_sequence", b"")
    return (
        subject.decode(errors="replace") or None,
        int(sequence) if sequence.isdigit() and len(sequence) < 16 else None,
    )
