"""The Turkish set: what a municipality has after taking it over, and that it is one with ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from libs.tenants import OWN, Tenant
from libs.tenants.file import load_tenant
from libs.tenants.unfinished import faults_of, read_parts
from services.routing.turkish_set import (
    Metropolis,
    Wish,
    groups,
    lacking_departments,
    taken,
    the_set,
)
from tests.unit.routing.examples import document, names

ALL = frozenset(one.code for one in groups({}))
EXAMPLE = Path("deploy/tenants/altindag.yaml")


def parts(start: dict[str, Any] | None = None, **wish: Any) -> dict[str, Any]:
    """The document after taking over everything, or what `wish` says."""
    fields = taken(start or {}, Wish(**{"groups": ALL, **wish}))
    read, faults = read_parts({**(start or {}), **fields})
    assert faults == []
    return read


def by_code(read: dict[str, Any], part: str) -> dict[str, Any]:
    return {one["code"]: one for one in read[part]}


@pytest.mark.parametrize("metropolis", ["above", "itself", "none"])
def test_taken_whole_only_names_boundary_and_hours_lack(metropolis: Metropolis) -> None:
    found = faults_of(parts(metropolis=metropolis))
    assert {fault.slug for fault in found} == {"missing"}
    assert {fault.field for fault in found} == {
        "slug",
        "names",
        "kind",
        "time_zone",
        "jurisdiction",
        "working_hours",
    }


def test_every_part_of_the_set_is_a_part_of_a_tenant() -> None:
    rest = {"departments", "categories", "bodies", "tier_rules", "triage_department"}
    rest |= {"forwarding_department", "unsorted_category"}
    whole = document(assignment_rules=[], **{name: the_set()[name] for name in rest})
    for one in whole["bodies"]:
        one.pop("tenant", None)
    assert len(Tenant.checked(whole).leaf_categories) == 64


def test_the_set_is_the_taxonomy_of_the_example_municipalities() -> None:
    example = load_tenant(EXAMPLE)
    ours = by_code(parts(), "categories")
    assert ours.keys() == {one.code for one in example.categories}
    local = {"BUS", "METRO"}  # names and keywords of Ankara's own companies are not in the set
    for one in example.categories:
        kept = ours[one.code]
        assert (kept["sla_minutes"], kept["priority"]) == (one.sla_minutes, one.priority)
        assert kept["department"] == one.department
        assert (kept["body"] == OWN) == (one.body == OWN)
        assert kept["tier_rule"] == one.tier_rule
        questions = [question.model_dump(mode="json") for question in one.questions]
        assert kept["questions"] == questions
        if one.code not in local:
            assert kept["keywords"] == list(one.keywords)
            assert kept["names"] == one.names.model_dump()


def test_only_the_chosen_groups_come_with_what_they_need() -> None:
    read = parts(groups=frozenset({"G_PARKS"}))
    categories = by_code(read, "categories")
    assert {one["parent"] for one in categories.values()} == {None, "G_PARKS"}
    assert categories.keys() >= {"G_PARKS", "TREE_PRUNE", "UNSORTED"}
    assert by_code(read, "departments").keys() == {"PRK", "BYH", "YZI"}
    assert by_code(read, "tier_rules").keys() == {"road_class", "park_owner"}
    assert by_code(read, "bodies").keys() == {"metropolitan"}
    assert not any(one["attested"] for one in read["departments"])


def test_taking_it_twice_changes_nothing() -> None:
    once = parts()
    assert taken(once, Wish(ALL)) == {}
    assert all(one.there == one.size for one in groups(once))
    assert lacking_departments(once, ALL, "above") == []


def test_what_is_there_stays_and_a_department_of_the_same_name_is_used() -> None:
    own = {"code": "PARKLAR", "names": names("PARK VE BAHÇELER MÜDÜRLÜĞÜ"), "teams": []}
    mine = {"code": "TREE_PRUNE", "names": names("Budama"), "department": "PARKLAR"}
    start = {"departments": [own], "categories": [mine], "triage_department": "PARKLAR"}
    read = parts(start, groups=frozenset({"G_PARKS"}))
    assert by_code(read, "departments").keys() == {"PARKLAR", "YZI"}
    assert read["triage_department"] == "PARKLAR"
    categories = by_code(read, "categories")
    assert categories["TREE_PRUNE"]["names"]["tr"] == "Budama"
    assert categories["TREE_PLANT"]["department"] == "PARKLAR"


def test_without_departments_what_has_none_goes_to_the_triage_desk() -> None:
    start = {"departments": [{"code": "PRK", "names": names("Parklar")}]}
    read = parts(start, departments=False)
    assert [one["code"] for one in read["departments"]] == ["PRK"]
    assert {one["department"] for one in read["categories"]} == {None, "PRK"}
    assert "triage_department" not in read


def test_without_a_metropolis_the_municipality_does_its_work_itself() -> None:
    read = parts(metropolis="none")
    categories = by_code(read, "categories")
    assert by_code(read, "bodies").keys() == {"electricity", "gas", "emergency"}
    assert categories["WATER_CUT"]["department"] == "SUK"
    assert categories["CEMETERY"]["department"] == "MEZ"
    assert categories["ROAD_POTHOLE"]["tier_rule"] is None
    leaves = [one for one in categories.values() if one["parent"]]
    assert [one["code"] for one in leaves if not one["department"] and one["body"] == OWN] == []


def test_a_metropolis_keeps_its_companies_and_is_no_other_body_itself() -> None:
    bodies = by_code(parts(metropolis="itself"), "bodies")
    assert "metropolitan" not in bodies
    assert {"water", "transport"} <= bodies.keys()


def test_the_metropolis_above_is_named_and_linked_where_it_is_with_us() -> None:
    above = ("buyuksehir", names("Örnek Büyükşehir Belediyesi"))
    body = by_code(parts(above=above), "bodies")["metropolitan"]
    assert (body["tenant"], body["names"]["tr"]) == ("buyuksehir", "Örnek Büyükşehir Belediyesi")


def test_deadlines_are_working_days_of_the_municipality() -> None:
    categories = by_code(parts(day=540), "categories")
    assert categories["ROAD_POTHOLE"]["sla_minutes"] == 5 * 540
