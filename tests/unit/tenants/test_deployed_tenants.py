"""The tenants of deploy/tenants: Ankara's and New York's, against the data they came from."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from libs.tenants import OWN, Jurisdictions, Located, Outside, Tenant
from libs.tenants.file import load_tenant

DEPLOY = Path(__file__).parents[3] / "deploy"
FILES = sorted((DEPLOY / "tenants").glob("*.yaml"))
DISTRICTS = ("altindag", "cankaya", "etimesgut", "kecioren", "mamak", "pursaklar", "yenimahalle")
BOROUGHS = ("bronx", "brooklyn", "manhattan", "queens", "staten-island")


@cache
def tenants() -> dict[str, Tenant]:
    return {path.stem: load_tenant(path) for path in FILES}


@cache
def places() -> Jurisdictions:
    return Jurisdictions(tenants().values())


def test_every_file_is_named_after_its_tenant() -> None:
    assert {*DISTRICTS, "ankara", *(f"nyc-{name}" for name in BOROUGHS)} == set(tenants())
    assert all(tenant.slug == name for name, tenant in tenants().items())


def test_each_domain_is_one_tenant_s() -> None:
    domains = [tenant.domain for tenant in tenants().values() if tenant.domain]
    assert {f"{slug}.bel.tr" for slug in (*DISTRICTS, "ankara")} == set(domains)
    assert len(domains) == len(set(domains))
    assert tenants()["nyc-bronx"].jurisdiction_id == "nyc-bronx"


def test_keciorens_categories_are_whose_the_taxonomy_says() -> None:
    kecioren = tenants()["kecioren"]
    bodies = [category.body for category in kecioren.leaf_categories if category.body != OWN]
    external = [body for body in map(kecioren.body, bodies) if body and body.tenant is None]
    assert (len(kecioren.leaf_categories), len(bodies), len(external)) == (64, 17, 11)
    assert all(category.parent for category in kecioren.leaf_categories)


def test_kecioren_has_its_departments_and_neighbourhoods() -> None:
    kecioren = tenants()["kecioren"]
    attested = {item.code for item in kecioren.departments if item.attested}
    assert len(kecioren.departments) == 29
    assert attested == {"FEN", "TEM", "PRK", "SYD", "KUL", "GSH", "CEV", "STR"}
    assert len(kecioren.neighbourhoods) == 51
    assert sum(place.population or 0 for place in kecioren.neighbourhoods) == 923_404


def test_of_other_tenants_in_ankara_no_department_is_attested() -> None:
    others = [tenants()[slug] for slug in (*DISTRICTS, "ankara") if slug != "kecioren"]
    assert not any(item.attested for tenant in others for item in tenant.departments)


def test_every_other_body_of_a_district_that_is_a_tenant_is_there() -> None:
    for tenant in tenants().values():
        for body in tenant.bodies:
            assert body.tenant is None or body.tenant in tenants()
        assert tenant.parent is None or tenant.parent in tenants()


def test_a_handed_over_category_has_the_same_code_at_the_metropolis() -> None:
    ankara = tenants()["ankara"]
    for slug in DISTRICTS:
        codes = {category.code for category in tenants()[slug].leaf_categories}
        assert codes == {category.code for category in ankara.leaf_categories}
    for category in tenants()["kecioren"].leaf_categories:
        if category.body == "abb":
            theirs = ankara.category(category.code)
            assert theirs is not None
            assert theirs.body == OWN
            assert ankara.department_of(category.code).code != ankara.triage_department


@pytest.mark.parametrize(
    ("lat", "lon", "slug", "neighbourhood"),
    [
        (39.98, 32.86, "kecioren", "Tepebaşı"),
        (39.90, 32.86, "cankaya", None),
        (39.97, 32.79, "yenimahalle", None),
        (39.95, 32.67, "etimesgut", None),
        (39.93, 32.92, "mamak", None),
        (39.95, 32.87, "altindag", None),
        (40.04, 32.90, "pursaklar", None),
    ],
)
def test_a_point_of_ankara_is_its_districts(
    lat: float, lon: float, slug: str, neighbourhood: str | None
) -> None:
    found = places().locate(lat, lon)
    assert isinstance(found, Located)
    assert found.tenant.slug == slug
    assert found.neighbourhood is not None
    assert neighbourhood in (None, found.neighbourhood.name)


def test_where_a_district_is_closed_its_metropolis_receives() -> None:
    closed = [
        tenant.model_copy(update={"state": "left"}) if slug == "kecioren" else tenant
        for slug, tenant in tenants().items()
    ]
    found = Jurisdictions(closed).locate(39.98, 32.86)
    assert isinstance(found, Located)
    assert found.tenant.slug == "ankara"


def test_new_yorks_requests_fall_into_the_boroughs_that_they_name() -> None:
    with (DEPLOY / "samples" / "nyc311_2026_sample.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    inside = same = 0
    for row in rows:
        found = places().locate(float(row["latitude"]), float(row["longitude"]))
        if isinstance(found, Outside):
            assert found.nearest is not None
            assert found.nearest.slug.startswith("nyc-")
            continue
        inside += 1
        same += found.tenant.slug == "nyc-" + row["borough"].lower().replace(" ", "-")
    assert (len(rows), inside, same) == (20_000, 19_995, 19_949)


def test_every_complaint_type_is_a_category_at_its_most_frequent_agency() -> None:
    queens = tenants()["nyc-queens"]
    with (DEPLOY / "samples" / "nyc311_categories.csv").open(encoding="utf-8") as file:
        codes = {row["complaint_type"]: row["category"] for row in csv.DictReader(file)}
    counts: dict[str, Counter[str]] = {}
    with (DEPLOY / "samples" / "nyc311_2026_sample.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            counts.setdefault(row["complaint_type"], Counter())[row["agency"]] += 1
            assert queens.department(row["agency"]) is not None
    assert len(codes) == len(set(codes.values())) == 137
    assert set(codes) == set(counts)
    assert set(codes.values()) == {category.code for category in queens.leaf_categories}
    for kind, agencies in counts.items():
        department = queens.department_of(codes[kind]).code
        assert agencies[department] == max(agencies.values())


def test_a_tenant_fits_into_a_record_of_its_topic() -> None:
    sizes = [len(json.dumps(tenant.model_dump(mode="json"))) for tenant in tenants().values()]
    assert max(sizes) < 1024 * 1024


def test_the_example_of_the_readme_is_a_tenant(tmp_path: Path) -> None:
    readme = (DEPLOY / "tenants" / "README.md").read_text(encoding="utf-8")
    example = readme.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "ornek.yaml").write_text(example, encoding="utf-8")
    area = (DEPLOY / "tenants" / "kecioren.geojson").read_bytes()
    (tmp_path / "ornek.geojson").write_bytes(area)
    assert load_tenant(tmp_path / "ornek.yaml").department_of("POTHOLE").code == "FEN"


def test_coordinates_have_five_decimals() -> None:
    for path in (DEPLOY / "tenants").glob("*.geojson"):
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
        numbers = [text for feature in document["features"] for text in numbers_in(feature)]
        assert numbers
        assert max(len(text.partition(".")[2]) for text in numbers) <= 5


def numbers_in(feature: dict[str, object]) -> list[str]:
    found: list[str] = []
    todo: list[object] = [feature["geometry"]]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo.append(part["coordinates"])
        elif isinstance(part, list):
            todo += part
        elif isinstance(part, str):
            found.append(part)
    return found
