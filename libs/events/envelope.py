"""CloudEvents 1.0 in Kafka's binary mode: attributes are `ce_` headers, the value is the data.

Source: CloudEvents 1.0.2 and its Kafka protocol binding 1.0.2 (cloudevents.io).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from .common import Event, utc_milliseconds

Headers = tuple[tuple[str, bytes], ...]

CONTENT_TYPE = b"application/json"
MAX_ATTRIBUTE = 256
"""No attribute is longer, in characters."""

_MANDATORY = ("ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence")
_KNOWN = frozenset(
    (*_MANDATORY, "ce_specversion", "ce_tenant", "ce_tenantversion", "ce_causationid")
)
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Malformed(ValueError):
    """A record that breaks the contract for good. Its text names the fault and no content."""


class Envelope(NamedTuple):
    """The attributes of one event. `sequence` counts its subject's events in its topic: 1, 2, 3."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    tenant: str | None = None
    tenant_version: int | None = None
    causation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as it goes onto the wire."""

    topic: str
    headers: Headers
    value: bytes | None


def encode(event: Event, envelope: Envelope) -> Encoded:
    """Make the record of an event; its key is the caller's, who knows the aggregate.

    Raises ValueError where `decode` would refuse the attributes, so that nothing is ever
    committed that no consumer can read.
    """
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": event.type,
        "ce_subject": envelope.subject,
        "ce_time": envelope.time.isoformat(),
        "ce_sequence": str(envelope.sequence),
        "ce_tenant": envelope.tenant,
        "ce_tenantversion": envelope.tenant_version and str(envelope.tenant_version),
        "ce_causationid": envelope.causation_id,
        "traceparent": envelope.traceparent,
    }
    if not _all_plain([text for text in attributes.values() if text]):
        wrong = [name for name, text in attributes.items() if text and not _plain(text)]
        raise ValueError(f"not an attribute's text: {wrong[0]}")
    if envelope.sequence < 1 or envelope.time.tzinfo is None:
        raise ValueError("a sequence starts at 1, and a time has a zone")
    headers = tuple((name, text.encode()) for name, text in attributes.items() if text)
    if event.tombstone:
        return Encoded(event.topic, headers, None)
    value = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    return Encoded(event.topic, (*headers, ("content-type", CONTENT_TYPE)), value)


def decode(
    classes: Mapping[str, type[Event]],
    headers: Iterable[tuple[str, bytes | None]],
    value: bytes | None,
) -> tuple[Envelope, Event | None]:
    """Read a record: its envelope, and its event or None where the name is not one of ours.

    `classes` maps every known CloudEvents type to its class. Raises Malformed with a reason
    that holds no content: a header that is missing, not UTF-8 (its name, too, where the reader
    keeps such bytes by `surrogateescape`) or not an attribute's text, a
    known name with an unknown version, data that is not JSON or not of the class's shape.
    A broken `traceparent` is no fault of the event's: it is left out.
    """
    texts = _texts(headers)
    envelope = _envelope(texts)
    known = classes.get(envelope.type)
    if known is None:
        name, _, _ = envelope.type.rpartition(".v")
        if any(other.rpartition(".v")[0] == name for other in classes):
            raise Malformed("unknown_version")
        return envelope, None
    if known.tombstone or value is None:
        if known.tombstone and value is None:
            return envelope, known()
        raise Malformed("data_missing" if value is None else "tombstone_with_data")
    try:
        return envelope, known.model_validate_json(value, strict=True)
    except ValidationError as error:
        raise Malformed(_reason(error)) from None


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, raw in headers:
        if name == "traceparent":
            text = (raw or b"").decode(errors="replace")
            if _TRACEPARENT.fullmatch(text):
                texts[name] = text
        elif name in _KNOWN or name.startswith("ce_"):
            texts[name] = _text(name, raw)
        elif name != "content-type" and not _is_text(name):
            raise Malformed("header_name_not_utf8")
    return texts


def _text(name: str, raw: bytes | None) -> str:
    if raw is None:
        raise Malformed(f"header_null:{_shown(name)}")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Malformed(f"header_not_utf8:{_shown(name)}") from None
    if name not in _KNOWN:
        if not _is_text(name):
            raise Malformed("header_name_not_utf8")
    elif text and not _plain(text):
        raise Malformed(f"header_invalid:{name}")
    return text


def _is_text(name: str) -> bool:
    """Not so where bytes that are not UTF-8 were kept as half surrogates."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _plain(text: str) -> bool:
    """CloudEvents forbids control characters, surrogates and noncharacters."""
    return len(text) <= MAX_ATTRIBUTE and text.isprintable()


def _all_plain(texts: Collection[str]) -> bool:
    """Asked of all together, as nearly always they are."""
    return "".join(texts).isprintable() and max(map(len, texts), default=0) <= MAX_ATTRIBUTE


def _envelope(texts: Mapping[str, str]) -> Envelope:
    for name in _MANDATORY:
        if not texts.get(name):
            raise Malformed(f"header_missing:{name}")
    if texts.get("ce_specversion") != "1.0":
        raise Malformed("specversion_unknown")
    sequence = _number(texts, "ce_sequence")
    if sequence is None or sequence < 1:
        raise Malformed("header_invalid:ce_sequence")
    return Envelope(
        id=texts["ce_id"],
        source=texts["ce_source"],
        type=texts["ce_type"],
        subject=texts["ce_subject"],
        time=_time(texts["ce_time"]),
        sequence=sequence,
        tenant=texts.get("ce_tenant"),
        tenant_version=_number(texts, "ce_tenantversion"),
        causation_id=texts.get("ce_causationid"),
        traceparent=texts.get("traceparent"),
    )


def _time(text: str) -> datetime:
    try:
        if _RFC_3339.fullmatch(text):
            return utc_milliseconds(datetime.fromisoformat(text))
    except ValueError:
        pass
    raise Malformed("header_invalid:ce_time")


def _number(texts: Mapping[str, str], name: str) -> int | None:
    text = texts.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Malformed(f"header_invalid:{name}")
    return int(text)


def _reason(error: ValidationError) -> str:
    """The first fault's field and kind; deeper places may be keys that a person wrote."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ":".join(str(part) for part in first["loc"][:1])
    return f"data_invalid:{field}:{first['type']}" if field else f"data_invalid:{first['type']}"


def _shown(name: str) -> str:
    return name if name in _KNOWN else "?"
