"""Invented weeks before today, for a demo: old requests with a weekday's rhythm, by seed."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from .calls import CannotCall
from .simulate import SAMPLES

WEEKS = 5
SOURCE = "demo"
BATCH = 250
WEEKDAYS = (1.25, 1.1, 1.0, 1.0, 1.05, 0.55, 0.45)
"""How many come on each weekday, beside the mean."""

RISING = "WATER"
"""What rises in the last week: it has rained."""


def live_through(
    url: str, headers: Callable[[], dict[str, str]], tenants: Mapping[str, int], seed: int = 7
) -> int:
    """Import the weeks of each tenant, so many requests a day; how many were taken."""
    with SAMPLES.open(newline="") as file:
        samples = list(csv.DictReader(file))
    taken = 0
    with httpx.Client(base_url=url, timeout=60.0) as http:
        for slug, a_day in tenants.items():
            answer = http.get(f"/api/tenants/{slug}/document", headers=headers())
            if not answer.is_success:
                raise CannotCall(f"{url} has no tenant {slug}")
            rows = list(past(slug, answer.json(), samples, a_day, datetime.now(UTC), seed))
            for start in range(0, len(rows), BATCH):
                body = {"source": SOURCE, "rows": rows[start : start + BATCH]}
                sent = http.post("/api/requests/import", json=body, headers=headers())
                if not sent.is_success:
                    raise CannotCall(f"{sent.status_code}: {sent.text[:200]}")
                taken += sum(row["outcome"] == "accepted" for row in sent.json()["rows"])
    return taken


def past(
    slug: str,
    tenant: Mapping[str, Any],
    samples: Sequence[Mapping[str, str]],
    a_day: int,
    now: datetime,
    seed: int = 7,
) -> Iterator[dict[str, Any]]:
    """Rows of an import: the same for the same seed and day."""
    dice = random.Random(f"{seed} {slug}")
    areas = [shape(one["geometry"]) for one in tenant["neighbourhoods"] if one.get("geometry")]
    weights = [dice.paretovariate(1.2) for _ in areas]
    codes = {one["code"] for one in tenant["categories"]}
    likely = [dice.paretovariate(1.5) for _ in samples]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    number = 0
    for back in range(WEEKS * 7, 0, -1):
        day = midnight - timedelta(days=back)
        odds = [
            chance * (4.0 if back <= 6 and one["category"].startswith(RISING) else 1.0)
            for chance, one in zip(likely, samples, strict=True)
        ]
        for _ in range(round(a_day * WEEKDAYS[day.weekday()] * dice.uniform(0.85, 1.15))):
            number += 1
            sample = dice.choices(samples, odds)[0]
            opened = day + timedelta(hours=min(20.9, max(3.0, dice.gauss(9, 3.5))))
            row: dict[str, Any] = {
                "source_number": f"{midnight.date()}-{number}",
                "opened_at": opened.isoformat(),
                "point": _somewhere(dice, dice.choices(areas, weights)[0]),
                "text": sample["text"],
            }
            if sample["category"] in codes:
                row["category"] = sample["category"]
            closed = opened + timedelta(days=dice.lognormvariate(0.9, 0.8))
            if closed < now and dice.random() < 0.93:
                row["closed_at"] = closed.isoformat()
            yield row


def _somewhere(dice: random.Random, area: BaseGeometry) -> dict[str, float]:
    west, south, east, north = area.bounds
    middle = area.representative_point()
    for _ in range(50):
        lon, lat = dice.uniform(west, east), dice.uniform(south, north)
        if area.covers(Point(lon, lat)):
            return {"lat": lat, "lon": lon}
    return {"lat": middle.y, "lon": middle.x}
