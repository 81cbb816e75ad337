"""The parts of a whole are the same, whether a day's cell tells them or a cube that is cut."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import get_args

import pytest

from services.reporting.asked import Period
from services.reporting.parted import By, map_of, parts, rising_categories, rising_words, words
from services.reporting.queries import Reader
from tests.unit.reporting.history import OPENED, Cells, Told, grown
from tests.unit.reporting.kept import reader_of

LAST = date(2026, 11, 3)
PERIOD = Period(LAST - timedelta(days=6), LAST, "Europe/Istanbul")
DAY = 24 * 60


@pytest.fixture(scope="module")
def reader() -> Reader:
    """Three hundred requests of five weeks, most of the last days about one thing."""
    rnd, cells = Random(3), Cells()
    for number in range(300):
        back = rnd.randrange(7) if number % 2 else rnd.randrange(35)
        about = "pothole" if back < 4 else rnd.choice(("tree", "light", "kerb"))
        told = Told(OPENED - timedelta(days=back)).submitted(
            chosen=about,
            place=rnd.choice(("etlik", "ovacik", None)),
            channel=rnd.choice(("web", "call_centre")),
        )
        told = told.routed(1, about=about, to=rnd.choice(("FEN", "PARK")), terms=(about,))
        told = told.created().assigned(5, about=about, to=rnd.choice(("FEN", "PARK")))
        if rnd.random() < 0.7:
            told.moved(rnd.randrange(5, 3 * DAY), "resolved")
        grown(told.id, told.events, cells, number % 12)
    return reader_of(cells)


@pytest.mark.parametrize(
    ("by", "with_it"),
    [
        ("category", ("category", "department")),
        ("department", ("category", "department")),
        ("neighbourhood", ("category", "neighbourhood")),
        ("channel", ("channel",)),
    ],
)
async def test_a_part_that_is_cut_out_is_what_it_is_in_the_whole(
    reader: Reader, by: By, with_it: tuple[By, ...]
) -> None:
    whole = (await parts(reader, get_args(By), PERIOD, {}))[by]
    assert [one.opened for one in whole] == sorted((one.opened for one in whole), reverse=True)
    assert any(one.late for one in whole)
    for one in whole:
        cut = await parts(reader, with_it, PERIOD, {by: one.code})
        assert cut[by] == [one]
        for other in with_it:
            assert sum(part.opened for part in cut[other]) == one.opened
            assert sum(part.late_before for part in cut[other]) == one.late_before


async def test_what_rises_rises_also_where_it_is_cut_out(reader: Reader) -> None:
    risen = await rising_categories(reader, LAST, {})
    assert risen[0].value == "pothole"
    for one in risen:
        assert await rising_categories(reader, LAST, {"category": one.value}) == [one]
    assert await rising_words(reader, LAST) == risen


async def test_words_and_places_are_those_of_the_period(reader: Reader) -> None:
    opened = sum(one.opened for one in (await parts(reader, ["channel"], PERIOD, {}))["channel"])
    assert sum(count for _, count in await words(reader, PERIOD)) == opened
    found = await map_of(reader, PERIOD)
    assert sum(one.opened for one in found.hexagons) + found.hidden == opened
