"""Neighbourhoods are found by their names, of whichever municipality."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.tenants import Tenant
from libs.tenants.file import load_tenant
from services.intake.gazetteer import named

DEPLOYED = Path(__file__).parents[3] / "deploy" / "tenants"


@pytest.fixture(scope="module")
def tenants() -> list[Tenant]:
    return [load_tenant(DEPLOYED / f"{slug}.yaml") for slug in ("kecioren", "altindag")]


def _told(words: str, tenants: list[Tenant]) -> list[tuple[str, str]]:
    return [(place.name, tenant.slug) for tenant, place in named(words, tenants)]


@pytest.mark.parametrize("words", ["Tepebaşı", "tepebasi", "TEPEBAŞI", " tepebaşi "])
def test_however_it_is_written(tenants: list[Tenant], words: str) -> None:
    assert _told(words, tenants) == [("Tepebaşı", "kecioren")]


def test_what_is_called_just_so_comes_first_then_what_begins_so(tenants: list[Tenant]) -> None:
    found = [name for name, _ in _told("hisar", tenants)]
    assert found[0] == "Hisar"
    names = [name for name, _ in _told("ba", tenants)]
    begins = [name.startswith("Ba") for name in names]
    assert begins == sorted(begins, reverse=True)
    assert True in begins
    assert False in begins


def test_of_all_that_are_asked_about(tenants: list[Tenant]) -> None:
    assert {slug for _, slug in _told("a", tenants)} == {"kecioren", "altindag"}


@pytest.mark.parametrize("words", ["", "  ", "yokböylebiryer"])
def test_nothing_is_nothing(tenants: list[Tenant], words: str) -> None:
    assert _told(words, tenants) == []
