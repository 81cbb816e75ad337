"""The same event as one document: what its record says, no more and no less."""

from __future__ import annotations

import json

import pytest

from libs.events import EVENTS, Malformed, decode, encode, structured, unstructured
from tests.contract.samples import NAMES, sample

SAMPLES = pytest.mark.parametrize("name", NAMES)


@SAMPLES
def test_a_document_tells_what_the_record_tells(name: str) -> None:
    envelope, event = sample(name).decoded()
    encoded = encode(event, envelope)
    document = json.loads(structured(encoded.headers, encoded.value))
    assert document["specversion"] == "1.0"
    assert (document["id"], document["type"]) == (envelope.id, event.type)
    assert document["sequence"] == envelope.sequence
    assert document.get("tenantversion") == envelope.tenant_version
    data = None if event.tombstone else json.loads(encoded.value or b"")
    assert document["data"] == data
    assert ("datacontenttype" in document) == (data is not None)


@SAMPLES
def test_a_document_is_read_as_the_record_is(name: str) -> None:
    envelope, event = sample(name).decoded()
    encoded = encode(event, envelope)
    headers, value = unstructured(structured(encoded.headers, encoded.value))
    assert decode(EVENTS, headers, value) == (envelope, event)


def test_a_document_is_one_line_whatever_is_in_it() -> None:
    headers = (("ce_id", b"1"), ("ce_type", b"x.v1"))
    assert b"\n" not in structured(headers, b'{"text":\n "a\\nb"}')


@pytest.mark.parametrize(
    ("headers", "value"),
    [
        ((("ce_id", b"1"), ("ce_type", b"x.v1")), b"no JSON"),
        ((("ce_id", b"1"), ("ce_type", b"\xff")), b"{}"),
        ((("ce_id", b"1"), ("ce_type", b"x"), ("ce_sequence", b"one")), b"{}"),
        ((("ce_type", b"x.v1"),), b"{}"),
    ],
)
def test_what_is_no_event_makes_no_document(
    headers: tuple[tuple[str, bytes], ...], value: bytes
) -> None:
    with pytest.raises(Malformed):
        structured(headers, value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"1", b'{"id":"1"'])
def test_what_is_no_document_is_no_event(body: bytes) -> None:
    with pytest.raises(Malformed):
        unstructured(body)
