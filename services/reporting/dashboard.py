"""Which tiles a dashboard has, from the figures of its period and of the one before."""

from __future__ import annotations

from collections.abc import Callable

from .overview import Overview, Step
from .tiles import Good, Kind, Tile, Value, line


def tiles(whole: Overview) -> list[Tile]:
    """The ten, in the order in which they are shown."""

    now, before = whole.figures, whole.before

    def drawn(of: Callable[[Step], Value]) -> str:
        return line([of(step) for step in whole.steps])

    def plain(key: str, kind: Kind, good: Good, also: Value = None) -> Tile:
        return Tile(
            key,
            kind,
            getattr(now, key),
            getattr(before, key),
            good,
            also,
            line=drawn(lambda step: getattr(step.flow, key, None)),
        )

    def median(key: str) -> Tile:
        told, past = getattr(now, key), getattr(before, key)
        return Tile(
            key,
            "seconds",
            told.median_seconds,
            past.median_seconds,
            "less",
            told.p90_seconds,
            told.few,
            drawn(lambda step: getattr(step.flow, key).median_seconds),
        )

    def standing(key: str, of: Callable[[Step], Value]) -> Tile:
        return Tile(key, "number", getattr(now, key), getattr(before, key), "less", line=drawn(of))

    return [
        standing("open_now", lambda step: step.open),
        plain("opened", "number", ""),
        plain("closed", "number", "more"),
        plain("on_time_rate", "percent", "more"),
        median("resolution"),
        standing("overdue", lambda step: step.overdue),
        median("first_assignment"),
        plain("satisfaction", "stars", "more", now.ratings),
        plain("reopen_requests", "number", "less"),
        plain("voices", "number", ""),
    ]
