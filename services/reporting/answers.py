"""What the reports answer."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from libs.events import Names

from .asked import Split
from .figures import FEW, Backlog, Duration, Flow
from .histogram import RELATIVE_ERROR


class PeriodOut(BaseModel):
    """Days in the tenant's time zone, both included."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    time_zone: str


class Report(BaseModel):
    """What every report says about itself.

    `as_of`: all events up to this time are in the figures; `lag_seconds`: how far behind the
    topics they are. Percentiles are true within `relative_error`; those of fewer than
    `few_below` requests are marked `few`.
    """

    tenant: str
    period: PeriodOut
    filters: dict[str, str]
    as_of: datetime | None
    lag_seconds: float | None
    relative_error: float = RELATIVE_ERROR
    few_below: int = FEW


class Figures(BaseModel):
    """One row. `open_now` and `overdue` are the present, whatever the period. Null: not known
    by this split, as an open status has no day of opening and a closed one nothing open."""

    opened: int | None = None
    closed: int | None = None
    resolved: int | None = None
    on_time: int | None = None
    late: int | None = None
    on_time_rate: float | None = None
    first_assignment: Duration | None = None
    resolution: Duration | None = None
    voices: int | None = None
    ratings: int | None = None
    satisfaction: float | None = None
    reopen_requests: int | None = None
    open_now: int | None = None
    overdue: int | None = None

    @classmethod
    def of(cls, happened: Flow, backlog: Backlog) -> Figures:
        """A row that knows both."""
        return cls(
            **{field: getattr(happened, field) for field in Flow.__slots__},
            open_now=backlog.open_now,
            overdue=backlog.overdue,
        )


class Summary(Report):
    """All of it in one row."""

    figures: Figures


class DayFigures(BaseModel):
    """What happened on one day; `open` is how many were open when it ended, or are now."""

    day: date
    open: int
    figures: Flow


class Series(Report):
    """What happened day by day, days without anything included."""

    days: list[DayFigures]


class Hexagon(BaseModel):
    """An H3 cell with at least three requests; `rank` is its fifth of all cells shown."""

    cell: str
    opened: int
    rank: int


class Places(Report):
    """Where requests come from; `hidden` lie in cells with too few to tell of."""

    rows: list[Hexagon]
    hidden: int


class Word(BaseModel):
    """A term that routing found in requests, and in how many of the period."""

    term: str
    opened: int


class Rising(BaseModel):
    """What rises: the last seven days beside a week's mean over the four weeks before.

    `times` is their ratio, `score` the difference in standard deviations; `days` the last 14.
    """

    value: str
    names: Names | None
    week: int
    usual: float
    times: float | None
    score: float
    days: list[int]


class Topics(Report):
    """What citizens say."""

    words: list[Word]
    rising_words: list[Rising]
    rising_categories: list[Rising]


class Row(BaseModel):
    """One part of the whole. `code` is null where requests have none, as before routing."""

    code: str | None
    names: Names | None = Field(description="Null for channels, types and statuses.")
    figures: Figures


class Breakdown(Report):
    """The same figures for each category, department and so on, the most opened first."""

    by: Split
    rows: list[Row]
