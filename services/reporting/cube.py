"""The cubes: counts and durations of many facts in few cells, kept by adding differences.

A cell of a flow holds a month of one code, as of one category: what happened on each day of the
month, told apart by a second field. What is asked together is in two cubes, a cell of the one for
each category with its departments inside, of the other for each department with its categories:
so a page that is cut by either reads the cells of that code alone, and a page of a long period
never a cell for each pair and day.

What is open now has cells of its own by due day (`open`), few enough to have one for each pair.

Three kinds have one cell for a day, with a count for each thing that there was on it: `parts` what
a dashboard tells of each category, department, neighbourhood and channel, `places` the submissions
by hexagon, and `words` those by the terms that routing found. Parts and places are kept by the
month as well, for the months that lie whole in a long period.

All cells are in one collection, so that a batch reads and writes it once; `cube` says what a
cell is of. Amounts of a flow: `opened` and `voices` on the day of submission; `a:<bucket>`
on the day of the first assignment; `closed:<status>`, `on_time` or `late`, and `r:<bucket>` on
the day of closing, and `over` where the deadline had passed by then, whatever the status;
`missed` of the same ones on the day of that deadline; `rated:<n>` and `again` on the days of
the citizen's last words. An open cell's amount is `open`. A cell belongs to one partition, so
that two copies of reporting never write the same one; whoever reads adds them up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from libs.runtime.rule import Increment

from .counted import Counted
from .fact import Fact
from .histogram import bucket

OPENED = "opened"
CLOSED = "closed:"
ON_TIME = "on_time"
LATE = "late"
MISSED = "missed"
OVER = "over"
VOICES = "voices"
RATED = "rated:"
AGAIN = "again"
ASSIGNED_IN = "a:"
RESOLVED_IN = "r:"
OPEN = "open"
FACTS = "facts"

CELLS = "cells"

NAMES = "names"
"""What codes are called: how many facts call which code what."""

_ONE_OPEN = {OPEN: 1}
_ONE_FACT = {FACTS: 1}
SEPARATOR = "|"  # stands in no code, and words come last, so two cells never share an id


@dataclass(frozen=True, slots=True)
class Cube:
    """One kind of question: which cells tell what happened, and which what is open.

    A flow's cells are told apart by `key`, and what is in them by `inside`; empty where by nothing.
    An amount in them is called by the day of the month, the code inside, and what it counts.
    """

    flow: str
    key: str
    inside: str
    open: str
    open_fields: tuple[str, ...]


_OPEN_WORK = ("open_work", ("status", "department", "category"))
_OPEN_AREA = ("open_area", ("category", "neighbourhood"))

DAY = Cube("month_days", "", "", "open_day", ())
CHANNEL = Cube("month_channel", "channel", "type", "open_channel", ("channel", "type"))
DEPARTMENT = Cube("month_department", "department", "category", *_OPEN_WORK)
NEIGHBOURHOOD = Cube("month_neighbourhood", "neighbourhood", "category", *_OPEN_AREA)
WORK = Cube("month_work", "category", "department", *_OPEN_WORK)
AREA = Cube("month_area", "category", "neighbourhood", *_OPEN_AREA)

CUBES = (DAY, CHANNEL, DEPARTMENT, NEIGHBOURHOOD, WORK, AREA)
"""The one with the fewest cells first."""

INSIDE = {
    inside: [cube for cube in CUBES if cube.inside == inside]
    for inside in dict.fromkeys(cube.inside for cube in CUBES)
}
"""The cubes that have the same inside, whose cells hold the same."""

PARTS = "day_parts"
PLACES = "day_places"
WORDS = "day_words"

BY_MONTH = {PARTS: "month_parts", PLACES: "month_places"}
"""Where the same is kept by the month, as far as it is."""

PARTED = ("category", "department", "neighbourhood", "channel")
"""What a dashboard shows the parts of."""

TOLD = (OPENED, ON_TIME, LATE)
"""What it tells of each of them."""

FIELDS: dict[str, tuple[str, ...]] = {
    **{cube.flow: ("day", "code") for cube in CUBES},
    **{cube.open: ("day", *cube.open_fields) for cube in CUBES},
    **dict.fromkeys((PARTS, PLACES, WORDS, *BY_MONTH.values()), ("day",)),
    NAMES: ("kind", "code", "tr", "en"),
}
"""By what the cells of each kind are told apart, besides tenant and partition.

