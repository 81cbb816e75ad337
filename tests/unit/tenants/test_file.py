"""A tenant's files: what they may say, and what a person is told when they say it wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from libs.tenants import Tenant
from libs.tenants.file import TenantFileError, files_of, load_tenant, read_files

from .conftest import document, square

TENANT = """\
slug: ornek
names: {tr: Örnek, en: Example}
kind: district
time_zone: Europe/Istanbul
jurisdiction: area.geojson
working_hours:
  monday: [[08:30, 12:30], [13:30, 17:30]]
holidays:
  - {date: 2026-10-29, name: {tr: Bayram, en: Holiday}}
departments:
  - {code: DESK, names: {tr: Masa, en: Desk}}
  - {code: WORKS, names: {tr: Fen, en: Works}}
triage_department: DESK
forwarding_department: DESK
categories:
  - {code: HOLE, names: {tr: Çukur, en: Hole}, department: WORKS}
  - {code: UNSORTED, names: {tr: Belirsiz, en: Unsorted}}
unsorted_category: UNSORTED
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "area.geojson").write_text(json.dumps(square(32, 39)))
    return tmp_path


def load(folder: Path, text: str = TENANT, name: str = "t.yaml") -> Tenant:
    (folder / name).write_text(text, encoding="utf-8")
    return load_tenant(folder / name)


def complaints(folder: Path, text: str, name: str = "t.yaml") -> list[str]:
    with pytest.raises(TenantFileError) as refusal:
        load(folder, text, name)
    return [str(fault).replace(f"{folder}/", "") for fault in refusal.value.errors]


def collection(*features: tuple[dict[str, Any], dict[str, Any]]) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": geometry}
                for properties, geometry in features
            ],
        }
    )


def test_a_file_and_its_area_make_a_tenant(folder: Path) -> None:
    tenant = load(folder)
    assert tenant.working_hours.monday == (("08:30", "12:30"), ("13:30", "17:30"))
    assert tenant.jurisdiction["type"] == "Polygon"
    assert str(tenant.holidays[0].date) == "2026-10-29"


def test_a_file_goes_over_what_it_includes_code_by_code(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared" / "base.yaml").write_text(
        TENANT.replace("area.geojson", "../area.geojson"), encoding="utf-8"
    )
    tenant = load(
        folder,
        """\
include: [shared/base.yaml]
slug: other
departments:
  - {code: WORKS, attested: false}
  - {code: PARKS, names: {tr: Park, en: Parks}}
categories:
  - {code: HOLE, department: null}
  - {code: TREE, names: {tr: Ağaç, en: Tree}, department: PARKS}
holidays:
  - {date: 2026-10-29, omit: true}
  - {date: 2026-07-15, name: {tr: Yerel, en: Local}}
""",
    )
    assert tenant.slug == "other"
    assert [(d.code, d.attested) for d in tenant.departments] == [
        ("DESK", True),
        ("WORKS", False),
        ("PARKS", True),
    ]
    assert [category.code for category in tenant.categories] == ["HOLE", "UNSORTED", "TREE"]
    assert tenant.department_of("HOLE").code == "DESK"
    assert [str(holiday.date) for holiday in tenant.holidays] == ["2026-07-15"]


def test_of_several_features_the_named_ones_are_the_area(folder: Path) -> None:
    (folder / "map.geojson").write_text(
        collection(
            ({"city": "a"}, square(32, 39)),
            ({"city": "a"}, square(33, 39)),
            ({"city": "b"}, square(40, 39)),
        )
    )
    chosen = "jurisdiction: {file: map.geojson, where: {city: a}}"
    tenant = load(folder, TENANT.replace("jurisdiction: area.geojson", chosen))
    xs = [position[0] for ring in tenant.jurisdiction["coordinates"] for position in ring]
    assert (min(xs), max(xs)) == (32, 34)
    assert complaints(folder, TENANT.replace("area.geojson", "map.geojson")) == [
        "t.yaml:5: jurisdiction: map.geojson has 3 features: say which are meant with"
        " {file: …, where: {property: value}}"
    ]
    nowhere = chosen.replace("city: a", "city: z")
    assert complaints(folder, TENANT.replace("jurisdiction: area.geojson", nowhere)) == [
        "t.yaml:5: jurisdiction: map.geojson has no feature with {'city': 'z'}"
    ]


def test_neighbourhoods_come_from_the_features_properties(folder: Path) -> None:
    (folder / "places.geojson").write_text(
        collection(({"code": "1", "name": "Bir", "population": 7, "x": 1}, square(32, 39, 0.5)))
    )
    tenant = load(folder, TENANT + "neighbourhoods: {file: places.geojson}\n")
    assert [(n.code, n.name, n.population) for n in tenant.neighbourhoods] == [("1", "Bir", 7)]


