"""A boundary as a municipality sends it, made into one that can be answered for; and what was done.

Nothing is guessed: what could mean two things is refused, or told beside the map.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from .areas import polygonal, square_km
from .outlines import NoOutline, Outlines, Point, Ring, Shape, read_outlines
from .projections import DEGREES, PROJECTIONS, SYNONYMS

MOST_POINTS = 4_000
GRID = 1e-6
"""Degrees to which positions are rounded: about a decimetre."""

LEAST_PART_KM2 = 0.0001
"""Parts below a hundred square metres are slips of the hand."""

_TOLERANCES = (0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01)

Box = tuple[float, float, float, float]
"""West, south, east, north."""

TURKEY: Box = (25.5, 35.7, 45.0, 42.3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found and, if `mended`, put right; else it is only told."""

    slug: str
    mended: bool = True
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repaired:
    """A boundary before and after, and everything that was found on the way."""

    before: dict[str, Any]
    after: dict[str, Any]
    findings: tuple[Finding, ...]
    km2: float
    points: int

    @property
    def changed(self) -> bool:
        """Whether anything had to be put right."""
        return any(finding.mended for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where metres would lie if they were of this projection."""

    epsg: int
    name: str
    lon: float
    lat: float


def repair(document: Any, home: Box = TURKEY, epsg: int | None = None) -> Repaired:
    """Read and repair a boundary. `home` is where it must about lie, `epsg` the projection that a
    person names. Raises NoOutline where there is none, or where it cannot be known what it means.
    """
    outlines = read_outlines(document)
    findings = list(_told_of(outlines))
    shapes = _in_degrees(outlines, home, epsg, findings)
    shapes = _closed(shapes, findings)
    before = mapping(MultiPolygon([(shape[0], shape[1:]) for shape in shapes]))
    area = _sound(shapes, findings)
    area = _without_slips(area, findings)
    area = _lighter(area, findings)
    _tell_holes(area, findings)
    west, south, east, north = area.bounds
    if not _is_in(((west + east) / 2, (south + north) / 2), home):
        findings.append(Finding("far_from_home", mended=False))
    return Repaired(
        before=_plain(before),
        after=_plain(mapping(area)),
        findings=tuple(findings),
        km2=square_km(area),
        points=int(shapely.get_num_coordinates(area)),
    )


def landings(document: Any, home: Box = TURKEY) -> list[Landing]:
    """In which projections the metres of a document would lie at home, and where."""
    shapes = read_outlines(document).shapes
    return _landings(shapes, home) or _landings(_each(shapes, _swapped), home)


def _told_of(outlines: Outlines) -> Iterator[Finding]:
    if outlines.areas > 1:
        yield Finding("united", words={"count": outlines.areas})
    if outlines.lines:
        yield Finding("lines_closed", words={"count": outlines.lines})
    if outlines.ignored:
        yield Finding("ignored", words={"count": outlines.ignored})
    if outlines.heights:
        yield Finding("heights_dropped")


def _in_degrees(
    outlines: Outlines, home: Box, epsg: int | None, findings: list[Finding]
) -> tuple[Shape, ...]:
    """All positions as longitude and latitude."""
    shapes = outlines.shapes
    named = epsg or outlines.epsg
    named = SYNONYMS.get(named, named) if named else None
    if all(abs(x) <= 180 and abs(y) <= 180 for x, y in _positions(shapes)):
        if epsg is not None:
            raise NoOutline("degrees_already")
        return _right_way_round(shapes, home, findings)
    if named in DEGREES or named is None:
        found = _landings(shapes, home)
        if [one.epsg for one in found] != [3857]:
            raise NoOutline("metres")
        named = 3857
    if named not in PROJECTIONS:
        raise NoOutline("unknown_projection", name=f"EPSG:{named}")
    projection = PROJECTIONS[named]
    if not any(one.epsg == named for one in _landings(shapes, home)):
        turned = _each(shapes, _swapped)
        if not any(one.epsg == named for one in _landings(turned, home)):
            raise NoOutline("wrong_projection", name=projection.name)
        shapes = turned
        findings.append(Finding("swapped"))
    findings.append(Finding("reprojected", words={"name": projection.name}))
    moved = _each(shapes, projection.degrees)
    if not all(abs(x) <= 180 and abs(y) <= 90 for x, y in _positions(moved)):
        raise NoOutline("wrong_projection", name=projection.name)
    return moved


def _right_way_round(
    shapes: tuple[Shape, ...], home: Box, findings: list[Finding]
) -> tuple[Shape, ...]:
    """Longitude first: turned where that alone brings it home."""
    turned = _each(shapes, _swapped)
    if _at_home(shapes, home):
        if _at_home(turned, home):
            findings.append(Finding("maybe_swapped", mended=False))
        return shapes
    if _at_home(turned, home) or any(abs(y) > 90 for _, y in _positions(shapes)):
        findings.append(Finding("swapped"))
        shapes = turned
    if any(abs(y) > 90 for _, y in _positions(shapes)):
        raise NoOutline("off_the_map")
    return shapes


def _closed(shapes: tuple[Shape, ...], findings: list[Finding]) -> tuple[Shape, ...]:
    """Every ring ends where it begins; what has no three corners goes."""
    opened = sum(len(ring) > 2 and ring[0] != ring[-1] for shape in shapes for ring in shape)
    if opened:
        findings.append(Finding("closed", words={"count": opened}))
    found = []
    for shape in shapes:
        rings = [_ring(ring) for ring in shape]
        if rings[0]:
            found.append(tuple(ring for ring in rings if ring))
    flat = sum(map(len, shapes)) - sum(map(len, found))
    if flat:
        findings.append(Finding("flat_dropped", words={"count": flat}))
    if not found:
        raise NoOutline("no_area", ignored=flat)
    return tuple(found)


def _ring(ring: Ring) -> Ring:
    kept = [place for index, place in enumerate(ring) if index == 0 or place != ring[index - 1]]
    if kept and kept[0] == kept[-1]:
        kept.pop()
    return (*kept, kept[0]) if len(set(kept)) > 2 else ()


def _sound(shapes: tuple[Shape, ...], findings: list[Finding]) -> BaseGeometry:
    """One area without crossings, in which holes are holes."""
    parts = [Polygon(shape[0], shape[1:]) for shape in shapes]
    crossed = [part for part in parts if not part.is_valid]
    if crossed:
        why, _, at = shapely.is_valid_reason(crossed[0]).partition("[")
        words = {"count": len(crossed), "why": why, "at": at.rstrip("]")}
        findings.append(Finding("crossed", words=words))
    try:
        made = [
            shapely.make_valid(part, method="structure", keep_collapsed=False) for part in parts
        ]
        area = _on_the_grid(shapely.union_all(made))
    except (ShapelyError, ValueError):
        raise NoOutline("unreadable") from None
    if area.is_empty:
        raise NoOutline("no_area", ignored=0)
    return area


def _without_slips(area: BaseGeometry, findings: list[Finding]) -> BaseGeometry:
    parts = shapely.get_parts(area).tolist()
    kept = [part for part in parts if square_km(part) >= LEAST_PART_KM2]
    if kept and len(kept) < len(parts):
        findings.append(Finding("slips_dropped", words={"count": len(parts) - len(kept)}))
        return polygonal(MultiPolygon(kept))
    return area


def _lighter(area: BaseGeometry, findings: list[Finding]) -> BaseGeometry:
    """So few points that it is quick to draw and to ask; the shape stays as near as it can."""
    before = int(shapely.get_num_coordinates(area))
    if before <= MOST_POINTS:
        return area
    lighter = area
    for tolerance in _TOLERANCES:
        lighter = _on_the_grid(shapely.make_valid(shapely.simplify(area, tolerance)))
        points = int(shapely.get_num_coordinates(lighter))
        if points <= MOST_POINTS:
            words = {"before": before, "after": points, "metres": round(tolerance * 111_000)}
            findings.append(Finding("simplified", words=words))
            break
    return lighter


def _tell_holes(area: BaseGeometry, findings: list[Finding]) -> None:
    holes = [
        Polygon(ring)
        for part in shapely.get_parts(area).tolist()
        for ring in shapely.get_rings(part).tolist()[1:]
    ]
    if holes:
        words = {"count": len(holes), "km2": round(sum(map(square_km, holes)), 2)}
        findings.append(Finding("holes", mended=False, words=words))


def _on_the_grid(area: BaseGeometry) -> BaseGeometry:
    return polygonal(shapely.orient_polygons(shapely.set_precision(polygonal(area), GRID)))


def _landings(shapes: tuple[Shape, ...], home: Box) -> list[Landing]:
    x, y = _middle(shapes)
    told = ((one, one.degrees(x, y)) for one in PROJECTIONS.values())
    return [
        Landing(one.epsg, one.name, round(lon, 4), round(lat, 4))
        for one, (lon, lat) in told
        if _is_in((lon, lat), home)
    ]


def _at_home(shapes: tuple[Shape, ...], home: Box) -> bool:
    return _is_in(_middle(shapes), home)


def _is_in(point: Point, box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _middle(shapes: tuple[Shape, ...]) -> Point:
    places = list(_positions(shapes))
    xs, ys = [x for x, _ in places], [y for _, y in places]
    if not places:
        raise NoOutline("no_area", ignored=0)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _positions(shapes: tuple[Shape, ...]) -> Iterator[Point]:
    return (place for shape in shapes for ring in shape for place in ring)


def _each(shapes: tuple[Shape, ...], change: Callable[[float, float], Point]) -> tuple[Shape, ...]:
    return tuple(tuple(tuple(change(x, y) for x, y in ring) for ring in shape) for shape in shapes)


def _swapped(x: float, y: float) -> Point:
    return y, x


def _plain(geometry: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(geometry))
    return found
