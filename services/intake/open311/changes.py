"""What has changed since a time, the earliest first: whoever goes on from the last one told to him
misses none and reaches all, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from libs.runtime.mongo import Document
from libs.runtime.service import Service
from libs.tenants import Tenant

from .. import queries
from ..queries import Found
from ..request import hour_of

TOGETHER = 1000
"""Documents that are in memory at once, besides what is kept of them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sought(Generic[T]):
    """What is looked for in requests.

    `found` are those of one request, `at` when one changed, with its id. `within` is how the store
    knows requests that may have some from one time to another.
    """

    found: Callable[[Found], Iterable[T]]
    at: Callable[[T], tuple[datetime, str]]
    within: Callable[[datetime, datetime], Document]


async def earliest(
    service: Service,
    tenant: Tenant,
    since: datetime,
    sought: Sought[T],
    *,
    most: int,
    left_out: Document,
) -> list[T]:
    """The first so many of all, by time and id.

    The store knows the hour of a request's last change only, and goes from hour to hour until
    there are enough. What changed then and again in a later hour is looked for besides.
    """
    kept: list[T] = []
    full: datetime | None = None
    until = service.now() + timedelta(hours=1)

    def keep(rows: Sequence[Document]) -> None:
        more = [one for found in queries.found_in(rows) for one in sought.found(found)]
        kept[:] = sorted([*kept, *more], key=sought.at)[:most]

    async with aclosing(
        service.scoped(tenant.slug).portions(
            {"changed": {"$gte": hour_of(since), "$lte": until}},
            TOGETHER,
            sort=[("changed", 1)],
            projection=left_out,
        )
    ) as portions:
        async for rows in portions:
            if full is not None and rows[0]["changed"] > full:
                break
            keep(rows)
            if full is None and len(kept) == most:
                full = rows[-1]["changed"]
        else:
            return kept
    last, _ = sought.at(kept[-1])
    again = {"changed": {"$gt": full, "$lte": until}, **sought.within(since, last)}
    async for rows in service.scoped(tenant.slug).portions(again, TOGETHER, projection=left_out):
        keep(rows)
    return kept
