from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.tracking import ALPHABET, LENGTH, draw, parse, shown

DIGITS = st.lists(st.sampled_from(ALPHABET), min_size=LENGTH - 1, max_size=LENGTH - 1)


def whole(letters: list[str]) -> str:
    """The one number that begins with these letters."""
    found = [number for end in ALPHABET if (number := parse("".join(letters) + end))]
    assert len(found) == 1
    return found[0]


@given(DIGITS)
def test_every_beginning_has_exactly_one_check_character(letters: list[str]) -> None:
    assert whole(letters).startswith("".join(letters))


@given(DIGITS)
def test_any_one_wrong_character_is_noticed(letters: list[str]) -> None:
    number = whole(letters)
    for place, letter in product(range(LENGTH), ALPHABET):
        if letter != number[place]:
            assert parse(number[:place] + letter + number[place + 1 :]) is None


@given(DIGITS)
def test_any_two_characters_that_changed_places_are_noticed(letters: list[str]) -> None:
    number = whole(letters)
    for one, other in product(range(LENGTH), range(LENGTH)):
        swapped = list(number)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        if number[one] != number[other]:
            assert parse("".join(swapped)) is None


def test_every_wrong_character_is_noticed_wherever_it_stands() -> None:
    """All pairs of characters at all places: the check does not depend on the other eight."""
    for place, right, wrong in product(range(LENGTH - 1), ALPHABET, ALPHABET):
        letters = ["0"] * (LENGTH - 1)
        letters[place] = right
        number = _of(letters)
        changed = number[:place] + wrong + number[place + 1 :]
        assert (parse(changed) is None) == (right != wrong)


def test_every_swap_of_any_two_characters_is_noticed() -> None:
    """Swapping a and b adds a+b at both places, so b = 0 stands for every other b."""
    pairs = [(a, b) for a in range(LENGTH - 1) for b in range(LENGTH) if a != b]
    for (one, other), left in product(pairs, ALPHABET):
        letters = ["0"] * (LENGTH - 1)
        letters[one] = left
        swapped = list(_of(letters))
        swapped[one], swapped[other] = swapped[other], swapped[one]
        changed = swapped[one] != swapped[other]
        assert (parse("".join(swapped)) is None) == changed


_ends: dict[str, str] = {}


def _of(letters: list[str]) -> str:
    begun = "".join(letters)
    if begun not in _ends:
        _ends[begun] = whole(letters)
    return _ends[begun]


def test_what_is_drawn_is_read_as_it_is_shown() -> None:
    for number in [draw() for _ in range(1000)]:
        assert parse(number) == parse(shown(number)) == number


def test_a_number_is_shown_in_three_parts() -> None:
    assert shown("7F3K9QHXM") == "7F3K-9QHX-M"


@given(DIGITS, st.randoms())
def test_case_dashes_spaces_and_look_alikes_do_not_matter(
    letters: list[str], random: Random
) -> None:
    number = whole(letters)
    slips = {"0": "0oO", "1": "1iIlL"}
    typed = [random.choice(slips.get(letter, letter + letter.lower())) for letter in number]
    typed.insert(4, random.choice(("", "-", " ", " - ", "–", "\u00a0")))
    assert parse("".join(typed) + " ") == number


@pytest.mark.parametrize(
    "text",
    ["", "-", "7F3K9QHX", "7F3K9QHXMM", "7F3K-9QHX-U", "çukur var", "🕳🕳🕳🕳🕳🕳🕳🕳🕳", "\0" * 9, "ß" * 9],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=40))
def test_reading_never_fails(text: str) -> None:
    number = parse(text)
    assert number is None or parse(number) == number


def test_drawing_favours_no_character() -> None:
    """4,000 numbers: each character is expected 1,000 times in the first eight places."""
    counts = Counter("".join(draw()[:-1] for _ in range(4000)))
    assert set(counts) == set(ALPHABET)
    assert all(800 < count < 1200 for count in counts.values())
