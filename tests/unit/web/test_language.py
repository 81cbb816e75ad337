"""How each language writes numbers, dates and names."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from libs.events import Names
from libs.web.language import languages

TURKISH, ENGLISH = languages()["tr"], languages()["en"]
MONDAY = date(2026, 12, 7)


@pytest.mark.parametrize(
    ("told", "turkish", "english"),
    [
        (lambda one: one.number(9412), "9.412", "9,412"),
        (lambda one: one.number(2.64, 1), "2,6", "2.6"),
        (lambda one: one.number(-0.2), "0", "0"),
        (lambda one: one.percent(0.8744), "%87,4", "87.4%"),
        (lambda one: one.percent(0.5, 0), "%50", "50%"),
        (lambda one: one.day(MONDAY), "7 Aralık Pazartesi", "Monday 7 December"),
        (lambda one: one.short_day(MONDAY), "7 Ara", "7 Dec"),
        (lambda one: one.of(Names(tr="Çukur", en="Pothole")), "Çukur", "Pothole"),
        (lambda one: one.of(None), "", ""),
        (lambda one: one.text("Sign in"), "Giriş", "Sign in"),
    ],
)
def test_both_languages_write_it_their_way(told, turkish, english):
    assert (told(TURKISH), told(ENGLISH)) == (turkish, english)


def test_a_moment_is_told_in_the_tenants_zone():
    late = datetime(2026, 12, 6, 22, 30, tzinfo=UTC)
    assert TURKISH.clock(late, "Europe/Istanbul") == "01:30"
    assert TURKISH.day(late, "Europe/Istanbul") == "7 Aralık Pazartesi"
    assert TURKISH.day(late, "America/New_York") == "6 Aralık Pazar"


def test_another_year_is_named():
    past = datetime(2019, 3, 5, 9, 0, tzinfo=UTC)
    assert "2019" in TURKISH.moment(past, "Europe/Istanbul")


def test_names_sort_as_the_turkish_alphabet_does():
    mixed = ["Şenlik", "Zafer", "Sancak", "İncirli", "Irmak", "Çiçekli", "Cumhuriyet", "19 Mayıs"]
    assert TURKISH.sorted(mixed) == [
        "19 Mayıs", "Cumhuriyet", "Çiçekli", "Irmak", "İncirli", "Sancak", "Şenlik", "Zafer",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "turkish", "english"),
    [
        (0.2, "0 sn", "0 s"),
        (59.6, "1 dk", "1 min"),
        (200, "3 dk", "3 min"),
        (3 * 3600 + 5, "3 sa", "3 h"),
        (47 * 3600, "47 sa", "47 h"),
        (1200 * 86400, "1.200 gün", "1,200 days"),
    ],
)
def test_an_age_has_the_unit_that_suits_it(seconds: float, turkish: str, english: str) -> None:
    assert (TURKISH.age(seconds), ENGLISH.age(seconds)) == (turkish, english)


def test_a_moment_has_its_day_before_its_month_in_both_languages() -> None:
    then = datetime(2019, 12, 7, 11, 32, tzinfo=UTC)
    assert TURKISH.moment(then, "Europe/Istanbul") == "7 Aralık 2019 14:32"
    assert ENGLISH.moment(then, "Europe/Istanbul") == "7 December 2019 14:32"
