"""Lives of requests, many at a time: citizens, operators, and a reader of the report.

Nobody polls for his own request. That a task is there, or assigned, is heard on the topic
`tasks`, as an integrator would hear it, or by an open console; what an operator has to see is
then looked up once for all who wait. That a task is in the report is seen by the report's count
of closed ones, read a few times a second.
"""

from __future__ import annotations

import asyncio
import csv
import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.events import TOPICS, public_topic
from tests.bench.load import Outcome, Pool, get, post
from tests.e2e.harness import ROOT, Sokak
from tests.http import Answer
from tests.scenarios import place_in

TENANT = "kecioren"
CATEGORIES = (None, None, "ROAD_PAVEMENT", "PARK_MAINT", "WASTE_MISSED", "ABANDONED_CAR")
REPORT_EVERY_S = 0.2
QUEUE_EVERY_S = 0.01
PAGES = 200
"""How deep the queue is read for those that wait to be seen in it: deeper than a surge is long."""

LONGEST_S = 240.0


@dataclass(frozen=True)
class Phase:
    """For so many seconds, so many requests a second; only a share of them is worked on, where
    `whole` is less than one.
    """

    rate: float
    seconds: float
    whole: float = 1.0

    def is_whole(self, number: int) -> bool:
        """Whether the n-th is among those that are worked on."""
        return int(number * self.whole) != int((number + 1) * self.whole)


class NotTaken(Exception):
    """An answer that is not the one that a life needs to go on."""


@dataclass
class Seen:
    """What the lives saw: how long calls took, and how many tasks the report had when.

    `queued` is from each submission until the operator's queue showed the task, `began` is when
    that was. `submitted` are the requests whose submission was answered well and when it began,
    `shown` when an open console was told of the task, `public` when a subscriber of the public
    topic read of it. `broken` counts lives that did not come to their end.
    """

    submits: Outcome = field(default_factory=Outcome)
    changes: Outcome = field(default_factory=Outcome)
    assigned: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    reported: list[tuple[float, int]] = field(default_factory=list)
    submitted: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    public: dict[str, float] = field(default_factory=dict)
    broken: int = 0

    @property
    def until_shown(self) -> list[float]:
        """From each submission until an open console was told."""
        return self._until(self.shown)

    @property
    def until_public(self) -> list[float]:
        """From each submission until a subscriber of the public topic read of it."""
        return self._until(self.public)

    def _until(self, heard: dict[str, float]) -> list[float]:
        return [heard[id] - at for id, at in self.submitted.items() if id in heard]


