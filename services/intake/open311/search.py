"""What a list of requests is narrowed to, and how it is found.

A place is compared as the public knows it, to about a hundred metres: who may ask for ever smaller
circles must not come nearer than that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from libs.events import Point
from libs.runtime.mongo import Document
from libs.runtime.service import Service
from libs.tenants import Tenant

from .. import queries
from ..place import cells_around, coarse, metres_between
from ..queries import Found
from ..request import Request, hour_of
from ..shown import category_of
from ..store import REQUESTS, TRACKING_NUMBERS
from ..tracking import parse
from .arguments import Arguments, decimal
from .shown import updated_at
from .window import Window, window_of

AT_ONCE = 1000
FARTHEST_M = 10_000.0
_COARSE_M = 120.0
"""How far a place may be from where the public is told that it is."""

MOST_CELLS = 2000
MOST_CHANGED = 5000


@dataclass(frozen=True, slots=True)
class Circle:
    """Within so many metres of a point."""

    point: Point
    metres: float

    def cells(self) -> list[str]:
        """Where to look."""
        return cells_around(self.point, self.metres + _COARSE_M)

    def holds(self, point: Point) -> bool:
        """Whether a place is within it."""
        return metres_between(self.point, point) <= self.metres


@dataclass(frozen=True, slots=True)
class Box:
    """Between two meridians and two parallels."""

    west: float
    south: float
    east: float
    north: float

    def cells(self) -> list[str] | None:
        """Where to look; None where that is nearly everywhere."""
        middle = Point(lat=(self.south + self.north) / 2, lon=(self.west + self.east) / 2)
        corner = Point(lat=self.north, lon=self.east)
        metres = metres_between(middle, corner)
        if metres > FARTHEST_M:
            return None
        return cells_around(middle, metres + _COARSE_M)

    def holds(self, point: Point) -> bool:
        """Whether a place is within it."""
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east


@dataclass(frozen=True, slots=True)
class Search:
    """What is wanted of a tenant's public requests."""

    window: Window
    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    open: bool | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    area: Circle | Box | None = None

    def cells(self) -> list[str] | None:
        """Where to look; None for everywhere."""
        cells = self.area.cells() if self.area else None
        return cells if cells and len(cells) <= MOST_CELLS else None

    def narrowed(self) -> Document:
        """What the store compares all the same, as there may be little of it among very much."""
        found: list[Document] = []
        if self.open is not None:
            found.append(queries.in_state(open=self.open))
        if self.codes:
            found.append(queries.in_categories(self.codes))
        if isinstance(self.area, Box):
            box = self.area
            lat = {"$gte": box.south - 0.001, "$lte": box.north + 0.001}
            lon = {"$gte": box.west - 0.001, "$lte": box.east + 0.001}
            found.append({"point.lat": lat, "point.lon": lon})
        return {"$and": found} if found else {}

    def fits(self, request: Request) -> bool:
        """Whether it is public, and what is wanted."""
        category = category_of(request)
        updated = updated_at(request)
        return (
            request.public
            and self.window.holds(request.submitted_at)
            and self.open in (None, not request.closed)
            and (not self.codes or (category is not None and category.code in self.codes))
            and (self.area is None or self.area.holds(coarse(request.point)))
            and (self.updated_after is None or updated >= self.updated_after)
            and (self.updated_before is None or updated <= self.updated_before)
        )


def search_of(arguments: Arguments, now: datetime) -> Search:
    """What the arguments of a list ask for; remembers what is wrong in them."""
    states = arguments.listed("status")
    if set(states) - {"open", "closed"}:
        arguments.wrong(
            "status: open ve closed olabilir.", "status: takes open and closed, and no others."
        )
    window, before = window_of(arguments, now), arguments.moment("updated_before")
    if before is not None:  # nothing is changed before it is there
        window = replace(window, end=min(window.end, before))
    return Search(
        window=window,
        ids=arguments.listed("service_request_id")[:AT_ONCE],
        codes=arguments.listed("service_code")[:AT_ONCE],
        open=(states[0] == "open") if len(states) == 1 else None,
        updated_after=arguments.moment("updated_after"),
        updated_before=before,
        area=_area(arguments),
    )


