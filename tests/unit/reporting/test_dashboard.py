"""What a dashboard shows beside the figures: what rises, where from, tiles, tables."""

from __future__ import annotations

from datetime import date, timedelta

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.overview import counted_days, steps
from services.reporting.places import FEWEST, places
from services.reporting.report import day_figures
from services.reporting.rising import rises
from services.reporting.tables import as_csv
from services.reporting.tiles import Tile, line

LAST = date(2026, 11, 24)


def days(**back: int) -> dict[str, int]:
    """Counts by how many days ago (`d3=2`)."""
    return {(LAST - timedelta(days=int(at[1:]))).isoformat(): count for at, count in back.items()}


def test_a_word_that_comes_more_often_than_in_the_weeks_before_rises() -> None:
    usual = {f"d{at}": 1 for at in range(7, 35)}
    found = rises({"ızgara": days(d0=8, d1=9, d6=9, **usual), "çukur": days(d0=7, **usual)}, LAST)
    (only,) = found
    assert (only.value, only.week, only.usual, only.times) == ("ızgara", 26, 7.0, 3.7)
    assert sum(only.days) == 26 + 7


def test_what_is_said_once_or_twice_does_not_rise() -> None:
    assert rises({"yeni": days(d0=2)}, LAST) == []
    (new,) = rises({"yeni": days(d0=3)}, LAST)
    assert new.times is None


counts = st.dictionaries(
    st.integers(0, 400).map(lambda n: h3.latlng_to_cell(39.9 + n / 100, 32.8, 8)),
    st.integers(1, 60),
    max_size=60,
)


@given(counts)
def test_a_map_hides_what_is_few_and_loses_no_request(opened: dict[str, int]) -> None:
    found = places(opened)
    assert all(one.opened >= FEWEST for one in found.hexagons)
    assert sum(one.opened for one in found.hexagons) + found.hidden == sum(opened.values())
    ranks = {one.opened: one.rank for one in found.hexagons}
    assert all(ranks[one.opened] == one.rank for one in found.hexagons)
    assert [ranks[count] for count in sorted(ranks)] == sorted(ranks.values())


def test_what_was_open_follows_from_what_is_open() -> None:
    amounts = {"2026-11-23": {"opened": 5}, "2026-11-24": {"opened": 1, "closed:resolved": 3}}
    found = day_figures([LAST - timedelta(days=1), LAST], amounts, 10)
    assert [day.open for day in found] == [12, 10]


def test_a_long_period_is_drawn_in_steps_that_end_today_and_lose_nothing() -> None:
    period = [LAST - timedelta(days=back) for back in reversed(range(365))]
    amounts = {str(day): {"opened": n, "closed:resolved": 1} for n, day in enumerate(period)}
    told = counted_days(period, amounts, 10, range(365))
    found = steps(told, amounts)
    assert len(found) == 73
    assert sum(step.flow.opened for step in found) == sum(range(365))
    assert sum(step.flow.closed for step in found) == 365
    assert [step.overdue for step in found] == list(range(4, 365, 5))
    assert (found[-1].open, found[-2].open) == (10, 10 + 5 - sum(range(360, 365)))
    assert [step.flow.opened for step in steps(told[-30:], amounts)] == list(range(335, 365))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert as_csv(["a"], [[f"{start}1+1"]]).decode().splitlines()[1] == f"'{start}1+1"


def test_a_table_for_excel_has_its_mark_its_separator_and_its_comma() -> None:
    assert as_csv(["gün", "süre"], [["a", -2.5]], ";").decode() == "\ufeffgün;süre\r\na;-2,5\r\n"
    assert as_csv(["gün", "süre"], [["a", -2.5]]).decode() == "gün,süre\r\na,-2.5\r\n"


def test_a_tile_says_whether_it_became_better() -> None:
    assert Tile("open_now", "number", 90, 100, "less").verdict == "better"
    assert Tile("on_time_rate", "percent", 0.8, 0.9, "more").verdict == "worse"
    assert Tile("opened", "number", 90, 100).verdict == ""
    for before in (0, 9):
        few = Tile("closed", "number", 650, before, "more")
        assert (few.change, few.verdict) == (None, "")


def test_a_line_leaves_out_what_is_not_known() -> None:
    assert line([1, None, 3]) == "M1.0 29.0 87.0 3.0"
    assert line([None, 2]) == ""
