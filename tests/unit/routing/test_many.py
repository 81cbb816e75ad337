"""Several categories changed at once."""

from __future__ import annotations

import pytest

from services.routing.many import changed
from tests.unit.routing.examples import document

DOCUMENT = document()


def test_only_what_was_written_changes_and_only_in_the_chosen_ones() -> None:
    typed = {"many_department": "BYH", "many_sla": "2", "many_sla_unit": "days"}
    fields, slips = changed(DOCUMENT, ["PARK", "BUS", "GONE"], typed)
    assert slips == []
    before = {one["code"]: one for one in DOCUMENT["categories"]}
    for one in fields["categories"]:
        expected = before[one["code"]]
        if one["code"] in ("PARK", "BUS"):
            expected = {**expected, "department": "BYH", "sla_minutes": 960}
        assert one == expected


def test_what_is_taken_away_is_inherited_again() -> None:
    typed = {"many_department": "~", "many_parent": "~"}
    fields, slips = changed(DOCUMENT, ["PARK", "POTHOLE"], typed)
    assert slips == []
    found = {one["code"]: one for one in fields["categories"]}
    assert (found["PARK"]["department"], found["POTHOLE"]["parent"]) == (None, None)


@pytest.mark.parametrize(
    ("chosen", "typed", "field"),
    [
        ([], {"many_department": "FEN"}, "many"),
        (["PARK"], {"many_sla_unit": "days"}, "many"),
        (["PARK"], {"many_department": "NONE"}, "many_department"),
        (["PARK"], {"many_parent": "UNSORTED"}, "many_parent"),
        (["ROADS"], {"many_parent": "POTHOLE"}, "many_parent"),
        (["PARK"], {"many_parent": "PARK"}, "many_parent"),
        (["PARK"], {"many_sla": "x", "many_sla_unit": "days"}, "many_sla"),
    ],
)
def test_what_is_refused(chosen: list[str], typed: dict[str, str], field: str) -> None:
    assert [slip.field for slip in changed(DOCUMENT, chosen, typed)[1]] == [field]
