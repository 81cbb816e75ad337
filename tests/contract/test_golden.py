"""What is on the wire today is what was promised: the samples are read, and written again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from libs.events import EVENTS, decode, encode

from .samples import GOLDEN, NAMES, sample
from .shapes import read, shape_files

MANDATORY = {
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence")
}
OPTIONAL = {"ce_tenant", "ce_tenantversion", "ce_causationid", "traceparent"}


def test_every_event_has_its_two_samples_and_no_other() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_read_and_written_as_it_was(name: str) -> None:
    golden = sample(name)
    envelope, event = golden.decoded()
    encoded = encode(event, envelope)
    assert encoded.headers == golden.raw_headers
    assert encoded.topic == event.topic
    if encoded.value is not None:
        written = json.loads(encoded.value)
        assert written == golden.data if name.endswith("full") else written | golden.data == written
        assert None not in written.values()
    assert decode(EVENTS, encoded.headers, encoded.value) == (envelope, event)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("full")])
def test_a_full_sample_holds_every_header_and_field(name: str) -> None:
    golden = sample(name)
    _, event = golden.decoded()
    headers = MANDATORY | OPTIONAL | (set() if event.tombstone else {"content-type"})
    assert set(golden.headers) == headers
    assert list(_unsaid(event)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("minimal")])
def test_a_minimal_sample_holds_nothing_that_may_be_left_out(name: str) -> None:
    golden = sample(name)
    _, event = golden.decoded()
    assert set(golden.headers) == MANDATORY | (set() if event.tombstone else {"content-type"})
    assert list(_needless(event)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_allows_the_sample(name: str) -> None:
    golden = sample(name)
    if golden.data is None:
        return
    for file in shape_files(name.rpartition(".")[0]):
        Draft202012Validator(read(file)).validate(golden.data)


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_a_reader_does_not_know_is_ignored(name: str) -> None:
    golden = sample(name)
    if golden.data is None:
        return
    _, event = golden.decoded()
    wider = json.dumps(_with_a_stranger(golden.data, event)).encode()
    assert decode(EVENTS, golden.raw_headers, wider)[1] == event


def _unsaid(value: Any, path: str = "") -> Iterator[str]:
    """Fields without a value, or with the one that they would have anyway."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            part = getattr(value, name)
            same = not field.is_required() and part == field.get_default(call_default_factory=True)
            if part is None or same or part in ((), {}):
                yield f"{path}.{name}"
            yield from _unsaid(part, f"{path}.{name}")
    elif isinstance(value, tuple):
        for part in value:
            yield from _unsaid(part, f"{path}[]")


def _needless(value: Any, path: str = "") -> Iterator[str]:
    """Fields that were given though they may be absent."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if name in value.model_fields_set and not field.is_required():
                yield f"{path}.{name}"
            yield from _needless(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for part in value:
            yield from _needless(part, f"{path}[]")


def _with_a_stranger(data: Any, value: Any) -> Any:
    """The data with one more field in every object that has a class."""
    if isinstance(value, BaseModel):
        known = {name: _with_a_stranger(part, getattr(value, name)) for name, part in data.items()}
        return {**known, "from_a_later_version": {"a": [1]}}
    if isinstance(value, tuple):
        return [_with_a_stranger(*pair) for pair in zip(data, value, strict=True)]
    return data
