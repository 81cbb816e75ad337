"""Distances on the earth, taken as a sphere."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

_EARTH_RADIUS_M = 6_371_008.8


def great_circle_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two places in degrees: the haversine formula."""
    north = sin(radians(lat2 - lat1) / 2) ** 2
    east = sin(radians(lon2 - lon1) / 2) ** 2
    chord = north + cos(radians(lat1)) * cos(radians(lat2)) * east
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))
