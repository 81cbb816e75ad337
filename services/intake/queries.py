"""Reads of intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.events import OPEN_STATUSES, Point
from libs.runtime.live import Signal
from libs.runtime.mongo import Document
from libs.runtime.rule import Refused, replace
from libs.runtime.service import Service
from libs.runtime.store import APART
from libs.tenants import Tenant

from .alike import SQUARE_M
from .disclosed import is_told, place_told
from .place import cells_around, metres_between
from .request import UNSHOWN, Request
from .store import REQUESTS, TRACKING_NUMBERS
from .tracking import parse

RECENT = timedelta(days=30)
STRETCHES = (timedelta(hours=1), timedelta(hours=6), timedelta(days=2), timedelta(days=9), RECENT)
"""How far back the newest are looked for, until there are enough."""

MOST_OWN = 100
MOST_HOPS = 8
"""How far a merge of merges is followed."""

Found = tuple[str, Request]
"""A request with its id."""

WITHOUT_WORDS = dict.fromkeys(
    ("text", "address", "answers", "contact", "updates", "supporters", "remarks", "commands"), 0
)


async def find_request(service: Service, number: str) -> Found:
    """A request and its id by its tracking number. Refused (404) where there is none.

    Not scoped to a tenant: the number is the citizen's, who need not know whose it is.
    """
    parsed = parse(number)
    row = parsed and await service.database[TRACKING_NUMBERS].find_one({"_id": parsed})
    request = row and await service.get(row["request"])
    if not (row and request):
        raise Refused("request-unknown", "There is no request with this number.", 404)
    return row["request"], request


@dataclass(frozen=True, slots=True)
class Filter:
    """What the public list is narrowed to; also part of its address."""

    state: Literal["open", "closed"] | None = None
    category: str | None = None
    neighbourhood: str | None = None

    def conditions(self) -> list[Document]:
        """As the store understands it."""
        found: list[Document] = []
        if self.state:
            found.append(in_state(open=self.state == "open"))
        if self.category:
            found.append(in_categories([self.category]))
        if self.neighbourhood:
            found.append({"neighbourhood.code": self.neighbourhood})
        return found


def in_state(*, open: bool) -> Document:
    """The open ones, or the closed ones, as the store understands it."""
    return {"progress.status": {("$in" if open else "$nin"): list(OPEN_STATUSES)}}


def in_categories(codes: Sequence[str]) -> Document:
    """Those of these categories: the municipality's where it named one, else the citizen's."""
    told = {"$in": list(codes)}
    chosen = {"progress.category": None, "category.code": told}
    return {"$or": [{"progress.category.code": told}, chosen]}


def _told_of(tenant: Tenant) -> list[Document]:
    """What the tenant's rules leave of its public requests; `is_told` says the same."""
    codes = tenant.categories_told_of
    return [] if codes is None else [in_categories(codes)]


def _told_of_all(tenants: Iterable[Tenant]) -> list[Document]:
    """The same of requests of any tenant."""
    return [
        {"$or": [{"tenant": {"$ne": tenant.slug}}, *told]}
        for tenant in tenants
        if (told := _told_of(tenant))
    ]


async def recent(
    service: Service, tenant: Tenant, filter: Filter, *, limit: int, skip: int = 0
) -> list[Found]:
    """What anybody may see of a tenant's last 30 days, newest first; without words."""
    if not tenant.publication.published:
        return []
    now, wanted, rows = service.now(), skip + limit, list[Document]()
    conditions = (public(), *_told_of(tenant), *filter.conditions())
    rest = [{"$match": condition} for condition in conditions]
    until: Document = {}
    for back in STRETCHES:
        since = now - back
        rows += await service.scoped(tenant.slug).aggregate(
            [
                {"$match": {"submitted_at": {"$gte": since, **until}}},
                APART,
                *rest,
                {"$sort": {"submitted_at": -1, "_id": 1}},
                {"$limit": wanted - len(rows)},
                {"$project": WITHOUT_WORDS},
            ]
        )
        if len(rows) >= wanted:
            break
        until = {"$lt": since}
    return await counted(service, found_in(rows[skip:]))


async def near(
    service: Service, point: Point, metres: float, since: datetime, *, limit: int, words: bool
) -> list[tuple[float, str, Request]]:
    """What anybody may see within so many metres, nearest first; `words` for comparing them.

    Measured to the places that outsiders are told: who asked from three places by the true one
    would know it.
    """
    left_out = {name: 0 for name in WITHOUT_WORDS if not (words and name == "text")}
    cells = cells_around(point, metres + SQUARE_M)
    around = {"cell": {"$in": cells}, "submitted_at": {"$gte": since}}
    rows = (
        await service.database[REQUESTS.collection]
        .aggregate(
            [
                {"$match": around},
                APART,
                {"$match": {"$and": [public(), *_told_of_all(service.tenants.all())]}},
                {"$sort": {"submitted_at": -1}},
                {"$limit": limit},
                {"$project": left_out},
            ]
        )
        .to_list(limit)
    )
    tenant_of = service.tenants.get
    told = [one for one in found_in(rows) if is_told(one[1], tenant_of(one[1].tenant))]
    measured = [
        (metres_between(point, place_told(one, tenant_of(one.tenant))), id, one)
        for id, one in await counted(service, told)
    ]
    return sorted((one for one in measured if one[0] <= metres), key=lambda one: one[0])


