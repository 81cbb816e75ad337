"""Conformance: CloudEvents 1.0.2 (attributes, types) and its Kafka binding (binary mode)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from libs.events import EVENTS, PUBLIC, TOPICS, encode, public_topic
from libs.events.topics import named, travels_on
from tests.contract.samples import NAMES, sample

SAMPLES = pytest.mark.parametrize("name", NAMES)
REQUIRED = {"id", "source", "specversion", "type"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def attributes(name: str) -> dict[str, str]:
    """The attributes of an encoded sample, without the prefix that Kafka's binding gives them."""
    envelope, event = sample(name).decoded()
    headers = encode(event, envelope).headers
    assert len({header for header, _ in headers}) == len(headers), "no attribute comes twice"
    return {
        header.removeprefix("ce_"): raw.decode("utf-8", "strict")
        for header, raw in headers
        if header.startswith("ce_")
    }


@SAMPLES
def test_the_required_attributes_are_there_and_not_empty(name: str) -> None:
    found = attributes(name)
    assert found.keys() >= REQUIRED
    assert all(found.values())
    assert found["specversion"] == "1.0"


@SAMPLES
def test_names_are_lower_case_letters_and_digits_and_short(name: str) -> None:
    for attribute in attributes(name):
        assert re.fullmatch(r"[a-z0-9]{1,20}", attribute)
        assert attribute != "data"


@SAMPLES
def test_texts_hold_no_control_characters(name: str) -> None:
    for text in attributes(name).values():
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", text)


@SAMPLES
def test_the_source_is_a_uri_reference_and_the_time_is_rfc_3339(name: str) -> None:
    found = attributes(name)
    assert re.fullmatch(r"/sokak/(intake|routing|crm|reporting)", found["source"])
    assert urlsplit(found["source"]).path == found["source"]
    assert RFC_3339.fullmatch(found["time"])


@SAMPLES
def test_the_content_type_is_told_where_there_is_content(name: str) -> None:
    envelope, event = sample(name).decoded()
    encoded = encode(event, envelope)
    told = [raw for header, raw in encoded.headers if header == "content-type"]
    assert told == ([] if encoded.value is None else [b"application/json"])


@SAMPLES
def test_the_trace_is_a_header_of_its_own(name: str) -> None:
    envelope, event = sample(name).decoded()
    traces = [raw for header, raw in encode(event, envelope).headers if header == "traceparent"]
    assert traces == ([envelope.traceparent.encode()] if envelope.traceparent else [])


@pytest.mark.parametrize("type_", EVENTS)
def test_a_type_has_a_version_and_a_topic(type_: str) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+\.v[1-9][0-9]*", type_)
    assert EVENTS[type_].topic in {*TOPICS, PUBLIC}


def test_only_compacted_topics_have_tombstones() -> None:
    topics = [named(event.topic) for event in EVENTS.values() if event.tombstone]
    assert all(topic is not None and topic.compacted for topic in topics)


def test_a_public_topic_is_a_tenants_own_compacted_and_in_one_order() -> None:
    topic = public_topic("kecioren")
    assert topic == named("public.kecioren.requests")
    assert (topic.partitions, topic.compacted) == (1, True)
    assert named("requests") == TOPICS["requests"]
    assert named("public..requests") is named("public.kecioren") is None


def test_a_public_event_travels_on_public_topics_alone() -> None:
    assert travels_on(PUBLIC, "public.kecioren.requests")
    assert not travels_on(PUBLIC, "requests")
    assert not travels_on("requests", "public.kecioren.requests")
