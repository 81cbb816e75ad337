"""Reads of tasks, newest first. Every query is bounded by what it asks for, not by a limit.

A store may read all matches of a query before it cuts them off. So a page is looked for in
windows of time that go back from where the page before ended, each wider than the last: ten
seconds, a minute, six minutes and so on. A busy tenant's page is found in the first few, a
quiet one's in the wider ones, and no query reads much more than a page. Where few tasks match,
windows stop widening once a query takes long, and a page that is not full after `LONGEST` goes
out as it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.runtime.store import APART, Scoped
from libs.text import words

from .status import CLOSED, OPEN, PAUSING

NARROWEST = timedelta(seconds=10)
WIDENING = 6
FURTHEST = timedelta(days=400)
"""How far one page is looked for; the next page goes on from there."""

SOON = 0.05
LONGEST = 2.0
"""Seconds: up to which a query counts as quick, and after which no further one is begun."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
LISTED = {"history": 0, "search": 0, "seen": 0, "sent": 0, "commands": 0}

_NUMBER = re.compile(r"[0-9A-Z]{9}")
_ALIASES = str.maketrans("OIL", "011")

Document = dict[str, Any]


class Stopwatch:
    """How long a page has taken, and its last query."""

    def __init__(self) -> None:
        self._began = self._lap = time.monotonic()

    @property
    def expired(self) -> bool:
        """Whether no further query is to be begun."""
        return time.monotonic() - self._began > LONGEST

    def lap(self) -> float:
        """Seconds since the last lap."""
        last, self._lap = self._lap, time.monotonic()
        return self._lap - last


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is to hold. `statuses` may also name `open` and `closed`; none means all.

    `running` leaves out those whose clock stands.
    """

    statuses: Collection[str] = ()
    department: str | None = None
    category: str | None = None
    operator: str | None = None
    neighbourhood: str | None = None
    overdue: bool = False
    departments: Collection[str] = ()
    categories: Collection[str | None] = ()
    unassigned: bool = False
    running: bool = False
    due_from: datetime | None = None
    due_until: datetime | None = None
    reopen: bool = False
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: what comes after it was opened earlier, or then and has a smaller id."""

    at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list, and where the next one begins; it may be short and still not the last.

    `searched_to` is how far back it was looked.
    """

    documents: list[Document]
    searched_to: datetime
    next: Place | None = None


async def page(
    tasks: Scoped, wanted: Wanted, now: datetime, limit: int, after: Place | None = None
) -> Page:
    """The next `limit` tasks after a place, newest first."""
    indexed, rest = matching(wanted, now)
    floor = wanted.since or EARLIEST
    place = after or Place(wanted.until or now + AHEAD)
    start = min(place.at, now)
    horizon = max(floor, start - FURTHEST)
    width = NARROWEST
    low = max(horizon, start - width)
    found: list[Document] = []
    stopwatch = Stopwatch()
    while True:
        found += await _newest(tasks, indexed, low, place, rest, limit + 1 - len(found))
        if len(found) > limit:
            last = found[limit - 1]
            return Page(found[:limit], last["opened_at"], Place(last["opened_at"], last["_id"]))
        place = Place(low)
        if low <= horizon or stopwatch.expired:
            break
        if stopwatch.lap() < SOON:
            width *= WIDENING
        low = max(horizon, low - width)
    goes_on = low > horizon or (low > floor and await _any_before(tasks, indexed, floor, low))
    return Page(found, low, place if goes_on else None)


async def one(tasks: Scoped, id: str) -> Document | None:
    """A task with all that is known of it."""
    return await tasks.find_one({"_id": id})


async def by_number(tasks: Scoped, text: str) -> Document | None:
    """The task of a tracking number, however it is written; None where the text is not one."""
    number = tracking_number(text)
    if number is None:
        return None
    return await tasks.find_one({"tracking_number": number}, projection=LISTED)


def tracking_number(text: str) -> str | None:
    """The stored form of a number that a person typed, if it can be one.

    Source: Crockford's base 32: no difference between small and capital letters, hyphens mean
    nothing, O is read as 0, I and L as 1.
    """
    number = re.sub(r"[-\s]", "", text).upper().translate(_ALIASES)
    return number if _NUMBER.fullmatch(number) else None


def matching(wanted: Wanted, now: datetime) -> tuple[Document, list[Document]]:
    """What is wanted, without its time: what an index holds, and the rest."""
    indexed, rest = _statuses(wanted)
    if wanted.overdue:
        rest.append({"due_at": {"$lt": now}})
    for field, value in (
        ("department.code", wanted.department),
        ("category.code", wanted.category),
        ("neighbourhood.code", wanted.neighbourhood),
        ("operator", wanted.operator),
    ):
        if value is not None:
            rest.append({field: value})
    for field, values in (
        ("department.code", wanted.departments),
        ("category.code", wanted.categories),
    ):
        if values:
            rest.append({field: {"$in": list(values)}})
    if wanted.due_until is not None:
        rest.append({"due_at": {"$gte": wanted.due_from or EARLIEST, "$lt": wanted.due_until}})
    if wanted.unassigned:
        rest.append({"operator": None})
    if wanted.text is not None:
        begun = [{"search": {"$regex": f" {word}"}} for word in words(wanted.text)]
        rest += begun or [{"_id": {"$in": []}}]
    return indexed, rest


def _statuses(wanted: Wanted) -> tuple[Document, list[Document]]:
    statuses: set[str] = set()
    for status in wanted.statuses or ("open", "closed"):
        statuses |= {"open": OPEN, "closed": CLOSED}.get(status, {status})
    if wanted.overdue or wanted.running:
        statuses &= OPEN - PAUSING
    indexed: Document = {}
    if statuses <= OPEN:
        indexed = {"open": True}
    elif statuses <= CLOSED:
        indexed = {"open": False}
    if statuses in (OPEN, CLOSED, OPEN | CLOSED):
        return indexed, []
    return indexed, [{"status": {"$in": sorted(statuses)}}]


async def _newest(
    tasks: Scoped, indexed: Document, low: datetime, place: Place, rest: list[Document], limit: int
) -> list[Document]:
    """The tasks from `low` up to a place.

    What an index holds comes first and is kept apart from the rest.
    """
    window = {"$gte": low, "$lt": place.at}
    if place.id:
        window = {"$gte": low, "$lte": place.at}
        rest = [{"$or": [{"opened_at": {"$lt": place.at}}, {"_id": {"$lt": place.id}}]}, *rest]
    return await tasks.aggregate(
        [
            {"$match": {**indexed, "opened_at": window}},
            APART,
            *({"$match": condition} for condition in rest),
            {"$sort": {"opened_at": -1, "_id": -1}},
            {"$limit": limit},
            {"$project": LISTED},
        ]
    )


async def _any_before(tasks: Scoped, indexed: Document, floor: datetime, low: datetime) -> bool:
    """Among what an index holds: the open ones are few, and a store may read all that match."""
    filter = {**indexed, "opened_at": {"$gte": floor, "$lt": low}}
    return await tasks.find_one(filter, projection=["_id"]) is not None
