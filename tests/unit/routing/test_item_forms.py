"""Departments and categories as forms: what is shown, what is read, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from libs.tenants import TenantBody, TenantCategory, TenantDepartment, TierRule
from services.routing import body_form, category_form, department_form, question_form
from services.routing.forms import Slip
from tests.unit.routing.examples import document, names

DOCUMENT = document()
NEW = {"name_tr": "Kaldırım", "sla": "5", "sla_unit": "days"}


def fields(slips: list[Slip]) -> set[str]:
    return {slip.field for slip in slips}


def department(code: str) -> dict[str, Any]:
    return next(one for one in DOCUMENT["departments"] if one["code"] == code)


def category(code: str) -> dict[str, Any]:
    return next(one for one in DOCUMENT["categories"] if one["code"] == code)


def test_a_department_that_is_shown_and_sent_back_stays_as_it_was() -> None:
    shown = department_form.written(department("FEN"))
    read, slips = department_form.read(shown, DOCUMENT, "FEN", fixed=False)
    assert slips == []
    assert TenantDepartment(**read) == TenantDepartment(**department("FEN"))
    assert department_form.rows(shown) == 1 + department_form.FREE_ROWS


def test_a_new_department_gets_codes_of_its_names() -> None:
    typed = {"name_tr": "Çevre Müdürlüğü", "t0_tr": "Yol ekibi", "t2_tr": "Yol ekibi"}
    read, slips = department_form.read(typed, DOCUMENT, "", fixed=False)
    assert slips == []
    assert (read["code"], read["names"]["en"]) == ("CEVRE", "Çevre Müdürlüğü")
    assert [team["code"] for team in read["teams"]] == ["YOL_EKIBI", "YOL_EKIBI_2"]


def test_what_a_department_is_refused_for() -> None:
    typed = {"name_tr": "", "code": "PRK", "t0_en": "Crew", "t1_tr": "Ekip", "t1_code": "a b"}
    _, slips = department_form.read(typed, DOCUMENT, "FEN", fixed=False)
    assert fields(slips) == {"name_tr", "code", "t0_tr", "t1_code", "teams"}
    team = next(slip for slip in slips if slip.field == "teams")
    assert team.words == {"code": "YOL"}  # a rule gives it work
    taken = {"name_tr": "Park", "t0_tr": "Yol", "t0_code": "YOL"}
    assert fields(department_form.read(taken, DOCUMENT, "PRK", fixed=True)[1]) == {"t0_code"}


def test_a_published_code_stays_whatever_is_sent() -> None:
    typed = {"name_tr": "Fen", "code": "OTHER", "t0_tr": "Yol", "t0_code": "YOL"}
    assert department_form.read(typed, DOCUMENT, "FEN", fixed=True)[0]["code"] == "FEN"


def test_several_departments_are_one_on_each_line() -> None:
    made = department_form.several("Fen İşleri\n  Çevre   Müdürlüğü \n\nÇevre Müdürlüğü", DOCUMENT)
    assert [(one["code"], one["names"]["tr"]) for one in made] == [("CEVRE", "Çevre Müdürlüğü")]


@pytest.mark.parametrize("code", ["POTHOLE", "WATER", "PARK", "UNSORTED"])
def test_a_category_that_is_shown_and_sent_back_stays_as_it_was(code: str) -> None:
    before = category(code)
    typed = category_form.written(before, DOCUMENT)
    read, slips = category_form.read(typed, DOCUMENT, before, fixed=False)
    assert slips == []
    assert TenantCategory(**read) == TenantCategory(**before)


def test_a_new_category() -> None:
    typed = {**NEW, "parent": "ROADS", "keywords": "kaldırım, KALDIRIM\nbordür;"}
    read, slips = category_form.read(typed, DOCUMENT, None, fixed=False)
    assert slips == []
    assert (read["code"], read["sla_minutes"]) == ("KALDIRIM", 2400)
    assert (read["parent"], read["department"]) == ("ROADS", None)
    assert read["keywords"] == ["kaldırım", "bordür"]


def test_of_a_group_only_what_is_inherited_is_asked() -> None:
    before = {**category("ROADS"), "sla_minutes": 960, "keywords": ["yol"]}
    typed = {"name_tr": "Yollar", "department": "PRK"}
    read, slips = category_form.read(typed, DOCUMENT, before, fixed=True)
    assert slips == []
    assert (read["department"], read["sla_minutes"], read["keywords"]) == ("PRK", 960, ["yol"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_tr": ""}, "name_tr"),
        ({"name_tr": "x" * 201}, "name_tr"),
        ({"code": "ç"}, "code"),
        ({"code": "ROADS"}, "code"),
        ({"parent": "NONE"}, "parent"),
        ({"parent": "UNSORTED"}, "parent"),
        ({"department": "NONE"}, "department"),
        ({"sla": "0"}, "sla"),
        ({"sla_unit": "years"}, "sla"),
        ({"priority": "soon"}, "priority"),
        ({"open311": "email"}, "open311"),
        ({"body": "nobody"}, "body"),
        ({"tier_rule": "none"}, "tier_rule"),
        ({"keywords": "x" * 61}, "keywords"),
        ({"keywords": ",".join(map(str, range(101)))}, "keywords"),
        ({"q0_tr": "?", "q0_kind": "choice"}, "q0o0_tr"),
        ({"q0_tr": "?", "q0_kind": "colour"}, "q0_kind"),
        ({"q3_en": "only English"}, "q3_tr"),
        ({"q0_tr": "?", "q0_kind": "choice", "q0o0_tr": "a", "q0o4_en": "b"}, "q0o4_tr"),
        ({f"q{row}_tr": "?" for row in range(21)}, "questions"),
    ],
)
def test_what_a_category_is_refused_for(changes: dict[str, str], field: str) -> None:
    _, slips = category_form.read({**NEW, **changes}, DOCUMENT, None, fixed=False)
    assert fields(slips) == {field}


def test_a_group_goes_neither_below_itself_nor_below_its_own() -> None:
    for parent in ("ROADS", "POTHOLE"):
        typed = {"name_tr": "Yol", "parent": parent}
        slips = category_form.read(typed, DOCUMENT, category("ROADS"), fixed=True)[1]
        assert fields(slips) == {"parent"}


def test_questions_keep_their_codes_when_they_are_worded_anew() -> None:
    question = {
        "code": "size",
        "names": names("Ne kadar?"),
        "kind": "choice",
        "required": True,
        "multiple": True,
        "options": [{"code": "s", "names": names("Küçük")}, {"code": "l", "names": names("Büyük")}],
    }
    shown = question_form.written([question])
    assert question_form.read(shown) == ([question], [])
    assert question_form.rows(shown) == [(0, 2 + question_form.FREE_OPTIONS), (1, 3)]
    anew, slips = question_form.read({**shown, "q0_tr": "Boyu?", "q0o2_tr": "Orta"})
    assert slips == []
    assert (anew[0]["code"], anew[0]["names"]["tr"]) == ("size", "Boyu?")
    assert [one["code"] for one in anew[0]["options"]] == ["s", "l", "orta"]


def test_a_question_of_another_kind_forgets_its_answers() -> None:
    typed = {"q0_tr": "Kaç?", "q0_kind": "number", "q0_multiple": "on", "q0o0_tr": "bir"}
    (question,), slips = question_form.read(typed)
    assert slips == []
    assert (question["options"], question["multiple"]) == ([], False)
    assert question["code"] == "kac"


@pytest.mark.parametrize("code", ["abb", "aski"])
def test_a_body_that_is_shown_and_sent_back_stays_as_it_was(code: str) -> None:
    before = next(one for one in DOCUMENT["bodies"] if one["code"] == code)
    shown = body_form.written(before)
    read, slips = body_form.read(shown, DOCUMENT, code, False, ["buyuksehir"])
    assert slips == []
    assert TenantBody(**read) == TenantBody(**before)


def test_a_rule_that_is_shown_and_sent_back_stays_as_it_was() -> None:
    (before,) = DOCUMENT["tier_rules"]
    shown = body_form.rule_written(before)
    read, slips = body_form.rule_read(shown, DOCUMENT, "road_class", fixed=False)
    assert slips == []
    assert TierRule(**read) == TierRule(**before)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_tr": ""}, "name_tr"),
        ({"code": "own"}, "code"),
        ({"code": "aski"}, "code"),
        ({"tenant": "nobody"}, "tenant"),
        ({"contact": "1" * 201}, "contact"),
    ],
)
def test_what_a_body_is_refused_for(changes: dict[str, str], field: str) -> None:
    typed = {"name_tr": "Gaz İdaresi", **changes}
    assert fields(body_form.read(typed, DOCUMENT, "", False, ["x"])[1]) == {field}


def test_a_rule_without_a_condition_only_tells_those_who_decide() -> None:
    typed = {"name_tr": "Ortak iş", "address_contains": " , ", "body": "own"}
    read, slips = body_form.rule_read(typed, DOCUMENT, "", fixed=False)
    assert slips == []
    assert (read["code"], read["when"]) == ("ortak_is", None)


def test_what_a_rule_is_refused_for() -> None:
    typed = {"name_tr": "", "body": "nobody", "code": "road_class", "text_contains": "x" * 61}
    slips = body_form.rule_read(typed, DOCUMENT, "", fixed=False)[1]
    assert fields(slips) == {"name_tr", "body", "code", "text_contains"}
