"""How many promises were kept of late: what the form tells before something is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from libs.events import PAUSING_STATUSES
from libs.runtime.service import Service
from libs.runtime.store import APART

from .request import UNSHOWN

WITHIN_DAYS = (90, 30, 7)
ENOUGH = 20
"""Of fewer promises a share says nothing."""

MOST = 20_000
"""Requests of a tenant that are looked at: where there are more, of a shorter time."""

KNOWN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """The share of a category's requests, of so many days, that were answered in time."""

    share: float
    days: int


class Promises:
    """Counts them, once an hour for each tenant."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, tuple[float, dict[str, Kept]]] = {}

    async def of(self, tenant: str, category: str) -> Kept | None:
        """Those of a category; None where there were too few."""
        until, found = self._known.get(tenant, (0.0, {}))
        if until < monotonic():
            found = await self._counted(tenant)
            self._known[tenant] = monotonic() + KNOWN_S, found
        return found.get(category)

    async def _counted(self, tenant: str) -> dict[str, Kept]:
        """What is closed, or open and late, was promised for a time that is known by now."""
        now, days = self._service.now(), await self._days(tenant)
        closed = {"progress.closed_at": {"$ne": None}}
        late = {
            "progress.closed_at": None,
            "progress.due_at": {"$lt": now},
            "progress.status": {"$nin": list(PAUSING_STATUSES)},
        }
        in_time = {
            "$and": [
                {"$ne": [{"$ifNull": ["$progress.closed_at", None]}, None]},
                {"$lte": ["$progress.closed_at", "$progress.due_at"]},
            ]
        }
        pipeline: list[dict[str, Any]] = [
            {"$match": {"submitted_at": {"$gte": now - timedelta(days=days)}}},
            APART,
            {
                "$match": {
                    "progress.due_at": {"$ne": None},
                    "progress.status": {"$nin": list(UNSHOWN)},
                    "withdrawn": {"$ne": True},
                    "$or": [closed, late],
                }
            },
            {
                "$group": {
                    "_id": {"$ifNull": ["$progress.category.code", "$category.code"]},
                    "all": {"$sum": 1},
                    "kept": {"$sum": {"$cond": [in_time, 1, 0]}},
                }
            },
        ]
        rows = await self._service.scoped(tenant).aggregate(pipeline)
        return {
            row["_id"]: Kept(row["kept"] / row["all"], days)
            for row in rows
            if row["_id"] and row["all"] >= ENOUGH
        }

    async def _days(self, tenant: str) -> int:
        """The longest time with not too many requests."""
        now, requests = self._service.now(), self._service.scoped(tenant)
        for days in WITHIN_DAYS:
            since = {"submitted_at": {"$gte": now - timedelta(days=days)}}
            if await requests.count(since, limit=MOST) < MOST:
                return days
        return WITHIN_DAYS[-1]
