"""What the cubes must hold: the cells of every request, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import h3

from libs.events import CLOSED_STATUSES
from libs.runtime.kafka import partition_of
from services.reporting.histogram import bucket
from tests.faults.told import Named, Told

PAUSED = ("awaiting_citizen", "with_external")

Cells = dict[str, Counter[str]]
"""Amounts, by the id of a cell."""


def added_up(requests: Iterable[tuple[str, Told]]) -> Cells:
    """The cells that these requests come to."""
    cells: Cells = defaultdict(Counter)
    for id, told in requests:
        _add(cells, f"{told.tenant}|{partition_of(id)}", told)
    return dict(cells)


def _add(cells: Cells, where: str, told: Told) -> None:
    category = told.category or (told.routed and told.routed[0]) or told.wished
    department = told.department or (told.routed and told.routed[1])
    by = {
        "channel": f"{told.channel}|{told.type}",
        "work": f"{_code(department)}|{_code(category)}",
        "area": f"{_code(category)}|{_code(told.neighbourhood)}",
    }
    months = {
        "days": ("", ""),
        "channel": (told.channel, told.type),
        "department": (_code(department), _code(category)),
        "work": (_code(category), _code(department)),
        "neighbourhood": (_code(told.neighbourhood), _code(category)),
        "area": (_code(category), _code(told.neighbourhood)),
    }
    parts = [
        f"category|{_code(category)}",
        f"department|{_code(department)}",
        f"neighbourhood|{_code(told.neighbourhood)}",
        f"channel|{told.channel}",
    ]
    for day, amounts in _days(told).items():
        month = day[:7]
        for cube, (key, inside) in months.items():
            cell = cells[f"{where}|month_{cube}|{month}|{key}"]
            cell.update(f"{day[8:]}|{inside}|{amount}" for amount in amounts)
        for amount in {"opened", "on_time", "late"} & {*amounts}:
            for span in (f"day_parts|{day}", f"month_parts|{month}"):
                cells[f"{where}|{span}"].update(f"{part}|{amount}" for part in parts)
    if told.status not in CLOSED_STATUSES:
        due = _due_day(told)
        cells[f"{where}|open_day|{due}"].update(["open"])
        by["work"] = f"{told.status}|{by['work']}"
        for cube, split in by.items():
            cells[f"{where}|open_{cube}|{due}|{split}"].update(["open"])
    assert told.opened_at is not None
    assert told.point is not None
    opened = _day(told, told.opened_at)
    hexagon = h3.latlng_to_cell(*told.point, 8)
    cells[f"{where}|day_places|{opened}"].update([hexagon])
    cells[f"{where}|month_places|{opened[:7]}"].update([hexagon])
    if told.terms:
        cells[f"{where}|day_words|{opened}"].update(set(told.terms))
    named = {
        "category": category,
        "department": department,
        "neighbourhood": told.neighbourhood,
    }
    for kind, name in named.items():
        if name:
            cells["|".join((where, "names", kind, *name))].update(["facts"])


def _days(told: Told) -> dict[str, list[str]]:
    """What is counted on which day."""
    assert told.opened_at is not None
    days: dict[str, list[str]] = defaultdict(list)
    days[_day(told, told.opened_at)] += ["opened", *["voices"] * told.voices]
    if told.rated:
        days[_day(told, told.rated[0])].append(f"rated:{told.rated[1]}")
    if told.again_at:
        days[_day(told, told.again_at)].append("again")
    took = _took(told, told.assigned_at)
    if told.assigned_at and took is not None:
        days[_day(told, told.assigned_at)].append(f"a:{bucket(took)}")
    missed = told.closed_at is not None and told.due_at is not None and told.due_at < told.closed_at
    if missed and told.due_at:
        days[_day(told, told.due_at)].append("missed")
    if told.closed_at:
        closing = days[_day(told, told.closed_at)]
        closing += [f"closed:{told.status}", *["over"] * missed]
        took = _took(told, told.closed_at) if told.status == "resolved" else None
        if took is not None:
            closing.append(f"r:{bucket(took)}")
            if told.due_at:
                closing.append("on_time" if told.closed_at <= told.due_at else "late")
    return days


def _took(told: Told, end: datetime | None) -> int | None:
    assert told.opened_at is not None
    if end is None or end < told.opened_at:
        return None
    return (end - told.opened_at) // timedelta(milliseconds=1)


def _due_day(told: Told) -> str:
    if told.due_at is None:
        return ""
    assert told.status_at is not None
    stands = told.status in PAUSED and told.status_at <= told.due_at
    return "" if stands else _day(told, told.due_at)


def _day(told: Told, at: datetime) -> str:
    return at.astimezone(ZoneInfo(told.time_zone)).date().isoformat()


def _code(named: Named | None) -> str:
    return named[0] if named else ""
