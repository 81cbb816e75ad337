"""Reads of the console: the open tasks by what is due first, and what is near.

A query costs as much as all that its index holds between its bounds. Open tasks are few beside
closed ones, and their list is read in stretches of the time in which they are due, so that a
page costs about as much as it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from libs.runtime.store import APART, Scoped, Sort
from libs.tenants.sphere import great_circle_m

from .filter import ME, NOBODY, SOON, Read, due_before
from .queries import (
    EARLIEST,
    Document,
    Place,
    Wanted,
    by_number,
    matching,
    page,
    tracking_number,
)
from .status import PAUSING

STRETCHES = (timedelta(0), SOON, timedelta(days=2), timedelta(days=10))
"""Until how long after now a stretch goes; the last one has no end, then comes what has no due."""

ORDER = (("due_at", 1), ("_id", 1))
BY_ID = (("_id", 1),)
STANDS = datetime(9998, 1, 1, tzinfo=EARLIEST.tzinfo)
NEVER = datetime(9999, 1, 1, tzinfo=EARLIEST.tzinfo)
"""Where in the order those are whose clock stands, and those that have no due time."""

STANDING: Document = {"status": {"$in": sorted(PAUSING)}}
RUNNING: Document = {"status": {"$nin": sorted(PAUSING)}}
NEAR_DEGREES = 0.0023
"""About 250 m to the north."""

MOST_OPEN = 100_000
MOST_FRESH = 100
ROW: Document = dict.fromkeys(
    (
        *("version", "tracking_number", "text", "status", "open", "opened_at", "closed_at"),
        *("due_at", "category", "neighbourhood", "point", "operator", "attachments", "voices"),
        *("joined", "public", "reopen_asked", "department"),
    ),
    1,
)
"""What a row needs."""

DOT: Document = dict.fromkeys(("point", "status", "due_at"), 1)
"""What a dot on a map needs."""

PLACE: Document = dict.fromkeys(("status", "due_at"), 1)
"""What says where a task stands, in the order and on the board."""

NAMED: Document = {**PLACE, "tracking_number": 1}
"""What names a task to people."""

MOST_READINGS = 20
"""A search looks back this often to name all that a list has."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A part of the queue and where the next one begins."""

    documents: list[Document]
    next: Place | None = None


def wanted_of(read: Read, subject: str, unsorted: str, now: datetime) -> Wanted:
    """What the store is asked for."""
    filter = read.filter
    assignee = subject if filter.assignee == ME else filter.assignee
    after, before = due_before(filter, now)
    sorted_out = filter.category == unsorted and unsorted
    return Wanted(
        statuses=filter.status or (() if read.words or filter.reopen else ("open",)),
        departments=filter.department,
        categories=(unsorted, None)
        if sorted_out
        else (filter.category,)
        if filter.category
        else (),
        unassigned=assignee == NOBODY,
        operator=assignee if assignee and assignee != NOBODY else None,
        neighbourhood=filter.neighbourhood or None,
        running=filter.overdue or filter.soon,
        due_from=after,
        due_until=before,
        reopen=filter.reopen,
        text=read.words or None,
    )


async def rows(
    tasks: Scoped,
    read: Read,
    wanted: Wanted,
    now: datetime,
    limit: int,
    after: Place | None,
    undated: bool = True,
    fields: Document = ROW,
) -> Rows:
    """The next `limit` tasks of the queue, with these fields of them; `undated` says whether any
    may lack a due time.
    """
    number = read.number or (read.words if tracking_number(read.words) else "")
    if number and not after:
        found = await by_number(tasks, number)
        if found or read.number:
            return Rows([found] if found else [])
    if read.filter.caller:
        theirs = await with_ids(tasks, read.filter.caller)
        return Rows(sorted(theirs, key=lambda one: one["opened_at"], reverse=True)[:limit])
    if read.filter.reopen:
        return Rows((await asked(tasks, ROW))[:limit])
    if not read.filter.by_due or read.words:
        newest = await page(tasks, wanted, now, limit, after)
        return Rows(newest.documents, newest.next)
    return await _by_due(tasks, wanted, now, limit, after, undated, fields)


async def named(
    tasks: Scoped, read: Read, wanted: Wanted, now: datetime, limit: int, undated: bool
) -> list[Document]:
    """The first `limit` tasks of the queue, by id and tracking number."""
    found: list[Document] = []
    after: Place | None = None
    for _ in range(MOST_READINGS):
        some = await rows(tasks, read, wanted, now, limit - len(found), after, undated, NAMED)
        found += some.documents
        after = some.next
        if after is None or len(found) >= limit:
            break
    return found


