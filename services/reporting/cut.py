"""By what a page is cut: the filters in its address, and what can be told with them."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from libs.events import Channel
from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.text import said

from .cube import cube_for

CUTS = ("category", "department", "neighbourhood", "channel")

Filters = Mapping[str, str]
Chosen = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_.:-]*$")]


def cut(
    category: Chosen = "",
    department: Chosen = "",
    neighbourhood: Chosen = "",
    channel: Channel | Literal[""] = "",
) -> Filters:
    """The filters that are set; a form sends the empty ones too."""
    told = zip(CUTS, (category, department, neighbourhood, channel), strict=True)
    return {name: value for name, value in told if value}


Cut = Annotated[Filters, Depends(cut)]


def tells(filters: Filters, *fields: str) -> bool:
    """Whether some cube knows all these filters and fields together."""
    return cube_for(filters, *fields) is not None


def whole_only(filters: Filters) -> None:
    """Refuse filters where hexagons and words are asked for: those are counted whole."""
    if filters:
        title = said("The map and the words are kept for all requests together, without filters.")
        errors = [{"field": name, "message": title} for name in filters]
        raise Refused("filters-not-together", title, 422, errors=errors)


def queue_of(tenant: Tenant | None, filters: Filters, **more: str) -> dict[str, Any] | None:
    """The console's query for the open ones of the same cut.

    None where the console has no such list: of several tenants, by channel, of what is unknown.
    """
    asked = {**filters, **more}
    if tenant is None or "channel" in asked or not all(asked.values()):
        return None
    return {"tenant": tenant.slug, "status": "open", **asked}