async def walk(
    service: Service,
    tenant: Tenant,
    search: Search,
    *,
    updates: bool = False,
    most: int = AT_ONCE,
) -> AsyncIterator[Found]:
    """What fits, newest first, then by id; asks the store for a piece of it at a time. `most` is
    how many are wanted, so that no more are read than that.
    """
    wanted = {"updates"} if updates else set()
    if tenant.publication.words:
        wanted.add("text")
    left_out = {name: 0 for name in queries.WITHOUT_WORDS if name not in wanted}
    if search.updated_after is not None:
        since = hour_of(search.updated_after)
        rows = await changed_since(service, tenant, since, left_out)
        for found in _newest_first(queries.found_in(rows)):
            if search.fits(found[1]):
                yield found
        return
    cells, together, narrowed = search.cells(), min(most, AT_ONCE), search.narrowed()
    for window in search.window.slices():
        upper, seen = window.end, set[str]()
        while True:
            limit = together + len(seen)
            time: Document = {"submitted_at": {"$gte": window.start, "$lte": upper}}
            asked = time if cells else time | narrowed
            rows = await _piece(service, tenant, asked, cells, limit, left_out)
            for id, request in queries.found_in([one for one in rows if one["_id"] not in seen]):
                if request.tenant == tenant.slug and search.fits(request):
                    yield id, request
            if len(rows) < limit:
                break
            upper = rows[-1]["submitted_at"]
            seen = {one["_id"] for one in rows if one["submitted_at"] == upper}
            together = min(2 * together, AT_ONCE)


async def _piece(
    service: Service,
    tenant: Tenant,
    time: Document,
    cells: list[str] | None,
    limit: int,
    left_out: Document,
) -> list[Document]:
    """What was submitted at a time, by one index alone where that will do: with any further
    condition the store for development looks through all that a tenant has.
    """
    order = [("submitted_at", -1), ("_id", 1)]
    if cells is None:
        return await service.scoped(tenant.slug).find(
            time,
            limit=limit,
            sort=order,
            projection=left_out,
            hint="recent" if len(time) > 1 else None,
        )
    found = service.database[REQUESTS.collection].find({"cell": {"$in": cells}, **time}, left_out)
    return await found.sort(order).limit(limit).to_list(limit)


async def changed_since(
    service: Service, tenant: Tenant, hour: datetime, left_out: Document
) -> list[Document]:
    """What was changed since an hour: of very much the 5,000 that were changed first, so that who
    goes on from the last one told misses none.
    """
    until = service.now() + timedelta(hours=1)
    return await service.scoped(tenant.slug).find(
        {"changed": {"$gte": hour, "$lte": until}},
        limit=MOST_CHANGED,
        sort=[("changed", 1)],
        projection=left_out,
    )


def _newest_first(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one[1].submitted_at.timestamp(), one[0]))


async def by_numbers(
    service: Service, tenant: Tenant, numbers: Sequence[str], integrator: str | None
) -> list[Found]:
    """Those of these numbers that the caller may see, newest first."""
    parsed = [number for told in numbers if (number := parse(told))]
    taken = service.database[TRACKING_NUMBERS].find({"_id": {"$in": parsed}})
    ids = [row["request"] for row in await taken.to_list(AT_ONCE)]
    rows = await service.database[REQUESTS.collection].find({"_id": {"$in": ids}}).to_list(AT_ONCE)
    return _newest_first(
        [
            one
            for one in queries.found_in(rows)
            if one[1].tenant == tenant.slug and visible(one[1], integrator)
        ]
    )


def visible(request: Request, integrator: str | None) -> bool:
    """Whether it is public, or was sent by the integrator who asks."""
    sent = request.through is not None and request.through.integrator == integrator
    return request.public or sent


def _area(arguments: Arguments) -> Circle | Box | None:
    lat, lon = arguments.number("lat", -90, 90), arguments.number("long", -180, 180)
    metres = arguments.number("radius", 0, FARTHEST_M)
    told = [arguments.one(name) for name in ("lat", "long", "radius")]
    if any(told) and not all(told):
        arguments.wrong(
            "lat, long ve radius birlikte verilmeli.", "lat, long and radius go together."
        )
    box = arguments.one("bbox")
    if box is not None:
        return _box(arguments, box)
    if lat is None or lon is None or metres is None:
        return None
    return Circle(Point(lat=lat, lon=lon), metres)


def _box(arguments: Arguments, text: str) -> Box | None:
    parts: list[Any] = [decimal(part.strip()) for part in text.split(",")]
    if len(parts) == 4 and None not in parts:
        west, south, east, north = parts
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return Box(west, south, east, north)
    arguments.wrong(
        "bbox: batı,güney,doğu,kuzey (dört sayı) olmalı.",
        "bbox: must be west,south,east,north, four numbers.",
    )
    return None
