"""A tenant's document that is not finished."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.tenants import Tenant
from libs.tenants.unfinished import (
    FIELDS,
    REQUIRED,
    faults_of,
    read_part,
    read_parts,
    with_defaults,
)
from tests.unit.tenants.conftest import document, names, square


def told(changes: dict[str, Any], *without: str) -> set[tuple[str, str]]:
    whole = document(**changes)
    return {
        (".".join(map(str, fault.place)), fault.slug)
        for fault in faults_of({name: whole[name] for name in whole if name not in without})
    }


def test_a_finished_document_has_no_fault() -> None:
    assert told({}) == set()


def test_of_nothing_every_required_part_is_missing_and_nothing_else_is_told() -> None:
    assert {(fault.field, fault.slug) for fault in faults_of({})} == {
        (name, "missing") for name in REQUIRED
    }


@given(st.sets(st.sampled_from(REQUIRED)))
def test_what_lacks_is_told_and_what_is_there_is_no_fault(lacking: set[str]) -> None:
    found = told({}, *lacking)
    assert found == {(name, "missing") for name in lacking}


def test_what_lacks_does_not_hide_what_does_not_fit() -> None:
    found = told({"triage_department": "NONE"}, "jurisdiction", "working_hours")
    assert ("triage_department", "unknown_code") in found
    assert ("jurisdiction", "missing") in found


def test_a_broken_part_does_not_hide_what_does_not_fit() -> None:
    found = told({"names": {"tr": ""}, "unsorted_category": "NONE"})
    assert ("unsorted_category", "unknown_code") in found
    assert ("names.en", "missing") in found


def test_a_neighbourhood_outside_is_no_fault_while_there_is_no_boundary() -> None:
    far = [{"code": "x", "name": "Uzak", "geometry": square(10, 50)}]
    assert told({"neighbourhoods": far}, "jurisdiction") == {("jurisdiction", "missing")}
    assert ("neighbourhoods.0", "outside_the_jurisdiction") in told({"neighbourhoods": far})


def test_a_part_is_stored_as_it_is_published() -> None:
    whole = document()
    parts, found = read_parts(whole)
    assert found == []
    dumped = Tenant.checked(whole).model_dump(mode="json", exclude={"version"})
    assert with_defaults(parts) == dumped
    assert parts["departments"][0]["teams"] == []


def test_a_part_that_is_wrong_in_itself_is_refused() -> None:
    with pytest.raises(ValidationError):
        read_part("names", {"tr": "x"})
    parts, found = read_parts({"names": names("x"), "kind": "village", "colour": "red"})
    assert list(parts) == ["names"]
    assert {(fault.field, fault.slug) for fault in found} == {
        ("kind", "literal_error"),
        ("colour", "extra_forbidden"),
    }


def test_none_takes_a_part_away_and_the_version_is_nobodys() -> None:
    assert read_parts({"domain": None, "version": 7}) == ({}, [])
    assert "version" not in FIELDS
