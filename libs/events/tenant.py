"""What routing tells of tenants: the whole of one, whenever it changes; and that one is gone."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from .common import Event, OccurredAt, Slug


class TenantPublished(Event):
    """A new version of a tenant. `tenant` is its whole document, of the shape in libs/tenants."""

    type: ClassVar[str] = "tenant.published.v1"
    topic: ClassVar[str] = "tenants"

    occurred_at: OccurredAt
    slug: Slug
    version: int = Field(ge=1, le=2**31 - 1)
    state: Literal["active", "suspended", "left"]
    tenant: dict[str, Any]


class TenantRemoved(Event):
    """The tenant is gone: whoever holds it drops it. Its `ce_sequence` is the version that this
    is, as it is of every event of a tenant; should the slug come again, it goes on from there.
    """

    type: ClassVar[str] = "tenant.removed.v1"
    topic: ClassVar[str] = "tenants"
    tombstone: ClassVar[bool] = True
