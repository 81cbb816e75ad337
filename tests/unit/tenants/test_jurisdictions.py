"""A point is the most specific tenant's whose area covers it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.tenants import Jurisdictions, Located, Outside, Tenant

from .conftest import document, square


def tenant(slug: str, area: dict[str, Any], **changes: Any) -> Tenant:
    plain = {"neighbourhoods": []} | changes
    return Tenant.checked(document(slug=slug, jurisdiction=area, **plain))


def found(tenants: list[Tenant], lat: float, lon: float, *, include_closed: bool = False) -> str:
    answer = Jurisdictions(tenants).locate(lat, lon, include_closed=include_closed)
    assert isinstance(answer, Located)
    return answer.tenant.slug


def test_a_district_comes_before_its_metropolis_and_that_before_others() -> None:
    city = tenant("city", square(32, 39, 4), kind="metropolitan")
    other = tenant("other", square(32, 39), kind="other")
    district = tenant("district", square(32, 39, 5))
    assert found([city, other, district], 39.5, 32.5) == "district"
    assert found([city, other], 39.5, 32.5) == "city"


def test_a_tenant_comes_before_the_one_it_names_as_its_parent() -> None:
    district = tenant("district", square(32, 39))
    campus = tenant("campus", square(32, 39, 2), kind="other", parent="district")
    assert found([district, campus], 39.5, 32.5) == "campus"


def test_of_one_kind_the_smaller_area_wins_then_the_slug() -> None:
    large, small = tenant("a", square(32, 39, 2)), tenant("b", square(32, 39))
    twin = tenant("c", square(32, 39))
    assert found([large, twin, small], 39.5, 32.5) == "b"


def test_tenants_that_are_each_others_parents_do_not_confuse() -> None:
    one = tenant("one", square(32, 39), parent="two")
    two = tenant("two", square(32, 39), parent="one")
    three = tenant("three", square(32, 39, 2))
    assert found([one, two, three], 39.5, 32.5) in {"one", "two", "three"}


@pytest.mark.parametrize(("lat", "lon"), [(39.0, 32.0), (39.5, 32.0), (40.0, 33.0)])
def test_the_border_belongs_to_the_jurisdiction(lat: float, lon: float) -> None:
    assert found([tenant("a", square(32, 39))], lat, lon) == "a"


def test_a_hole_does_not_belong_to_the_jurisdiction() -> None:
    ring, hole = square(32, 39), square(32.4, 39.4, 0.2)
    area = {"type": "Polygon", "coordinates": ring["coordinates"] + hole["coordinates"]}
    places = Jurisdictions([tenant("a", area)])
    assert isinstance(places.locate(39.5, 32.5), Outside)
    assert isinstance(places.locate(39.1, 32.1), Located)


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_a_closed_tenant_is_found_only_when_asked_for(state: str) -> None:
    closed = tenant("closed", square(32, 39), state=state)
    city = tenant("city", square(32, 39, 4), kind="metropolitan")
    assert found([closed, city], 39.5, 32.5) == "city"
    assert found([closed, city], 39.5, 32.5, include_closed=True) == "closed"
    assert Jurisdictions([closed]).locate(39.5, 32.5) == Outside(None, None)


def test_a_point_in_nobodys_area_is_told_the_nearest_and_how_far_it_is() -> None:
    answer = Jurisdictions(
        [tenant("west", square(32, 39)), tenant("far", square(45, 45)), tenant("x", square(9, 9))]
    ).locate(39.5, 33.1)
    assert isinstance(answer, Outside)
    assert answer.nearest is not None
    assert answer.nearest.slug == "west"
    assert answer.distance_m == pytest.approx(8580, rel=0.01)  # 0.1 degrees at 39.5 north


def test_the_nearest_is_so_in_metres_and_not_in_degrees() -> None:
    east, north = tenant("east", square(31.9, 59)), tenant("north", square(30, 61.2))
    answer = Jurisdictions([east, north]).locate(60.0, 30.5)
    assert isinstance(answer, Outside)
    assert answer.nearest == east  # 1.4 degrees of longitude are 78 km, 1.2 of latitude 133 km


def test_there_is_a_nearest_however_far_the_point_is() -> None:
    """On the equator degrees are equal, so only rounding decides whether one is in reach."""
    places = Jurisdictions([tenant("a", square(32.6, 39.9, 0.05)), tenant("b", square(30, 38))])
    for lat in (-90, -45, 0, 45, 90):
        for lon in range(-180, 181):
            answer = places.locate(lat, lon)
            assert isinstance(answer, Outside)
            assert answer.distance_m


def test_no_tenants_means_nobody_is_nearest() -> None:
    assert Jurisdictions([]).locate(39.5, 32.5) == Outside(None, None)


def test_the_neighbourhood_is_found_with_the_tenant(tenant: Tenant) -> None:
    places = Jurisdictions([tenant])
    inside, beside = places.locate(39.2, 32.2), places.locate(39.8, 32.8)
    assert isinstance(inside, Located)
    assert inside.neighbourhood is not None
    assert inside.neighbourhood.name == "Batı"
    assert isinstance(beside, Located)
    assert beside.neighbourhood is None
    assert places.neighbourhood("ornek", 39.2, 32.2) == inside.neighbourhood
    assert places.neighbourhood("nobody", 39.2, 32.2) is None


SQUARES = [("a", 30.0, 38.0, 3.0), ("b", 31.0, 39.0, 1.0), ("c", 31.5, 38.5, 2.0)]
PLACES = Jurisdictions([tenant(slug, square(x, y, size)) for slug, x, y, size in SQUARES])


@given(lat=st.floats(37, 42), lon=st.floats(29, 35))
def test_looking_up_equals_trying_every_tenant(lat: float, lon: float) -> None:
    covering = [
        (size, slug)
        for slug, x, y, size in SQUARES
        if x <= lon <= x + size and y <= lat <= y + size
    ]
    answer = PLACES.locate(lat, lon)
    if covering:
        assert isinstance(answer, Located)
        assert answer.tenant.slug == min(covering)[1]
    else:
        assert isinstance(answer, Outside)
        assert answer.nearest is not None
