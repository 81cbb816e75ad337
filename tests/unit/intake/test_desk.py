"""What is checked of a body before a rule sees it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.events import Point
from libs.runtime.rule import Refused
from libs.tenants import Jurisdictions, Tenant
from libs.web.caller import caller_of
from services.intake.asked import (
    Row,
    ToAmend,
    ToImport,
    ToSubmit,
    check_answers,
    chosen_category,
    located,
)
from services.intake.desk import Desk, Secrets, _check_rights, _once, _scope
from tests.unit.routing.examples import document, names

INSIDE = {"lat": 39.95, "lon": 32.85}
BODY: dict[str, Any] = {"text": "Yolda çukur var", "point": INSIDE}
ROW: dict[str, Any] = {
    "source_number": "1",
    "opened_at": "2026-01-02T03:04:05.678912+03:00",
    "text": "Eski başvuru",
    "point": INSIDE,
}

CATEGORIES = [
    {"code": "ROADS", "names": names("Yol")},
    {
        "code": "POTHOLE",
        "names": names("Çukur"),
        "parent": "ROADS",
        "questions": [
            {
                "code": "size",
                "names": names("Ne kadar?"),
                "kind": "choice",
                "required": True,
                "options": [{"code": "plate", "names": names("Tabak")}],
            },
            {"code": "note", "names": names("Başka?"), "kind": "text"},
        ],
    },
    {"code": "UNSORTED", "names": names("Ayrılacak")},
]
TENANT = Tenant.checked(document(categories=CATEGORIES, tier_rules=[], assignment_rules=[]))


def faults(body: dict[str, Any]) -> list[str]:
    """The fields of a submission that are wrong."""
    try:
        ToSubmit.model_validate(body)
    except ValidationError as error:
        return sorted(".".join(str(part) for part in fault["loc"]) for fault in error.errors())
    return []


def refusal(check: Callable[[], object]) -> Refused | None:
    try:
        check()
    except Refused as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"text": "ab"}, ["text"]),
        ({"text": "  a b  \n"}, []),
        ({"text": "   a   "}, ["text"]),
        ({"text": "ş" * 4000}, []),
        ({"text": "ş" * 4001}, ["text"]),
        ({"text": 7}, ["text"]),
        ({"text": "yarım \ud800"}, ["text"]),
        ({"text": None, "point": None}, ["point", "text"]),
        ({"type": "wish"}, ["type"]),
        ({"type": "notice"}, []),
        ({"point": {"lat": 91, "lon": "32"}}, ["point.lat", "point.lon"]),
        ({"point": {"lat": True, "lon": float("nan")}}, ["point.lat", "point.lon"]),
        ({"point": {"lat": 39, "lon": -180.0001}}, ["point.lon"]),
        ({"point": [39, 32]}, ["point"]),
        ({"simulated": "true"}, ["simulated"]),
        ({"simulated": 1}, ["simulated"]),
        ({"category": "a b"}, ["category"]),
        ({"address": " "}, ["address"]),
        ({"address": "x" * 501}, ["address"]),
        ({"channel": "fax"}, ["channel"]),
        ({"contact": {"phone": "evet", "email": "yok", "fax": "1"}},
         ["contact.email", "contact.fax", "contact.phone"]),
        ({"contact": {"phone": "+90 (312) 111-22-33", "email": "a@b"}}, []),
        ({"answers": {"size": 1}}, ["answers.size"]),
        ({"answers": {"bad code": "x"}}, ["answers.bad code.[key]"]),
        ({"answers": {f"q{n}": "x" for n in range(51)}}, ["answers"]),
        ({"client_request_id": "short"}, ["client_request_id"]),
        ({"client_request_id": "with a space in it"}, ["client_request_id"]),
        ({"priority": "high"}, ["priority"]),
    ],
)  # fmt: skip
def test_every_wrong_field_of_a_submission_is_named(
    changes: dict[str, Any], fields: list[str]
) -> None:
    assert faults(BODY | changes) == fields


@pytest.mark.parametrize(
    "time",
    [1767312000, "1767312000", "2026-01-02", "2026-01-02T03:04:05", "yesterday", True, None,
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z",
     "2200-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_time_is_written_out_with_its_zone_within_reach(time: Any) -> None:
    with pytest.raises(ValidationError):
        Row.model_validate(ROW | {"opened_at": time})


def test_a_time_is_kept_in_utc_and_whole_milliseconds() -> None:
    row = Row.model_validate(ROW)
    assert row.opened_at.isoformat() == "2026-01-02T00:04:05.678000+00:00"


def test_an_import_is_bounded() -> None:
    with pytest.raises(ValidationError):
        ToImport.model_validate({"source": "old", "rows": [ROW] * 501})
    with pytest.raises(ValidationError):
        ToImport.model_validate({"source": "old system", "rows": [ROW]})
    assert len(ToImport.model_validate({"source": "old", "rows": [ROW] * 500}).rows) == 500


def test_an_amendment_may_leave_all_out() -> None:
    assert ToAmend.model_validate({}) == ToAmend()


def test_a_point_outside_names_the_nearest() -> None:
    places = Jurisdictions([TENANT])
    assert located(places, Point(**INSIDE)).tenant is TENANT
    with pytest.raises(Refused) as refused:
        located(places, Point(lat=39.95, lon=32.91))
    nearest = refused.value.more["nearest"]
    assert (refused.value.status, nearest["slug"]) == (422, "ornek")
    assert 800 < nearest["distance_m"] < 900


def test_where_nobody_is_there_is_no_nearest() -> None:
    with pytest.raises(Refused) as refused:
        located(Jurisdictions([]), Point(**INSIDE))
    assert refused.value.more["nearest"] is None


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_one_that_takes_nothing_is_named_to_who_asks_it(state: str) -> None:
    closed = TENANT.model_copy(update={"state": state})
    with pytest.raises(Refused) as refused:
        located(Jurisdictions([closed]), Point(**INSIDE))
    assert (refused.value.slug, refused.value.status) == (f"tenant-{state}", 422)
    assert refused.value.more["tenant"]["slug"] == TENANT.slug


@pytest.mark.parametrize("code", ["ROADS", "NOPE", "pothole"])
def test_only_a_category_at_the_end_of_the_tree_can_be_chosen(code: str) -> None:
    with pytest.raises(Refused) as refused:
        chosen_category(TENANT, code)
    assert refused.value.more["errors"][0]["field"] == "category"


def test_no_category_need_be_chosen() -> None:
    assert chosen_category(TENANT, None) is None


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({}, ["answers.size"]),
        ({"size": "plate"}, []),
        ({"size": "plate", "note": "Derin"}, []),
        ({"size": "huge"}, ["answers.size"]),
        ({"note": "Derin", "colour": "red"}, ["answers.colour", "answers.size"]),
    ],
)
def test_answers_belong_to_the_categorys_questions(
    answers: dict[str, str], fields: list[str]
) -> None:
    category = chosen_category(TENANT, "POTHOLE")
    refused = refusal(lambda: check_answers(category, answers))
    errors = refused.more["errors"] if refused else []
    assert sorted(error["field"] for error in errors) == fields


def test_without_a_category_there_is_nothing_to_answer() -> None:
    check_answers(None, {})
    with pytest.raises(Refused):
        check_answers(None, {"size": "plate"})


@pytest.mark.parametrize(
    ("groups", "channel", "simulated"),
    [
        (None, False, False),
        ([], False, False),
        (["ornek/operator"], True, False),
        (["ornek/admin", "ornek/auditor"], True, False),
        (["ornek/auditor"], False, False),
        (["baska/operator"], False, False),
        (["ornek/department/FEN"], False, False),
        (["platform"], True, True),
    ],
)
def test_the_channel_is_set_by_those_who_work_there_and_simulated_by_the_platform(
    groups: list[str] | None, channel: bool, simulated: bool
) -> None:
    caller = None if groups is None else caller_of({"sub": "ayse", "groups": groups})
    for changes, allowed in (
        ({"channel": "call_centre"}, channel),
        ({"simulated": True}, simulated),
        ({}, True),
    ):
        asked = ToSubmit.model_validate(BODY | changes)
        refused = refusal(partial(_check_rights, asked, caller, TENANT))
        assert refused is None if allowed else refused and refused.status == 403


def test_a_key_is_the_callers_own_and_the_header_wins() -> None:
    asked = ToSubmit.model_validate(BODY | {"client_request_id": "from-the-body"})
    ayse = caller_of({"sub": "ayse", "citizen": True})
    key = "from-the-header-of-somebody"
    scopes = [_scope(None, None), _scope(ayse, None), _scope(None, "ayse"), _scope(ayse, "ayse")]
    anonymous, known, browser, there = (_once(asked, scope, key) for scope in scopes)
    body = _once(asked, _scope(ayse, None), None)
    assert anonymous
    assert known
    assert browser
    assert there
    assert body
    assert (known.key, body.key) == (key, "from-the-body")
    assert browser == there
    assert len({anonymous.id, known.id, browser.id, body.id}) == 4
    assert _once(ToSubmit.model_validate(BODY), _scope(ayse, None), None) is None


def test_who_shows_nothing_but_a_key_shows_one_that_nobody_guesses() -> None:
    asked = ToSubmit.model_validate(BODY)
    refused = refusal(partial(_once, asked, _scope(None, None), "order-0001"))
    assert refused
    assert (refused.slug, refused.status) == ("idempotency-key-too-short", 422)
    assert _once(asked, _scope(None, "a" * 32), "order-0001")
    assert _once(asked, _scope(None, None), str(UUID(int=1)))


def test_a_key_of_a_municipality_that_was_removed_is_answered_in_words() -> None:
    desk = Desk(cast("Any", SimpleNamespace(tenants={})), Secrets(b"a key of this test"))
    refused = refusal(partial(desk._submitted, {"tenant": "gone", "id": "1"}))
    assert refused
    assert (refused.slug, refused.status) == ("tenant-unknown", 409)


def test_the_same_body_is_the_same_however_it_is_written() -> None:
    def digest(body: dict[str, Any]) -> str:
        once = _once(ToSubmit.model_validate(body), "browser:a", "12345678")
        assert once
        return once.digest

    first = digest(BODY | {"answers": {"a": "1", "b": "2"}})
    assert digest(BODY | {"answers": {"b": "2", "a": "1"}, "type": "request"}) == first
    assert digest(BODY | {"answers": {"a": "1", "b": "2"}, "client_request_id": "x" * 8}) == first
    assert digest(BODY | {"answers": {"a": "1", "b": "3"}}) != first


@given(st.text(max_size=64), st.uuids())
def test_only_its_own_secret_opens_a_request(guess: str, id: Any) -> None:
    secrets = Secrets(b"a key of this test")
    secret = secrets.tracking_secret(str(id))
    assert secrets.shows(secret, str(id))
    assert not secrets.shows(guess, str(id))
    assert not secrets.shows(None, str(id))
    assert not Secrets(b"another key").shows(secret, str(id))
    assert len(secret) == 26


def test_a_citizen_is_another_to_each_tenant_and_the_same_to_one() -> None:
    secrets = Secrets(b"a key of this test")
    refs = {secrets.citizen_ref(who, tenant) for who in ("a", "b") for tenant in ("x", "y")}
    assert len(refs) == 4
    assert secrets.citizen_ref("a", "x") in refs
