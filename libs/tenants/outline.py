"""A tenant's area as a light map of its own: neighbourhoods in four tints, edge, neighbours.
Or all tenants as one, for whoever has not said which is his.

Lines are simplified as a coverage, so that neighbours keep their common border, until the whole
is small enough to be sent to a phone. Positions have five decimals, about a metre.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import shapely
from shapely import STRtree
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from .geometry import area_of
from .tenant import Tenant

LARGEST_BYTES = 60_000
TINTS = 4
SLIVER = 0.002
"""Degrees, about 200 metres: gaps between neighbours that are narrower are no holes."""
_TOLERANCES = (0.00005, 0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0032)
"""Degrees: about 5 to 150 metres."""

Json = dict[str, Any]


def beside(tenant: Tenant, others: Iterable[Tenant]) -> list[Tenant]:
    """Those of the others that are drawn where they touch it; none that has left."""
    return [
        one
        for one in others
        if one.slug != tenant.slug and one.parent == tenant.parent and one.kind == tenant.kind
        if one.state != "left"
    ]


def present(tenants: Iterable[Tenant]) -> list[Tenant]:
    """Those that are drawn on the map of all: none that has left."""
    return [one for one in tenants if one.state != "left"]


def outline(tenant: Tenant, others: Iterable[Tenant] = ()) -> bytes:
    """GeoJSON of a tenant: features of kind `m` (a neighbourhood), `d` (another tenant's area
    that touches it) and `edge`; each with `name` and `label`, the place of its name, and
    neighbourhoods with `code`, `tint` (1 to 4, never the same on both sides of a border) and
    `pop`, how many live there.
    """
    edge = area_of(tenant.jurisdiction)
    near = [
        (_short(one), area)
        for one in beside(tenant, others)
        if (area := area_of(one.jurisdiction)).intersects(edge.buffer(0.001))
    ]
    return _light(lambda tolerance: _features(tenant, edge, near, tolerance))


def common(tenants: Iterable[Tenant]) -> bytes:
    """GeoJSON of all tenants but those that have left. Where most of them are beside each other
    (under one tenant, which is not drawn itself) they are of kind `m`, with `name`, `label` and
    `tint`, and `edge` is around them; the others are of kind `d`.
    """
    known = {one.slug: one for one in present(tenants)}
    above = {one.parent for one in known.values()}
    families: dict[str, list[Tenant]] = defaultdict(list)
    for slug, one in known.items():
        if slug not in above:
            families[one.parent or slug].append(one)
    if not families:
        return _encoded([])
    most = max(families.values(), key=len)
    areas = [area_of(one.jurisdiction) for one in most]
    colours = tints(areas)
    around = shapely.union_all(areas).buffer(SLIVER).buffer(-SLIVER)
    far = [
        (_short(one), area_of(one.jurisdiction))
        for family in families.values()
        if family is not most
        for one in family
    ]
    return _light(
        lambda tolerance: [
            *_far(far, tolerance),
            *(
                _feature(
                    shapely.simplify(area, tolerance),
                    kind="m",
                    name=_short(one),
                    tint=tint,
                    label=label_of(area),
                )
                for one, area, tint in zip(most, areas, colours, strict=True)
            ),
            _feature(shapely.simplify(around, tolerance), kind="edge"),
        ]
    )


def _light(features: Callable[[float], list[Json]]) -> bytes:
    """What is drawn, as coarse as it must be to be small."""
    text = b""
    for tolerance in _TOLERANCES:
        text = _encoded(features(tolerance))
        if len(text) <= LARGEST_BYTES:
            break
    return text


def _short(tenant: Tenant) -> str:
    return tenant.names.tr.removesuffix(" Belediyesi")


def _far(named: Sequence[tuple[str, BaseGeometry]], tolerance: float) -> list[Json]:
    return [
        _feature(shapely.simplify(area, 4 * tolerance), kind="d", name=name, label=label_of(area))
        for name, area in named
    ]


def _features(
    tenant: Tenant, edge: BaseGeometry, near: Sequence[tuple[str, BaseGeometry]], tolerance: float
) -> list[Json]:
    places = [place for place in tenant.neighbourhoods if place.geometry]
    areas = [area_of(place.geometry) for place in places if place.geometry]
    features = _far(near, tolerance)
    simple = shapely.coverage_simplify(areas, tolerance) if areas else []
    for place, area, tint in zip(places, simple, tints(areas), strict=True):
        features.append(
            _feature(
                area,
                kind="m",
                code=place.code,
                name=place.name,
                tint=tint,
                label=label_of(area),
                pop=place.population,
            )
        )
    features.append(_feature(shapely.simplify(edge, tolerance), kind="edge", name=tenant.names.tr))
    return features


def tints(areas: Sequence[BaseGeometry]) -> list[int]:
    """A tint for each area, others than its neighbours' where four are enough for that.

    The areas with most neighbours choose first (the algorithm of Welsh and Powell).
    """
    tree = STRtree(areas)
    beside: list[set[int]] = [set() for _ in areas]
    for one, other in tree.query(areas, predicate="intersects").T.tolist() if areas else ():
        if one != other:
            beside[one].add(other)
    chosen: dict[int, int] = {}
    for index in sorted(range(len(areas)), key=lambda one: -len(beside[one])):
        taken = [chosen[other] for other in beside[index] if other in chosen]
        chosen[index] = min(range(1, TINTS + 1), key=lambda tint: (taken.count(tint), tint))
    return [chosen[index] for index in range(len(areas))]


def label_of(area: BaseGeometry) -> list[float]:
    """Where its name stands, longitude first: the place in it that is farthest from its edge."""
    point = shapely.maximum_inscribed_circle(area).coords[0] if not area.is_empty else (0.0, 0.0)
    return [round(point[0], 5), round(point[1], 5)]


def _feature(area: BaseGeometry, **properties: Any) -> Json:
    rounded = shapely.transform(area, lambda positions: positions.round(5))
    told = {name: value for name, value in properties.items() if value is not None}
    return {"type": "Feature", "properties": told, "geometry": mapping(rounded)}


def _encoded(features: list[Json]) -> bytes:
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
