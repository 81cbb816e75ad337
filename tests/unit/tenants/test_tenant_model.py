"""A tenant that does not fit together is refused with the place and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from libs.tenants import Tenant

from .conftest import document, names, square


def faults(**changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as refusal:
        Tenant.checked(document(**changes))
    return {(".".join(map(str, fault["loc"])), fault["type"]) for fault in refusal.value.errors()}


def category(**fields: Any) -> dict[str, Any]:
    return {"code": "EXTRA", "names": names("Ek")} | fields


def with_category(**fields: Any) -> dict[str, Any]:
    return {"categories": [*document()["categories"], category(**fields)]}


def test_a_tenant_survives_its_journey_as_json(tenant: Tenant) -> None:
    assert Tenant.model_validate_json(tenant.model_dump_json()) == tenant
    assert Tenant.model_validate(tenant.model_dump(mode="json")) == tenant


def test_a_service_takes_a_tenant_with_fields_that_it_does_not_know() -> None:
    newer = document(motto="yeni")
    assert Tenant.model_validate(newer).slug == "ornek"
    assert faults(motto="yeni") == {("motto", "extra_forbidden")}


def test_a_category_goes_to_its_own_or_its_parents_department_else_to_triage(
    tenant: Tenant,
) -> None:
    assert tenant.department_of("HOLE").code == "WORKS"
    assert tenant.department_of("WATER").code == "DESK"
    assert tenant.department_of("UNSORTED").code == "DESK"
    assert tenant.department_of("no such category").code == "DESK"


def test_groups_and_the_unsorted_category_cannot_be_chosen(tenant: Tenant) -> None:
    assert [item.code for item in tenant.leaf_categories] == ["HOLE", "WATER"]


def test_everything_is_found_by_its_code(tenant: Tenant) -> None:
    hole, works, west = (
        tenant.category("HOLE"),
        tenant.department("WORKS"),
        tenant.neighbourhood("w"),
    )
    assert hole is not None
    assert works is not None
    assert west is not None
    assert hole.value.names.tr == "Çukur"
    assert works.value.code == "WORKS"
    assert west.value.name == "Batı"
    assert tenant.body("water") is not None
    assert tenant.tier_rule("avenue") is not None
    assert tenant.category("x") is None
    assert tenant.department("x") is None
    assert tenant.neighbourhood("x") is None


def test_a_changed_copy_looks_things_up_in_its_own_fields(tenant: Tenant) -> None:
    assert tenant.category("HOLE") is not None
    assert len(tenant.leaf_categories) == 2
    copy = tenant.model_copy(update={"categories": tenant.categories[2:]})
    assert copy.category("HOLE") is None
    assert len(copy.leaf_categories) == 1


@pytest.mark.parametrize(
    ("changes", "place", "kind"),
    [
        ({"triage_department": "X"}, "triage_department", "unknown_code"),
        ({"forwarding_department": "X"}, "forwarding_department", "unknown_code"),
        ({"unsorted_category": "X"}, "unsorted_category", "unknown_code"),
        ({"unsorted_category": "ROADS"}, "unsorted_category", "unsorted_is_a_group"),
        (with_category(department="X"), "categories.4.department", "unknown_code"),
        (with_category(parent="X"), "categories.4.parent", "unknown_code"),
        (with_category(body="X"), "categories.4.body", "unknown_code"),
        (with_category(tier_rule="X"), "categories.4.tier_rule", "unknown_code"),
        (with_category(parent="EXTRA"), "categories.4.parent", "circular"),
        (with_category(code="HOLE"), "categories.4", "repeated"),
        (with_category(sla_minutes=0), "categories.4.sla_minutes", "greater_than_equal"),
        (
            with_category(questions=[{"code": "q", "names": names("?"), "kind": "choice"}]),
            "categories.4.questions.0.options",
            "options_do_not_fit",
        ),
        ({"time_zone": "Europe/Kecioren"}, "time_zone", "unknown_time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone", "unknown_time_zone"),
        ({"parent": "ornek"}, "parent", "circular"),
        ({"working_hours": {}}, "working_hours", "no_working_hours"),
        (
            {"working_hours": {"monday": [["13:00", "12:00"]]}},
            "working_hours",
            "hours_out_of_order",
        ),
        (
            {"working_hours": {"monday": [["08:00", "12:00"], ["11:00", "13:00"]]}},
            "working_hours",
            "hours_out_of_order",
        ),
        ({"bodies": [{"code": "own", "names": names("x")}]}, "bodies.0.code", "reserved_code"),
        ({"slug": "Keçiören"}, "slug", "string_pattern_mismatch"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    changes: dict[str, Any], place: str, kind: str
) -> None:
    assert (place, kind) in faults(**changes)


def test_every_fault_is_listed_at_once() -> None:
    found = faults(triage_department="X", forwarding_department="Y", time_zone="Z")
    assert {place for place, _ in found} == {
        "triage_department",
        "forwarding_department",
        "time_zone",
    }


def test_an_assignment_rule_names_only_what_there_is() -> None:
    rule = {
        "code": "r",
        "when": {"categories": ["HOLE", "X"], "neighbourhoods": ["Y"]},
        "department": "DESK",
        "team": "A",
    }
    assert faults(assignment_rules=[rule]) == {
        ("assignment_rules.0.team", "unknown_code"),
        ("assignment_rules.0.when.categories.1", "unknown_code"),
        ("assignment_rules.0.when.neighbourhoods.0", "unknown_code"),
    }


BOW_TIE = {"type": "Polygon", "coordinates": [[[32, 39], [33, 40], [33, 39], [32, 40], [32, 39]]]}


@pytest.mark.parametrize(
    ("area", "kind"),
    [
        (BOW_TIE, "area_invalid"),
        ({"type": "Polygon", "coordinates": [[[32, 39], [33, 39]]]}, "area_unreadable"),
        ({"type": "Polygon", "coordinates": []}, "area_empty"),
        (square(39, 91), "area_off_the_map"),
        ({"type": "Point", "coordinates": [32, 39]}, "union_tag_invalid"),
    ],
)
def test_a_jurisdiction_is_a_sound_area(area: dict[str, Any], kind: str) -> None:
    assert faults(jurisdiction=area) == {("jurisdiction", kind)}


def test_swapped_longitude_and_latitude_are_noticed_by_the_time_zone() -> None:
    new_york = {"time_zone": "America/New_York", "neighbourhoods": []}
    assert Tenant.checked(document(jurisdiction=square(-74.0, 40.7), **new_york))
    assert faults(jurisdiction=square(40.7, -74.0), **new_york) == {
        ("jurisdiction", "far_from_the_time_zone")
    }


def test_a_neighbourhood_lies_in_the_jurisdiction() -> None:
    far = [{"code": "f", "name": "Uzak", "geometry": square(50, 10)}]
    assert faults(neighbourhoods=far) == {("neighbourhoods.0", "outside_the_jurisdiction")}


@pytest.mark.parametrize(
    ("domain", "sound"),
    [
        ("ornek.bel.tr", True),
        ("a-b.example", True),
        (None, True),
        ("ornek", False),
        ("Ornek.bel.tr", False),
        ("https://ornek.bel.tr", False),
        ("ornek.bel.tr/", False),
        ("-a.bel.tr", False),
        ("", False),
    ],
)
def test_a_domain_is_a_host_name(domain: str | None, sound: bool) -> None:
    try:
        known = Tenant.checked(document(domain=domain))
    except ValidationError:
        assert not sound
    else:
        assert sound
        assert known.jurisdiction_id == (domain or known.slug)


def test_only_a_choice_can_take_several_answers() -> None:
    question = {"code": "q", "names": names("Ne?"), "kind": "number", "multiple": True}
    categories = [
        {"code": "A", "names": names("A"), "questions": [question]},
        {"code": "UNSORTED", "names": names("Ayrılacak")},
    ]
    with pytest.raises(ValidationError) as refused:
        Tenant.checked(
            document(categories=categories, unsorted_category="UNSORTED", assignment_rules=[])
        )
    assert "multiple_without_choice" in {fault["type"] for fault in refused.value.errors()}
