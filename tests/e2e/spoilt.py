"""Ten thousand records as hostile and broken producers make them. None of them can be applied."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from libs.events import EVENTS, TOPICS, Event
from tests.contract.documents import documents
from tests.contract.samples import KINDS, sample
from tests.contract.shapes import shape
from tests.e2e.bus import Seen
from tests.raw import Raw

MANY = {"requests": 3600, "request_texts": 2000, "routing": 2150, "tasks": 2100, "tenants": 150}
"""How many of each topic."""

DRAWN = 40
"""So many documents of each event are drawn, to be spoilt in many ways each."""

WHOLE = ("requests", "routing", "tasks")
"""Where a history has no holes, so that one is waited for."""

Headers = tuple[tuple[bytes, bytes | None], ...]
Dice = random.Random
Json = Any


@dataclass(frozen=True)
class Spoilt:
    """A record, where it is sent, and what is wrong with it."""

    kind: str
    topic: str
    key: bytes | None
    headers: Headers
    value: bytes | None

    @property
    def raw(self) -> Raw:
        """As it is sent."""
        return Raw(self.key, self.headers, self.value)


def ten_thousand(real: Sequence[Seen], seed: int = 4) -> list[Spoilt]:
    """Always the same ones, but for the keys and for what the real records hold."""
    dice = Dice(seed)
    by_topic: dict[str, list[Seen]] = defaultdict(list)
    for record in real:
        by_topic[record.topic].append(record)
    found = [
        _one(topic, by_topic[topic], dice) for topic, count in MANY.items() for _ in range(count)
    ]
    dice.shuffle(found)
    return found


def _one(topic: str, real: Sequence[Seen], dice: Dice) -> Spoilt:
    ways: list[Callable[[Spoilt, type[Event], Dice], Spoilt | None]]
    ways = [_with_data, _with_data, _with_bytes, _with_header, _with_header, _flipped, _strange]
    while True:
        whole, event = _whole(topic, real, dice)
        spoilt = dice.choice(ways)(whole, event, dice)
        if spoilt is not None:
            return spoilt


def _whole(topic: str, real: Sequence[Seen], dice: Dice) -> tuple[Spoilt, type[Event]]:
    """A record without a fault, of a key of its own: lived, golden, or drawn."""
    key = str(uuid.UUID(int=dice.getrandbits(128), version=4)).encode()
    if real and dice.random() < 0.4:
        record = dice.choice(real)
        event = EVENTS[record.text("ce_type")]
        headers, value = record.headers, record.value
    else:
        event = dice.choice([one for one in EVENTS.values() if one.topic == topic])
        one = sample(f"{event.type}.{dice.choice(KINDS)}")
        headers, value = dict(one.raw_headers), one.value
        if value is not None and dice.random() < 0.8:
            value = _dumped(dice.choice(_drawn(event)))
    named = {name.encode(): text for name, text in headers.items()} | {b"ce_subject": key}
    return Spoilt("whole", topic, key, tuple(named.items()), value), event


@lru_cache
def _drawn(event: type[Event]) -> list[Json]:
    found: list[Json] = []

    @settings(
        max_examples=DRAWN,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(documents(shape(event)).filter(lambda one: len(_dumped(one)) < 20_000))
    def draw(one: Json) -> None:
        found.append(one)

    draw()
    return found


def _dumped(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


@lru_cache
def _validator(event: type[Event]) -> Draft202012Validator:
    return Draft202012Validator(shape(event))


def breaks(event: type[Event], value: bytes | None) -> bool:
    """Whether the event's schema refuses the value, or it is no JSON. No code of Sokak's asked."""
    if event.tombstone or value is None:
        return event.tombstone != (value is None)
    try:
        document = json.loads(value.decode())
    except (ValueError, RecursionError):
        return True
    return not _validator(event).is_valid(document)


# -- wrong data

WRONG: tuple[Json, ...] = (
    *(
        None,
        True,
        0,
        -1,
        10**30,
        -(10**19),
        1.5,
        1e308,
        "",
        "x",
        "x" * 5000,
        "\0",
        "٣",
        "\U0010ffff",
    ),
    *([], {}, [[]], [None], {"$gt": ""}, {"$where": "1"}, "2026-02-30T00:00:00Z", "2026-11-01"),
)


def _with_data(whole: Spoilt, event: type[Event], dice: Dice) -> Spoilt | None:
    if whole.value is None:
        return None
    document = json.loads(whole.value)
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        _spoil(document, dice)
    if dice.random() < 0.2:
        document |= {"extra": dice.choice(WRONG)}  # alone it would be no fault
    value = _dumped(document)
    return replace(whole, kind="data", value=value) if breaks(event, value) else None


def _spoil(document: Json, dice: Dice) -> None:
    """Change or take away one thing, at any depth."""
    while True:
        places = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not places:
            return
        place = dice.choice(places)
        inner = document[place]
        if isinstance(inner, dict | list) and inner and dice.random() < 0.6:
            document = inner
        elif dice.random() < 0.3:
            del document[place]
            return
        else:
            document[place] = deepcopy(dice.choice(WRONG))
            return


# -- wrong bytes


def _with_bytes(whole: Spoilt, event: type[Event], dice: Dice) -> Spoilt | None:
    value = dice.choice(BYTES)(whole.value or b"{}", dice)
    return replace(whole, kind="bytes", value=value) if breaks(event, value) else None


def _inside(value: bytes, piece: bytes, dice: Dice) -> bytes:
    """With the piece at the beginning of some string of it."""
    at = dice.choice([found.end() for found in re.finditer(rb': "', value)] or [len(value)])
    return value[:at] + piece + value[at:]


BYTES: tuple[Callable[[bytes, Dice], bytes | None], ...] = (
    lambda value, dice: value[: dice.randrange(len(value))],
    lambda value, dice: value + dice.choice((b"}", b"{}", b"\0", b"1", value)),
    lambda value, dice: b"\xef\xbb\xbf" + value,
    lambda value, dice: value.decode(errors="replace").encode("utf-16"),
    lambda value, dice: dice.randbytes(dice.randrange(1, 400)),
    lambda value, dice: _inside(value, dice.choice((b"\xff", b"\xc3", b"\xed\xa0\x80")), dice),
    lambda value, dice: _inside(value, dice.choice((rb"\ud800", rb"\udfff\ud800", rb"\u12")), dice),
    lambda value, dice: _inside(value, dice.choice((b"\0", b"\n", b"\x1f", b"\\x")), dice),
    lambda value, dice: b"[" * dice.choice((1, 300, 5000, 100_000)),
    lambda value, dice: b'{"a":' * 3000 + b"1" + b"}" * 3000,
    lambda value, dice: b"[" + value + b"]",
    lambda value, dice: dice.choice((b"", b"null", b"1", b'""', b"[]", b"NaN", b"-Infinity")),
    lambda value, dice: json.dumps(value.decode(errors="replace")).encode(),
    lambda value, dice: value.replace(b"{", b"{,", 1),
    lambda value, dice: value.replace(b'"', b"'"),
    lambda value, dice: None,
)


# -- wrong headers


def _with_header(whole: Spoilt, event: type[Event], dice: Dice) -> Spoilt | None:
    headers = dict(whole.headers)
    match dice.randrange(8):
        case 0:
            del headers[dice.choice(MANDATORY)]
        case 1:
            headers[dice.choice(MANDATORY)] = dice.choice((None, b""))
        case 2 | 3 | 4:
            name = dice.choice(list(BAD))
            headers[name] = dice.choice(BAD[name])
        case 5:
            name = dice.choice((*MANDATORY, b"ce_tenant", b"ce_causationid", b"ce_unheardof"))
            headers[name] = dice.choice((b"\xff", b"a\xc0\x80", b"\xed\xa0\x80"))
        case 6:
            headers[dice.choice((b"\xff", b"ce_\xfe", b"n\xc3", b"\xed\xb0\x80"))] = b"1"
        case 7:
            name = dice.choice((b"ce_id", b"ce_source", b"ce_subject", b"ce_tenant"))
            headers[name] = dice.choice((b"a\0b", b"\x1b[2J", "\u202e".encode(), b"x" * 257))
    return replace(whole, kind="headers", headers=tuple(headers.items()))


MANDATORY = tuple(
    f"ce_{name}".encode()
    for name in ("specversion", "id", "source", "type", "subject", "time", "sequence")
)
BAD: Mapping[bytes, Sequence[bytes]] = {
    b"ce_specversion": (b"0.3", b"1", b"1.0 ", b"2.0"),
    b"ce_sequence": (
        *(b"0", b"-1", b"1.5", b"1e3", " ١".encode(), "٣".encode(), b"0x1", b"9" * 16),
        *(b" 1", b"+1", b"1_0", b"NaN", b"null", b"9" * 200),
    ),
    b"ce_time": (
        *(b"now", b"2026-11-01T09:30:00", b"2026-13-01T09:30:00Z", b"1730453400"),
        *(b"10000-01-01T00:00:00Z", b"-001-01-01T00:00:00Z", b"2026-11-01T24:30:00+99:00"),
        *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"),
    ),
    b"ce_tenantversion": (b"x", b"-1", b"1.0", b"9" * 16, b"1 "),
    b"ce_type": tuple(
        f"{name.rpartition('.v')[0]}.v{version}".encode()
        for name in EVENTS
        for version in ("0", "2", "9", "10", "99999999999999999999", "", "x", "-1", "1 ")
    ),
}


# -- flipped bits


def _flipped(whole: Spoilt, event: type[Event], dice: Dice) -> Spoilt | None:
    """What breaks nothing does not count: the schema says so, or a byte that ASCII has not."""
    if whole.value and dice.random() < 0.7:
        value = bytearray(whole.value)
        for _ in range(dice.choice((1, 1, 2, 8))):
            value[dice.randrange(len(value))] ^= 1 << dice.randrange(8)
        spoilt = replace(whole, kind="flipped", value=bytes(value))
        return spoilt if breaks(event, spoilt.value) else None
    name, text = dice.choice([(n, t) for n, t in whole.headers if n.startswith(b"ce_") and t])
    in_name = dice.random() < 0.5
    part = bytearray(name if in_name else text)
    part[dice.randrange(len(part))] ^= 0x80
    if not in_name and _is_utf8(part):
        return None
    changed = (bytes(part), text) if in_name else (name, bytes(part))
    headers = tuple(changed if one[0] == name else one for one in whole.headers)
    return replace(whole, kind="flipped", headers=headers)


def _is_utf8(text: bytearray) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


# -- records without a fault of their own, where nobody can use them


def _strange(whole: Spoilt, event: type[Event], dice: Dice) -> Spoilt | None:
    headers = dict(whole.headers)
    match dice.randrange(5):
        case 0:
            others = [one for one in EVENTS.values() if one.topic != whole.topic]
            other = sample(f"{dice.choice(others).type}.full")
            named = {name.encode(): text for name, text in other.raw_headers}
            spoilt = replace(whole, headers=tuple(named.items()), value=other.value)
        case 1 if whole.topic in WHOLE:
            headers[b"ce_sequence"] = str(dice.choice((2, 3, 10**6, 10**15 - 1))).encode()
            spoilt = replace(whole, headers=tuple(headers.items()))
            if breaks(event, whole.value):
                return None
        case 2 if not TOPICS[whole.topic].compacted:
            return replace(whole, kind="strange", key=dice.choice((None, b"")))
        case 3 if whole.topic != "tenants":
            spoilt = replace(whole, key=_odd_key(dice), value=b"{")
        case 4 if whole.topic == "requests" and dice.random() < 0.05:
            spoilt = replace(whole, value=dice.choice((b"[", b'"\xc4\x9f')) * 300_000)
        case _:
            return None
    return replace(spoilt, kind="strange")


def _odd_key(dice: Dice) -> bytes:
    own = dice.randbytes(9)
    text = own.hex().encode()
    parts = (b"$", b"a.b.", b"\0", b"-1:", b"[/red]", b"\x1b[2J", "\u202e".encode(), text * 200)
    return dice.choice((own + b"\xff", *(part + text for part in parts)))


def by_partition(spoilt: Sequence[Spoilt], dice: Dice) -> Iterator[tuple[str, int, list[Spoilt]]]:
    """In portions of a batch each, to any partition, as nobody has to keep to that of the key."""
    places: dict[tuple[str, int], list[Spoilt]] = defaultdict(list)
    for one in spoilt:
        place = (one.topic, dice.randrange(TOPICS[one.topic].partitions))
        size = sum(len(other.value or b"") for other in places[place])
        if places[place] and (size > 200_000 or len(places[place]) == 40):
            yield (*place, places.pop(place))
        places[place].append(one)
    for (topic, number), rest in places.items():
        yield topic, number, rest
