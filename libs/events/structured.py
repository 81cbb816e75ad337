"""An event as one JSON document, for those who do not speak Kafka: CloudEvents' structured mode.

Source: CloudEvents 1.0.2 and its JSON event format 1.0.2 (cloudevents.io).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic_core import from_json, to_json

from .envelope import Headers, Malformed

STRUCTURED = "application/cloudevents+json"
"""The media type of such a document."""

_NUMBERS = frozenset(("sequence", "tenantversion"))
_PLAIN = "traceparent"
_KIND = "content-type"
_DATA_KIND = "datacontenttype"


def structured(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> bytes:
    """The document of a record: its attributes as in the headers, and `data`, null for a tombstone.

    Numbers are numbers, so that they are compared as such. One line of UTF-8. Raises Malformed
    where the record is none of ours.
    """
    document: dict[str, Any] = {}
    try:
        for name, raw in headers:
            told = _attribute(name)
            if told is not None and raw is not None:
                text = raw.decode()
                document[told] = int(text) if told in _NUMBERS else text
        document["data"] = None if value is None else from_json(value)
    except ValueError:
        raise Malformed("not_structured") from None
    if "id" not in document or "type" not in document:
        raise Malformed("header_missing")
    return to_json(document)


def unstructured(body: bytes) -> tuple[Headers, bytes | None]:
    """Headers and value of the record that a document tells of, for `decode`. Raises Malformed."""
    try:
        document = from_json(body)
        data = document.pop("data")
        headers = tuple((_header(name), str(told).encode()) for name, told in document.items())
    except (ValueError, AttributeError, KeyError, TypeError):
        raise Malformed("not_structured") from None
    return headers, None if data is None else to_json(data)


def _attribute(header: str) -> str | None:
    if header == _KIND:
        return _DATA_KIND
    if header == _PLAIN:
        return header
    return header.removeprefix("ce_") if header.startswith("ce_") else None


def _header(attribute: str) -> str:
    if attribute == _DATA_KIND:
        return _KIND
    return attribute if attribute == _PLAIN else f"ce_{attribute}"
