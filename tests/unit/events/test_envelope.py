"""The envelope: what is encoded is decoded, and no bytes of anybody's do harm."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.events import EVENTS, Envelope, Event, Malformed, decode, encode
from tests.contract.documents import documents
from tests.contract.samples import NAMES, Sample, sample
from tests.contract.shapes import shape

CLASSES = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
SAMPLES = pytest.mark.parametrize("name", NAMES)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

PLAIN = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1)
MILLISECONDS = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
TRACE = st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", fullmatch=True)


def envelopes(type_: str) -> st.SearchStrategy[Envelope]:
    """Any envelope of an event."""
    return st.builds(
        Envelope,
        id=PLAIN,
        source=PLAIN,
        type=st.just(type_),
        subject=PLAIN,
        time=MILLISECONDS,
        sequence=st.integers(1, 10**15 - 1),
        tenant=st.none() | PLAIN,
        tenant_version=st.none() | st.integers(1, 2**31 - 1),
        causation_id=st.none() | PLAIN,
        traceparent=st.none() | TRACE,
    )


@CLASSES
def test_what_is_encoded_is_decoded(event: type[Event]) -> None:
    @FAST
    @given(envelopes(event.type), documents(shape(event)))
    def holds(envelope: Envelope, document: object) -> None:
        told = event() if event.tombstone else event.model_validate_json(json.dumps(document))
        encoded = encode(told, envelope)
        assert decode(EVENTS, encoded.headers, encoded.value) == (envelope, told)
        assert encode(told, envelope) == encoded

    holds()


def fault(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> str | None:
    """Why a record is malformed, None if it is not; whatever else is raised goes on."""
    try:
        decode(EVENTS, headers, value)
    except Malformed as malformed:
        return str(malformed)
    return None


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([*sample(NAMES[0]).headers, "x-other", "ce_other", ""]) | st.text(),
        st.none() | st.binary(max_size=40) | st.sampled_from(sorted(EVENTS)).map(str.encode),
    ),
    max_size=14,
)


@FAST
@given(HEADERS, st.none() | st.binary())
def test_any_bytes_are_read_or_malformed(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    assert fault(headers, value) != ""


@SAMPLES
def test_any_bytes_under_good_headers_are_read_or_malformed(name: str) -> None:
    golden = sample(name)

    @FAST
    @given(st.none() | st.binary() | st.text().map(lambda text: json.dumps(text).encode()))
    def holds(value: bytes | None) -> None:
        if golden.data is None and value is None:
            return
        with pytest.raises(Malformed):
            decode(EVENTS, golden.raw_headers, value)

    holds()


@SAMPLES
def test_a_good_record_with_one_broken_header_is_read_or_malformed(name: str) -> None:
    golden = sample(name)

    @FAST
    @given(st.sampled_from(sorted(golden.headers)), st.none() | st.binary() | st.text(max_size=9))
    def holds(broken: str, raw: bytes | str | None) -> None:
        raw = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
        headers = [(n, raw if n == broken else text) for n, text in golden.raw_headers]
        reason = fault(headers, golden.value)
        assert reason is None or broken in reason or broken in ("ce_type", "ce_specversion")

    holds()


HOSTILE = [
    b'{"occurred_at": ' + b"[" * 100_000,
    b'{"occurred_at": ' + b"9" * 10_000 + b"}",
    b'{"occurred_at": NaN}',
    b'{"occurred_at": 1762067698}',
    b'{"occurred_at": "2026-11-02T07:14:58"}',
    b'{"occurred_at": "0001-01-01T00:00:00+14:00"}',
    b'{"occurred_at": "9999-12-31T23:59:59-14:00"}',
    b'{"occurred_at": "\\ud800"}',
    b"\xef\xbb\xbf{}",
    b"[]",
    b"null",
    b"",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@SAMPLES
def test_hostile_data_is_malformed(name: str, value: bytes) -> None:
    with pytest.raises(Malformed):
        decode(EVENTS, sample(name).raw_headers, value)


def refused(golden: Sample, **headers: str | bytes | None) -> str:
    """The reason why a record with these headers in place of its own is malformed."""
    changed: dict[str, str | bytes | None] = {**golden.headers, **headers}
    raw = [(n, text.encode() if isinstance(text, str) else text) for n, text in changed.items()]
    return fault(raw, golden.value) or "read"


GOOD = sample("task.created.v1.full")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"ce_id": ""}, "header_missing:ce_id"),
        ({"ce_subject": None}, "header_null:ce_subject"),
        ({"ce_tenant": b"\xff"}, "header_not_utf8:ce_tenant"),
        ({"ce_other": b"\xff"}, "header_not_utf8:?"),
        ({"ce_subject": "a\0b"}, "header_invalid:ce_subject"),
        ({"ce_id": "a\nb"}, "header_invalid:ce_id"),
        ({"ce_id": "a" * 257}, "header_invalid:ce_id"),
        ({"ce_specversion": "0.3"}, "specversion_unknown"),
        ({"ce_sequence": "0"}, "header_invalid:ce_sequence"),
        ({"ce_sequence": "-1"}, "header_invalid:ce_sequence"),
        ({"ce_sequence": "١"}, "header_invalid:ce_sequence"),
        ({"ce_sequence": "9" * 16}, "header_invalid:ce_sequence"),
        ({"ce_tenantversion": "7.0"}, "header_invalid:ce_tenantversion"),
        ({"ce_time": "1762067698"}, "header_invalid:ce_time"),
        ({"ce_time": "2026-11-02T07:15:00"}, "header_invalid:ce_time"),
        ({"ce_time": "2026-13-02T07:15:00Z"}, "header_invalid:ce_time"),
        ({"ce_time": "0001-01-01T00:00:00+14:00"}, "header_invalid:ce_time"),
        ({"ce_type": "task.created.v2"}, "unknown_version"),
        ({"ce_type": "task.created.vx"}, "unknown_version"),
    ],
)
def test_a_broken_header_is_named(headers: dict[str, str | bytes | None], reason: str) -> None:
    assert refused(GOOD, **headers) == reason


@pytest.mark.parametrize("type_", ["task.celebrated.v1", "task.created", "created", "task.v1"])
def test_a_name_that_is_not_ours_is_skipped(type_: str) -> None:
    headers = [*GOOD.raw_headers, ("ce_type", type_.encode())]
    envelope, event = decode(EVENTS, headers, b"\xff whatever it may be")
    assert (envelope.type, event) == (type_, None)


@pytest.mark.parametrize("broken", [None, b"", b"\xff", b"00-0-0-00", b"00-" + b"g" * 52])
def test_a_broken_trace_does_not_cost_an_event(broken: bytes | None) -> None:
    envelope, event = GOOD.decoded()
    headers = [(n, broken if n == "traceparent" else text) for n, text in GOOD.raw_headers]
    assert decode(EVENTS, headers, GOOD.value) == (envelope._replace(traceparent=None), event)


def test_a_header_of_somebody_else_is_not_looked_at() -> None:
    headers = [*GOOD.raw_headers, ("reply_to", b"\xff"), ("x", None), ("", b"")]
    assert decode(EVENTS, headers, GOOD.value) == GOOD.decoded()


def test_data_is_missing_or_too_much() -> None:
    erased = sample("request.text_erased.v1.full")
    assert fault(GOOD.raw_headers, None) == "data_missing"
    assert fault(erased.raw_headers, b"{}") == "tombstone_with_data"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a\nb"},
        {"subject": "a" * 257},
        {"tenant": "\ud800"},
        {"causation_id": "a\0"},
        {"sequence": 0},
        {"time": datetime(2026, 11, 2)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_nobody_could_read_is_not_encoded(wrong: dict[str, Any]) -> None:
    envelope, event = GOOD.decoded()
    with pytest.raises(ValueError, match=r"attribute|sequence"):
        encode(event, envelope._replace(**wrong))
