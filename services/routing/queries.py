"""Reads of tenants as they were published, straight from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.runtime.mongo import Document
from libs.runtime.service import Service
from libs.runtime.store import Scoped

from .decision import Decision
from .recent import Vocabulary, first_since, vocabulary
from .store import DECISIONS, DRAFTS, TENANT_HISTORY, TENANTS


async def published(tenants: Scoped) -> dict[str, Any] | None:
    """The newest version of the scope's tenant, whole; None for an unknown one, or a removed."""
    found = await tenants.find_one({"_id": tenants.tenant}, projection=["document"])
    return dict(found["document"]) if found and found["document"] else None


async def standing(tenants: Scoped) -> tuple[int, int, str]:
    """The stored document's version, the tenant's version and its digest; zeros without one."""
    found = await tenants.find_one(
        {"_id": tenants.tenant}, projection=["version", "editions.number", "editions.digest"]
    )
    if found is None:
        return 0, 0, ""
    newest = found["editions"][-1]
    return found["version"], newest["number"], newest["digest"]


async def editions(tenants: Scoped) -> list[dict[str, Any]] | None:
    """Every version of the tenant, newest first: number, time, who, digest."""
    found = await tenants.find_one({"_id": tenants.tenant}, projection=["editions"])
    return None if found is None else list(reversed(found["editions"]))


async def edition(shelf: Scoped, number: int) -> dict[str, Any] | None:
    """One version of the tenant, whole."""
    found = await shelf.find_one({"_id": shelf_id(shelf.tenant, number)})
    return None if found is None else dict(found["document"])


async def recent(
    service: Service, slug: str, since: datetime, most: int
) -> list[tuple[str, Decision]]:
    """The tenant's last requests with what is known of them, newest first.

    It walks back through everybody's: seldom asked for, it is not worth an index in every write.
    """
    scope = service.scoped(slug, DECISIONS.collection)
    later = {"_id": {"$gt": first_since(since)}}
    found = await scope.find(later, limit=most, sort=[("_id", -1)])
    states = ((document["_id"], DECISIONS.state_of(document)) for document in found)
    return [(id, state) for id, state in states if state is not None]


async def sought(service: Service, slug: str, most: int) -> list[tuple[datetime, Vocabulary]]:
    """What the tenant's last versions look for in words, and since when; newest first."""
    known = await editions(service.scoped(slug, TENANTS.collection)) or []
    at = {shelf_id(slug, one["number"]): one["at"] for one in known[:most]}
    parts = [f"document.{part}" for part in ("assignment_rules", "tier_rules", "categories")]
    shelf = service.scoped(slug, TENANT_HISTORY)
    found = await shelf.find({"_id": {"$in": list(at)}}, limit=most, projection=parts)
    by_id = {document["_id"]: vocabulary(document["document"]) for document in found}
    return [(moment, by_id[id]) for id, moment in at.items() if id in by_id]


def shelf_id(slug: str, number: int) -> str:
    """Where a version stands on the shelf of earlier versions."""
    return f"{slug}:{number}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A tenant in the administrators' list: what is published, and whether a draft is open.

    `names` are None where neither says them yet.
    """

    slug: str
    names: dict[str, str] | None
    kind: str | None
    state: str | None
    number: int
    published_at: datetime | None
    drafted_at: datetime | None
    drafted_by: str


async def listed(service: Service, slugs: Sequence[str] | None) -> list[Listed]:
    """Those tenants, or all where None is named, with their drafts; by slug. One that was removed
    is there only if a draft of it was begun anew.

    Only for those whom the list is for: it looks at all tenants at once.
    """
    which: Document = {} if slugs is None else {"_id": {"$in": list(slugs)}}
    parts = {"document.names": 1, "document.kind": 1}
    versions = service.database[TENANTS.collection].find(
        {**which, "state": {"$ne": "removed"}},
        {**parts, "state": 1, "editions.number": 1, "editions.at": 1},
    )
    drafts = service.database[DRAFTS.collection].find(
        {**which, "document": {"$ne": None}},
        {**parts, "begun_at": 1, "begun_by": 1, "edits.at": 1, "edits.by": 1},
    )
    published = {row["_id"]: row for row in await versions.to_list(None) if not row.get("stub")}
    drafted = {row["_id"]: row for row in await drafts.to_list(None)}
    return [
        _listed(slug, published.get(slug), drafted.get(slug))
        for slug in sorted({*published, *drafted})
    ]


def _listed(slug: str, version: Document | None, draft: Document | None) -> Listed:
    document = (draft or version or {}).get("document") or {}
    newest = version["editions"][-1] if version else None
    edits = (draft or {}).get("edits") or []
    last = edits[-1] if edits else None
    return Listed(
        slug=slug,
        names=document.get("names"),
        kind=document.get("kind"),
        state=version["state"] if version else None,
        number=newest["number"] if newest else 0,
        published_at=newest["at"] if newest else None,
        drafted_at=(last["at"] if last else draft["begun_at"]) if draft else None,
        drafted_by=(last["by"] if last else draft["begun_by"]) if draft else "",
    )
