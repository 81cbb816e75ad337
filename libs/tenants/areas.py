"""How large areas are, and how they lie to those of other tenants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from .geometry import area_of
from .tenant import Tenant

_AUTHALIC_RADIUS_M = 6_371_007.2
LEAST_KM2 = 0.005
"""Overlaps up to half a hectare are what two drawings of one border come to."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Ground that two tenants claim. `share` is of the smaller one's area.

    `expected` where one is above the other, or their kinds differ: the more specific one
    receives what is asked there, and nobody needs to do anything.
    """

    tenant: Tenant
    km2: float
    share: float
    expected: bool


def square_km(area: BaseGeometry) -> float:
    """The area on the earth, taken as a sphere of the same surface: good to half a percent.

    Measured in the sinusoidal projection, which keeps areas.
    """

    def flat(positions: NDArray[Any]) -> NDArray[Any]:
        longitude, latitude = np.radians(positions).T
        return np.column_stack((longitude * np.cos(latitude), latitude)) * _AUTHALIC_RADIUS_M

    return float(shapely.transform(area, flat).area) / 1e6


def overlaps(
    area: BaseGeometry, others: Iterable[Tenant], *, slug: str, kind: str, parent: str | None
) -> list[Overlap]:
    """Whose ground the area lies on as well, the largest first. Who has left claims none."""
    found = []
    for other in others:
        if other.slug == slug or other.state == "left":
            continue
        theirs = area_of(other.jurisdiction)
        if not area.intersects(theirs):
            continue
        km2 = square_km(polygonal(area.intersection(theirs)))
        if km2 > LEAST_KM2:
            related = parent == other.slug or other.parent == slug
            share = km2 / max(min(square_km(area), square_km(theirs)), 1e-9)
            found.append(Overlap(other, km2, min(share, 1.0), related or kind != other.kind))
    return sorted(found, key=lambda one: (one.expected, -one.km2))


def without(area: BaseGeometry, others: Iterable[Tenant]) -> Polygon | MultiPolygon:
    """The area less those of others: what is left when disputed ground stays with them."""
    theirs = shapely.union_all([area_of(other.jurisdiction) for other in others])
    return polygonal(area.difference(theirs))


def polygonal(found: BaseGeometry) -> Polygon | MultiPolygon:
    """The parts that are areas; lines and points, which cuts leave behind, go."""
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(found)).tolist()
        if isinstance(part, Polygon) and not part.is_empty
    ]
    if len(parts) == 1:
        return parts[0]
    return MultiPolygon(parts)
