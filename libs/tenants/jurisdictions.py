"""Whose a point is: the tenant that receives a request made there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians

import shapely
from shapely import Point, STRtree
from shapely.geometry.base import BaseGeometry

from libs.events import Neighbourhood

from .geometry import area_of
from .sphere import great_circle_m
from .tenant import Tenant

_KINDS = {"district": 0, "metropolitan": 1, "other": 2}


@dataclass(frozen=True, slots=True)
class Located:
    """The point is in a tenant's jurisdiction, and perhaps in one of its neighbourhoods."""

    tenant: Tenant
    neighbourhood: Neighbourhood | None


@dataclass(frozen=True, slots=True)
class Outside:
    """The point is in nobody's jurisdiction. `distance_m` is how far the nearest one is."""

    nearest: Tenant | None
    distance_m: float | None


class Jurisdictions:
    """All tenants' areas. Made anew when a tenant changes; looking up takes microseconds."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self._tenants = {tenant.slug: _Area(tenant) for tenant in tenants}
        self._open = _Index(
            [area for area in self._tenants.values() if area.tenant.state == "active"]
        )

    def locate(self, lat: float, lon: float, *, include_closed: bool = False) -> Located | Outside:
        """The most specific jurisdiction that covers the point, border included.

        A tenant is more specific than the one it names as its parent. Between others the kind
        decides (district, metropolitan, other), then the smaller area, then the slug.
        Suspended tenants and those that have left are found only with `include_closed`.
        """
        index = self._all if include_closed else self._open
        area = index.most_specific(lat, lon)
        if area is None:
            return index.nearest(lat, lon)
        return Located(area.tenant, area.neighbourhoods.at(lat, lon))

    def neighbourhood(self, slug: str, lat: float, lon: float) -> Neighbourhood | None:
        """The neighbourhood of one tenant at a point."""
        area = self._tenants.get(slug)
        return None if area is None else area.neighbourhoods.at(lat, lon)

    @cached_property
    def _all(self) -> _Index:
        return _Index(list(self._tenants.values()))


class _Area:
    """A tenant with its prepared polygon."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.polygon = area_of(tenant.jurisdiction)
        shapely.prepare(self.polygon)
        # Square degrees will do: those that are compared cover the same point.
        self.order = (_KINDS[tenant.kind], self.polygon.area, tenant.slug)

    @cached_property
    def neighbourhoods(self) -> _Neighbourhoods:
        return _Neighbourhoods(self.tenant)


class _Neighbourhoods:
    def __init__(self, tenant: Tenant) -> None:
        places = sorted(tenant.neighbourhoods, key=lambda place: place.code)
        self._values = [place.value for place in places if place.geometry]
        self._polygons = [area_of(place.geometry) for place in places if place.geometry]
        shapely.prepare(self._polygons)
        self._tree = STRtree(self._polygons)

    def at(self, lat: float, lon: float) -> Neighbourhood | None:
        for index in _hits(self._tree, lat, lon):
            if shapely.intersects_xy(self._polygons[index], lon, lat):
                return self._values[index]
        return None


class _Index:
    def __init__(self, areas: list[_Area]) -> None:
        self._areas = sorted(areas, key=lambda area: area.order)
        parents = {area.tenant.slug: area.tenant.parent for area in areas}
        self._ancestors = [_ancestors(area.tenant.slug, parents) for area in self._areas]
        self._tree = STRtree([area.polygon for area in self._areas])

    def most_specific(self, lat: float, lon: float) -> _Area | None:
        covering = [
            index
            for index in _hits(self._tree, lat, lon)
            if shapely.intersects_xy(self._areas[index].polygon, lon, lat)
        ]
        if not covering:
            return None
        above = frozenset[str]().union(*(self._ancestors[index] for index in covering))
        return self._areas[
            min(index for index in covering if self._areas[index].tenant.slug not in above)
        ]

    def nearest(self, lat: float, lon: float) -> Outside:
        if not self._areas:
            return Outside(None, None)
        point = Point(lon, lat)
        shrink = max(cos(radians(lat)), 0.01)
        first = int(self._tree.nearest(point))
        # Distance in degrees says too much east and west, so look that much further.
        reach = point.distance(self._areas[first].polygon) / shrink
        near = self._tree.query(point, predicate="dwithin", distance=reach).tolist()
        distances = [
            (_distance_m(self._areas[index].polygon, lat, lon, shrink), index)
            for index in {first, *near}  # rounding may leave out the very one at that distance
        ]
        metres, index = min(distances)
        return Outside(self._areas[index].tenant, metres)


def _hits(tree: STRtree, lat: float, lon: float) -> list[int]:
    """Which polygons' boxes hold the point, in order."""
    found: list[int] = tree.query(Point(lon, lat)).tolist()
    return sorted(found)


def _ancestors(slug: str, parents: dict[str, str | None]) -> frozenset[str]:
    found: set[str] = set()
    parent = parents.get(slug)
    while parent is not None and parent not in found and parent != slug:
        found.add(parent)
        parent = parents.get(parent)
    return frozenset(found)


def _distance_m(polygon: BaseGeometry, lat: float, lon: float, shrink: float) -> float:
    """Metres to the nearest point: found on a plane around (lat, lon), measured on a sphere."""
    flat = shapely.transform(polygon, lambda degrees: degrees * [shrink, 1.0])
    line = shapely.shortest_line(flat, Point(lon * shrink, lat))
    x, y = line.coords[0]
    return great_circle_m(lat, lon, y, x / shrink)