The `day` of a cell that holds a month is the month, as `2026-11`; its `code` is one of the cube's
key. An open cell's day is the one on which its facts are due; it is empty where they are not.
"""

Days = dict[str, dict[str, int]]
"""Amounts of what happened, by day."""

Place = tuple[str, tuple[str, ...]]
"""A kind of cells, and the values of its fields."""


def cube_for(filters: Collection[str], *fields: str) -> Cube | None:
    """The smallest cube that tells all of these apart; None where there is none.

    One whose key is a filter goes first, as only that code's cells are read; and then one that is
    split inside its cells, as many amounts are added up to few.
    """
    asked = {*filters, *fields}
    able = [cube for cube in CUBES if asked <= set(cube.open_fields)]
    return min(
        able, key=lambda cube: (cube.key not in filters, cube.inside not in fields), default=None
    )


def part_of(name: str) -> tuple[str, str, str]:
    """By what, which one, and which amount of it is meant in a cell of parts."""
    by, code, amount = name.split(SEPARATOR)
    return by, code, amount


def delta(
    before: Fact | None, after: Fact, partition: int, collection: str = CELLS
) -> tuple[Increment, ...]:
    """What the cubes gain and lose as a fact changes."""
    old, new = before.counted if before else None, after.counted
    if old == new:
        return ()
    less_of, more_of = _apart(old, new)
    gone = cells(old, less_of) if old else {}
    come = cells(new, more_of) if new else {}
    changes = []
    for place in gone | come:
        less, more = gone.get(place, {}), come.get(place, {})
        if less == more:
            continue
        amounts = dict(more)
        for name, amount in less.items():
            amounts[name] = amounts.get(name, 0) - amount
        kind, values = place
        changes.append(
            Increment(
                collection,
                SEPARATOR.join((after.tenant, str(partition), kind, *values)),
                dict(
                    zip(FIELDS[kind], values, strict=True),
                    tenant=after.tenant,
                    cube=kind,
                    partition=partition,
                ),
                {name: amount for name, amount in amounts.items() if amount},
            )
        )
    return tuple(changes)


def cells(fact: Counted, days: Days | None = None) -> dict[Place, dict[str, int]]:
    """All that one fact is in the cubes; of what happened, only these days' amounts."""
    codes = _codes(fact)
    department, category = codes["department"], codes["category"]
    neighbourhood = codes["neighbourhood"]
    found: dict[Place, dict[str, int]] = {}
    months: dict[str, list[tuple[str, str, int]]] = {}
    for day, amounts in (_days(fact) if days is None else days).items():
        if not amounts:
            continue
        month = day[:7]
        told = months.setdefault(month, [])
        told += [(day[8:], name, amount) for name, amount in amounts.items()]
        if names := [name for name in TOLD if name in amounts]:
            parts = {f"{by}|{codes[by]}|{name}": 1 for by in PARTED for name in names}
            place = BY_MONTH[PARTS], (month,)
            found[PARTS, (day,)] = parts
            found[place] = found[place] | parts if place in found else parts
    for month, told in months.items():
        for inside, cubes in INSIDE.items():
            code = codes[inside]
            cell = {f"{day}|{code}|{name}": amount for day, name, amount in told}
            for cube in cubes:
                found[cube.flow, (month, codes[cube.key])] = cell
    if fact.open:
        due = fact.due_day or ""
        found[DAY.open, (due,)] = _ONE_OPEN
        found[CHANNEL.open, (due, fact.channel, fact.type)] = _ONE_OPEN
        found[WORK.open, (due, fact.status, department, category)] = _ONE_OPEN
        found[AREA.open, (due, category, neighbourhood)] = _ONE_OPEN
    if fact.cell:
        found[PLACES, (fact.opened_day,)] = {fact.cell: 1}
        found[BY_MONTH[PLACES], (fact.opened_day[:7],)] = {fact.cell: 1}
    if fact.terms:
        found[WORDS, (fact.opened_day,)] = dict.fromkeys(fact.terms, 1)
    for kind, thing in (
        ("category", fact.category),
        ("department", fact.department),
        ("neighbourhood", fact.neighbourhood),
    ):
        if thing:
            found[NAMES, (kind, thing.code, thing.tr, thing.en)] = _ONE_FACT
    return found


def _codes(fact: Counted) -> dict[str, str]:
    return {
        "": "",
        "channel": fact.channel,
        "type": fact.type,
        "department": fact.department.code if fact.department else "",
        "category": fact.category.code if fact.category else "",
        "neighbourhood": fact.neighbourhood.code if fact.neighbourhood else "",
    }


def _apart(old: Counted | None, new: Counted | None) -> tuple[Days, Days]:
    """What happened by either: where the codes are the same, without what happened by both."""
    less, more = _days(old) if old else {}, _days(new) if new else {}
    if old and new and _codes(old) == _codes(new):
        for day in less.keys() & more.keys():
            for name, _ in less[day].items() & more[day].items():
                del less[day][name], more[day][name]
    return less, more


def _days(fact: Counted) -> Days:
    days: Days = {fact.opened_day: {OPENED: 1}}
    if fact.voices:
        days[fact.opened_day][VOICES] = fact.voices
    if fact.rated_day and fact.rating:
        days.setdefault(fact.rated_day, {})[RATED + str(fact.rating)] = 1
    if fact.again_day:
        days.setdefault(fact.again_day, {})[AGAIN] = 1
    if fact.assigned_day and fact.assigned_in is not None:
        days.setdefault(fact.assigned_day, {})[ASSIGNED_IN + bucket(fact.assigned_in)] = 1
    if fact.missed_day:
        days.setdefault(fact.missed_day, {})[MISSED] = 1
    if fact.closed_day:
        closing = days.setdefault(fact.closed_day, {})
        closing[CLOSED + fact.status] = 1
        if fact.resolved_in is not None:
            closing[RESOLVED_IN + bucket(fact.resolved_in)] = 1
        if fact.on_time is not None:
            closing[ON_TIME if fact.on_time else LATE] = 1
        if fact.missed_day:
            closing[OVER] = 1
    return days
