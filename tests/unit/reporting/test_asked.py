from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from libs.runtime.rule import Refused
from services.reporting.asked import MAX_DAYS, Asked, Split, cube, period

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


def asked(**query: str) -> Asked:
    return Asked.model_validate(query)


def test_without_dates_a_report_is_about_the_last_thirty_days() -> None:
    found = period(asked(), None, NOW)
    assert (found.first, found.last) == (date(2026, 10, 26), date(2026, 11, 24))
    assert len(found.days) == 30


def test_a_period_that_is_turned_round_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        period(asked(**{"from": "2026-02-02", "to": "2026-02-01"}), None, NOW)
    assert (refused.value.slug, refused.value.status) == ("period-turned-round", 422)


def test_the_longest_period_is_taken_and_one_day_more_is_refused() -> None:
    last = date(2026, 11, 24)
    first = last - timedelta(days=MAX_DAYS - 1)
    dates = {"from": str(first), "to": str(last)}
    assert len(period(asked(**dates), None, NOW).days) == MAX_DAYS
    dates["from"] = str(first - timedelta(days=1))
    with pytest.raises(Refused, match="period-too-long"):
        period(asked(**dates), None, NOW)


@pytest.mark.parametrize("query", [{"status": "new"}, {"team": "A"}, {"form": "2026-01-01"}])
def test_what_is_not_understood_is_refused_and_never_ignored(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        asked(**query)


@pytest.mark.parametrize(
    ("query", "split", "found"),
    [
        ({}, None, "days"),
        ({}, "status", "department"),
        ({}, "category", "department"),
        ({}, "neighbourhood", "area"),
        ({"department": "FEN"}, "category", "department"),
        ({"neighbourhood": "etlik"}, None, "neighbourhood"),
        ({"category": "tree"}, None, "work"),
        ({"category": "tree"}, "neighbourhood", "area"),
        ({"department": "FEN", "category": "tree"}, "status", "department"),
        ({"channel": "web"}, "type", "channel"),
    ],
)
def test_the_smallest_cube_that_can_apply_all_of_it_answers(
    query: dict[str, str], split: Split | None, found: str
) -> None:
    assert cube(asked(**query).filters, split).flow == f"month_{found}"


@pytest.mark.parametrize(
    ("query", "split"),
    [
        ({"department": "FEN", "channel": "web"}, None),
        ({"department": "FEN"}, "neighbourhood"),
        ({"neighbourhood": "etlik"}, "status"),
    ],
)
def test_filters_that_no_cube_can_apply_together_are_refused(
    query: dict[str, str], split: Split | None
) -> None:
    with pytest.raises(Refused) as refused:
        cube(asked(**query).filters, split)
    assert refused.value.status == 422
    assert [error["field"] for error in refused.value.more["errors"]] == list(query)