async def _by_due(
    tasks: Scoped,
    wanted: Wanted,
    now: datetime,
    limit: int,
    after: Place | None,
    undated: bool,
    fields: Document,
) -> Rows:
    indexed, *rest = _conditions(wanted, now)
    if rest:  # so it is too where a time is asked for, as only running ones are due
        return await _picked(tasks, wanted, [indexed, *rest], limit, after, fields)
    low = after.at if after else EARLIEST
    found: list[Document] = []
    ends = [now + stretch for stretch in STRETCHES]
    for end in [*(one for one in ends if one > low), STANDS]:
        if low >= end:
            break
        window: Document = {"due_at": {"$gte": low, "$lt": end}}
        ahead = [_behind(after)] if after and after.at == low else []
        conditions = [indexed | window, RUNNING, *ahead]
        found += await _stretch(tasks, conditions, limit + 1 - len(found), fields)
        if len(found) > limit:
            return _cut(found, limit)
        low = end
    for at, condition in ((STANDS, STANDING), *(((NEVER, RUNNING),) if undated else ())):
        if len(found) > limit or (after and after.at > at):
            continue
        ahead = [{"_id": {"$gt": after.id}}] if after and after.at == at else []
        conditions = [indexed | ({"due_at": None} if at == NEVER else {}), condition, *ahead]
        found += await _stretch(tasks, conditions, limit + 1 - len(found), fields, BY_ID)
    return _cut(found, limit)


async def _picked(
    tasks: Scoped,
    wanted: Wanted,
    conditions: list[Document],
    limit: int,
    after: Place | None,
    fields: Document,
) -> Rows:
    """Few of the open tasks, wherever they are: their ids and due times in one reading, and then
    a page of them.
    """
    every = await _every(tasks, wanted, conditions)
    order = sorted(_place(one) for one in every)
    behind = [place for place in order if after is None or place > (after.at, after.id)]
    ids = [id for _, id in behind[:limit]]
    found = {one["_id"]: one for one in await with_ids(tasks, ids, fields)}
    end = Place(*behind[limit - 1]) if len(behind) > limit else None
    return Rows([found[id] for id in ids if id in found], end)


async def _every(tasks: Scoped, wanted: Wanted, conditions: list[Document]) -> list[Document]:
    indexed, *rest = conditions
    if wanted.due_until is not None:
        window = {"$gte": wanted.due_from or EARLIEST, "$lt": wanted.due_until}
        indexed = indexed | {"due_at": window}
    if not rest:
        return await tasks.find(indexed, limit=MOST_OPEN, projection=PLACE)
    if wanted.due_until is not None or wanted.operator is not None:
        looked_at = [*PLACE, *(name for condition in rest for name in condition)]
        few = await tasks.find(indexed, limit=MOST_OPEN, projection=looked_at)
        return [one for one in few if all(_fits(one, each) for each in rest)]
    # Where neither a person nor a time narrows it, the store would look at all that it has.
    hint = "operator" if "operator" in indexed else "due"
    filter = indexed | {"$and": rest}
    return await tasks.find(filter, limit=MOST_OPEN, projection=PLACE, hint=hint)


def _conditions(wanted: Wanted, now: datetime) -> list[Document]:
    """What an index of open tasks holds, and the rest, but for when they are due."""
    unbound = replace(wanted, due_from=None, due_until=None, operator=None, unassigned=False)
    indexed, rest = matching(unbound, now)
    if wanted.operator is not None or wanted.unassigned:
        indexed = indexed | {"operator": wanted.operator}
    return [indexed, *rest]


async def places(tasks: Scoped, wanted: Wanted, now: datetime) -> list[Document]:
    """Where all open tasks of a list stand, in its order."""
    every = await _every(tasks, wanted, _conditions(wanted, now))
    return sorted(every, key=_place)


def is_late(place: Document, now: datetime) -> bool:
    """Whether the clock of a task runs and its time is over."""
    due = place["due_at"]
    return due is not None and due < now and place["status"] not in PAUSING


def _fits(document: Document, condition: Document) -> bool:
    """Whether a document meets conditions on one value each, as `matching` gives them. A range
    and a second condition are too much for one index; few are due in a range, so we look here.
    """
    return all(_is_one_of(document, name, wanted) for name, wanted in condition.items())


