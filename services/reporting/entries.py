"""Reads of what the public was told of a tenant's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.runtime.mongo import Document
from libs.runtime.service import Service
from libs.runtime.walk import pages
from libs.tenants import Tenant

from .public import Public
from .store import ENTRIES, PUBLIC, entry_id

RECENT = timedelta(days=30)
LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), RECENT)


@dataclass(frozen=True, slots=True)
class Told:
    """A request's id, the number of the last change, and the state that it told."""

    id: str
    number: int
    public: Public


async def told_requests(service: Service, tenant: str) -> AsyncIterator[Told]:
    """All that can be seen of a tenant, in the order of ids."""
    prefix = entry_id(tenant, "")
    async for page in pages(service.database[PUBLIC], prefix=prefix):
        for told in _seen(page, prefix):
            yield told


async def newest_told(service: Service, tenant: Tenant, most: int) -> list[Told]:
    """Those that came and were opened last, newest first, of the last 30 days.

    An id begins with its time; looking no farther back than needed is what bounds the look.
    """
    prefix, now = entry_id(tenant.slug, ""), service.now()
    found: list[Told] = []
    for back in LOOKS:
        since = {"_id": {"$gt": prefix + _first_id(now - back), "$lt": prefix + "g"}}
        rows = service.database[PUBLIC].find(since).sort("_id", -1).limit(most)
        found = _seen(await rows.to_list(most), prefix)
        if len(found) >= most // 2:
            break
    recent = [told for told in found if told.public.opened_at >= now - RECENT]
    return sorted(recent, key=lambda told: told.public.opened_at, reverse=True)


def _seen(rows: list[Document], prefix: str) -> list[Told]:
    return [
        Told(row["_id"][len(prefix) :], entry.number, entry.public)
        for row in rows
        if (entry := ENTRIES.state_of(row)) and entry.public is not None
    ]


def _first_id(at: datetime) -> str:
    """What every UUID of the seventh version that was made later comes after."""
    text = f"{int(at.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}"
