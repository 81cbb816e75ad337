"""What is worth a look before a municipality goes live."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.routing.notes import notes
from tests.unit.routing.examples import document

TODAY = date(2026, 11, 29)


def told(**changes: Any) -> set[str]:
    return {note.slug for note in notes(document(**changes), TODAY)}


def test_of_nothing_nothing_breaks() -> None:
    assert {note.slug for note in notes({}, TODAY)} == {
        "holidays_end",
        "no_neighbourhoods",
        "no_domain",
    }


def test_categories_without_department_are_named_and_go_to_triage() -> None:
    (note,) = [note for note in notes(document(), TODAY) if note.slug == "no_department"]
    assert note.words == {"count": 1, "names": "Sahipsiz konu"}
    given = [{**one, "department": "FEN"} for one in document()["categories"]]
    assert "no_department" not in told(categories=given)


def test_a_calendar_that_ends_soon_is_told() -> None:
    soon = {"date": "2026-12-31", "name": {"tr": "x", "en": "x"}}
    assert "holidays_end" in told(holidays=[soon])
    assert "holidays_end" not in told(holidays=[soon, {**soon, "date": "2027-10-29"}])


def test_neighbourhoods_without_areas_are_told() -> None:
    assert "no_areas" in told()
    assert "no_neighbourhoods" in told(neighbourhoods=[])
    assert "no_domain" not in told(domain="ornek.bel.tr")
