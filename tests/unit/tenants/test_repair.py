"""Boundaries as they come from offices, and what is made of them."""

from __future__ import annotations

import json
from contextlib import suppress
from math import cos, pi, sin
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, shape

from libs.tenants.areas import overlaps, square_km, without
from libs.tenants.geometry import area_of
from libs.tenants.outlines import NoOutline
from libs.tenants.projections import PROJECTIONS
from libs.tenants.repair import GRID, MOST_POINTS, Repaired, landings, repair
from libs.tenants.tenant import Tenant
from tests.unit.tenants.conftest import document, square

HOUSE = [[32.8, 39.9], [32.9, 39.9], [32.9, 40.0], [32.8, 40.0], [32.8, 39.9]]
HOUSE_KM2 = 94.9


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def found(repaired: Repaired) -> set[str]:
    return {finding.slug for finding in repaired.findings}


def refusal(document: Any, **more: Any) -> str:
    with pytest.raises(NoOutline) as refused:
        repair(document, **more)
    return refused.value.slug


def test_a_sound_boundary_stays_as_it_is() -> None:
    repaired = repair(polygon(HOUSE))
    assert (repaired.findings, repaired.changed) == ((), False)
    assert shape(repaired.after).equals(shape(polygon(HOUSE)))
    assert repaired.km2 == pytest.approx(HOUSE_KM2, abs=0.3)


@pytest.mark.parametrize("kind", ["Feature", "FeatureCollection", "GeometryCollection"])
def test_it_is_found_in_whatever_it_is_wrapped_in(kind: str) -> None:
    inside: dict[str, Any] = polygon(HOUSE)
    feature = {"type": "Feature", "properties": {}, "geometry": inside}
    wrapped = {
        "Feature": feature,
        "FeatureCollection": {"type": kind, "features": [feature]},
        "GeometryCollection": {"type": kind, "geometries": [inside]},
    }[kind]
    assert repair(wrapped).findings == ()


def test_an_open_ring_is_closed() -> None:
    repaired = repair(polygon(HOUSE[:-1]))
    assert found(repaired) == {"closed"}
    assert shape(repaired.after).equals(shape(polygon(HOUSE)))


def test_latitude_before_longitude_is_turned_by_where_it_lands() -> None:
    repaired = repair(polygon([[lat, lon] for lon, lat in HOUSE]))
    assert found(repaired) == {"swapped"}
    assert shape(repaired.after).equals(shape(polygon(HOUSE)))


def test_what_would_lie_at_home_both_ways_is_kept_and_told() -> None:
    sivas = [[37.0, 39.7], [37.1, 39.7], [37.1, 39.8], [37.0, 39.8], [37.0, 39.7]]
    repaired = repair(polygon(sivas))
    assert found(repaired) == {"maybe_swapped"}
    assert not repaired.changed
    assert shape(repaired.after).equals(shape(polygon(sivas)))


def test_a_bow_tie_becomes_two_triangles() -> None:
    tie = [[32.8, 39.9], [32.9, 40.0], [32.9, 39.9], [32.8, 40.0], [32.8, 39.9]]
    repaired = repair(polygon(tie))
    assert found(repaired) == {"crossed"}
    assert repaired.after["type"] == "MultiPolygon"
    assert shape(repaired.after).is_valid
    assert repaired.km2 == pytest.approx(HOUSE_KM2 / 2, rel=0.01)
    assert "Self-intersection" in repaired.findings[0].words["why"]


def test_holes_stay_and_are_told() -> None:
    hole = [[32.84, 39.94], [32.86, 39.94], [32.86, 39.96], [32.84, 39.96], [32.84, 39.94]]
    repaired = repair(polygon(HOUSE, hole))
    (finding,) = repaired.findings
    assert (finding.slug, finding.mended, finding.words["count"]) == ("holes", False, 1)
    assert finding.words["km2"] == pytest.approx(3.8, abs=0.1)


def test_several_areas_lines_and_points_become_one_area() -> None:
    east = [[lon + 0.1, lat] for lon, lat in HOUSE]
    features = [
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": HOUSE}},
        {"type": "Feature", "geometry": polygon([[*place, 850.0] for place in east])},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [32.8, 39.9]}},
        {"type": "Feature", "geometry": None},
    ]
    repaired = repair({"type": "FeatureCollection", "features": features})
    assert found(repaired) == {"united", "lines_closed", "ignored", "heights_dropped"}
    assert repaired.after["type"] == "Polygon"
    assert repaired.km2 == pytest.approx(2 * HOUSE_KM2, rel=0.01)


