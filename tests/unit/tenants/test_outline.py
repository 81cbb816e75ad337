"""The outline of a tenant: small, and neighbours in different tints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely.geometry import box, shape

from libs.tenants.file import load_tenant
from libs.tenants.outline import LARGEST_BYTES, TINTS, common, outline, tints

DEPLOYED = Path(__file__).parents[3] / "deploy" / "tenants"
FILES = sorted(DEPLOYED.glob("*.yaml"))


@pytest.fixture(scope="module")
def tenants():
    return [load_tenant(file) for file in FILES]


@pytest.mark.parametrize("number", range(len(FILES)), ids=[file.stem for file in FILES])
def test_every_deployed_tenant_has_an_outline_that_a_phone_can_load(tenants, number):
    tenant = tenants[number]
    text = outline(tenant, tenants)
    assert len(text) <= LARGEST_BYTES
    features = json.loads(text)["features"]
    assert all(shape(feature["geometry"]).is_valid for feature in features)
    drawn = [one["properties"] for one in features if one["properties"]["kind"] == "m"]
    named = [place.code for place in tenant.neighbourhoods if place.geometry]
    assert [one["code"] for one in drawn] == named
    assert all(1 <= one["tint"] <= TINTS for one in drawn)
    assert sum(one["properties"]["kind"] == "edge" for one in features) == 1


def test_a_district_shows_the_districts_beside_it_and_not_the_city_over_it(tenants):
    kecioren = next(one for one in tenants if one.slug == "kecioren")
    features = json.loads(outline(kecioren, tenants))["features"]
    near = {one["properties"]["name"] for one in features if one["properties"]["kind"] == "d"}
    assert "Altındağ" in near
    assert not {"Keçiören", "Ankara Büyükşehir"} & near


def test_a_district_that_has_left_is_not_drawn(tenants):
    kecioren = next(one for one in tenants if one.slug == "kecioren")
    others = [
        one.model_copy(update={"state": "left"}) if one.slug == "altindag" else one
        for one in tenants
    ]
    features = json.loads(outline(kecioren, others))["features"]
    near = {one["properties"]["name"] for one in features if one["properties"]["kind"] == "d"}
    assert near
    assert "Altındağ" not in near


def test_all_tenants_are_one_map_of_where_most_of_them_are(tenants):
    text = common(tenants)
    assert len(text) <= LARGEST_BYTES
    features = json.loads(text)["features"]
    assert all(shape(feature["geometry"]).is_valid for feature in features)
    names = {
        kind: {one["properties"]["name"] for one in features if one["properties"]["kind"] == kind}
        for kind in ("m", "d")
    }
    assert {"Keçiören", "Altındağ"} <= names["m"]
    assert "Ankara Büyükşehir" not in names["m"] | names["d"]
    assert any("New York" in name for name in names["d"])
    [edge] = [one for one in features if one["properties"]["kind"] == "edge"]
    around = shape(edge["geometry"]).buffer(0.001)
    for one in features:
        within = around.contains(shape(one["geometry"]))
        assert within == (one["properties"]["kind"] != "d")


def test_no_tenant_at_all_is_an_empty_map():
    assert json.loads(common([]))["features"] == []


def test_names_stand_inside_their_neighbourhoods(tenants):
    kecioren = next(one for one in tenants if one.slug == "kecioren")
    areas = {place.code: shape(place.geometry) for place in kecioren.neighbourhoods}
    for feature in json.loads(outline(kecioren))["features"]:
        told = feature["properties"]
        if told["kind"] == "m":
            assert areas[told["code"]].buffer(0.0001).contains(box(*told["label"], *told["label"]))


def test_neighbours_differ_in_tint():
    board = [box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    chosen = tints(board)
    for one, area in enumerate(board):
        for other in range(one):
            if area.intersection(board[other]).length:
                assert chosen[one] != chosen[other]


def test_nothing_has_no_tints():
    assert tints([]) == []
