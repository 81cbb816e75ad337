"""The committed shapes are those of the classes, get on with each other, and stay as they are."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from libs.events import EVENTS, Code, Event, Id, Slug, TrackingNumber
from libs.events.topics import named

from .documents import documents
from .gate import breaks, unjudged
from .shapes import SCHEMAS, Schema, read, rewritten, shape, shape_files

CLASSES = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
MOST_HEADERS = 12 * (256 * 4 + 32)
UNBOUNDED = {"tenant.published.v1"}
"""A whole tenant has no bound by its shape; its size is checked when it is published."""
LONGEST = {
    TypeAdapter(text).json_schema()["pattern"]: length
    for text, length in ((Id, 36), (Slug, 63), (Code, 64), (TrackingNumber, 9))
}
"""The most characters that each pattern allows, all of them ASCII."""


@CLASSES
def test_the_newest_shape_is_that_of_the_class(event: type[Event]) -> None:
    files = shape_files(event.type)
    assert files, f"no shape of {event.type}: run `make contract` and commit what it writes"
    assert read(files[-1]) == shape(event), "run `make contract`, which says whether it may change"
    assert [file.stem for file in files] == [str(n + 1) for n in range(len(files))]


def test_no_shape_is_without_a_class() -> None:
    assert {folder.name for folder in SCHEMAS.iterdir()} == set(EVENTS)


def test_no_released_shape_was_ever_changed() -> None:
    assert rewritten() == []


@CLASSES
def test_a_shape_gets_on_with_itself_and_all_before_it(event: type[Event]) -> None:
    shapes = [read(file) for file in shape_files(event.type)]
    for old, new in [(shapes[-1], shapes[-1]), *combinations(shapes, 2)]:
        assert breaks(old, new) == []


@CLASSES
def test_the_gate_understands_every_word_of_a_shape(event: type[Event]) -> None:
    assert unjudged(shape(event)) == set()


@CLASSES
def test_an_event_is_written_in_the_shape_that_it_is_read_in(event: type[Event]) -> None:
    written = event.model_json_schema(mode="serialization")
    assert written == event.model_json_schema(mode="validation")


@CLASSES
def test_every_document_of_every_shape_is_read(event: type[Event]) -> None:
    shapes = [read(file) for file in shape_files(event.type)]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(*map(documents, shapes)))
    def is_read(document: object) -> None:
        event.model_validate_json(json.dumps(document))

    is_read()


@CLASSES
def test_the_largest_event_fits_its_topic(event: type[Event]) -> None:
    if event.type in UNBOUNDED:
        return
    topic = named(event.topic)
    assert topic is not None
    assert _largest(shape(event)) + MOST_HEADERS <= topic.max_record_bytes


def _largest(schema: Schema, root: Schema | None = None) -> float:
    """The most bytes of JSON that the schema allows; endless where something has no bound."""
    root = root or schema
    if "$ref" in schema:
        return _largest(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return max(_largest(part, root) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return max(len(json.dumps(word)) for word in schema.get("enum", [schema.get("const")]))
    match schema["type"]:
        case "string" if "pattern" in schema:
            return 2 + LONGEST[schema["pattern"]]
        case "string" if schema.get("format") == "date-time":
            return 42
        case "string":
            return 2 + 6 * _most(schema, "maxLength")
        case "array":
            return 2 + _most(schema, "maxItems") * (1 + _largest(schema["items"], root))
        case "object" if "patternProperties" in schema:
            ((keys, part),) = schema["patternProperties"].items()
            each = LONGEST[keys] + 4 + _largest(part, root)
            return 2 + _most(schema, "maxProperties") * each
        case "object" if schema.get("additionalProperties"):
            return float("inf")
        case "object":
            parts = schema.get("properties", {}).items()
            return 2 + sum(len(name) + 4 + _largest(part, root) for name, part in parts)
    return 25


def _most(schema: Schema, bound: str) -> float:
    return float(schema.get(bound, "inf"))
