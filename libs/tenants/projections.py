"""Metres of the projections that Turkish municipalities draw in, as degrees of WGS 84.

Sources: Snyder, Map Projections (1987), p. 44 for the Mercator of web maps; Karney, Transverse
Mercator with an accuracy of a few nanometers (2011), equations 9, 11, 35 and 36, here to the
fourth order of n, which is better than a millimetre. TUREF (ITRF96) and WGS 84 differ by less
than a metre, as do their ellipsoids by less than a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan, atan2, atanh, cos, cosh, degrees, exp, inf, pi, sin, sinh, sqrt

Degrees = tuple[float, float]
"""Longitude and latitude."""

_A = 6_378_137.0
_F = 1 / 298.257223563
_E = sqrt(_F * (2 - _F))
_N = _F / (2 - _F)
_MEAN = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)


@dataclass(frozen=True, slots=True)
class Projection:
    """A way to make metres of degrees, by its EPSG number, and back again."""

    epsg: int
    name: str
    back: Callable[[float, float], Degrees]

    def degrees(self, x: float, y: float) -> Degrees:
        """The place of these metres; infinitely far where no such place is on earth."""
        try:
            return self.back(x, y)
        except (OverflowError, ValueError, ZeroDivisionError):
            return inf, inf


def _web_mercator(x: float, y: float) -> Degrees:
    return degrees(x / _A), degrees(2 * atan(exp(y / _A)) - pi / 2)


def _transverse(meridian: float, scale: float) -> Callable[[float, float], Degrees]:
    def back(x: float, y: float) -> Degrees:
        xi, eta = y / (_MEAN * scale), (x - 500_000.0) / (_MEAN * scale)
        waves = [(2 * order, beta) for order, beta in enumerate(_BETA, start=1)]
        north = xi - sum(beta * sin(k * xi) * cosh(k * eta) for k, beta in waves)
        east = eta - sum(beta * cos(k * xi) * sinh(k * eta) for k, beta in waves)
        longitude = atan2(sinh(east), cos(north))
        conformal = sin(north) / sqrt(sinh(east) ** 2 + cos(north) ** 2)
        return meridian + degrees(longitude), degrees(_latitude(conformal))

    return back


def _latitude(conformal: float) -> float:
    """The latitude whose conformal latitude has this tangent: Newton's method, thrice."""
    tangent = conformal
    for _ in range(4):
        root = sqrt(1 + tangent**2)
        sigma = sinh(_E * atanh(_E * tangent / root))
        guess = tangent * sqrt(1 + sigma**2) - sigma * root
        slope = (1 + (1 - _E**2) * tangent**2) / ((1 - _E**2) * root)
        tangent += (conformal - guess) / sqrt(1 + guess**2) * slope
    return atan(tangent)


PROJECTIONS: dict[int, Projection] = {
    one.epsg: one
    for one in (
        Projection(3857, "Web Mercator", _web_mercator),
        *(
            Projection(5253 + turn, f"TUREF / TM{meridian}", _transverse(meridian, 1.0))
            for turn, meridian in enumerate(range(27, 48, 3))
        ),
        *(
            Projection(32600 + zone, f"UTM {zone}N", _transverse(6 * zone - 183, 0.9996))
            for zone in (35, 36, 37, 38)
        ),
    )
}
"""By EPSG number: web maps, TUREF (ITRF96) in zones of 3 degrees, UTM on WGS 84."""

SYNONYMS = {900913: 3857, 3785: 3857, 102100: 3857}
DEGREES = frozenset({4326, 4258, 5252, 84})
"""EPSG numbers (and CRS84) of degrees that are as good as WGS 84 here."""
