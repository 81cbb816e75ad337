"""Which tiles a dashboard has, from the figures of its period and of the one before."""

from __future__ import annotations

from collections.abc import Callable

from .figures import Flow
from .overview import Overview
from .tiles import Good, Kind, Tile, Value, line


def tiles(whole: Overview) -> list[Tile]:
    """The ten, in the order in which they are shown."""

    now, before, days = whole.figures, whole.before, whole.days

    def drawn(of: Callable[[Flow], Value]) -> str:
        return line([of(day.figures) for day in days])

    def plain(key: str, kind: Kind, good: Good, also: Value = None) -> Tile:
        return Tile(
            key,
            kind,
            getattr(now, key),
            getattr(before, key),
            good,
            also,
            line=drawn(lambda flow: getattr(flow, key, None)),
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
            drawn(lambda flow: getattr(flow, key).median_seconds),
        )

    still = Tile(
        "open_now",
        "number",
        now.open_now,
        before.open_now,
        "less",
        line=line([d.open for d in days]),
    )
    late = Tile("overdue", "number", now.overdue, before.overdue, "less", line=line(whole.overdue))
    return [
        still,
        plain("opened", "number", ""),
        plain("closed", "number", "more"),
        plain("on_time_rate", "percent", "more"),
        median("resolution"),
        late,
        median("first_assignment"),
        plain("satisfaction", "stars", "more", now.ratings),
        plain("reopen_requests", "number", "less"),
        plain("voices", "number", ""),
    ]
