"""What a report asks the store for: no more than an index can find."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from services.reporting.cube import AREA, PARTS, WORK
from services.reporting.queries import Reader

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
INDEXED = {"cube", "day", "counted.due_at"}


class Asked:
    """A collection that answers with these and remembers by which fields it was asked."""

    def __init__(self, found: Sequence[dict[str, Any]] = ()) -> None:
        self.found = found
        self.fields: list[set[str]] = []

    async def find(self, filter: dict[str, Any], **_: object) -> list[dict[str, Any]]:
        self.fields.append(set(filter))
        return list(self.found)

    async def aggregate(self, pipeline: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        first, *rest = pipeline
        assert not [stage for stage in rest if "$match" in stage]
        self.fields.append(set(first["$match"]))
        return list(self.found)


def reader(asked: Asked) -> Reader:
    return Reader(lambda name: asked)  # type: ignore[arg-type,return-value]


async def test_only_fields_of_an_index_are_asked_for() -> None:
    asked, cut = Asked(), {"category": "tree"}
    reads = reader(asked)
    await reads.flow(WORK, FIRST, LAST, cut, "day")
    await reads.sums(WORK.flow, ("department", "day"), FIRST, LAST, ("opened",), cut)
    await reads.daily(PARTS, FIRST, LAST)
    await reads.backlog(AREA, NOW, cut, "neighbourhood")
    await reads.due(WORK, LAST, cut)
    await reads.names("category")
    assert len(asked.fields) == 8
    assert all(fields <= INDEXED for fields in asked.fields)


async def test_what_a_filter_does_not_let_pass_is_not_added_up() -> None:
    tree = {"day": "2026-11-20", "category": "tree", "amounts": {"opened": 2}}
    light = tree | {"category": "light", "amounts": {"opened": 5}}
    reads = reader(Asked([tree, tree, light]))
    found = await reads.flow(WORK, FIRST, LAST, {"category": "tree"}, None)
    assert found == {"": {"opened": 4}}
    rows = [
        {"_id": {"department": "FEN", "category": code}, "0": count}
        for code, count in (("tree", 3), ("light", 4))
    ]
    cut = {"category": "tree"}
    sums = await reader(Asked(rows)).sums(WORK.flow, ("department",), FIRST, LAST, ("opened",), cut)
    assert sums == {("FEN",): {"opened": 3}}


async def test_what_codes_are_called_is_read_once_for_all_kinds() -> None:
    uses = [
        ("category", "T", "Dal"),
        ("category", "T", "Ağaç"),
        ("department", "P", "Park"),
    ]
    rows = [
        {"_id": {"kind": kind, "code": code, "tr": tr, "en": tr}, "facts": count}
        for count, (kind, code, tr) in enumerate(uses, 1)
    ]
    asked = Asked(rows)
    reads = reader(asked)
    found = await asyncio.gather(*(reads.names(kind) for kind in ("category", "department", "")))
    assert [{code: names.tr for code, names in one.items()} for one in found] == [
        {"T": "Ağaç"},
        {"P": "Park"},
        {},
    ]
    assert len(asked.fields) == 1
