"""Where requests come from: hexagons, none of which tells of fewer than three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import h3
from shapely import Point, STRtree
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from libs.tenants import Tenant

FEWEST = 3
RANKS = 5


@dataclass(frozen=True, slots=True)
class Hexagon:
    """A cell with at least `FEWEST` requests; `rank` is its fifth of all cells shown, 1 to 5."""

    cell: str
    opened: int
    rank: int

    @property
    def ring(self) -> list[list[float]]:
        """Its corners, `[lat, lon]` with five decimals."""
        return [[round(lat, 5), round(lon, 5)] for lat, lon in h3.cell_to_boundary(self.cell)]


@dataclass(frozen=True, slots=True)
class Places:
    """Hexagons, the fullest first; how many requests lie in hexagons that are not told of."""

    hexagons: tuple[Hexagon, ...]
    hidden: int

    @property
    def legend(self) -> list[tuple[int, int, int]]:
        """Rank, and the fewest and most requests of its hexagons."""
        spans: dict[int, tuple[int, int]] = {}
        for one in self.hexagons:
            low, high = spans.get(one.rank, (one.opened, one.opened))
            spans[one.rank] = min(low, one.opened), max(high, one.opened)
        return [(rank, *spans[rank]) for rank in sorted(spans)]


def places(opened: Mapping[str, int]) -> Places:
    """The map of these counts. Equal counts have equal ranks."""
    shown = {cell: count for cell, count in opened.items() if count >= FEWEST}
    ordered = sorted(shown.values())
    rank = {count: 1 + place * RANKS // len(ordered) for place, count in enumerate(ordered)}
    hexagons = [Hexagon(cell, count, rank[count]) for cell, count in shown.items()]
    return Places(
        tuple(sorted(hexagons, key=lambda one: (-one.opened, one.cell))),
        sum(opened.values()) - sum(ordered),
    )


class Quarters:
    """Which neighbourhood the middle of a hexagon lies in."""

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        self._names: list[str] = []
        areas: list[BaseGeometry] = []
        for tenant in tenants:
            for place in tenant.neighbourhoods:
                if place.geometry is not None:
                    areas.append(shape(place.geometry))
                    self._names.append(place.name)
        self._tree = STRtree(areas)

    def of(self, cell: str) -> str:
        """Its name; empty where the middle lies in none."""
        lat, lon = h3.cell_to_latlng(cell)
        found = self._tree.query(Point(lon, lat), predicate="within")
        return self._names[int(found[0])] if len(found) else ""


class _Versions:
    """Tenants as a key for the cache: they are large, and have no hash."""

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        self.tenants = tenants
        self.told = tuple((one.slug, one.version) for one in tenants)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Versions) and self.told == other.told

    def __hash__(self) -> int:
        return hash(self.told)


def quarters(tenants: Sequence[Tenant]) -> Quarters:
    """The neighbourhoods of these tenants, read once for each of their versions."""
    return _quarters(_Versions(tenants))


@lru_cache(maxsize=64)
def _quarters(key: _Versions) -> Quarters:
    return Quarters(key.tenants)
