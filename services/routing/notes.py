"""What nobody must do before a municipality goes live, and should have looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from libs.text import said

from . import tree

AHEAD = timedelta(days=120)
NAMED = 5


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence with its words, and the step where it can be changed."""

    slug: str
    sentence: str
    step: str
    words: Mapping[str, Any] = field(default_factory=dict)


def notes(document: Mapping[str, Any], today: date) -> tuple[Note, ...]:
    """Everything that works without, but worse. Names in Turkish, as people there say them."""
    return tuple(_notes(document, today))


def _notes(document: Mapping[str, Any], today: date) -> Iterator[Note]:
    rows = tree.rows(document)
    orphans = [str(row.item["names"]["tr"]) for row in tree.without_department(rows)]
    if orphans:
        shown = ", ".join(orphans[:NAMED]) + ("…" if len(orphans) > NAMED else "")
        yield Note(
            "no_department",
            said("Without a department, so with the triage desk (%(count)s): %(names)s"),
            "categories",
            {"count": len(orphans), "names": shown},
        )
    days = sorted(str(one["date"]) for one in document.get("holidays") or [])
    if not days or days[-1] < (today + AHEAD).isoformat():
        yield Note(
            "holidays_end",
            said("No holiday is known beyond the next months: deadlines will count them as work."),
            "hours",
        )
    places = document.get("neighbourhoods") or []
    if not places:
        yield Note(
            "no_neighbourhoods",
            said("There are no neighbourhoods: rules and reports know one place only."),
            "neighbourhoods",
        )
    elif not any(one.get("geometry") for one in places):
        yield Note(
            "no_areas",
            said("No neighbourhood has an area: citizens choose theirs from the list."),
            "neighbourhoods",
        )
    if not document.get("domain"):
        yield Note(
            "no_domain",
            said("There is no web site: apps know you by the short name."),
            "organisation",
        )
