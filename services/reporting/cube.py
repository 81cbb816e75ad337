"""The cubes: counts and durations of many facts in few cells, kept by adding differences.

There are four, one for each kind of question. Each has cells by calendar day for what
happened then (`flow`) and cells by due day for what is open now (`open`):

* day: nothing else, so that a period of a whole tenant is a handful of cells
* work: department x category, the open ones by status too
* area: category x neighbourhood
* channel: channel x type of request

Three more have one cell for a day, with a count for each thing that there was on it, so that a
page of a long period reads few of them: `parts` what a dashboard tells of each category,
department, neighbourhood and channel, `places` the submissions by hexagon, and `words` those by
the terms that routing found.

All cells are in one collection, so that a batch reads and writes it once; `cube` says what a
cell is of. Amounts of a flow cell: `opened` and `voices` on the day of submission; `a:<bucket>`
on the day of the first assignment; `closed:<status>`, `on_time` or `late`, and `r:<bucket>` on
the day of closing, and `over` where the deadline had passed by then, whatever the status;
`missed` of the same ones on the day of that deadline; `rated:<n>` and `again` on the days of
the citizen's last words. An open cell's amount is `open`. A cell belongs to one partition, so
that two copies of reporting never write the same one; whoever reads adds them up.
"""

from __future__ import annotations

from collections.abc import Set
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
_SEPARATOR = "|"  # stands in no code, and words come last, so two cells never share an id


@dataclass(frozen=True, slots=True)
class Cube:
    """One kind of question: its two kinds of cells, and by which fields they are split."""

    flow: str
    flow_fields: tuple[str, ...]
    open: str
    open_fields: tuple[str, ...]


DAY = Cube("flow_day", (), "open_day", ())
CHANNEL = Cube("flow_channel", ("channel", "type"), "open_channel", ("channel", "type"))
WORK = Cube(
    "flow_work", ("department", "category"), "open_work", ("status", "department", "category")
)
AREA = Cube("flow_area", ("category", "neighbourhood"), "open_area", ("category", "neighbourhood"))

CUBES = (DAY, CHANNEL, WORK, AREA)
"""The one with the fewest cells first."""

PARTS = "day_parts"
PLACES = "day_places"
WORDS = "day_words"

PARTED = ("category", "department", "neighbourhood", "channel")
"""What a dashboard shows the parts of."""

TOLD = (OPENED, ON_TIME, LATE)
"""What it tells of each of them."""

FIELDS: dict[str, tuple[str, ...]] = {
    **{cube.flow: ("day", *cube.flow_fields) for cube in CUBES},
    **{cube.open: ("day", *cube.open_fields) for cube in CUBES},
    PARTS: ("day",),
    PLACES: ("day",),
    WORDS: ("day",),
    NAMES: ("kind", "code", "tr", "en"),
}
"""By what the cells of each kind are told apart, besides tenant and partition.

An open cell's day is the one on which its facts are due; it is empty where they are not.
"""

Place = tuple[str, tuple[str, ...]]
"""A kind of cells, and the values of its fields."""


def cube_for(fields: Set[str]) -> Cube | None:
    """The smallest cube that tells all these fields apart; None where there is none."""
    return next((cube for cube in CUBES if fields <= set(cube.open_fields)), None)


def part_name(by: str, code: str, name: str) -> str:
    """What an amount of one part is called in a day's cell."""
    return _SEPARATOR.join((by, code, name))


def part_of(name: str) -> tuple[str, str, str]:
    """By what, which one, and which amount of it."""
    by, code, amount = name.split(_SEPARATOR)
    return by, code, amount


def delta(
    before: Fact | None, after: Fact, partition: int, collection: str = CELLS
) -> tuple[Increment, ...]:
    """What the cubes gain and lose as a fact changes."""
    old, new = before.counted if before else None, after.counted
    if old == new:
        return ()
    gone = cells(old) if old else {}
    come = cells(new) if new else {}
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
                _SEPARATOR.join((after.tenant, str(partition), kind, *values)),
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


def cells(fact: Counted) -> dict[Place, dict[str, int]]:
    """All that one fact is in the cubes."""
    department = fact.department.code if fact.department else ""
    category = fact.category.code if fact.category else ""
    neighbourhood = fact.neighbourhood.code if fact.neighbourhood else ""
    found: dict[Place, dict[str, int]] = {}
    for day, amounts in _days(fact).items():
        found[DAY.flow, (day,)] = amounts
        found[CHANNEL.flow, (day, fact.channel, fact.type)] = amounts
        found[WORK.flow, (day, department, category)] = amounts
        found[AREA.flow, (day, category, neighbourhood)] = amounts
        if told := [name for name in TOLD if name in amounts]:
            codes = zip(PARTED, (category, department, neighbourhood, fact.channel), strict=True)
            found[PARTS, (day,)] = {part_name(*one, name): 1 for one in codes for name in told}
    if fact.open:
        due = fact.due_day or ""
        found[DAY.open, (due,)] = _ONE_OPEN
        found[CHANNEL.open, (due, fact.channel, fact.type)] = _ONE_OPEN
        found[WORK.open, (due, fact.status, department, category)] = _ONE_OPEN
        found[AREA.open, (due, category, neighbourhood)] = _ONE_OPEN
    if fact.cell:
        found[PLACES, (fact.opened_day,)] = {fact.cell: 1}
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


def _days(fact: Counted) -> dict[str, dict[str, int]]:
    days: dict[str, dict[str, int]] = {fact.opened_day: {OPENED: 1}}
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