MERCATOR = [[3651279.3, 4851421.18], [3662411.25, 4851421.18], [3662411.25, 4865942.28]]
TM33 = [[482896.34, 4418444.81], [491448.17, 4418430.45], [491460.61, 4429533.82]]
"""Corners of about the house, in metres; made with PROJ 9."""


def test_web_mercator_is_known_by_its_size() -> None:
    repaired = repair(polygon(MERCATOR))
    assert found(repaired) == {"reprojected", "closed"}
    west, south, east, north = shape(repaired.after).bounds
    assert (west, south, east, north) == pytest.approx((32.8, 39.9, 32.9, 40.0), abs=1e-5)


def test_metres_that_may_be_several_projections_are_refused_and_each_is_shown() -> None:
    assert refusal(polygon(TM33)) == "metres"
    where = {one.name: (one.lon, one.lat) for one in landings(polygon(TM33))}
    assert {"TUREF / TM30", "TUREF / TM33", "TUREF / TM36", "UTM 36N"} <= set(where)
    assert where["TUREF / TM33"] == pytest.approx((32.85, 39.95), abs=0.01)


@pytest.mark.parametrize("named", ["epsg", "crs"])
@pytest.mark.parametrize("north_first", [False, True])
def test_metres_are_turned_into_degrees_once_their_projection_is_named(
    named: str, north_first: bool
) -> None:
    corners = [[y, x] for x, y in TM33] if north_first else TM33
    outline = polygon([*corners, corners[0]])
    if named == "crs":
        outline["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5255"}}
    repaired = repair(outline, epsg=5255 if named == "epsg" else None)
    assert found(repaired) == {"reprojected"} | ({"swapped"} if north_first else set())
    west, south, east, north = shape(repaired.after).bounds
    assert (west, south, east, north) == pytest.approx((32.8, 39.9, 32.9, 40.0), abs=1e-4)


@pytest.mark.parametrize(
    ("epsg", "x", "y", "lon", "lat"),
    [
        (3857, 3657958.47, 4863036.36, 32.86, 39.98),
        (5255, 488041.37, 4427317.73, 32.86, 39.98),
        (5254, 419952.09, 4451049.72, 29.06, 40.19),
        (5256, 580006.38, 4107987.89, 36.90, 37.10),
        (32635, 675359.04, 4450880.51, 29.06, 40.19),
        (32636, 488046.15, 4425546.80, 32.86, 39.98),
        (32637, 313383.75, 4108029.24, 36.90, 37.10),
    ],
)
def test_projections_agree_with_proj(epsg: int, x: float, y: float, lon: float, lat: float) -> None:
    assert PROJECTIONS[epsg].degrees(x, y) == pytest.approx((lon, lat), abs=2e-7)


def test_what_cannot_be_a_boundary_is_refused_with_its_reason() -> None:
    point = {"type": "Point", "coordinates": [32.8, 39.9]}
    named = polygon(TM33) | {"crs": {"properties": {"name": "EPSG:2320"}}}
    strange = polygon(TM33) | {"crs": {"properties": {"name": "Ankara 1925"}}}
    assert refusal([1, 2]) == "not_geojson"
    assert refusal(point) == "no_area"
    assert refusal(polygon([[32.8, 39.9], [32.9, 39.9], [32.8, 39.9]])) == "no_area"
    assert refusal(polygon([["a", 39.9]])) == "unreadable"
    assert refusal({"type": "Polygon"}) == "unreadable"
    assert refusal(named) == "unknown_projection"
    assert refusal(strange) == "unknown_projection"
    assert refusal(polygon(TM33), epsg=3857) == "wrong_projection"
    assert refusal(polygon(HOUSE), epsg=5255) == "degrees_already"


def circle(corners: int, lon: float = 32.85, lat: float = 39.95, wave: float = 0.0) -> list[Any]:
    ring = []
    for turn in range(corners):
        angle = 2 * pi * turn / corners
        reach = 0.1 * (1 + wave * sin(37 * angle))
        ring.append([lon + reach * cos(angle), lat + reach * sin(angle)])
    return [*ring, ring[0]]


def test_too_many_points_become_fewer_and_the_shape_stays() -> None:
    outline = polygon(circle(60_000, wave=0.02))
    repaired = repair(outline)
    assert found(repaired) == {"simplified"}
    assert repaired.points <= MOST_POINTS
    away = shape(repaired.after).symmetric_difference(shape(outline))
    assert square_km(away) < 0.002 * repaired.km2


@st.composite
def rings(draw: st.DrawFn) -> list[list[float]]:
    """Corners in any order, so that most outlines cross themselves."""
    corner = st.tuples(
        st.floats(32.0, 33.0, allow_subnormal=False), st.floats(39.0, 40.0, allow_subnormal=False)
    )
    return [list(place) for place in draw(st.lists(corner, min_size=1, max_size=12))]


