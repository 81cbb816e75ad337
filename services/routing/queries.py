"""Reads of tenants as they were published, straight from the store."""

from __future__ import annotations

from typing import Any

from libs.runtime.store import Scoped


async def published(tenants: Scoped) -> dict[str, Any] | None:
    """The newest version of the scope's tenant, whole; None for an unknown one."""
    found = await tenants.find_one({"_id": tenants.tenant}, projection=["document"])
    return None if found is None else dict(found["document"])


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


def shelf_id(slug: str, number: int) -> str:
    """Where a version stands on the shelf of earlier versions."""
    return f"{slug}:{number}"