def test_a_neighbourhoods_fault_names_its_feature(folder: Path) -> None:
    (folder / "places.geojson").write_text(
        collection(({"code": "1", "name": "Bir"}, square(32, 39)), ({"code": "2"}, square(32, 39)))
    )
    assert complaints(folder, TENANT + "neighbourhoods: {file: places.geojson}\n") == [
        "places.geojson: feature 2: neighbourhoods.2.name: is missing: add it"
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "  - {code: HOLE, names: {tr: Çukur, en: Hole}, department: WORKS}",
            "  - {code: HOLE, names: {tr: Çukur, en: Hole}, departmnt: WORKS}",
            "t.yaml:16: categories.HOLE.departmnt: is no field that is known here:"
            " did you mean 'department'?",
        ),
        (
            "department: WORKS",
            "department: WORK",
            "t.yaml:16: categories.HOLE.department: 'WORK' is not among the departments: add it"
            " there, or correct the code",
        ),
        ("kind: district\n", "", "t.yaml:1: kind: is missing: add it"),
        (
            "code: WORKS",
            "code: 112",
            't.yaml:12: departments.112.code: must be a text: write it in quotes, "112"',
        ),
        (
            "kind: district",
            "kind: distrit",
            "t.yaml:3: kind: input should be 'district', 'metropolitan' or 'other'",
        ),
        (
            "kind: district",
            "kind: district\nkind: other",
            "t.yaml:4: 'kind' is there twice: keep one",
        ),
        (
            "Europe/Istanbul",
            "Europe/Kecioren",
            "t.yaml:4: time_zone: 'Europe/Kecioren' is no time zone of the IANA list: write one"
            " such as Europe/Istanbul",
        ),
        (
            "jurisdiction: area.geojson",
            "jurisdiction: nowhere.geojson",
            "t.yaml:5: jurisdiction: nowhere.geojson cannot be read: No such file or directory",
        ),
        (
            "slug: ornek",
            "include: [nothing.yaml]\nslug: ornek",
            "nothing.yaml: cannot be read: No such file or directory",
        ),
        ("slug: ornek", "include: [t.yaml]\nslug: ornek", "t.yaml: includes itself"),
        ("slug: ornek", "include: t.yaml\nslug: ornek", "t.yaml:1: include: must be a list"),
        ("slug: ornek", "slug: [ornek", "t.yaml:2: is not sound YAML"),
        ("slug: ornek", "slug: &a [*a]", "t.yaml:1: is nested too deeply"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_do(
    folder: Path, old: str, new: str, expected: str
) -> None:
    assert old in TENANT
    found = complaints(folder, TENANT.replace(old, new))
    assert any(fault.startswith(expected) for fault in found), found


def test_every_fault_is_told_at_once(folder: Path) -> None:
    broken = TENANT.replace("kind: district", "kind: x").replace("slug: ornek", "slug: Örnek")
    broken = broken.replace("area.geojson", "none.geojson") + "motto: yeni\n"
    places = [fault.split(": ")[1] for fault in complaints(folder, broken)]
    assert sorted(places) == ["jurisdiction", "kind", "motto", "slug"]


def test_a_fault_in_an_included_file_names_that_file(folder: Path) -> None:
    (folder / "base.yaml").write_text(TENANT.replace("sla", ""), encoding="utf-8")
    (folder / "more.yaml").write_text("\ncategories:\n  - {code: HOLE, sla_minutes: 0}\n")
    found = complaints(folder, "include: [base.yaml, more.yaml]\n")
    wanted = "more.yaml:3: categories.HOLE.sla_minutes: input should be greater than or equal to 1"
    assert found == [wanted]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{]", "area.geojson:1: jurisdiction: is not sound JSON"),
        (b"\xff\xfe\x00", "area.geojson: jurisdiction: is not UTF-8"),
        (b"[]", "area.geojson: jurisdiction: must hold a Polygon or a MultiPolygon"),
        (b'{"type": "FeatureCollection"}', "area.geojson: jurisdiction: is not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": []}', "t.yaml:5: jurisdiction: area.geojson"),
        (b'{"type": "Feature", "geometry": null}', "area.geojson: jurisdiction: must hold"),
        (b'{"type": "Point", "coordinates": [32, 39]}', "area.geojson: jurisdiction: must hold"),
        (
            b'{"type": "Polygon", "coordinates": [[["a", 1]]]}',
            "t.yaml:5 (area.geojson): jurisdiction.Polygon: input should be a valid number",
        ),
        (
            json.dumps(square(32, 95)).encode(),
            "t.yaml:5 (area.geojson): jurisdiction: positions are [longitude, latitude]",
        ),
    ],
)
def test_an_area_that_cannot_be_taken_is_told(folder: Path, raw: bytes, expected: str) -> None:
    (folder / "area.geojson").write_bytes(raw)
    found = complaints(folder, TENANT)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_any_text_is_read_or_refused_but_never_breaks(folder: Path) -> None:
    for text in ("", "x", "- 1", "? [a]\n: b", "a: !!python/object:os.system x", "\t", "a: \x00"):
        assert complaints(folder, text)


def test_what_is_written_as_files_is_read_from_them() -> None:
    whole = Tenant.checked(document()).model_dump(mode="json", exclude={"version"})
    sent = files_of(whole)
    assert list(sent) == ["ornek.yaml", "ornek.geojson", "ornek_neighbourhoods.geojson"]
    assert Tenant.checked(read_files(sent)) == Tenant.checked(whole)


def test_a_part_of_a_tenant_is_written_and_read_as_well() -> None:
    few = {"slug": "ornek", "names": {"tr": "Ö", "en": "O"}}
    assert read_files(files_of(few)) == few


@pytest.mark.parametrize(
    "files",
    [
        {"a.yaml": b"include: [/etc/passwd]"},
        {"a.yaml": b"jurisdiction: ../../secret.geojson"},
        {"a.yaml": b"jurisdiction: b.geojson"},
        {"a.yaml": b"slug: &x [1]\nnames: *x"},
        {"a.yaml": b"- 1"},
        {"a.yaml": b"slug: x", "b.yaml": b"slug: y"},
        {"a.geojson": b"{}"},
    ],
)
def test_files_that_are_sent_read_nothing_else(files: dict[str, bytes]) -> None:
    with pytest.raises(TenantFileError) as refused:
        read_files(files)
    assert "/tmp" not in str(refused.value)
