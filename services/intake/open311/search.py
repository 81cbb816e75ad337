"""What a list of requests is narrowed to, and how it is found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.runtime.mongo import Document
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.tenants.coarse import FINEST_M

from .. import queries
from ..disclosed import category_of
from ..queries import Found
from ..request import Request
from ..store import REQUESTS, TRACKING_NUMBERS
from ..tracking import parse
from .area import Box, Circle, area_of
from .arguments import Arguments
from .changes import Sought, earliest
from .shown import place_of, updated_at, visible
from .window import Window, window_of

AT_ONCE = 1000
MOST_CELLS = 2000


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

    def cells(self, grid_m: int = FINEST_M) -> list[str] | None:
        """Where to look; None for everywhere."""
        cells = self.area.cells(grid_m) if self.area else None
        return cells if cells and len(cells) <= MOST_CELLS else None

    def narrowed(self, tenant: Tenant, by: str | None) -> Document:
        """What the store compares all the same, as there may be little of it among very much."""
        found: list[Document] = []
        if not tenant.publication.published:
            found.append({"through.integrator": by})
        if self.open is not None:
            found.append(queries.in_state(open=self.open))
        if self.codes:
            found.append(queries.in_categories(self.codes))
        if isinstance(self.area, Box):
            box = self.area.wider(tenant.publication.grid_m)
            lat = {"$gte": box.south, "$lte": box.north}
            lon = {"$gte": box.west, "$lte": box.east}
            found.append({"point.lat": lat, "point.lon": lon})
        return {"$and": found} if found else {}

    def fits(self, request: Request, tenant: Tenant, by: str | None = None) -> bool:
        """Whether the integrator who asks, if any, may see it, and it is what is wanted."""
        category = category_of(request)
        updated = updated_at(request)
        return (
            visible(request, tenant, by)
            and self.window.holds(request.submitted_at)
            and self.open in (None, not request.closed)
            and (not self.codes or (category is not None and category.code in self.codes))
            and (self.area is None or self.area.holds(place_of(request, tenant, by)))
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
        area=area_of(arguments),
    )


async def walk(
    service: Service,
    tenant: Tenant,
    search: Search,
    by: str | None = None,
    *,
    updates: bool = False,
    most: int = AT_ONCE,
) -> AsyncIterator[Found]:
    """What fits, newest first, then by id, or by `updated_after` the earliest change first; asks
    the store for a piece of it at a time. `by` is the integrator who asks, `most` how many are
    wanted, so that no more are read than that.
    """
    if by is None and not tenant.publication.published:
        return
    wanted = {"updates"} if updates else set()
    if tenant.publication.words:
        wanted.add("text")
    left_out = {name: 0 for name in queries.WITHOUT_WORDS if name not in wanted}
    if search.updated_after is not None:
        since = search.updated_after
        async for found in _changed(service, tenant, search, since, by, most, left_out):
            yield found
        return
    cells, together = search.cells(tenant.publication.grid_m), min(most, AT_ONCE)
    narrowed = search.narrowed(tenant, by)
    for window in search.window.slices():
        upper, seen = window.end, set[str]()
        while True:
            limit = together + len(seen)
            time: Document = {"submitted_at": {"$gte": window.start, "$lte": upper}}
            asked = time if cells else time | narrowed
            rows = await _piece(service, tenant, asked, cells, limit, left_out)
            for id, request in queries.found_in([one for one in rows if one["_id"] not in seen]):
                if request.tenant == tenant.slug and search.fits(request, tenant, by):
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


async def _changed(
    service: Service,
    tenant: Tenant,
    search: Search,
    since: datetime,
    by: str | None,
    most: int,
    left_out: Document,
) -> AsyncIterator[Found]:
    """What fits, the earliest change first, so many together."""
    told = set[str]()
    while True:
        step, limit = replace(search, updated_after=since), most + len(told)
        sought = _sought(step, tenant, by)
        found = await earliest(service, tenant, since, sought, most=limit, left_out=left_out)
        for one in found:
            if one[0] not in told:
                yield one
        if len(found) < limit:
            return
        since, _ = _updated(found[-1])
        told = {one[0] for one in found if _updated(one)[0] == since}


def _sought(search: Search, tenant: Tenant, by: str | None) -> Sought[Found]:
    def fitting(found: Found) -> list[Found]:
        return [found] if search.fits(found[1], tenant, by) else []

    return Sought(fitting, _updated, _updated_within)


def _updated(found: Found) -> tuple[datetime, str]:
    return updated_at(found[1]), found[0]


def _updated_within(start: datetime, end: datetime) -> Document:
    """What `updated_at` may be in: one of these three it is."""
    time = {"$gte": start, "$lte": end}
    never = {"progress.as_of": None, "submitted_at": time}
    return {"$or": [{"progress.closed_at": time}, {"progress.as_of": time}, never]}


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
            if one[1].tenant == tenant.slug and visible(one[1], tenant, integrator)
        ]
    )
