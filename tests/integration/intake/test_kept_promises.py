"""The share of promises that were kept, as a form tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from libs.runtime.clock import new_id, now
from libs.runtime.service import Service
from services.intake.kept import ENOUGH, Kept, Promises
from services.intake.store import REQUESTS

DAY = timedelta(days=1)


async def have(
    service: Service,
    count: int,
    *,
    closed: datetime | None,
    due: datetime | None,
    status: str = "resolved",
    ago: int = 20,
    **more: Any,
) -> None:
    """So many requests of Keçiören about a pothole."""
    progress = {"status": status, "closed_at": closed, "due_at": due, "category": None}
    request = {
        "tenant": "kecioren",
        "submitted_at": now() - ago * DAY,
        "category": {"code": "POTHOLE"},
        "withdrawn": False,
        "progress": progress,
        **more,
    }
    rows = [{"_id": new_id(), **request} for _ in range(count)]
    await service.database[REQUESTS.collection].insert_many(rows)


async def test_late_and_early_are_counted_and_what_is_not_due_or_not_theirs_is_not(
    service: Service,
) -> None:
    due, later = now() - 5 * DAY, now() + 5 * DAY
    await have(service, 15, closed=due - DAY, due=due)
    await have(service, 3, closed=due + DAY, due=due)
    await have(service, 2, closed=None, due=due, status="in_progress")
    for not_counted in (
        {"closed": None, "due": later, "status": "in_progress"},
        {"closed": None, "due": due, "status": "awaiting_citizen"},
        {"closed": due, "due": None},
        {"closed": due + DAY, "due": due, "status": "duplicate"},
        {"closed": due + DAY, "due": due, "ago": 100},
        {"closed": due + DAY, "due": due, "tenant": "sincan"},
        {"closed": due + DAY, "due": due, "withdrawn": True},
    ):
        await have(service, 7, **not_counted)
    assert await Promises(service).of("kecioren", "POTHOLE") == Kept(15 / 20, 90)
    assert await Promises(service).of("sincan", "POTHOLE") is None


async def test_a_few_say_nothing_and_a_count_is_remembered(service: Service) -> None:
    due = now() - 5 * DAY
    promises = Promises(service)
    await have(service, ENOUGH - 1, closed=due, due=due)
    assert await promises.of("kecioren", "POTHOLE") is None
    await have(service, 1, closed=due, due=due)
    assert await promises.of("kecioren", "POTHOLE") is None, "the first count holds for an hour"
    assert await Promises(service).of("kecioren", "POTHOLE") == Kept(1.0, 90)
