"""Durations in logarithmic buckets: any percentile, wrong by 5 % at most, of any number of them.

Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019, section 2: bucket i holds gamma^(i-1) < x <= gamma^i.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

RELATIVE_ERROR = 0.05
"""No percentile is further from the true one than this share of it."""

ZERO = "zero"
"""The bucket of durations of nothing, which have no logarithm."""

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = math.log(_GAMMA)


def bucket(milliseconds: int) -> str:
    """The name of the bucket that a duration (0 or more) falls into."""
    if milliseconds == 0:
        return ZERO
    return str(math.ceil(math.log(milliseconds) / _LOG_GAMMA))


@lru_cache(maxsize=4096)
def middle(name: str) -> float:
    """The duration, in milliseconds, that stands for all in a bucket."""
    if name == ZERO:
        return 0.0
    return math.exp(int(name) * _LOG_GAMMA) * 2 / (1 + _GAMMA)


def quantiles(counts: Mapping[str, int], *shares: float) -> list[float | None]:
    """The durations, in milliseconds, below which each share of the counted ones lies.

    Between two of them it lies in proportion, as in `statistics.quantiles` ("inclusive"),
    so the median of two durations is their mean. None where nothing was counted.
    """
    total = sum(counts.values())
    if total <= 0:
        return [None for _ in shares]
    ordered = sorted((middle(name), count) for name, count in counts.items())
    return [_between(ordered, share * (total - 1), total) for share in shares]


def _between(ordered: list[tuple[float, int]], rank: float, total: int) -> float:
    below = math.floor(rank)
    low = _at(ordered, below)
    high = _at(ordered, min(below + 1, total - 1))
    return low + (high - low) * (rank - below)


def _at(ordered: list[tuple[float, int]], rank: int) -> float:
    passed = 0
    for value, count in ordered:
        passed += count
        if rank < passed:
            return value
    return ordered[-1][0]
