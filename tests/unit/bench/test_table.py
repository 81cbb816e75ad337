"""The judgement of a benchmark can fail, and its table tells what was measured."""

from __future__ import annotations

import json

import pytest

from tests.bench.report import document, page
from tests.bench.table import Row, missed, spread


def measured(own: list[float], yardstick: list[float], goal: float = 0.6) -> Row:
    """A figure beside a yardstick."""
    return Row.beside("lives", "a second", own, {"the store": yardstick}, goals={"the store": goal})


@pytest.mark.parametrize(
    ("own", "fails"),
    [
        ([29.0, 29.0, 29.0], True),
        ([30.0, 30.0, 30.0], False),  # half of the goal, exactly
        ([90.0, 90.0, 90.0], False),
        ([1.0, 40.0, 40.0], False),  # the median counts
        ([40.0, 1.0, 1.0], True),
    ],
)
def test_a_ratio_below_half_of_its_goal_fails(own: list[float], fails: bool) -> None:
    told = list(missed([measured(own, [100.0] * 3)]))
    assert bool(told) == fails
    if fails:
        assert told[0].startswith("lives: 0.")
        assert "the goal is 0.6" in told[0]


def test_one_of_several_is_enough() -> None:
    good, bad = measured([90.0], [100.0]), measured([10.0], [100.0])
    assert len(list(missed([good, bad, good]))) == 1


def test_a_ratio_without_a_goal_and_an_absolute_figure_never_fail() -> None:
    without = Row.beside("lives", "a second", [1.0], {"the store": [100.0]})
    assert not list(missed([without, Row("memory", "MB", [9999.0])]))


def test_a_goal_of_a_yardstick_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(missed([Row("lives", "a second", [1.0], goals={"the store": 0.6})]))


def test_ratios_are_of_neighbours_in_time() -> None:
    row = measured([10.0, 40.0], [20.0, 50.0])
    assert row.ratios == {"the store": [0.5, 0.8]}
    with pytest.raises(ValueError, match="shorter"):
        measured([10.0, 40.0], [20.0])


def test_a_figure_is_shown_with_its_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
    assert spread([1234.4]) == "1,234"


def test_the_page_and_the_file_hold_every_figure() -> None:
    row = measured([10.0, 40.0, 20.0], [20.0, 50.0, 40.0])
    shown = page({"processor": "two cores"}, [row])
    assert "| lives | 20 (10 to 40) a second | the store: 40 (20 to 50) |" in shown
    assert "goal 0.6" in shown
    assert "two cores" in shown
    kept = json.loads(document({"processor": "two cores"}, [row]))
    assert kept["figures"][0]["values"] == [10.0, 40.0, 20.0]
    assert kept["machine"] == {"processor": "two cores"}
