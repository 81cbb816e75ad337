"""A load of citizens and operators who insist: no answer, or 503, means to ask again."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pymongo.errors import PyMongoError

from tests.e2e.harness import Copy, Sokak
from tests.e2e.lives import Life, live
from tests.faults.client import NOT_ANSWERED, Client
from tests.faults.oracle import Oracle
from tests.http import Answer

ANSWERED_WITHIN = 6.0
"""Seconds; a service gives a command up after five."""

AVOIDED_FOR = 2.0
INSISTS_FOR = 600.0
ASKS_TWICE = 0.02
"""The share of calls with a key that come again although they were answered."""

AT_ONCE = 400
"""Lives that are lived at the same time; most of them wait for a task."""

BEHIND = 3000
"""Requests that are not tasks yet, after which no further ones are handed in."""


class Load:
    """Calls the copies of a system; whatever they answer, the oracle hears it."""

    def __init__(
        self, sokak: Sokak, oracle: Oracle, seed: int = 1, asks_twice: float = ASKS_TWICE
    ) -> None:
        self._sokak = sokak
        self._oracle = oracle
        self._client = Client()
        self._dice = random.Random(seed)
        self._asks_twice = asks_twice
        self._avoided: dict[int, float] = {}
        self.copies = {service: list(copies) for service, copies in sokak.copies.items()}
        self.answers: Counter[str] = Counter()
        self.lived = 0

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask one copy after the other until one has answered."""
        known = dict(headers or {})
        if token is not None:
            known["Authorization"] = f"Bearer {token}"
        raw = _bytes(body)
        answer = await self._insist(service, method, path, raw, known)
        self._oracle.hear(method, path, answer)
        if "Idempotency-Key" in known and self._dice.random() < self._asks_twice:
            again = await self._insist(service, method, path, raw, known)
            self._oracle.repeated(f"{method} {path}", answer, again)
        return answer

    async def _insist(
        self, service: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        deadline = time.monotonic() + INSISTS_FOR
        pause = 0.05
        while True:
            port = self._choose(service).port
            try:
                answer = await self._client.ask(
                    port, method, path, body=body, headers=headers, within=ANSWERED_WITHIN
                )
            except NOT_ANSWERED as error:
                fault = type(error).__name__
                self._avoided[port] = time.monotonic() + AVOIDED_FOR
                self.answers["none"] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code != 503:
                    return answer
                fault = answer.text
            assert time.monotonic() < deadline, f"{method} {service}{path}: {fault}"
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 2)

    def _choose(self, service: str) -> Copy:
        """Any copy, of those that answered lately where there are any."""
        now, copies = time.monotonic(), self.copies[service]
        well = [copy for copy in copies if self._avoided.get(copy.port, 0.0) < now]
        return self._dice.choice(well or copies)

    async def staff(self, tenant: str, role: str = "operator") -> str:
        """A token of somebody who works for a tenant."""
        return await self._sokak.staff(tenant, role)

    async def citizen(self, name: str) -> str:
        """A token of a citizen."""
        return await self._sokak.citizen(name)

    async def run(self, lives: Iterable[Life], rate: float) -> None:
        """Live all lives, at most `rate` of them beginning each second."""
        room, flows = asyncio.Semaphore(AT_ONCE), asyncio.Event()
        loop = asyncio.get_running_loop()
        begin_at = loop.time()
        async with asyncio.TaskGroup() as group:
            keeping_up = group.create_task(self._keep_up(flows))
            for life in lives:
                begin_at = max(begin_at + 1 / rate, loop.time() - 1.0)
                await asyncio.sleep(begin_at - loop.time())
                await flows.wait()
                await room.acquire()
                one = group.create_task(self._live(life))
                one.add_done_callback(lambda _: room.release())
            keeping_up.cancel()

    async def _live(self, life: Life) -> None:
        request = await live(self, life)
        self._oracle.kept[request.id].life = life
        self.lived += 1

    async def _keep_up(self, flows: asyncio.Event) -> None:
        """Hand nothing in while much of it is not a task yet: that tests patience only."""
        tasks = self._sokak.collection("crm", "tasks")
        while True:
            with suppress(PyMongoError):
                behind = len(self._oracle.kept) - await tasks.estimated_document_count()
                flows.set() if behind < BEHIND else flows.clear()
            await asyncio.sleep(1.0)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body).encode()
