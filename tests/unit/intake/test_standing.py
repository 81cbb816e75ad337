"""The citizen's page says that the clock stands exactly while crm's stands."""

from __future__ import annotations

import pytest

from libs.events import OPEN_STATUSES, TaskStatus
from services.crm.status import PAUSING
from services.intake.own import promise_of
from services.intake.standing import LATE, is_late, standing_of

from .scenarios import a_request, assigned, at, created, known, moved


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_the_clock_stands_where_crm_stops_it_and_nowhere_else(status: TaskStatus) -> None:
    state = known(a_request(), created(), assigned(), moved(status))
    stands, after = status in PAUSING, at(2000)
    assert promise_of(state, at(5))["paused"] == stands
    assert promise_of(state, after)["late"] == is_late(state, after) == (not stands)
    assert (standing_of(state, after) == LATE) == (not stands)


@pytest.mark.parametrize("status", ["resolved", "withdrawn", "duplicate"])
def test_what_is_closed_is_not_late(status: TaskStatus) -> None:
    state = known(a_request(), created(), assigned(), moved(status))
    assert not is_late(state, at(2000))
