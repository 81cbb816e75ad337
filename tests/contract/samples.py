"""The golden samples: one record of each event with everything in it, one with the least."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.events import EVENTS, Envelope, Event, decode

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("full", "minimal")
NAMES = [f"{type_}.{kind}" for type_ in EVENTS for kind in KINDS]


@dataclass(frozen=True)
class Sample:
    """A record as its file tells it."""

    name: str
    headers: dict[str, str]
    key: str
    data: Any

    @property
    def raw_headers(self) -> tuple[tuple[str, bytes], ...]:
        """The headers as Kafka has them."""
        return tuple((name, text.encode()) for name, text in self.headers.items())

    @property
    def value(self) -> bytes | None:
        """The record's value; none of a tombstone."""
        return None if self.data is None else json.dumps(self.data, ensure_ascii=False).encode()

    def decoded(self) -> tuple[Envelope, Event]:
        """The event, as a consumer reads it."""
        envelope, event = decode(EVENTS, self.raw_headers, self.value)
        assert event is not None
        return envelope, event


def sample(name: str) -> Sample:
    """The sample of a name such as `request.submitted.v1.full`."""
    found = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return Sample(name, found["headers"], found["key"], found["data"])
