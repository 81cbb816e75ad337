"""What one answer of a receiver means: delivered, tried again later and when, or given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Verdict = Literal["delivered", "gone", "later"]

LONGEST_PAUSE = timedelta(hours=8)
LONGEST_ASKED = timedelta(hours=24)
GONE = 410
ASKS_FOR_A_PAUSE = (429, 503)
KEPT_TEXT = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: a status, or why there was none; the beginning of its text."""

    status: int | None
    error: str | None = None
    text: str = ""
    retry_after: str | None = None
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """What it means."""
        if self.status is not None and 200 <= self.status < 300:
            return "delivered"
        return "gone" if self.status == GONE else "later"


def asked_pause(answer: Answer, now: datetime) -> timedelta | None:
    """For how long the receiver wants to be left alone; a day at most. RFC 9110, 10.2.3."""
    told = answer.retry_after
    if told is None or answer.status not in ASKS_FOR_A_PAUSE:
        return None
    told = told.strip()
    if told.isascii() and told.isdigit():
        seconds = float(min(int(told[:9]), LONGEST_ASKED.total_seconds()))
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(told)
        return min(max(until - now, timedelta()), LONGEST_ASKED)
    except (ValueError, TypeError):
        return None


def pause(attempts: int, first: timedelta, dice: Callable[[float, float], float]) -> timedelta:
    """How long to wait after so many failures: four times as long each time, up to eight hours,
    a fifth more or less, so that not all come at once.
    """
    grown = first.total_seconds() * 4.0 ** min(attempts - 1, 20)
    return timedelta(seconds=min(grown, LONGEST_PAUSE.total_seconds()) * dice(0.8, 1.2))
