"""A caller is found again however the number is written."""

from __future__ import annotations

import pytest

from services.intake.request import dialled


@pytest.mark.parametrize(
    "written", ["0532 111 22 33", "+90 (532) 111-22-33", "5321112233", "0090 532 1112233"]
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert dialled(written) == "5321112233"


@pytest.mark.parametrize("written", [None, "", "112", "yok"])
def test_what_is_too_short_is_no_number(written: str | None) -> None:
    assert dialled(written) is None
