"""How near the public may know a place: a square of a grid, a hundred metres wide at least."""

from __future__ import annotations

from math import cos, floor, radians

from libs.events import Point

FINEST_M = 100
_METRES_A_DEGREE = 111_195


def coarse(point: Point, metres: int = FINEST_M) -> Point:
    """A place near the point, as the public is told it: to about a hundred metres, or to the
    middle of a square of so many metres.

    A wider square is found for the finest one, and not for the point itself: who is told both,
    before and after a change of the rules, knows no more than the finest.
    """
    lat, lon = round(point.lat, 3), round(point.lon, 3)
    if metres <= FINEST_M:
        return Point(lat=lat, lon=lon)
    north = metres / _METRES_A_DEGREE
    lat = _middle(lat, north)
    east = north / max(cos(radians(lat)), 0.01)
    return Point(lat=_within(lat, 90), lon=_within(_middle(lon, east), 180))


def _middle(degrees: float, step: float) -> float:
    return (floor(degrees / step) + 0.5) * step


def _within(degrees: float, most: float) -> float:
    return round(max(-most, min(most, degrees)), 5)
