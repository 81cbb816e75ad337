from __future__ import annotations

import pytest

from services.reporting.figures import FEW, flow
from tests.unit.reporting.history import Cells, Told, grown


def amounts(*told: Told) -> dict[str, int]:
    cells: Cells = {}
    for one in told:
        grown(one.id, one.events, cells)
    sums: dict[str, int] = {}
    for (collection, _), cell in cells.items():
        if collection == "month_area":
            for name, amount in cell.items():
                what = name.split("|")[-1]
                sums[what] = sums.get(what, 0) + amount
    return sums


def resolved(minutes: float) -> Told:
    return Told().submitted().created().assigned(10, due=600).moved(minutes, "resolved")


def test_nothing_is_all_zero_without_rates_or_medians() -> None:
    figures = flow({})
    assert (figures.opened, figures.closed, figures.on_time_rate) == (0, 0, None)
    assert (figures.resolution.count, figures.resolution.median_seconds) == (0, None)


def test_a_period_counts_opened_closed_resolved_and_on_time() -> None:
    figures = flow(
        amounts(
            resolved(60),
            resolved(120),
            resolved(700),
            Told().submitted().created().moved(5, "rejected"),
            Told().submitted(),
        )
    )
    assert (figures.opened, figures.closed, figures.resolved) == (5, 4, 3)
    assert (figures.on_time, figures.late) == (2, 1)
    assert figures.on_time_rate == pytest.approx(2 / 3, abs=1e-4)
    assert figures.resolution.count == 3
    assert figures.resolution.median_seconds == pytest.approx(7200, rel=0.05)
    assert figures.first_assignment.median_seconds == pytest.approx(600, rel=0.05)


def test_satisfaction_is_the_mean_of_the_last_words() -> None:
    figures = flow(
        amounts(
            resolved(60).rated(100, 2).rated(200, 5),
            resolved(60).rated(90, 4).asked_again(95),
            resolved(60).supported(1, 1).supported(2, 2),
        )
    )
    assert (figures.ratings, figures.satisfaction) == (2, 4.5)
    assert (figures.reopen_requests, figures.voices) == (1, 2)


def test_a_median_of_few_requests_is_marked() -> None:
    assert flow(amounts(*[resolved(60)] * (FEW - 1))).resolution.few
    assert not flow(amounts(*[resolved(60)] * FEW)).resolution.few