async def own(service: Service, citizen: str | None, ids: Sequence[str]) -> list[Found]:
    """A citizen's requests and those of these ids, newest first."""
    collection = service.database[REQUESTS.collection]
    left_out = {name: 0 for name in WITHOUT_WORDS if name not in ("text", "updates")}
    rows: dict[str, Document] = {}
    for query in ({"citizen": citizen} if citizen else None, {"_id": {"$in": list(ids)}}):
        if query is None or query == {"_id": {"$in": []}}:
            continue
        cursor = collection.find(query, left_out).sort([("submitted_at", -1)]).limit(MOST_OWN)
        rows |= {row["_id"]: row for row in await cursor.to_list(MOST_OWN)}
    found = await counted(service, found_in(list(rows.values())))
    return sorted(found, key=lambda one: one[1].submitted_at, reverse=True)


async def all_of(service: Service, citizen: str) -> list[Request]:
    """Everything that a citizen has handed in, newest first."""
    rows = service.database[REQUESTS.collection].find({"citizen": citizen})
    found = await counted(service, found_in(await rows.sort([("submitted_at", -1)]).to_list(None)))
    return [request for _, request in found]


async def joined_to(service: Service, found: Sequence[Found]) -> list[Found]:
    """Every request that was merged into one of these, also by way of others."""
    known: set[str] = set()
    all_of_them: list[Found] = []
    level = list(found)
    for _ in range(MOST_HOPS):
        targets = {other: one for _, one in level for other in one.joined if other not in known}
        if not targets:
            break
        known |= set(targets)
        level = [
            (id, one)
            for id, one in await _by_id(service, list(targets))
            if one.progress.joined_to == targets[id].tracking_number
        ]
        all_of_them += level
    return all_of_them


async def counted(service: Service, found: Sequence[Found]) -> list[Found]:
    """The same with the voices of those that were merged into them, and of their citizens."""
    others = await joined_to(service, found)
    if not others:
        return list(found)
    into: dict[str, list[Request]] = {}
    for _, one in others:
        into.setdefault(one.progress.joined_to or "", []).append(one)

    def voices(one: Request, hops: int = MOST_HOPS) -> int:
        came = into.get(one.tracking_number, []) if hops else []
        return one.voices + sum(1 + voices(other, hops - 1) for other in came)

    return [(id, replace(one, voices=voices(one))) for id, one in found]


async def led_on(service: Service, found: Sequence[Found]) -> list[Found]:
    """What became of these: each, or what it was merged into in the end; none twice."""
    led: dict[str, Found] = {}
    level = list(found)
    for _ in range(MOST_HOPS):
        led |= {id: (id, one) for id, one in level if one.progress.joined_to is None}
        numbers = [one.progress.joined_to for _, one in level if one.progress.joined_to]
        if not numbers:
            break
        taken = service.database[TRACKING_NUMBERS].find({"_id": {"$in": numbers}})
        level = await _by_id(service, [row["request"] async for row in taken])
    return await counted(service, list(led.values()))


async def _by_id(service: Service, ids: Sequence[str]) -> list[Found]:
    left_out = {name: 0 for name in WITHOUT_WORDS if name not in ("updates", "supporters")}
    cursor = service.database[REQUESTS.collection].find({"_id": {"$in": list(ids)}}, left_out)
    return found_in(await cursor.to_list(len(ids)))


async def has_heard(service: Service, signal: Signal) -> bool:
    """Whether a request, as somebody would read it now, has what an event says."""
    row = await service.database[REQUESTS.collection].find_one({"_id": signal.key}, ["seen"])
    seen = row["seen"].get(signal.topic, {}).get(signal.subject, 0) if row else 0
    return bool(seen >= signal.sequence)


def public() -> Document:
    """What the public may see, as the store understands it; `Request.public` says the same."""
    return {
        "progress.public": {"$ne": False},
        "private": {"$ne": True},
        "erased": {"$ne": True},
        "withdrawn": {"$ne": True},
        "progress.status": {"$nin": list(UNSHOWN)},
    }


def found_in(documents: Sequence[Document]) -> list[Found]:
    """The requests in documents, some of which may have been read without their words."""
    return [
        (document["_id"], state)
        for document in documents
        if (state := REQUESTS.state_of({"text": "", **document})) is not None
    ]
