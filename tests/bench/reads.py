"""What people look at, with much stored: the operator's queue, a task's page, the report."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from libs.runtime.clock import now
from tests.bench.load import Outcome, get
from tests.bench.seed import YEARS
from tests.bench.table import Row
from tests.e2e.harness import Sokak
from tests.http import Connection

TENANT = "kecioren"
DAYS = 20


async def measure(sokak: Sokak, calls: int, stored: str) -> list[Row]:
    """p50 and p99 of one caller who asks again and again, nothing else going on."""
    token = f"Bearer {await sokak.staff(TENANT)}"
    ids = await _some_ids(sokak, token)
    year_ago = (now() - timedelta(days=364)).date()
    asked: tuple[tuple[str, str, Callable[[], str]], ...] = (
        ("operator's queue", "crm", lambda: "/api/tasks?status=open&limit=50"),
        ("task page", "crm", lambda: f"/api/tasks/{random.choice(ids)}"),
        ("report summary, 30 days", "reporting", lambda: "/api/reports/summary"),
        ("report summary, a year", "reporting", lambda: f"/api/reports/summary?from={year_ago}"),
    )
    rows = []
    for what, service, path in asked:
        outcome = Outcome()
        connection = await Connection.to(sokak.copies[service][0].port)
        for _ in range(calls):
            began = time.perf_counter()
            answer = await connection.call(get(path(), Authorization=token))
            outcome.add(answer.status_code, time.perf_counter() - began)
        connection.close()
        assert set(outcome.statuses) == {200}, outcome.statuses
        more = {"p99 ms": outcome.percentile(0.99)}
        rows.append(Row(f"{what}, {stored}", "ms (p50)", [outcome.percentile(0.5)], more=more))
    return rows


async def _some_ids(sokak: Sokak, token: str) -> list[str]:
    """Tasks of some days of all the years."""
    ids: list[str] = []
    connection = await Connection.to(sokak.copies["crm"][0].port)
    for _ in range(DAYS):
        to = now() - timedelta(days=random.uniform(0, 365 * YEARS))
        path = "/api/tasks?" + urlencode({"to": to.isoformat(), "limit": 20})
        answer = await connection.call(get(path, Authorization=token))
        ids += [task["id"] for task in answer.json()["tasks"]]
    connection.close()
    return ids
