"""Neighbourhoods from files as offices have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from libs.tenants.unfinished import read_part
from services.routing.neighbourhoods import (
    CODED,
    COUNTED,
    NAMED,
    NoTable,
    make,
    of_names,
    read_table,
)

WHOLE = {
    "type": "Polygon",
    "coordinates": [[[32.8, 39.9], [32.9, 39.9], [32.9, 40.0], [32.8, 40.0], [32.8, 39.9]]],
}


def part(west: float, size: float = 0.05) -> dict[str, Any]:
    east = west + size
    ring = [[west, 39.91], [east, 39.91], [east, 39.96], [west, 39.96], [west, 39.91]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(*places: tuple[dict[str, Any], Any]) -> bytes:
    features = [{"type": "Feature", "properties": told, "geometry": area} for told, area in places]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_areas_come_with_names_codes_and_populations() -> None:
    table = read_table(
        geojson(
            ({"MAHALLE_ADI": "Aşağı Eğlence", "id": 12, "nufus": 10234}, part(32.81)),
            ({"MAHALLE_ADI": "Etlik", "id": 13, "nufus": None}, part(32.85)),
        )
    )
    assert table.column(*NAMED) == "MAHALLE_ADI"
    assert (table.column(*CODED), table.column(*COUNTED)) == ("id", "nufus")
    made = make(table, "MAHALLE_ADI", "id", "nufus", WHOLE)
    assert [(one["code"], one["name"], one["population"]) for one in made.items] == [
        ("12", "Aşağı Eğlence", 10234),
        ("13", "Etlik", None),
    ]
    assert read_part("neighbourhoods", list(made.items))[0]["geometry"]["type"] == "Polygon"


def test_codes_are_made_where_there_are_none_and_never_twice() -> None:
    made = make(read_table("Mahalle;x\nİncirli;1\nIncirli;2\n;3\n".encode()), "Mahalle", *N)
    assert [one["code"] for one in made.items] == ["incirli", "incirli-2"]
    assert (made.nameless, made.repeated) == (1, ("Incirli",))


N = (None, None, None)


def test_those_outside_are_left_out_and_named() -> None:
    table = read_table(
        geojson(
            ({"name": "İçeride"}, part(32.81)),
            ({"name": "Taşan"}, part(32.87)),
            ({"name": "Dışarıda"}, part(33.5)),
            ({"name": "Alansız"}, None),
        )
    )
    made = make(table, "name", None, None, WHOLE)
    assert [one["name"] for one in made.items] == ["İçeride", "Taşan", "Alansız"]
    assert (made.outside, made.beyond) == (("Dışarıda",), ("Taşan",))


def test_areas_are_mended_as_a_boundary_is() -> None:
    swapped = {
        "type": "Polygon",
        "coordinates": [[[lat, lon] for lon, lat in part(32.81)["coordinates"][0]]],
    }
    table = read_table(geojson(({"name": "A"}, swapped), ({"name": "B"}, {"type": "Point"})))
    assert (table.mended, table.unread) == (1, 1)
    assert [bool(row.geometry) for row in table.rows] == [True, False]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_table_is_read_as_turkish_offices_write_it(encoding: str, mark: str) -> None:
    text = mark.join(("Adı", "Nüfus")) + "\r\n" + mark.join(("Şenlik", "12.345")) + "\r\n"
    table = read_table(text.encode(encoding))
    made = make(table, table.column(*NAMED) or "", None, table.column(*COUNTED), None)
    assert [(one["name"], one["population"]) for one in made.items] == [("Şenlik", 12345)]


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "empty"),
        (b"{", "not_json"),
        (b"{}", "not_geojson"),
        (b"ad\n", "no_rows"),
        (b"ad\n" + b"x\n" * 2001, "too_many"),
    ],
)
def test_what_holds_no_neighbourhoods_is_refused(content: bytes, slug: str) -> None:
    with pytest.raises(NoTable) as refused:
        read_table(content)
    assert refused.value.slug == slug


def test_a_list_of_names_keeps_what_is_known() -> None:
    known = [
        {"code": "7", "name": "Etlik", "geometry": part(32.81), "population": 5},
        {"code": "senlik", "name": "Başka", "geometry": None, "population": None},
    ]
    found = of_names("ETLİK\n\n  Şenlik \n", known)
    assert found[0] == {**known[0], "name": "ETLİK"}
    assert (found[1]["code"], found[1]["geometry"]) == ("senlik-2", None)
