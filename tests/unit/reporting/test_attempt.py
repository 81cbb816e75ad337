"""What a receiver's answer means, and when it is asked again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.reporting.attempt import LONGEST_PAUSE, Answer, asked_pause, pause

NOW = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)
FIRST = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, "delivered") for status in (200, 202, 204, 299)),
        *((status, "later") for status in (None, 100, 301, 307, 400, 401, 404, 429, 500, 503)),
        (410, "gone"),
    ],
)
def test_a_status_means(status: int | None, verdict: str) -> None:
    assert Answer(status).verdict == verdict


def test_pauses_grow_to_eight_hours_and_are_not_the_same_for_all() -> None:
    dice = random.Random(1)
    for attempts in range(1, 40):
        wanted = min(5.0 * 4 ** (attempts - 1), LONGEST_PAUSE.total_seconds())
        found = {pause(attempts, FIRST, dice.uniform).total_seconds() for _ in range(50)}
        assert len(found) == 50
        assert 0.8 * wanted <= min(found) <= max(found) <= 1.2 * wanted


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("999999999999", 86_400),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        (None, None),
    ],
)
def test_a_receiver_says_for_how_long(told: str | None, seconds: int | None) -> None:
    found = asked_pause(Answer(429, retry_after=told), NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_only_who_is_busy_may_ask_for_a_pause() -> None:
    assert asked_pause(Answer(500, retry_after="60"), NOW) is None
    assert asked_pause(Answer(503, retry_after="60"), NOW) == timedelta(minutes=1)
