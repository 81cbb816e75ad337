"""A hundred records that nobody can apply as they are, each under a key of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import uuid_utils

from libs.events import (
    Authority,
    Category,
    Department,
    Envelope,
    Event,
    Names,
    Point,
    RequestAmended,
    RequestRouted,
    RequestSubmitted,
    RequestText,
    TaskCreated,
    encode,
)
from tests import scenarios
from tests.e2e.bus import Headers

TENANT = "etimesgut"
AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)

Kind = Literal["not JSON", "header not UTF-8", "unknown version", "missing field", "hole"]

MANY: dict[str, dict[Kind, int]] = {
    "requests": {
        "not JSON": 12,
        "header not UTF-8": 12,
        "unknown version": 12,
        "missing field": 12,
        "hole": 12,
    },
    "request_texts": {
        "not JSON": 4,
        "header not UTF-8": 4,
        "unknown version": 4,
        "missing field": 4,
    },
    "routing": {"not JSON": 3, "header not UTF-8": 3, "unknown version": 3, "missing field": 3},
    "tasks": {"not JSON": 3, "header not UTF-8": 3, "unknown version": 3, "missing field": 3},
}
"""How many of each. A compacted topic has holes by nature, and nobody minds them."""

ESSENTIAL = {
    "requests": "point",
    "request_texts": "text",
    "routing": "department",
    "tasks": "tenant",
}


@dataclass(frozen=True)
class Poison:
    """A record as it is sent, why it is put aside, and what repairs it."""

    kind: Kind
    topic: str
    key: str
    headers: Headers
    value: bytes
    reason: str
    repair: dict[str, Any]


def hundred() -> list[Poison]:
    """All of them."""
    return [
        _poison(topic, kind)
        for topic, kinds in MANY.items()
        for kind, count in kinds.items()
        for _ in range(count)
    ]


def good(event: Event, key: str, sequence: int, tenant: str = TENANT) -> tuple[Headers, bytes]:
    """The record of an event that is as it should be."""
    encoded = encode(
        event,
        Envelope(
            id=str(uuid_utils.uuid7()),
            source="/sokak/test",
            type=event.type,
            subject=key,
            time=AT,
            sequence=sequence,
            tenant=tenant,
        ),
    )
    assert encoded.value is not None
    return encoded.headers, encoded.value


def submitted(key: str) -> RequestSubmitted:
    """A request, as intake would tell it."""
    return RequestSubmitted(
        tenant=TENANT,
        tracking_number=_number(key),
        request_type="notice",
        channel="sms",
        occurred_at=AT,
        point=Point(**scenarios.place_in(TENANT)),
        time_zone="Europe/Istanbul",
    )


def _poison(topic: str, kind: Kind) -> Poison:
    key = str(uuid_utils.uuid7())
    event, sequence = event_for(topic, key), 1
    if kind == "hole":
        event, sequence = RequestAmended(occurred_at=AT, request_type="thanks"), 2
    headers, value = good(event, key, sequence)
    repair: dict[str, Any] = {"data": json.loads(value), "headers": {}}
    match kind:
        case "not JSON":
            value, reason = value[: len(value) // 2], "data_invalid:json_invalid"
        case "missing field":
            data, name = json.loads(value), ESSENTIAL[topic]
            del data[name]
            value, reason = json.dumps(data).encode(), f"data_invalid:{name}:missing"
        case "header not UTF-8":
            headers = _with(headers, "ce_source", b"/sokak/\xff\xfe")
            repair["headers"] = {"ce_source": "/sokak/test"}
            reason = "header_not_utf8:ce_source"
        case "unknown version":
            headers = _with(headers, "ce_type", f"{event.type[:-1]}9".encode())
            repair["headers"] = {"ce_type": event.type}
            reason = "unknown_version"
        case "hole":
            reason = "gap"
    return Poison(kind, topic, key, headers, value, reason, repair)


def event_for(topic: str, key: str) -> Event:
    """An event of the topic without a fault."""
    match topic:
        case "requests":
            return submitted(key)
        case "request_texts":
            return RequestText(text="Bir söz.")
        case "routing":
            names = Names(tr="Ad", en="Name")
            return RequestRouted(
                occurred_at=AT,
                authority=Authority(kind="own", body=TENANT, names=names, tenant=TENANT),
                category=Category(code="OTHER", names=names),
                category_source="unsorted",
                department=Department(code="BYH", names=names),
                priority="normal",
                sla_minutes=60,
                reasons=(Names(tr="Neden", en="Reason"),),
            )
        case _:
            return TaskCreated(
                occurred_at=AT,
                tenant=TENANT,
                request_id=key,
                tracking_number=_number(key),
                request_type="notice",
                channel="sms",
                time_zone="Europe/Istanbul",
            )


def _with(headers: Headers, name: str, text: bytes) -> Headers:
    return tuple((known, text if known == name else other) for known, other in headers)


def _number(key: str) -> str:
    """Nine letters of Crockford's alphabet that no other key has."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    rest = int(key.replace("-", "")[-12:], 16)
    return "".join(alphabet[(rest >> (5 * place)) & 31] for place in range(9))
