"""A tenant's outline is kept for ever under an address that changes with what is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from libs.tenants import Tenant
from libs.tenants.file import load_tenant
from libs.web.outline import Outlines

DEPLOYED = Path(__file__).parents[3] / "deploy" / "tenants"


class Table:
    """The tenants that a service knows."""

    def __init__(self, *slugs: str) -> None:
        self.known = {slug: load_tenant(DEPLOYED / f"{slug}.yaml") for slug in slugs}

    def get(self, slug: str) -> Tenant | None:
        return self.known.get(slug)

    def all(self) -> tuple[Tenant, ...]:
        return tuple(self.known.values())

    def change(self, slug: str, **changes: object) -> None:
        before = self.known[slug]
        self.known[slug] = before.model_copy(update={"version": before.version + 1, **changes})


@pytest.fixture
def table() -> Table:
    return Table("altindag", "ankara", "kecioren")


@pytest.fixture
def outlines(table: Table) -> Outlines:
    return Outlines(table)  # type: ignore[arg-type]


def kept(outlines: Outlines, address: str) -> tuple[bool, str]:
    """Whether browsers keep for ever what is at an address; and what that is."""
    app = FastAPI()
    app.include_router(outlines.router())
    answer = TestClient(app).get(address)
    assert answer.status_code == 200
    return "max-age=31536000" in answer.headers["cache-control"], answer.text


@pytest.mark.parametrize("changed", ["kecioren", "altindag"])
def test_an_address_changes_with_the_tenant_and_with_those_beside_it(
    table: Table, outlines: Outlines, changed: str
):
    before = outlines.address(table.known["kecioren"])
    assert kept(outlines, before)[0]
    table.change(changed)
    after = outlines.address(table.known["kecioren"])
    assert after != before
    assert kept(outlines, after)[0]
    assert not kept(outlines, before)[0]


def test_an_address_does_not_change_with_those_that_are_not_drawn(table: Table, outlines: Outlines):
    before = outlines.address(table.known["kecioren"])
    table.change("ankara")
    assert outlines.address(table.known["kecioren"]) == before


def test_the_address_of_all_changes_with_each_of_them(table: Table, outlines: Outlines):
    before = outlines.address(None)
    forever, drawn = kept(outlines, before)
    assert forever
    assert "Keçiören" in drawn
    table.change("altindag", state="left")
    assert outlines.address(None) != before
    assert "Altındağ" not in kept(outlines, outlines.address(None))[1]
    assert not kept(outlines, before)[0]


def test_a_neighbour_that_leaves_is_drawn_no_more(table: Table, outlines: Outlines):
    its = table.known["kecioren"]
    before = outlines.address(its)
    assert "Altındağ" in kept(outlines, before)[1]
    table.change("altindag", state="left")
    assert outlines.address(its) != before
    assert "Altındağ" not in kept(outlines, outlines.address(its))[1]
