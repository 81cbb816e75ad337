"""What a report asks the store for, no more than an index can find; and what it adds up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from libs.runtime.rule import Refused
from services.reporting import queries
from services.reporting.cube import AREA, BY_MONTH, CHANNEL, CUBES, PARTS, PLACES, WORDS, WORK
from services.reporting.queries import Reader, spans
from services.reporting.together import Together
from tests.unit.reporting.history import Cells, Told, fact_of, grown
from tests.unit.reporting.kept import reader_of

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
INDEXED = {"cube", "code", "day", "counted.due_at"}


class Asked:
    """A collection that answers with these and remembers by which fields it was asked."""

    def __init__(self, found: Sequence[dict[str, Any]] = ()) -> None:
        self.found = found
        self.fields: list[set[str]] = []

    async def portions(self, filter: dict[str, Any], size: int) -> AsyncIterator[list[Any]]:
        self.fields.append(set(filter))
        yield list(self.found)

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
    await reads.sums(CHANNEL, ("type", "day"), FIRST, LAST, {"type": "thanks"})
    await reads.daily(PARTS, FIRST, LAST)
    await reads.total(PLACES, FIRST, LAST)
    await reads.backlog(AREA, NOW, cut, "neighbourhood")
    await reads.due(WORK, LAST, cut)
    await reads.names("category")
    assert len(asked.fields) == 9
    assert asked.fields[0] == {"cube", "code", "day"}
    assert all(fields <= INDEXED for fields in asked.fields)


def some_requests() -> list[Told]:
    """Of fourteen months, many of them around midnights, ends of months and of a year."""
    rnd, told = Random(11), []
    edges = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 11, 12)]
    for number in range(160):
        opened = (
            rnd.choice(edges) + timedelta(minutes=rnd.randrange(-1500, 1500))
            if number % 2
            else datetime(2025, 11, 1, tzinfo=UTC) + timedelta(minutes=rnd.randrange(420 * 1440))
        )
        one = Told(opened).submitted(
            chosen=rnd.choice(("tree", None)),
            place=rnd.choice(("etlik", "ovacik", None)),
            channel=rnd.choice(("web", "sms")),
            kind=rnd.choice(("complaint", "thanks")),
            time_zone=rnd.choice(("Europe/Istanbul", "America/New_York", "Pacific/Kiritimati")),
        )
        if rnd.random() < 0.8:
            to, about = rnd.choice(("FEN", "PARK")), rnd.choice(("tree", "light"))
            one.routed(1, to=to, about=about).created().assigned(rnd.randrange(2000), to, about)
            if rnd.random() < 0.8:
                one.moved(rnd.randrange(2000, 90_000), "resolved").rated(95_000, 4)
        told.append(one)
    return told


TOLD = some_requests()
CELLS: Cells = {}
for at, each in enumerate(TOLD):
    grown(each.id, each.events, CELLS, at % 3)

PERIODS = [
    (date(2026, 1, 1), date(2026, 1, 31)),
    (date(2025, 12, 31), date(2026, 2, 1)),
    (date(2026, 2, 28), date(2026, 3, 1)),
    (date(2026, 1, 31), date(2026, 3, 30)),
    (date(2025, 11, 20), date(2026, 11, 30)),
    (date(2026, 11, 30), date(2026, 11, 30)),
    (date(2026, 11, 15), date.max),
]


@pytest.mark.parametrize(("first", "last"), PERIODS)
async def test_a_period_is_what_was_opened_on_its_days_by_whatever_it_is_cut_and_split(
    first: date, last: date
) -> None:
    rows = []
    for one in TOLD:
        fact = fact_of(one).counted
        assert fact is not None
        codes = [each.code if each else "" for each in (fact.category, fact.department)]
        place = fact.neighbourhood.code if fact.neighbourhood else ""
        if first.isoformat() <= fact.opened_day <= last.isoformat():
            names = ("day", "category", "department", "neighbourhood", "channel", "type")
            values = (fact.opened_day, *codes, place, fact.channel, fact.type)
            rows.append(dict(zip(names, values, strict=True)))
    reads = reader_of(CELLS)
    for cube in CUBES:
        fields = [field for field in (cube.key, cube.inside) if field]
        cuts = [{}, *({field: row[field]} for field in fields for row in rows[:5])]
        for cut in [*cuts, *({field: row[field] for field in fields} for row in rows[:5])]:
            for split in ((), *((field,) for field in fields), ("day", *fields)):
                passing = [row for row in rows if cut.items() <= row.items()]
                expected = Counter(tuple(row[field] for field in split) for row in passing)
                found = await reads.sums(cube, split, first, last, cut)
                opened = {key: told["opened"] for key, told in found.items() if "opened" in told}
                assert opened == expected, (cube.flow, cut, split)


@pytest.mark.parametrize(("first", "last"), PERIODS[:-1])
@pytest.mark.parametrize("kind", [PARTS, PLACES, WORDS])
async def test_whole_months_and_the_days_around_them_are_all_days(
    kind: str, first: date, last: date
) -> None:
    reads, days = reader_of(CELLS), Counter[str]()
    for amounts in (await reads.daily(kind, first, last)).values():
        days.update(amounts)
    assert await reads.total(kind, first, last) == days


async def test_neighbours_together_are_the_sums_of_each() -> None:
    each = [
        {one: CELLS[one] for one in CELLS if one[1].split("|")[1] in own} for own in ("0", "12")
    ]
    together, whole = Together([reader_of(cells) for cells in each]), reader_of(CELLS)
    first, last = PERIODS[1]
    assert await together.total(PARTS, first, last) == await whole.total(PARTS, first, last)
    assert await together.daily(PLACES, first, last) == await whole.daily(PLACES, first, last)
    for split in (None, "day", "category"):
        asked = WORK, first, last, {"department": "FEN"}, split
        assert await together.flow(*asked) == await whole.flow(*asked)
    assert await together.total(PARTS, date(2030, 1, 1), date(2030, 2, 1)) == {}


def test_only_months_that_lie_whole_in_a_period_are_read_as_such() -> None:
    months = BY_MONTH[PARTS]
    assert spans(PARTS, date(2026, 1, 1), date(2026, 2, 28)) == [(months, "2026-01", "2026-02")]
    assert spans(PARTS, date(2025, 12, 31), date(2026, 2, 1)) == [
        (months, "2026-01", "2026-01"),
        (PARTS, "2025-12-31", "2025-12-31"),
        (PARTS, "2026-02-01", "2026-02-01"),
    ]
    for day in (date(2026, 1, 1) + timedelta(days=back) for back in range(400)):
        found = spans(PARTS, day, date(2027, 6, 15))
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        assert found[0][1] == str(day if day.day == 1 else following)[:7]
    for first, last in ((FIRST, LAST), (date(2026, 1, 2), date(2026, 2, 27))):
        assert spans(PARTS, first, last) == [(PARTS, str(first), str(last))]
    assert spans(WORDS, date(2026, 1, 1), date(2026, 1, 31)) == [
        (WORDS, "2026-01-01", "2026-01-31")
    ]


async def test_a_report_that_would_add_up_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "MAX_AMOUNTS", 50)
    with pytest.raises(Refused, match="report-too-wide"):
        await reader_of(CELLS).sums(WORK, (), date(2026, 1, 1), LAST, {})


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
