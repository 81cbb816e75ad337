"""The place that a list is narrowed to.

A place is compared as he who asks is told it, to about a hundred metres or less well: who may ask
for ever smaller circles must not come nearer than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import Any

from libs.events import Point
from libs.tenants.coarse import FINEST_M

from ..place import cells_around, metres_between
from .arguments import Arguments, decimal

FARTHEST_M = 10_000.0


@dataclass(frozen=True, slots=True)
class Circle:
    """Within so many metres of a point."""

    point: Point
    metres: float

    def cells(self, grid_m: int = FINEST_M) -> list[str]:
        """Where to look, where places are told by such squares."""
        return cells_around(self.point, self.metres + _off(grid_m))

    def holds(self, point: Point) -> bool:
        """Whether a place is within it."""
        return metres_between(self.point, point) <= self.metres


@dataclass(frozen=True, slots=True)
class Box:
    """Between two meridians and two parallels."""

    west: float
    south: float
    east: float
    north: float

    def cells(self, grid_m: int = FINEST_M) -> list[str] | None:
        """Where to look, where places are told by such squares; None: nearly everywhere."""
        middle = Point(lat=(self.south + self.north) / 2, lon=(self.west + self.east) / 2)
        corner = Point(lat=self.north, lon=self.east)
        metres = metres_between(middle, corner)
        if metres > FARTHEST_M:
            return None
        return cells_around(middle, metres + _off(grid_m))

    def wider(self, grid_m: int) -> Box:
        """With whatever may be told to lie within it."""
        north = _off(grid_m) / 111_195
        east = north / max(cos(radians(max(abs(self.south), abs(self.north)))), 0.01)
        return Box(self.west - east, self.south - north, self.east + east, self.north + north)

    def holds(self, point: Point) -> bool:
        """Whether a place is within it."""
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east


def _off(grid_m: int) -> float:
    """How many metres a place may be from where it is told to be: half a square's diagonal, and
    what rounding adds.
    """
    return 0.75 * grid_m + 120.0


def area_of(arguments: Arguments) -> Circle | Box | None:
    """The place that a list is narrowed to; remembers what is wrong in it."""
    lat, lon = arguments.number("lat", -90, 90), arguments.number("long", -180, 180)
    metres = arguments.number("radius", 0, FARTHEST_M)
    told = [arguments.one(name) for name in ("lat", "long", "radius")]
    if any(told) and not all(told):
        arguments.wrong(
            "lat, long ve radius birlikte verilmeli.", "lat, long and radius go together."
        )
    box = arguments.one("bbox")
    if box is not None:
        return _box(arguments, box)
    if lat is None or lon is None or metres is None:
        return None
    return Circle(Point(lat=lat, lon=lon), metres)


def _box(arguments: Arguments, text: str) -> Box | None:
    parts: list[Any] = [decimal(part.strip()) for part in text.split(",")]
    if len(parts) == 4 and None not in parts:
        west, south, east, north = parts
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return Box(west, south, east, north)
    arguments.wrong(
        "bbox: batı,güney,doğu,kuzey (dört sayı) olmalı.",
        "bbox: must be west,south,east,north, four numbers.",
    )
    return None
