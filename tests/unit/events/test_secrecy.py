"""A reason names the fault and never what somebody wrote, wherever it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from libs.events import EVENTS, Malformed, decode
from tests.contract.samples import NAMES, sample

MARKER = "Zeynep5551234567"
SAMPLES = pytest.mark.parametrize("name", NAMES)


def reason(headers: Any, value: bytes | None) -> str:
    """Why the record is malformed; nothing where it is read."""
    try:
        decode(EVENTS, headers, value)
    except Malformed as malformed:
        return str(malformed)
    return ""


def planted(data: Any) -> Iterator[Any]:
    """The data with the marker in every place: as value, in a list, as key, as one more field."""
    yield from (MARKER, [MARKER], {MARKER: MARKER}, {MARKER: [MARKER]}, MARKER * 1000)
    if isinstance(data, dict):
        yield {**data, MARKER: MARKER}
        for name, part in data.items():
            without = {key: other for key, other in data.items() if key != name}
            yield {**without, MARKER: part}
            for wrong in planted(part):
                yield {**data, name: wrong}
    elif isinstance(data, list):
        yield [*data, MARKER]
        for place, part in enumerate(data):
            for wrong in planted(part):
                yield [*data[:place], wrong, *data[place + 1 :]]


@SAMPLES
def test_no_reason_holds_what_was_in_the_data(name: str) -> None:
    golden = sample(name)
    reasons = [
        reason(golden.raw_headers, json.dumps(data).encode()) for data in planted(golden.data)
    ]
    broken = [f'"{MARKER}', f'{{"{MARKER}": {MARKER}}}', f"{MARKER}\x00", f'{{"a": "{MARKER}"']
    reasons += [reason(golden.raw_headers, text.encode()) for text in broken]
    reasons += [reason(golden.raw_headers, text.encode() + b"\xff") for text in broken]
    assert any(reasons)
    assert [text for text in reasons if MARKER.lower() in text.lower()] == []


@SAMPLES
def test_no_reason_holds_what_was_in_a_header(name: str) -> None:
    golden = sample(name)
    text = MARKER.encode()
    values = (text, text + b"\xff", text + b"\0", text * 100, b"task.created.v" + text, None)
    reasons = []
    for header in (*golden.headers, "ce_other"):
        for raw in values:
            headers = [*golden.raw_headers, (header, raw)]
            reasons.append(reason(headers, golden.value))
            reasons.append(reason(headers, text))
    assert any(reasons)
    assert [text for text in reasons if MARKER.lower() in text.lower()] == []


@pytest.mark.parametrize("raw", [None, b"\xff", b"", b"\0"])
def test_no_reason_holds_the_name_of_a_header(raw: bytes | None) -> None:
    golden = sample("task.created.v1.full")
    for header in (f"ce_{MARKER}", f"ce_{MARKER}\n", MARKER):
        said = reason([*golden.raw_headers, (header, raw)], golden.value)
        assert MARKER not in said


def test_a_marker_in_a_reason_would_be_found() -> None:
    golden = sample("task.created.v1.full")
    known = [*golden.raw_headers, ("ce_tenant", None)]
    assert "tenant" in reason(known, golden.value)
