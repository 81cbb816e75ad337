"""Lists whose items have codes, codes made of names, deadlines as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing import deadlines, lists, tree
from services.routing.codes import code_of, is_code
from tests.unit.routing.examples import document, names

DOCUMENT = document()


def codes(found: object) -> list[str]:
    assert isinstance(found, list)
    return [one["code"] for one in found]


def test_what_names_an_item_is_found() -> None:
    assert lists.uses(DOCUMENT, "departments", "BYH") == [
        ("triage_department",),
        ("assignment_rules", 0, "department"),
    ]
    assert lists.uses(DOCUMENT, "teams", "YOL") == [("assignment_rules", 1, "team")]
    assert lists.uses(DOCUMENT, "categories", "ROADS") == [("categories", 1, "parent")]
    assert lists.uses(DOCUMENT, "categories", "POTHOLE") == [
        ("assignment_rules", 1, "when", "categories", 0)
    ]
    assert lists.uses(DOCUMENT, "bodies", "abb") == [
        ("categories", 4, "body"),
        ("tier_rules", 0, "body"),
    ]
    assert lists.uses(DOCUMENT, "tier_rules", "road_class") == [("categories", 1, "tier_rule")]
    assert lists.uses({}, "departments", "BYH") == []


def test_whoever_names_an_item_follows_its_new_code() -> None:
    fen = {"code": "YOLLAR", "names": names("Yollar")}
    changed = lists.put(DOCUMENT, "departments", fen, "FEN")
    assert codes(changed["departments"]) == ["YOLLAR", "PRK", "BYH", "YON"]
    assert changed["categories"][0]["department"] == "YOLLAR"
    assert changed["assignment_rules"][1]["department"] == "YOLLAR"
    whole = {**DOCUMENT, **changed}
    assert lists.uses(whole, "departments", "FEN") == []
    assert DOCUMENT["categories"][0]["department"] == "FEN"


def test_a_category_that_is_recoded_takes_those_below_it_along() -> None:
    new = {**DOCUMENT["categories"][0], "code": "R"}
    changed = lists.put(DOCUMENT, "categories", new, "ROADS")
    assert changed["categories"][1]["parent"] == "R"
    unsorted = {**DOCUMENT["categories"][-1], "code": "U"}
    assert lists.put(DOCUMENT, "categories", unsorted, "UNSORTED")["unsorted_category"] == "U"


def test_a_new_item_comes_last_and_one_that_is_gone_is_added_again() -> None:
    new = {"code": "X", "names": names("X")}
    assert codes(lists.put(DOCUMENT, "bodies", new)["bodies"]) == ["abb", "aski", "X"]
    assert codes(lists.put(DOCUMENT, "bodies", new, "gone")["bodies"])[-1] == "X"
    assert lists.put({}, "bodies", new) == {"bodies": [new]}


def test_the_last_one_takes_the_list_away() -> None:
    assert codes(lists.without(DOCUMENT, "bodies", "abb")["bodies"]) == ["aski"]
    assert lists.without({"bodies": [{"code": "a"}]}, "bodies", "a") == {"bodies": None}


def test_one_moves_among_those_beside_it() -> None:
    moved = lists.moved(DOCUMENT, "categories", "PARK", -1)
    assert codes(moved["categories"])[:3] == ["PARK", "POTHOLE", "ROADS"]
    assert lists.moved(DOCUMENT, "categories", "POTHOLE", -1) == {}
    assert lists.moved(DOCUMENT, "categories", "UNSORTED", 1) == {}
    assert lists.moved(DOCUMENT, "categories", "NONE", 1) == {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Fen İşleri Müdürlüğü", "FEN_ISLERI"),
        ("Park ve Bahçeler Müdürlüğü", "PARK_BAHCELER"),
        ("Çöp, ığdır & ĞÜŞ", "COP_IGDIR_GUS"),
        ("Müdürlüğü", "MUDURLUGU"),
        ("İklim Değişikliği ve Sıfır Atık Müdürlüğü", "IKLIM_DEGISIKLIGI_SIFIR"),
        ("東京", "X"),
        ("", "X"),
    ],
)
def test_a_code_is_made_of_the_name(name: str, code: str) -> None:
    assert code_of(name, ()) == code
    assert code_of(name, (code,)) == f"{code}_2"
    assert code_of(name, (code, f"{code}_2")) == f"{code}_3"


@given(st.text(max_size=60), st.booleans())
def test_every_name_gives_a_code(name: str, small: bool) -> None:
    assert is_code(code_of(name, (), small=small))


@pytest.mark.parametrize("text", ["", "a b", "ç", "a" * 65, "a/b"])
def test_what_is_no_code(text: str) -> None:
    assert not is_code(text)


def test_the_working_day_is_the_one_that_most_days_have() -> None:
    assert deadlines.day_of(DOCUMENT) == 480
    assert deadlines.day_of({}) == 480
    week = {"monday": [["09:00", "18:00"]], "tuesday": [["09:00", "18:00"]]}
    assert deadlines.day_of({"working_hours": {**week, "saturday": [["09:00", "12:00"]]}}) == 540


@pytest.mark.parametrize(
    ("minutes", "told"), [(2400, (5, "days")), (120, (2, "hours")), (45, (45, "minutes"))]
)
def test_a_deadline_is_told_in_the_largest_unit(minutes: int, told: tuple[int, str]) -> None:
    assert deadlines.told(minutes, 480) == told
    assert deadlines.minutes_of(str(told[0]), told[1], 480) == minutes


@pytest.mark.parametrize("number", ["", "0", "-1", "1,5", "²", "9999999", "x"])
def test_what_is_no_deadline(number: str) -> None:
    assert deadlines.minutes_of(number, "days", 480) is None
    assert deadlines.minutes_of("1", "weeks", 480) is None


def test_the_tree_shows_what_counts_for_each() -> None:
    found = {row.item["code"]: row for row in tree.rows(DOCUMENT)}
    assert (found["POTHOLE"].depth, found["POTHOLE"].inherited) == (1, True)
    assert found["POTHOLE"].department == DOCUMENT["departments"][0]
    assert (found["ROADS"].group, found["ROADS"].size) == (True, 1)
    assert found["ORPHAN"].department is None
    assert found["POTHOLE"].deadline == (3, "days")
    assert found["WATER"].body == DOCUMENT["bodies"][1]
    assert tree.without_department(list(found.values())) == [found["ORPHAN"]]


def test_the_tree_shows_a_department_that_is_gone_and_categories_in_a_circle() -> None:
    one = {"code": "A", "names": names("A"), "parent": "B", "department": "NONE"}
    other = {"code": "B", "names": names("B"), "parent": "A"}
    found = tree.rows({"categories": [one, other]})
    assert [row.item["code"] for row in found] == ["A", "B"]
    assert [row.lost for row in found] == ["NONE", "NONE"]
    assert tree.below({"categories": [one, other]}, "A") == {"A", "B"}


def test_a_search_finds_words_in_any_letters_and_shows_the_groups() -> None:
    found = tree.rows(DOCUMENT)
    assert [row.item["code"] for row in tree.matching(found, "CUKUR")] == ["ROADS", "POTHOLE"]
    assert [row.item["code"] for row in tree.matching(found, "bahçeler")] == ["PARK"]
    assert tree.matching(found, "yok böyle") == []
    assert tree.matching(found, " ") == found
