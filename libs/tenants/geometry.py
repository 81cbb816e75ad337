"""Areas as GeoJSON (RFC 7946): WGS 84, longitude before latitude."""

from __future__ import annotations

from typing import Annotated, Literal

import shapely
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from shapely.geometry import MultiPolygon, Polygon, shape
from typing_extensions import TypedDict

Position = Annotated[list[float], Field(min_length=2, max_length=3)]


class PolygonGeometry(TypedDict):
    """One area, perhaps with holes."""

    type: Literal["Polygon"]
    coordinates: list[list[Position]]


class MultiPolygonGeometry(TypedDict):
    """Several areas that belong together."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[list[Position]]]


def area_of(geometry: PolygonGeometry | MultiPolygonGeometry) -> Polygon | MultiPolygon:
    """The area for calculating with, in degrees."""
    area = shape(dict(geometry))
    assert isinstance(area, Polygon | MultiPolygon)
    return area


def _sound(
    geometry: PolygonGeometry | MultiPolygonGeometry,
) -> PolygonGeometry | MultiPolygonGeometry:
    try:
        area = area_of(geometry)
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError) as error:
        raise PydanticCustomError(
            "area_unreadable", "the rings do not make an area: {why}", {"why": str(error)}
        ) from None
    if area.is_empty:
        raise PydanticCustomError("area_empty", "the area has no points: draw its outline")
    west, south, east, north = area.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise PydanticCustomError(
            "area_off_the_map",
            "positions are [longitude, latitude] in degrees, but this area reaches from"
            " longitude {west} to {east} and latitude {south} to {north}: are the two swapped,"
            " or are they metres of a projection?",
            {"west": west, "east": east, "south": south, "north": north},
        )
    if not area.is_valid:
        raise PydanticCustomError(
            "area_invalid",
            "the outline is not a sound area ({why}): repair it, for instance with the tool"
            " 'Fix geometries' of QGIS",
            {"why": shapely.is_valid_reason(area)},
        )
    return geometry


Geometry = Annotated[
    Annotated[PolygonGeometry | MultiPolygonGeometry, Field(discriminator="type")],
    AfterValidator(_sound),
]
"""A sound area: readable, on the map, without self-crossings."""
