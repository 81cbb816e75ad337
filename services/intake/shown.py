"""Requests as the pages show them: rows of a list, pins of a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.events import Category, Names
from libs.tenants import Tenant
from libs.web.language import Language

from .disclosed import category_of, for_outsiders, place_told
from .queries import Found
from .request import Request
from .standing import Standing, is_late, standing_of
from .tracking import shown

_ICONS = {
    "ROADS": "road",
    "TRAFFIC": "road",
    "CLEANING": "waste",
    "PARKS": "park",
    "LIGHTING": "light",
    "WATER": "water",
    "ANIMALS": "animal",
    "BUILDING": "build",
}
"""Symbols of well-known groups of categories, by a part of their codes."""


@dataclass(frozen=True, slots=True)
class Row:
    """What anybody may know of a request, ready to be written on a page.

    `changed_at` is when its citizen was told something last; others do not learn it.
    """

    number: str
    tenant: str
    title: Names | None
    icon: str
    standing: Standing
    neighbourhood: str | None
    at: tuple[float, float]
    submitted_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    late: bool
    voices: int
    metres: int | None = None
    changed_at: datetime | None = None
    zone: str = "Europe/Istanbul"

    def pin(self, language: Language) -> dict[str, Any]:
        """As a map understands it."""
        title = language.of(self.title) or language.text("Not sorted yet")
        told = f"{title}, {self.neighbourhood or ''}: {language.text(self.standing.word)}"
        return {
            "at": self.at,
            "st": self.standing.sign,
            "name": told.replace(", :", ":"),
            "href": f"/requests/{self.number}",
            "id": self.number,
        }


def row(
    request: Request,
    tenant: Tenant | None,
    now: datetime,
    *,
    own: bool = False,
    metres: float | None = None,
) -> Row:
    """One request: as outsiders may know it, or whole where it is one's `own`."""
    place = request.point if own else place_told(request, tenant)
    told = request.updates[-1].at if own and request.updates else None
    request = request if own else for_outsiders(request, tenant)
    category = category_of(request)
    return Row(
        number=shown(request.tracking_number),
        tenant=request.tenant,
        title=category.names if category else None,
        icon=icon_of(tenant, category),
        standing=standing_of(request, now, own=own),
        neighbourhood=request.neighbourhood.name if request.neighbourhood else None,
        at=(place.lat, place.lon),
        submitted_at=request.submitted_at,
        due_at=request.progress.due_at,
        closed_at=request.progress.closed_at,
        late=is_late(request, now),
        voices=request.voices,
        metres=None if metres is None else max(10, round(metres / 10) * 10),
        changed_at=told,
        zone=request.time_zone,
    )


def rows(found: Iterable[Found], tenant: Tenant | None, now: datetime) -> list[Row]:
    """Many of one tenant."""
    return [row(request, tenant, now) for _, request in found]


def icon_of(tenant: Tenant | None, category: Category | None) -> str:
    """The symbol of a category's group."""
    known = tenant.category(category.code) if tenant and category else None
    code = (known.parent if known and known.parent else category.code if category else "").upper()
    return next((f"c-{icon}" for part, icon in _ICONS.items() if part in code), "c-order")
