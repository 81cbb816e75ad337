"""Lives of requests, many at a time: citizens, operators, and a reader of the report.

Nobody polls for his own request. That a task is assigned is heard on the topic `tasks`, as an
integrator would hear it; that it is in the report is seen by the report's count of closed tasks,
read a few times a second for all of them.
"""

from __future__ import annotations

import asyncio
import csv
import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.events import TOPICS
from tests.bench.load import Answer, Outcome, Pool, get, post
from tests.e2e.harness import ROOT, Sokak
from tests.scenarios import place_in

TENANT = "kecioren"
CATEGORIES = (None, None, "ROAD_PAVEMENT", "PARK_MAINT", "WASTE_MISSED", "ABANDONED_CAR")
REPORT_EVERY_S = 0.2
LONGEST_S = 120.0


@dataclass
class Seen:
    """What the lives saw: how long calls took, and how many tasks the report had when."""

    submits: Outcome = field(default_factory=Outcome)
    changes: Outcome = field(default_factory=Outcome)
    assigned: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    reported: list[tuple[float, int]] = field(default_factory=list)


class Lives:
    """Lets requests live, each from its submission until it is in the report as resolved."""

    def __init__(self, sokak: Sokak, token: str) -> None:
        ports = {
            name: [copy.port for copy in copies if copy.process]
            for name, copies in sokak.copies.items()
        }
        self._pools = {name: Pool(ports[name]) for name in ("intake", "crm", "reporting")}
        self._token = f"Bearer {token}"
        self._kafka = sokak.kafka.address
        self._bodies = list(_bodies(500))
        self._heard: dict[str, asyncio.Future[float]] = {}
        self._resolved = 0
        self._closed = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.seen = Seen()

    def begin(self) -> None:
        """Forget what was seen before."""
        self.seen = Seen(reported=[(time.perf_counter(), self._closed)])

    async def many(self, at_a_time: int, seconds: float) -> None:
        """So many lives at a time; after these seconds no further one begins."""
        end = time.perf_counter() + seconds

        async def one_after_the_other() -> None:
            while time.perf_counter() < end:
                await self.live()

        await asyncio.gather(*(one_after_the_other() for _ in range(at_a_time)))

    async def live(self) -> None:
        """One life."""
        began = time.perf_counter()
        id = await self._submit()
        self.seen.assigned.append(await self._hears(id) - began)
        version = await self._move(id, "*", {"status": "in_progress"})
        await self._move(id, version, {"status": "resolved", "message": "Yapıldı."})
        await self._is_reported()
        self.seen.whole.append(time.perf_counter() - began)

    async def _submit(self) -> str:
        call = post("/api/requests", random.choice(self._bodies))
        answer = await self._timed("intake", call, self.seen.submits)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    async def _move(self, id: str, version: str, body: dict[str, str]) -> str:
        """Bring the task to a status; after somebody else's change, once more."""
        path, whole = f"/api/tasks/{id}/status", json.dumps(body).encode()
        while True:
            call = post(path, whole, Authorization=self._token, If_Match=version)
            answer = await self._timed("crm", call, self.seen.changes)
            if answer.status == 200:
                return f'"{answer.json()["version"]}"'
            assert answer.status == 409, answer.body
            version = f'"{answer.json()["current"]["version"]}"'

    async def _timed(self, service: str, call: bytes, outcome: Outcome) -> Answer:
        began = time.perf_counter()
        answer = await self._pools[service].call(call)
        outcome.add(answer.status, time.perf_counter() - began)
        return answer

    async def _hears(self, id: str) -> float:
        """When the topic said that the task is assigned."""
        heard = self._heard.setdefault(id, asyncio.get_running_loop().create_future())
        async with asyncio.timeout(LONGEST_S):
            at = await heard
        del self._heard[id]
        return at

    async def _is_reported(self) -> None:
        self._resolved += 1
        reported = asyncio.get_running_loop().create_future()
        self._waiting.append((self._resolved, reported))
        async with asyncio.timeout(LONGEST_S):
            await reported

    async def follow(self) -> None:
        """Hear of tasks that are assigned."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, isolation_level="read_committed")
        await consumer.start()
        try:
            places = [TopicPartition("tasks", one) for one in range(TOPICS["tasks"].partitions)]
            consumer.assign(places)
            await consumer.seek_to_end(*places)
            while True:
                batches = await consumer.getmany(timeout_ms=1000)
                at = time.perf_counter()
                for batch in batches.values():
                    for record in batch:
                        if dict(record.headers)["ce_type"] == b"task.assigned.v1":
                            self._hear(record.key.decode(), at)
        finally:
            await consumer.stop()

    def _hear(self, id: str, at: float) -> None:
        heard = self._heard.setdefault(id, asyncio.get_running_loop().create_future())
        if not heard.done():
            heard.set_result(at)

    async def read_report(self) -> None:
        """Look at the report now and then, for all who wait to be in it."""
        first = await self._reports_closed()
        while True:
            self._closed = await self._reports_closed() - first
            self.seen.reported.append((time.perf_counter(), self._closed))
            while self._waiting and self._waiting[0][0] <= self._closed:
                _, reported = self._waiting.popleft()
                reported.set_result(None)
            await asyncio.sleep(REPORT_EVERY_S)

    async def _reports_closed(self) -> int:
        since = (datetime.now(UTC) - timedelta(days=1)).date()
        call = get(f"/api/reports/summary?from={since}", Authorization=self._token)
        answer = await self._pools["reporting"].call(call)
        assert answer.status == 200, answer.body
        return int(answer.json()["figures"]["closed"])

    def close(self) -> None:
        """Leave."""
        for pool in self._pools.values():
            pool.close()

    def rate(self, began: float, ended: float) -> float:
        """Lives that came into the report between two moments, a second."""
        first_at, first = self._reported_by(began)
        last_at, last = self._reported_by(ended)
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0

    def _reported_by(self, moment: float) -> tuple[float, int]:
        return max(one for one in self.seen.reported if one[0] <= moment)


@asynccontextmanager
async def lives(sokak: Sokak) -> AsyncIterator[Lives]:
    """Lives that can begin: who listens and reads is at it."""
    found = Lives(sokak, await sokak.staff(TENANT))
    at_work = [asyncio.create_task(found.follow()), asyncio.create_task(found.read_report())]
    try:
        await asyncio.sleep(1.0)
        yield found
    finally:
        for task in at_work:
            task.cancel()
        for task in at_work:
            with suppress(asyncio.CancelledError):
                await task
        found.close()


def _bodies(count: int) -> Iterator[bytes]:
    """What citizens write: samples, anywhere in the municipality."""
    dice = random.Random(20261)
    samples = ROOT / "deploy" / "samples" / "tr_request_examples_synthetic.csv"
    with samples.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    for number in range(count):
        body: dict[str, Any] = {
            "type": dice.choice(("request", "complaint", "complaint", "suggestion")),
            "text": f"{dice.choice(texts)} ({number})",
            "point": place_in(TENANT, dice),
        }
        if category := dice.choice(CATEGORIES):
            body["category"] = category
        yield json.dumps(body).encode()
