"""What a list is to hold, as an address or a person's words say it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crm.filter import Filter, canonical, read
from tests.unit.crm.scenarios import TENANT


def asked(words: str) -> Filter:
    return read(Filter(q=words), TENANT).filter


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("durum:yeni", "status", ("new",)),
        ("status:new status:reopened", "status", ("new", "reopened")),
        ("DURUM:ÇÖZÜLDÜ", "status", ("resolved",)),
        ("birim:fen", "department", ("FEN",)),
        ("department:park", "department", ("PARK",)),
        ("birim:beyazmasa", "department", ("BEYAZ",)),
        ("konu:agac", "category", "tree"),
        ("gecikmiş:evet", "overdue", True),
        ("overdue:yes", "overdue", True),
        ("gecikmis:hayir", "overdue", False),
        ("atanan:ben", "assignee", "me"),
        ("atanan:yok", "assignee", "none"),
    ],
)
def test_a_token_is_a_filter(words: str, field: str, value: Any) -> None:
    assert getattr(asked(words), field) == value
    assert read(Filter(q=words), TENANT).words == ""


def test_what_is_no_token_is_a_word() -> None:
    found = read(Filter(q="çukur durum:mavi saat 10:30 birim:nasa durum:yeni"), TENANT)
    assert found.words == "çukur durum:mavi saat 10:30 birim:nasa"
    assert found.filter.status == ("new",)


def test_a_number_stands_alone() -> None:
    assert read(Filter(q="#7F3K-9QHX-M"), TENANT).number == "7F3K-9QHX-M"


def test_an_address_says_a_filter_and_back() -> None:
    told = {"status": ["new", "nonsense"], "overdue": ["1"], "q": ["çukur"], "sort": ["x"]}
    found = Filter.of(told)
    assert found == Filter(status=("new",), overdue=True, q="çukur")
    assert found.query == {"status": ["new"], "overdue": "1", "q": "çukur"}


@given(st.text(max_size=300))
def test_any_words_can_be_read(words: str) -> None:
    found = read(Filter.of({"q": [words]}), TENANT)
    assert len(found.words) <= 200


def test_closed_tasks_are_not_listed_by_what_is_due() -> None:
    assert Filter().by_due
    assert not Filter(status=("closed",)).by_due
    assert not Filter(status=("resolved", "new")).by_due
    assert not Filter(sort="newest").by_due


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", ""),
        ("tenant=ornek&cursor=x&status=", ""),
        ("overdue=yes&status=new&status=new", "status=new&overdue=1"),
        ("q=a%C4%9Fa%C3%A7+durum%3Ayeni&sort=newest", "q=a%C4%9Fa%C3%A7+durum%3Ayeni&sort=newest"),
        ("status=new&status=nonsense", None),
        ("sort=oldest", None),
        ("assignee=me&assignee=none", "assignee=me"),
        ("q=" + "x" * 201, None),
    ],
)
def test_a_query_that_is_kept_is_what_the_filter_makes_of_it(query: str, told: str | None) -> None:
    assert canonical(query) == told


@given(st.text(max_size=300))
def test_what_is_kept_is_kept_as_it_is(query: str) -> None:
    told = canonical(query)
    assert told is None or canonical(told) == told


def test_a_callers_tasks_are_a_list_of_their_own() -> None:
    ids = [f"t{n}" for n in range(25)]
    asked = Filter.of({"caller": ids, "sort": [""]})
    assert asked.caller == tuple(ids[:20])
    assert (asked.by_due, asked.only_open) == (False, False)
    assert asked.query == {"caller": ids[:20]}