class Lives:
    """Lets requests live, each from its submission until it is in the report as resolved."""

    def __init__(self, sokak: Sokak, token: str) -> None:
        ports = {
            name: [copy.port for copy in copies if copy.process]
            for name, copies in sokak.copies.items()
        }
        self._pools = {name: Pool(ports[name]) for name in ("intake", "crm", "reporting")}
        self._token = f"Bearer {token}"
        self._console = ports["crm"][0]
        self._kafka = sokak.kafka.address
        self._bodies = list(_bodies(500))
        self._created: dict[str, asyncio.Future[None]] = {}
        self._assigned: dict[str, asyncio.Future[None]] = {}
        self._unseen: dict[str, asyncio.Future[None]] = {}
        self._look = asyncio.Event()
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
                await self._counted(self.live(looks=False))

        await asyncio.gather(*(one_after_the_other() for _ in range(at_a_time)))

    async def arrive(self, *phases: Phase) -> None:
        """Requests that come by the clock, whether the last was answered or not.

        Returns when all have come to their ends; one that is refused, or breaks, is counted.
        """
        at_work: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for phase in phases:
            for number in range(int(phase.rate * phase.seconds)):
                await asyncio.sleep(max(0.0, began + number / phase.rate - time.perf_counter()))
                life = self.live() if phase.is_whole(number) else self.wait()
                task = asyncio.create_task(self._counted(life))
                at_work.add(task)
                task.add_done_callback(at_work.discard)
            began += phase.seconds
        await asyncio.gather(*at_work)

    async def _counted(self, life: Coroutine[Any, Any, None]) -> None:
        try:
            await life
        except (NotTaken, OSError, TimeoutError):
            self.seen.broken += 1

    async def live(self, *, looks: bool = True) -> None:
        """One life. An operator acts once the task is assigned, and the queue has shown it to
        him where he `looks`.
        """
        began = time.perf_counter()
        id = await self._submit(began)
        async with asyncio.timeout(LONGEST_S):
            if looks:
                await self._is_queued(id, began)
            await _future(self._assigned, id)
        self._forget(id)
        self.seen.assigned.append(time.perf_counter() - began)
        version = await self._move(id, "*", {"status": "in_progress"})
        await self._move(id, version, {"status": "resolved", "message": "Yapıldı."})
        await self._is_reported()
        self.seen.whole.append(time.perf_counter() - began)

    async def wait(self) -> None:
        """A request that nobody works on, until the queue shows it."""
        began = time.perf_counter()
        id = await self._submit(began)
        async with asyncio.timeout(LONGEST_S):
            await self._is_queued(id, began)
            await _future(self._assigned, id)
        self._forget(id)

    def _forget(self, id: str) -> None:
        self._created.pop(id, None)
        del self._assigned[id]

    async def _submit(self, began: float) -> str:
        call = post("/api/requests", random.choice(self._bodies))
        answer = await self._timed("intake", call, self.seen.submits)
        if answer.status_code != 201:
            raise NotTaken(answer.body)
        id = str(answer.json()["id"])
        self.seen.submitted[id] = began
        return id

    async def _is_queued(self, id: str, began: float) -> None:
        await _future(self._created, id)
        self._look.set()
        await _future(self._unseen, id)
        self.seen.queued.append(time.perf_counter() - began)
        self.seen.began.append(began)

    async def _move(self, id: str, version: str, body: dict[str, str]) -> str:
        """Bring the task to a status; after somebody else's change, once more."""
        path, whole = f"/api/tasks/{id}/status", json.dumps(body).encode()
        while True:
            call = post(path, whole, Authorization=self._token, If_Match=version)
            answer = await self._timed("crm", call, self.seen.changes)
            if answer.status_code == 200:
                return f'"{answer.json()["version"]}"'
            if answer.status_code != 409:
                raise NotTaken(answer.body)
            version = f'"{answer.json()["current"]["version"]}"'

    async def _timed(self, service: str, call: bytes, outcome: Outcome) -> Answer:
        began = time.perf_counter()
        answer = await self._pools[service].call(call)
        outcome.add(answer.status_code, time.perf_counter() - began)
        return answer

    async def _is_reported(self) -> None:
        self._resolved += 1
        reported = asyncio.get_running_loop().create_future()
        self._waiting.append((self._resolved, reported))
        async with asyncio.timeout(LONGEST_S):
            await reported

    async def follow(self) -> None:
        """Hear of tasks that are created and assigned."""
        heard = {b"task.created.v1": self._created, b"task.assigned.v1": self._assigned}
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, isolation_level="read_committed")
        await consumer.start()
        try:
            places = [TopicPartition("tasks", one) for one in range(TOPICS["tasks"].partitions)]
            consumer.assign(places)
            await consumer.seek_to_end(*places)
            while True:
                batches = await consumer.getmany(timeout_ms=1000)
                for batch in batches.values():
                    for record in batch:
                        who_waits = heard.get(dict(record.headers)["ce_type"])
                        if who_waits is not None:
                            _tell(_future(who_waits, record.key.decode()))
        finally:
            await consumer.stop()

    async def subscribe(self) -> None:
        """Read the public topic, as an integrator does."""
        place = TopicPartition(public_topic(TENANT).name, 0)
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, isolation_level="read_committed")
        await consumer.start()
        try:
            consumer.assign([place])
            await consumer.seek_to_end(place)
            while True:
                for batch in (await consumer.getmany(timeout_ms=1000)).values():
                    now = time.perf_counter()
                    for record in batch:
                        self.seen.public.setdefault(record.key.decode(), now)
        finally:
            await consumer.stop()

    async def watch(self) -> None:
        """Keep the console's live stream open, as an operator's page does."""
        call = get("/api/tasks/stream", Authorization=self._token)
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._console)
            try:
                writer.write(call)
                while line := await reader.readline():
                    if line.startswith(b"data:"):
                        told = json.loads(line.removeprefix(b"data:"))
                        if told.get("type") == "task.created.v1":
                            self.seen.shown.setdefault(told["key"], time.perf_counter())
                            _tell(_future(self._created, told["key"]))
            finally:
                writer.close()

    async def look(self) -> None:
        """Read the operator's queue when there is something new, for all who wait to be in it."""
        while True:
            await self._look.wait()
            self._look.clear()
            await self._read_queue()
            if self._unseen:
                self._look.set()
            await asyncio.sleep(QUEUE_EVERY_S)

    async def _read_queue(self) -> None:
        cursor = ""
        for _ in range(PAGES):
            path = f"/api/tasks?status=open&limit=100{cursor}"
            answer = await self._pools["crm"].call(get(path, Authorization=self._token))
            if answer.status_code != 200:
                return
            page = answer.json()
            for task in page["tasks"]:
                if (unseen := self._unseen.pop(task["id"], None)) is not None:
                    _tell(unseen)
            if not self._unseen or page["next"] is None:
                return
            cursor = f"&cursor={page['next']}"

    async def read_report(self) -> None:
        """Look at the report now and then, for all who wait to be in it."""
        first = await self._reports_closed()
        while True:
            self._closed = await self._reports_closed() - first
            self.seen.reported.append((time.perf_counter(), self._closed))
            while self._waiting and self._waiting[0][0] <= self._closed:
                _tell(self._waiting.popleft()[1])
            await asyncio.sleep(REPORT_EVERY_S)

    async def _reports_closed(self) -> int:
        since = (datetime.now(UTC) - timedelta(days=1)).date()
        call = get(f"/api/reports/summary?from={since}", Authorization=self._token)
        answer = await self._pools["reporting"].call(call)
        assert answer.status_code == 200, answer.body
        return int(answer.json()["figures"]["closed"] or 0)

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


def _future(waiting: dict[str, asyncio.Future[None]], id: str) -> asyncio.Future[None]:
    """What an id waits for; whoever comes first makes it."""
    if id not in waiting:
        waiting[id] = asyncio.get_running_loop().create_future()
    return waiting[id]


def _tell(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


@asynccontextmanager
async def lives(sokak: Sokak, *, console: bool = False) -> AsyncIterator[Lives]:
    """Lives that can begin: who listens, looks and reads is at it. With a `console` open there is
    a subscriber of the public topic, too.
    """
    found = Lives(sokak, await sokak.staff(TENANT))
    others = [found.watch, found.subscribe] if console else []
    work = [found.follow, found.look, found.read_report, *others]
    at_work = [asyncio.create_task(one()) for one in work]
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