def _is_one_of(document: Document, name: str, wanted: Any) -> bool:
    value: Any = document
    for part in name.split("."):
        value = (value or {}).get(part)
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    return wanted["$regex"] in (value or "") if "$regex" in wanted else value in wanted["$in"]


async def with_ids(tasks: Scoped, ids: Sequence[str], fields: Document = ROW) -> list[Document]:
    """Those of these ids that the tenant has, with these fields."""
    if not ids:
        return []
    return await tasks.find({"_id": {"$in": list(ids)}}, limit=len(ids), projection=fields)


async def _stretch(
    tasks: Scoped,
    conditions: list[Document],
    limit: int,
    fields: Document,
    order: Sort = ORDER,
) -> list[Document]:
    """Those of what an index holds that meet the other conditions too, in order."""
    return await tasks.aggregate(
        [
            {"$match": conditions[0]},
            APART,
            *({"$match": condition} for condition in conditions[1:]),
            {"$sort": dict(order)},
            {"$limit": limit},
            {"$project": fields},
        ]
    )


def _behind(place: Place) -> Document:
    return {"$or": [{"due_at": {"$gt": place.at}}, {"_id": {"$gt": place.id}}]}


def _cut(found: list[Document], limit: int) -> Rows:
    if len(found) <= limit:
        return Rows(found)
    last = found[limit - 1]
    return Rows(found[:limit], Place(*_place(last)))


def _place(document: Document) -> tuple[datetime, str]:
    """Where a task is in the order: by what is due first, then those whose clock stands."""
    at = STANDS if document["status"] in PAUSING else document["due_at"] or NEVER
    return at, str(document["_id"])


def metres(one: Document, other: Document) -> float:
    """How far two stored points are from each other."""
    return great_circle_m(one["lat"], one["lon"], other["lat"], other["lon"])


async def asked(tasks: Scoped, projection: Document) -> list[Document]:
    """Closed tasks whose citizens ask to reopen them, in the order in which they asked. Whether
    they are closed is looked at here: the store would go through all that are closed.
    """
    asked = {"reopen_asked.at": {"$gte": EARLIEST}}
    found = await tasks.find(asked, limit=MOST_OPEN, projection=projection)
    closed = [one for one in found if not one["open"]]
    return sorted(closed, key=lambda one: one["reopen_asked"]["at"])


async def near(tasks: Scoped, task: Document, most: int = 8) -> list[Document]:
    """Open tasks within about 250 m of a task, those about the same first."""
    point = task.get("point")
    if not point:
        return []
    lat, lon = point["lat"], point["lon"]
    wide = NEAR_DEGREES * 1.3
    box = {
        "_id": {"$ne": task["_id"]},
        "point.lat": {"$gte": lat - NEAR_DEGREES, "$lte": lat + NEAR_DEGREES},
        "point.lon": {"$gte": lon - wide, "$lte": lon + wide},
    }
    found = await tasks.aggregate(
        [{"$match": {"open": True}}, APART, {"$match": box}, {"$limit": 60}]
    )
    category = (task.get("category") or {}).get("code")

    def order(one: Document) -> tuple[bool, float]:
        return (one.get("category") or {}).get("code") != category, metres(point, one["point"])

    return sorted(found, key=order)[:most]


async def fresh(
    tasks: Scoped, wanted: Wanted, now: datetime, ids: Sequence[str], since: datetime | None = None
) -> int:
    """How many of a list are among these, or were opened since; many are `MOST_FRESH` at most."""
    found: set[str] = set()
    if ids:
        indexed, rest = matching(wanted, now)
        known = await tasks.find({"_id": {"$in": list(ids)}}, limit=len(ids), projection=["_id"])
        of = {"_id": {"$in": [one["_id"] for one in known]}, **indexed}
        asked = {**of, "$and": rest} if rest else of
        these = await tasks.find(asked, limit=len(ids), projection=["_id"])
        found |= {one["_id"] for one in these}
    if since is not None:
        newest = await page(tasks, replace(wanted, since=since), now, MOST_FRESH)
        found |= {one["_id"] for one in newest.documents}
    return len(found)


async def among(tasks: Scoped, ids: Sequence[str]) -> list[Document]:
    """Those of these ids that the tenant has, whole."""
    return await tasks.find({"_id": {"$in": list(ids)}}, limit=len(ids)) if ids else []