@given(st.lists(st.lists(rings(), min_size=1, max_size=3), min_size=1, max_size=3))
@settings(max_examples=300)
def test_whatever_comes_the_boundary_is_sound_or_refused(outlines: list[Any]) -> None:
    try:
        repaired = repair({"type": "MultiPolygon", "coordinates": outlines})
    except NoOutline as refused:
        if refused.slug != "no_area":
            raise
        return
    area = area_of(repaired.after)  # type: ignore[arg-type]
    assert area.is_valid
    assert not area.is_empty
    assert repaired.after["type"] in ("Polygon", "MultiPolygon")
    west, south, east, north = area.bounds
    assert 32 - GRID <= west <= east <= 33 + GRID
    assert 39 - GRID <= south <= north <= 40 + GRID
    assert repaired.km2 == pytest.approx(square_km(area))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=5),
        max_leaves=20,
    )
    | st.lists(st.lists(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=3), max_size=6)),
    st.sampled_from([None, 3857, 5255, 32636, 4326, 1]),
)
@settings(max_examples=500)
def test_no_numbers_are_too_strange_to_be_refused(coordinates: Any, epsg: int | None) -> None:
    for kind in ("Polygon", "MultiPolygon", "LineString", "MultiLineString"):
        outline = {"type": kind, "coordinates": coordinates}
        with suppress(NoOutline):
            assert shape(repair(outline, epsg=epsg).after).is_valid
        with suppress(NoOutline):
            landings(outline)


@given(st.lists(rings(), min_size=1, max_size=3))
@settings(max_examples=200)
def test_what_is_repaired_needs_no_repair(outlines: list[Any]) -> None:
    try:
        once = repair({"type": "Polygon", "coordinates": outlines})
    except NoOutline:
        return
    again = repair(once.after)
    assert not again.changed
    assert shape(again.after).equals(shape(once.after))


@given(st.integers(3, 40), st.integers(0, 39), st.booleans(), st.booleans(), st.booleans())
def test_it_does_not_matter_how_the_same_outline_is_written(
    corners: int, start: int, backwards: bool, swapped: bool, unclosed: bool
) -> None:
    """Begun elsewhere, drawn the other way round, latitude first, left open: one boundary."""
    plain = circle(corners)
    ring = plain[:-1]
    ring = ring[start % corners :] + ring[: start % corners]
    ring = ring[::-1] if backwards else ring
    ring = ring if unclosed else [*ring, ring[0]]
    ring = [place[::-1] for place in ring] if swapped else ring
    area, wanted = shape(repair(polygon(ring)).after), shape(repair(polygon(plain)).after)
    assert area.symmetric_difference(wanted).area < 1e-9


def test_overlaps_are_told_with_names_and_size_and_can_be_left_to_the_neighbour() -> None:
    neighbour = Tenant.checked(document(slug="komsu", neighbourhoods=[]))
    above = Tenant.checked(
        document(
            slug="ustu", kind="metropolitan", jurisdiction=square(31, 38, 3), neighbourhoods=[]
        )
    )
    left = neighbour.model_copy(update={"slug": "giden", "state": "left"})
    mine = area_of(square(32.9, 39, 1))  # type: ignore[arg-type]
    told = overlaps(mine, (above, left, neighbour), slug="ben", kind="district", parent="ustu")
    assert [(one.tenant.slug, one.expected) for one in told] == [("komsu", False), ("ustu", True)]
    assert told[0].share == pytest.approx(0.1, rel=0.01)
    assert told[0].km2 == pytest.approx(0.1 * square_km(mine), rel=0.01)
    rest = without(mine, [neighbour])
    assert overlaps(rest, (neighbour,), slug="ben", kind="district", parent=None) == []
    beside = area_of(square(33, 39, 1))  # type: ignore[arg-type]
    assert overlaps(beside, (neighbour,), slug="ben", kind="district", parent=None) == []


@pytest.mark.parametrize("slug", ["kecioren", "cankaya", "nyc-bronx", "ankara"])
def test_a_published_boundary_needs_no_repair(slug: str) -> None:
    with open(f"deploy/tenants/{slug}.geojson", encoding="utf-8") as file:
        repaired = repair(json.load(file), home=(-75, 35, 45, 45))
    assert not repaired.changed


def test_area_of_a_degree_square_is_that_of_the_sphere() -> None:
    ring = shapely.segmentize(Polygon([(0, 59), (1, 59), (1, 60), (0, 60)]), 0.05)
    sphere = (pi / 180) * (sin(60 * pi / 180) - sin(59 * pi / 180)) * 6371.0072**2
    assert square_km(ring) == pytest.approx(sphere, rel=1e-4)
