"""What everybody may read and see of a request: as long as everything still allows it."""

from __future__ import annotations

from typing import Any

import pytest

from libs.events import Attachment
from libs.tenants import Publication, Tenant
from services.intake import request as rules
from services.intake.disclosed import for_outsiders, is_told, shown_photos, shown_words
from services.intake.open311.shown import request_out
from services.intake.request import Request
from services.intake.shown import row
from services.intake.steps import steps_of
from tests.unit.routing.examples import document

from .scenarios import (
    POTHOLE,
    a_request,
    assigned,
    at,
    context,
    created,
    known,
    moved,
    read_by_all,
    shown,
    taken_back,
    withdrawn,
)

TEXT = "Komşum Ahmet gürültü yapıyor"
PHOTO = Attachment(id="a" * 32, media_type="image/jpeg", size=9)
QUIET = Tenant.model_validate(document(slug="kecioren"))
SHOWS = QUIET.model_copy(update={"publication": Publication(words=True)})


def a_shown_one(*, edition: int = 1, **changes: Any) -> Request:
    given = {"text": TEXT, "showable": True, "attachments": (PHOTO,)} | changes
    event = read_by_all(edition=edition, photos=(PHOTO.id, "b" * 32))
    return known(a_request(**given), event)


def test_everybody_reads_what_is_left_and_sees_the_photos() -> None:
    request = a_shown_one()
    assert shown_words(request, SHOWS) == "Komşum […] gürültü yapıyor"
    assert shown_photos(request, SHOWS) == (PHOTO.id,)
    told = request_out(request, SHOWS, "tr", "https://sokak.example")
    assert told["description"] == "Komşum […] gürültü yapıyor"
    assert told["media_url"] == f"https://sokak.example/attachments/{PHOTO.id}"


@pytest.mark.parametrize(
    ("request_", "tenant"),
    [
        (a_shown_one(), QUIET),
        (a_shown_one(), None),
        (a_shown_one(showable=False), SHOWS),
        (a_shown_one(private=True), SHOWS),
        (a_shown_one(edition=2), SHOWS),
        (a_request(text=TEXT, showable=True, attachments=(PHOTO,)), SHOWS),
        (known(a_shown_one(), shown(False)), SHOWS),
        (known(a_shown_one(), moved("cancelled")), SHOWS),
        (known(a_shown_one(), taken_back()), SHOWS),
        (withdrawn(a_shown_one()).state, SHOWS),
        (rules.amend(a_shown_one(), context(20), text="Başka sözler").state, SHOWS),
    ],
)
def test_nothing_is_shown_where_anything_is_against_it(
    request_: Request, tenant: Tenant | None
) -> None:
    assert shown_words(request_, tenant) is None
    assert shown_photos(request_, tenant) == ()
    told = request_out(request_, tenant or QUIET, "en", "https://sokak.example")
    assert (told["description"], told["media_url"]) == (None, None)


def test_only_a_change_of_the_text_makes_another_edition() -> None:
    request = rules.amend(a_shown_one(), context(20), address="Başka yer").state
    assert request.edition == 1
    change = rules.amend(request, context(21), text="Başka sözler")
    assert change.state.edition == 2
    assert [getattr(event, "edition", None) for event in change.events] == [None, 2]


def by(**rules: Any) -> Tenant:
    return QUIET.model_copy(update={"publication": Publication(**rules)})


@pytest.mark.parametrize(
    ("rules", "pothole", "unsorted"),
    [
        ({}, True, True),
        ({"published": False}, False, False),
        ({"withheld": ("ROADS",)}, False, False),
        ({"withheld": ("WATER",)}, True, False),
    ],
)
def test_outsiders_are_told_of_what_the_rules_leave(
    rules: dict[str, Any], pothole: bool, unsorted: bool
) -> None:
    told = [is_told(one, by(**rules)) for one in (a_request(category=POTHOLE), a_request())]
    assert told == [pothole, unsorted]
    assert not is_told(a_request(), None)


def test_what_is_kept_back_is_nowhere_for_others_and_whole_for_its_citizen() -> None:
    state = known(a_request(category=POTHOLE), created(), assigned())
    tenant = by(department=False, due_at=False, grid_m=2000)
    told = for_outsiders(state, tenant)
    assert (told.progress.department, told.progress.due_at) == (None, None)
    assert all(step.department is None for step in steps_of(told, own=False))
    late = at(5000)
    others, own = row(state, tenant, late), row(state, tenant, late, own=True)
    assert (others.late, own.late) == (False, True)
    assert own.at == (state.point.lat, state.point.lon)
    near = tenant.publication.near(state.point)
    assert others.at == (near.lat, near.lon) != row(state, by(), late).at
    assert for_outsiders(state, by()) is state
