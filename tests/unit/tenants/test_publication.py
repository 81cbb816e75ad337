"""What outsiders may know: no nearer than a hundred metres, and nothing of what is withheld."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import Point
from libs.tenants import Tenant
from libs.tenants.coarse import FINEST_M, coarse
from libs.tenants.sphere import great_circle_m

from .conftest import document
from .test_tenant_model import faults

PLACES = st.builds(Point, lat=st.floats(-85, 85), lon=st.floats(-180, 180))
GRIDS = st.integers(FINEST_M, 10_000)


def metres(one: Point, other: Point) -> float:
    return great_circle_m(one.lat, one.lon, other.lat, other.lon)


def tenant(**publication: Any) -> Tenant:
    return Tenant.checked(document(publication=publication))


@given(PLACES, GRIDS)
def test_a_told_place_is_near_the_true_one(point: Point, grid: int) -> None:
    assert metres(point, coarse(point, grid)) <= 80 + 0.75 * grid


@given(PLACES, st.lists(GRIDS, min_size=1))
def test_all_grids_together_tell_no_more_than_the_finest(point: Point, grids: list[int]) -> None:
    finest = coarse(point)
    assert [coarse(finest, grid) for grid in grids] == [coarse(point, grid) for grid in grids]


@given(PLACES, GRIDS)
def test_two_places_of_one_square_are_told_alike(point: Point, grid: int) -> None:
    told = coarse(point, grid)
    assert coarse(Point(lat=point.lat, lon=point.lon), grid) == told
    if abs(told.lon) < 179:
        assert coarse(told, grid).lat == pytest.approx(told.lat, abs=1.5 * grid / 111_195)


def test_what_is_below_a_withheld_category_is_withheld() -> None:
    rules = tenant(withheld=["ROADS"])
    assert [rules.tells_of(code) for code in ("ROADS", "HOLE", "WATER")] == [False, False, True]


def test_while_something_is_withheld_so_is_what_nobody_has_sorted() -> None:
    assert tenant().tells_of(None) is tenant().tells_of("GONE") is True
    assert tenant(withheld=["WATER"]).tells_of(None) is False
    assert tenant(withheld=["WATER"]).tells_of("GONE") is False


def test_where_nothing_is_published_nothing_is_told() -> None:
    assert tenant(published=False).tells_of("HOLE") is False


def test_a_tenant_that_says_nothing_of_it_publishes() -> None:
    assert Tenant.checked(document()).publication == tenant().publication


@pytest.mark.parametrize(
    ("publication", "place", "kind"),
    [
        ({"withheld": ["HOLE", "X"]}, "publication.withheld.1", "unknown_code"),
        ({"grid_m": 99}, "publication.grid_m", "greater_than_equal"),
        ({"grid": 500}, "publication.grid", "extra_forbidden"),
    ],
)
def test_a_rule_that_cannot_be_is_told_with_its_place(
    publication: dict[str, Any], place: str, kind: str
) -> None:
    assert faults(publication=publication) == {(place, kind)}


def test_the_mark_changes_with_what_decides_and_with_nothing_else() -> None:
    plain, renamed = tenant(), Tenant.checked(document(publication={}, attribution="Elle"))
    assert plain.publication_mark == renamed.publication_mark
    fewer = [one for one in document()["categories"] if one["code"] != "WATER"]
    without_water = document(categories=fewer, bodies=[], tier_rules=[])
    for category in without_water["categories"]:
        category.pop("tier_rule", None)
    assert Tenant.checked(without_water).publication_mark == plain.publication_mark
    changed = [
        tenant(grid_m=200),
        tenant(department=False),
        tenant(published=False),
        tenant(withheld=["WATER"]),
        tenant(withheld=["ROADS"]),
        tenant(withheld=["HOLE"]),
    ]
    assert len({one.publication_mark for one in (plain, *changed)}) == 7
