"""Where things are: cells to look in, distances, and how near the public may know a place."""

from __future__ import annotations

from math import cos, floor, radians

from libs.events import Point
from libs.tenants.coarse import coarse as coarse
from libs.tenants.sphere import great_circle_m

CELL_DEGREES = 0.005
"""About 550 metres north, 430 metres east at 40 degrees."""


def cell_of(point: Point) -> str:
    """The cell of a point, by which requests near it are found."""
    return _cell(floor(point.lat / CELL_DEGREES), floor(point.lon / CELL_DEGREES))


def cells_around(point: Point, metres: float) -> list[str]:
    """Every cell that has a place within so many metres of the point."""
    north = metres / 111_195
    east = north / max(cos(radians(point.lat)), 0.01)
    south_row, north_row = (floor((point.lat + d) / CELL_DEGREES) for d in (-north, north))
    west, last = (floor((point.lon + d) / CELL_DEGREES) for d in (-east, east))
    return [
        _cell(row, column)
        for row in range(south_row, north_row + 1)
        for column in range(west, last + 1)
    ]


def metres_between(one: Point, other: Point) -> float:
    """How far two places are from each other."""
    return great_circle_m(one.lat, one.lon, other.lat, other.lon)


def _cell(row: int, column: int) -> str:
    return f"{row}:{column}"
