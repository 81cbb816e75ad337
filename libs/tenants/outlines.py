"""The outlines in a file that a municipality sends, as they came: GeoJSON of any kind, with lines
and points, unclosed, in metres.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

Point = tuple[float, float]
Ring = tuple[Point, ...]
Shape = tuple[Ring, ...]
"""An outline, and the holes in it."""

_EPSG = re.compile(r"(?:EPSG[:/]{1,2}(?:[\d.]*[:/])?|CRS)(\d+)\s*$", re.IGNORECASE)
_DEEPEST = 8


class NoOutline(ValueError):
    """There is nothing in the file that can be a boundary; `slug` says why."""

    def __init__(self, slug: str, **words: Any) -> None:
        super().__init__(slug)
        self.slug = slug
        self.words = words


@dataclass(frozen=True, slots=True)
class Outlines:
    """All outlines in a file, and in how many areas they were. `ignored` counts what was neither
    an area nor a closed line, `lines` those that were closed.

    `epsg` is the projection that the file names, None where it names none.
    """

    shapes: tuple[Shape, ...]
    areas: int
    ignored: int
    lines: int
    heights: bool
    epsg: int | None


def read_outlines(document: Any) -> Outlines:
    """The outlines of a GeoJSON document. Raises NoOutline."""
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise NoOutline("not_geojson")
    reader = _Reader()
    shapes = tuple(reader.shapes(document, 0))
    if not shapes:
        raise NoOutline("no_area", ignored=reader.ignored)
    epsg = _epsg(document.get("crs"))
    return Outlines(shapes, reader.areas, reader.ignored, reader.lines, reader.heights, epsg)


class _Reader:
    def __init__(self) -> None:
        self.areas = self.ignored = self.lines = 0
        self.heights = False

    def shapes(self, node: Any, depth: int) -> Iterator[Shape]:
        if not isinstance(node, dict) or depth > _DEEPEST:
            return
        kind, inside = node.get("type"), node.get("coordinates")
        if kind == "FeatureCollection":
            for feature in _list(node.get("features")):
                yield from self.shapes(feature, depth + 1)
        elif kind == "Feature":
            yield from self.shapes(node.get("geometry"), depth + 1)
        elif kind == "GeometryCollection":
            for geometry in _list(node.get("geometries")):
                yield from self.shapes(geometry, depth + 1)
        elif kind == "Polygon":
            self.areas += 1
            yield self._shape(inside)
        elif kind == "MultiPolygon":
            self.areas += 1
            for one in _list(inside):
                yield self._shape(one)
        elif kind == "LineString":
            yield from self._closed(inside)
        elif kind == "MultiLineString":
            for line in _list(inside):
                yield from self._closed(line)
        else:
            self.ignored += 1

    def _shape(self, rings: Any) -> Shape:
        found = tuple(self._ring(ring) for ring in _list(rings))
        if not found:
            raise NoOutline("unreadable")
        return found

    def _closed(self, line: Any) -> Iterator[Shape]:
        ring = self._ring(line)
        if len(ring) > 3 and ring[0] == ring[-1]:
            self.areas += 1
            self.lines += 1
            yield (ring,)
        else:
            self.ignored += 1

    def _ring(self, positions: Any) -> Ring:
        found = []
        for position in _list(positions):
            if not isinstance(position, list) or len(position) < 2:
                raise NoOutline("unreadable")
            if not all(_is_number(part) for part in position[:2]):
                raise NoOutline("unreadable")
            self.heights = self.heights or len(position) > 2
            found.append((float(position[0]), float(position[1])))
        return tuple(found)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NoOutline("unreadable")
    return value


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e12 and isfinite(value)


def _epsg(crs: Any) -> int | None:
    """The number in the `crs` member, which GeoJSON had before RFC 7946 and GIS still write."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return None
    found = _EPSG.search(name)
    if found is None:
        raise NoOutline("unknown_projection", name=name[:80])
    return int(found[1])
