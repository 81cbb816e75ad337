"""A service that breaks one promise on purpose: `python -m tests.faults.broken NAME serve ...`.

It is the product with one part of `libs.runtime` put out of order, from outside. The oracle must
notice each of these.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from libs.runtime import producers
from libs.runtime.bus import Subscription
from libs.runtime.commands import Commands, Once
from libs.runtime.commit import Commit
from libs.runtime.consume import Chain
from libs.runtime.lease import Lease
from libs.runtime.mongo import Session
from libs.runtime.record import Delivery, Record
from libs.runtime.relay import Relay
from libs.runtime.rule import Command, Increment
from libs.runtime.store import Held
from libs.runtime.unit import Outgoing, Unit
from services.cli import main
from services.reporting import deliveries as webhooks
from services.reporting import publishing
from services.reporting.outlet import Outlet
from services.reporting.public import Entry, follow

Break = Callable[[], None]


def delete_before_ack() -> None:
    """The relay forgets what it is about to send."""
    send = Relay._send

    async def forgets_first(self: Relay, pending: Any, paused: Any) -> set[str]:
        await self._forget(pending, paused)
        return await send(self, pending, paused)

    Relay._send = forgets_first  # type: ignore[method-assign]


def offsets_before_commit() -> None:
    """A batch is acknowledged before its transaction."""
    on_batch = Subscription._on_batch

    async def acknowledges_first(self: Subscription, raw: list[Any]) -> None:
        assert self._subscriber.consumer is not None
        await self._subscriber.consumer.commit()
        await on_batch(self, raw)

    Subscription._on_batch = acknowledges_first  # type: ignore[method-assign]


def no_dedupe() -> None:
    """What comes again is applied again."""
    place = Chain.place_in_order

    def never_a_repeat(self: Chain, held: Held[Any], delivery: Delivery) -> str:
        found = place(self, held, delivery)
        return "next" if found == "repeat" else found

    Chain.place_in_order = never_a_repeat  # type: ignore[method-assign]


def out_of_order() -> None:
    """The last event of a batch is applied first, and nobody looks for holes."""
    apply = Chain.__call__

    async def backwards(self: Chain, records: Sequence[Record]) -> list[str]:
        return await apply(self, records[::-1])

    def always_next(self: Chain, held: Held[Any], delivery: Delivery) -> str:
        return "next"

    Chain.__call__ = backwards  # type: ignore[method-assign]
    Chain.place_in_order = always_next  # type: ignore[method-assign]


def lease_by_own_clock() -> None:
    """The lease ends by the clock of the process that holds it."""

    async def hold(self: Lease) -> bool:
        now = int(time.time() * 1000)
        free = {"$or": [{"holder": self.holder}, {"expires": {"$lt": now}}]}
        taken = {"holder": self.holder, "expires": now + self._milliseconds}
        await self._collection.update_one({"_id": self._name, **free}, {"$set": taken})
        lease = await self._collection.find_one({"_id": self._name})
        if lease is None:
            await self._collection.insert_one({"_id": self._name, **taken})
        return lease is None or lease["holder"] == self.holder

    Lease.hold = hold  # type: ignore[method-assign]


def frozen_while_sending() -> None:
    """Breaks nothing: freezes itself with the second text in hand, which it is about to send."""
    send = Relay._send
    texts = 0

    async def freezes(self: Relay, pending: Any, paused: Any) -> set[str]:
        nonlocal texts
        topics = [event.topic for one in pending for event in one.events]
        if "request_texts" in topics:
            texts += 1
            if texts == 2:
                os.kill(os.getpid(), signal.SIGSTOP)
        return await send(self, pending, paused)

    Relay._send = freezes  # type: ignore[method-assign]


def no_fencing() -> None:
    """Compacted topics are written as any other; and it is frozen while it sends."""

    async def unfenced(self: producers.Producers, events: Sequence[Outgoing]) -> producers.Failed:
        return await self.send_plain(events)

    producers.Producers.send_fenced = unfenced  # type: ignore[method-assign]
    frozen_while_sending()


def keys_ignored() -> None:
    """An idempotency key means nothing."""
    execute = Commands.execute

    async def forgetful(self: Commands, command: Command, once: Once | None = None) -> Any:
        return await execute(self, command)

    Commands.execute = forgetful  # type: ignore[method-assign]


def outbox_apart() -> None:
    """The events of a commit are written after it; and once it is killed in between."""
    write = Commit._write

    async def apart(self: Commit, unit: Unit, changed: Any, outbox: list[Any]) -> None:
        await write(self, unit, changed, [])
        if outbox:
            os.kill(os.getpid(), signal.SIGKILL)

    Commit._write = apart  # type: ignore[method-assign]


def cells_twice() -> None:
    """Every addition to a cell is made twice."""
    add = Unit.add

    def twice(self: Unit, increments: Iterable[Increment]) -> None:
        increments = list(increments)
        add(self, increments)
        add(self, increments)

    Unit.add = twice  # type: ignore[method-assign]


def public_not_counted() -> None:
    """What outsiders are told has the number of what they were told before."""

    def uncounted(entry: Entry, *told: Any) -> Any:
        after, event = follow(entry, *told)
        return dataclasses.replace(after, number=max(1, entry.number)), event

    publishing.follow = uncounted  # type: ignore[assignment,attr-defined]


def no_guard() -> None:
    """A document is written whatever its version is by now, which is a little later."""
    write = Commit._write

    async def unguarded(self: Commit, session: Session, changed: list[Held[Any]]) -> None:
        for held in changed:
            collection = self._database[held.aggregate.collection]
            document = held.document()
            await collection.replace_one({"_id": held.id}, document, upsert=True, session=session)

    async def later(self: Commit, unit: Unit, changed: Any, outbox: list[Any]) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.1))
        await write(self, unit, changed, outbox)

    Commit._write_documents = unguarded  # type: ignore[method-assign]
    Commit._write = later  # type: ignore[method-assign]


def answers_before_commit() -> None:
    """Callers hear of what is not yet kept; and it is killed before it is."""
    attempt = Commands._attempt

    async def hasty(self: Commands, together: list[Any], careful: bool) -> None:
        commit = self._commit

        async def never(unit: Unit) -> None:
            if unit.changed:
                asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGKILL)

        self._commit = never  # type: ignore[assignment]
        try:
            await attempt(self, together, careful)
        finally:
            self._commit = commit

    Commands._attempt = hasty  # type: ignore[method-assign]


def gives_up_at_once() -> None:
    """What a receiver of webhooks has not taken is never sent again."""

    def parked(self: Outlet, one: webhooks.Delivery) -> webhooks.Delivery:
        return replace(one, state="parked")

    Outlet._later = parked  # type: ignore[method-assign]


BREAKS: dict[str, Break] = {
    one.__name__: one
    for one in (
        answers_before_commit,
        cells_twice,
        delete_before_ack,
        frozen_while_sending,
        gives_up_at_once,
        keys_ignored,
        lease_by_own_clock,
        no_dedupe,
        no_fencing,
        no_guard,
        offsets_before_commit,
        out_of_order,
        outbox_apart,
        public_not_counted,
    )
}


if __name__ == "__main__":
    BREAKS[sys.argv.pop(1)]()
    main()
