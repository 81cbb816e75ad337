from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.histogram import RELATIVE_ERROR, ZERO, bucket, middle, quantiles

YEARS = 100 * 365 * 24 * 3600 * 1000
durations = st.integers(min_value=0, max_value=YEARS)
SLACK = 1e-9


def counted(values: list[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[bucket(value)] = counts.get(bucket(value), 0) + 1
    return counts


@given(durations)
def test_the_middle_of_a_bucket_is_within_the_promised_error(value: int) -> None:
    assert abs(middle(bucket(value)) - value) <= RELATIVE_ERROR * value + SLACK * value


@given(st.lists(durations, min_size=2, max_size=60))
def test_median_and_p90_are_within_the_promised_error_of_the_exact_ones(values: list[int]) -> None:
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    counts = counted(values)
    exactly = statistics.median(values), tenths[8]
    for found, exact in zip(quantiles(counts, 0.5, 0.9), exactly, strict=True):
        assert found is not None
        assert abs(found - exact) <= RELATIVE_ERROR * exact + SLACK * (exact + 1)


@given(st.lists(durations, min_size=1), st.lists(durations, min_size=1))
def test_histograms_that_are_added_are_the_histogram_of_both(
    some: list[int], others: list[int]
) -> None:
    added = counted(some)
    for name, count in counted(others).items():
        added[name] = added.get(name, 0) + count
    assert added == counted(some + others)


def test_nothing_counted_has_no_median() -> None:
    assert quantiles({}, 0.5, 0.9) == [None, None]


def test_a_duration_of_zero_is_one() -> None:
    assert bucket(0) == ZERO
    assert bucket(1) != ZERO
    assert quantiles({ZERO: 3}, 0.9) == [0]


@pytest.mark.parametrize("value", [1, 999, 60_000, 3_600_000, 86_400_000])
def test_one_duration_is_its_own_median(value: int) -> None:
    (median,) = quantiles({bucket(value): 1}, 0.5)
    assert median == pytest.approx(value, rel=RELATIVE_ERROR + SLACK)
