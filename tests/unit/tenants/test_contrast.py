"""Colours beside each other: what a municipality may choose, and letters on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.tenants import Look
from libs.tenants.contrast import contrast, letters_on

LEAST_OF_TEXT = 4.5
"""WCAG 2.2, criterion 1.4.3."""

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_on_white_is_the_most_and_a_colour_on_itself_the_least() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#0a5d5c", "#0a5d5c") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@given(COLOURS)
def test_letters_are_readable_on_any_colour(colour: str) -> None:
    assert contrast(colour, letters_on(colour)) >= LEAST_OF_TEXT


def test_a_pale_accent_is_refused_with_how_pale_it_is() -> None:
    with pytest.raises(ValidationError) as refused:
        Look(accent="#f0b429", plate="#6b1d2a")
    [fault] = refused.value.errors()
    assert (fault["type"], fault["ctx"]) == ("too_pale", {"contrast": "1.9"})
    assert Look(accent="#0a5d5c", plate="#ffffff").ground == 72
