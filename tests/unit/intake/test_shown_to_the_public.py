"""What likeness, cells, standings and steps promise."""

from __future__ import annotations

import io
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from libs.events import Point, TaskStatus
from libs.runtime.rule import Refused
from services.intake.alike import ENOUGH, SQUARE_M, WITHIN_M, Told, likeness
from services.intake.place import cell_of, cells_around, coarse, metres_between
from services.intake.shrunk import LONGEST_PX, shrunk
from services.intake.standing import standing_of
from services.intake.steps import steps_of

from .scenarios import a_request, assigned, at, created, known, moved, said

HERE = Point(lat=39.98, lon=32.86)
DEGREES = {"lat": st.floats(36, 42), "lon": st.floats(26, 45)}


@given(**DEGREES, north=st.floats(-300, 300), east=st.floats(-300, 300))
def test_whatever_is_near_is_in_a_cell_that_is_looked_in(
    lat: float, lon: float, north: float, east: float
) -> None:
    here = Point(lat=lat, lon=lon)
    there = Point(lat=lat + north / 111_195, lon=lon + east / 111_195)
    if metres_between(here, there) <= WITHIN_M:
        assert cell_of(there) in cells_around(here, WITHIN_M)


@given(**DEGREES)
def test_the_public_place_is_within_a_hundred_metres_and_is_not_the_place(
    lat: float, lon: float
) -> None:
    told = coarse(Point(lat=lat, lon=lon))
    assert metres_between(told, Point(lat=lat, lon=lon)) < SQUARE_M
    assert (round(told.lat, 3), round(told.lon, 3)) == (told.lat, told.lon)


def test_the_same_thing_in_other_words_is_alike_and_another_is_not() -> None:
    swing = Told("Parktaki salıncağın zinciri kopmuş", "PLAYGROUND")
    same = Told("Salıncak kopmuş, parka gidemiyoruz", "PLAYGROUND")
    other = Told("Çöp konteyneri dolu", "WASTE_CONTAINER")
    assert likeness(swing, same, 30) >= ENOUGH
    assert likeness(swing, other, 0) < ENOUGH
    assert likeness(swing, same, SQUARE_M) == likeness(swing, same, 0)
    assert likeness(swing, same, WITHIN_M + 1) == 0


def test_without_a_category_like_words_at_one_place_are_enough() -> None:
    assert likeness(Told("Sokak lambası yanmıyor"), Told("sokak lambasi yanmiyor"), 20) >= ENOUGH
    assert likeness(Told(""), Told("Sokak lambası yanmıyor"), 0) == 0


@pytest.mark.parametrize("status", get_args(TaskStatus))
def test_every_status_has_a_standing(status: TaskStatus) -> None:
    state = known(a_request(), created(), moved(status))
    assert standing_of(state, at(9)).word


def test_late_is_said_of_what_is_open_and_not_paused() -> None:
    late = known(a_request(), created(), assigned())
    assert standing_of(late, at(1441)).sign == "overdue"
    assert standing_of(late, at(1439)).sign == "assigned"
    paused = known(late, moved("awaiting_citizen"))
    assert standing_of(paused, at(1441)).sign == "waiting"
    assert standing_of(paused, at(1441), own=True).word == "Needs your answer"
    done = known(late, moved("resolved"))
    assert standing_of(done, at(1441)).sign == "resolved"


def test_others_read_no_words_among_the_steps() -> None:
    state = known(
        a_request(), created(), assigned(), said("Gizli söz"), moved("resolved", message="Onarıldı")
    )
    assert "Gizli söz" in str(steps_of(state, own=True))
    told = str(steps_of(state, own=False))
    assert "Gizli" not in told
    assert "Onarıldı" not in told


def _picture(kind: str, size: tuple[int, int] = (3000, 1500), **more: object) -> bytes:
    out = io.BytesIO()
    mode = "RGBA" if kind == "PNG" else "RGB"
    Image.new(mode, size, (10, 120, 200, 90)[: len(mode)]).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_small_and_says_nothing_but_what_it_shows(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Gizli yer"
    exif[0x0112] = 6  # lies on its side
    photo = shrunk(_picture(kind, exif=exif))
    kept = Image.open(io.BytesIO(photo.large))
    assert kept.format == "JPEG"
    assert kept.size == (LONGEST_PX // 2, LONGEST_PX)
    assert dict(kept.getexif()) == {}
    assert b"Gizli" not in photo.large + photo.small
    assert max(Image.open(io.BytesIO(photo.small)).size) <= 400


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"\xff\xd8\xff\xe0 broken", b"GIF89a", _picture("BMP", (9, 9))],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as caught:
        shrunk(content)
    assert caught.value.status == 422


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _picture("PNG", (9000, 9000))
    assert len(bomb) < 1_000_000
    with pytest.raises(Refused):
        shrunk(bomb)
