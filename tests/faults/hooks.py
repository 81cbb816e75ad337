"""Receivers of webhooks while faults are made: what reached them, beside what the topics tell."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from libs.events import public_topic, structured
from tests.e2e import bus
from tests.e2e.harness import Sokak
from tests.faults.findings import Findings
from tests.faults.load import Load
from tests.receiver import Got, Receiver, a_receiver

REFUSES = 0.03
"""The share of deliveries that a receiver refuses, so that they come again."""

SILENT_FOR = 120.0
"""Seconds in which nothing reaches a receiver, after which nothing more is waited for. However long
the queue is after a long run, what is still on its way is not lost.
"""


@dataclass(frozen=True)
class Hooks:
    """A receiver for each tenant."""

    receivers: dict[str, Receiver]

    async def compare(self, sokak: Sokak, findings: Findings) -> None:
        """The last state of every request has come, and is what the topic says."""
        for tenant, receiver in self.receivers.items():
            records = await bus.records(sokak.kafka.address, public_topic(tenant).name)
            told = {(r.key or b"").decode(): r for r in records}
            wanted = {id: int(r.text("ce_sequence")) for id, r in told.items()}

            found = await _last_taken(receiver, wanted)
            for id in sorted({*wanted, *found}):
                findings.equal("hook-differs", id, found.get(id), wanted.get(id))
            bodies = {record.text("ce_id"): record for record in records}
            for got in receiver.taken:
                record = bodies.get(got.id)
                if record is None:
                    findings.add("hook-invents", f"{got.id} {got.request} {got.sequence}")
                elif structured(list(record.headers.items()), record.value) != got.body:
                    findings.add("hook-body-differs", got.id)


async def _last_taken(receiver: Receiver, wanted: dict[str, int]) -> dict[str, int]:
    """What has reached it, once that is all or nothing more comes."""
    so_far, since = len(receiver.taken), time.monotonic()
    while (found := _last(receiver.taken)) != wanted and time.monotonic() - since < SILENT_FOR:
        await asyncio.sleep(1.0)
        if len(receiver.taken) > so_far:
            so_far, since = len(receiver.taken), time.monotonic()
    return found


def _last(taken: Sequence[Got]) -> dict[str, int]:
    """As a receiver knows it that ignores a number that is not higher."""
    found: dict[str, int] = {}
    for got in taken:
        found[got.request] = max(got.sequence, found.get(got.request, 0))
    return found


@asynccontextmanager
async def hooks(load: Load, tenants: Sequence[str], seed: int) -> AsyncIterator[Hooks]:
    """Receivers that are told of every change, and are not always at their best."""
    dice = random.Random(seed)
    async with AsyncExitStack() as exits:
        receivers, added = {}, []
        for tenant in tenants:
            receiver = receivers[tenant] = await exits.enter_async_context(a_receiver())
            receiver.answering = lambda got: 503 if dice.random() < REFUSES else 204
            answer = await load.call(
                "reporting",
                "POST",
                f"/api/webhooks?tenant={tenant}",
                body={"url": receiver.url, "begin": "start"},
                token=await load.staff(tenant, "admin"),
            )
            assert answer.status_code == 201, answer.text
            receiver.secret = answer.json()["secret"]
            added.append((tenant, answer.json()["id"]))
        yield Hooks(receivers)
        for tenant, id in added:
            token = await load.staff(tenant, "admin")
            path = f"/api/webhooks/{id}?tenant={tenant}"
            await load.call("reporting", "DELETE", path, token=token)
