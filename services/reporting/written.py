"""The tables of the dashboards as rows of a CSV file, with heads in the reader's language."""

from __future__ import annotations

from typing import Literal

from libs.text import said
from libs.web.language import Language

from .answers import Figures
from .asked import Split, cube
from .cut import whole_only
from .figures import Duration
from .overview import overview
from .parted import map_of, rising_categories, rising_words, words
from .places import quarters
from .shown import Shown
from .tables import Cell

Written = Literal[
    "summary",
    "series",
    "category",
    "neighbourhood",
    "department",
    "channel",
    "type",
    "places",
    "words",
    "rising",
]

WHOLE = ("places", "words", "rising")
"""What is counted of a whole tenant only."""

Table = tuple[list[str], list[list[Cell]]]


FIGURES = {
    "opened": said("Opened"),
    "closed": said("Closed"),
    "resolved": said("Resolved"),
    "open_now": said("Open now"),
    "overdue": said("Overdue now"),
    "on_time": said("On time"),
    "late": said("Late"),
    "on_time_rate": said("Kept promises, share"),
    "assignment_median": said("First assignment, median, hours"),
    "assignment_p90": said("First assignment, 90th percentile, hours"),
    "resolution_median": said("Resolution, median, hours"),
    "resolution_p90": said("Resolution, 90th percentile, hours"),
    "satisfaction": said("Satisfaction, 1 to 5"),
    "ratings": said("Ratings"),
    "reopen_requests": said("Said to be unsolved"),
    "voices": said("Voices"),
}


async def written(page: Shown, what: Written, language: Language) -> Table:
    """Head and rows of one table. Refused where it is not kept by the page's filters."""
    _ = language.text
    period, reader = page.period, page.report.reader
    if what in WHOLE:
        whole_only(page.filters)
    else:
        cube(page.filters)
    match what:
        case "summary":
            whole = await overview(page.report)
            head = [_("From"), _("To"), *_head(language)]
            rows: list[list[Cell]] = [
                [str(span.first), str(span.last), *_row(figures)]
                for span, figures in ((period, whole.figures), (period.before, whole.before))
            ]
            return head, rows
        case "series":
            whole = await overview(page.report)
            head = [_("Day"), _("Opened"), _("Closed"), _("Open at the day’s end")]
            return head, [[str(day.day), day.opened, day.closed, day.open] for day in whole.days]
        case "places":
            found, where = await map_of(reader, period), quarters(page.tenants)
            head = [_("Hexagon (H3)"), _("Neighbourhood"), _("Opened")]
            return head, [[one.cell, where.of(one.cell), one.opened] for one in found.hexagons]
        case "words":
            head = [_("Word"), _("Opened")]
            return head, [[term, count] for term, count in await words(reader, period)]
        case "rising":
            return await _rising(page, language)
        case _:
            return await _split(page, what, language)


async def _rising(page: Shown, language: Language) -> Table:
    _, reader, last = language.text, page.report.reader, page.period.last
    names = await page.names("category")
    head = [_("Kind"), _("What"), _("Last 7 days"), _("Usual week"), _("Score")]
    found: list[list[Cell]] = [
        [_("Word"), one.value, one.week, one.usual, one.score]
        for one in await rising_words(reader, last)
    ]
    for one in await rising_categories(reader, last, {}):
        name = language.of(names.get(one.value)) or one.value
        found.append([_("Category"), name, one.week, one.usual, one.score])
    return head, found


async def _split(page: Shown, by: Split, language: Language) -> Table:
    _ = language.text
    head = [_("Code"), _("Name"), *_head(language)]
    return head, [
        [row.code or "", language.of(row.names) or row.code or "", *_row(row.figures)]
        for row in await page.rows(by)
    ]


def _head(language: Language) -> list[str]:
    return [language.text(name) for name in FIGURES.values()]


def _row(figures: Figures) -> list[Cell]:
    durations = {
        **_durations("assignment", figures.first_assignment),
        **_durations("resolution", figures.resolution),
    }
    return [durations[name] if name in durations else getattr(figures, name) for name in FIGURES]


def _durations(name: str, told: Duration | None) -> dict[str, Cell]:
    return {
        f"{name}_median": _hours(told.median_seconds) if told else None,
        f"{name}_p90": _hours(told.p90_seconds) if told else None,
    }


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 2)
