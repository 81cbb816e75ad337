"""Dead letters: what is parked, and how it goes on: replay, repair, discard."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from pydantic_core import to_json

from libs.events import EVENTS

from .clock import now
from .consume import GAP, Chain
from .mongo import Conflict, Document
from .record import Delivery, parked_record, place_in_history, read
from .rule import Refused
from .store import Held
from .unit import Unit

log = structlog.get_logger()

AT_ONCE = 200


class DeadLetters:
    """The parked records of one service."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rows = chain.database[chain.dead]

    async def list(self, *, limit: int = 100, after: datetime | None = None) -> list[Document]:
        """Parked records, the oldest first, from `after` on."""
        filter: Document = {"status": "parked"}
        if after:
            filter["at"] = {"$gt": after}
        return await self._rows.find(filter).sort("at", 1).limit(limit).to_list(limit)

    async def get(self, id: str) -> Document:
        """One of them, whatever became of it. Refused where there is none."""
        row = await self._rows.find_one({"_id": id})
        if row is None:
            raise Refused("dead-letter-unknown", "There is no such dead letter.", 404)
        return row

    async def repair(self, id: str, headers: Mapping[str, str], data: Any, by: str) -> None:
        """Keep a corrected form beside the original; a replay uses it.

        `data` becomes the value, and `headers` replace those of the same names.
        """
        row = await self._parked(id)
        kept = [one for one in row["record"]["headers"] if one[0] not in headers]
        repaired = {
            "headers": [*kept, *([name, text.encode()] for name, text in headers.items())],
            "value": None if data is None else to_json(data),
        }
        await self._rows.update_one(
            {"_id": row["_id"], "status": "parked"},
            {"$set": {"repaired": repaired, "repaired_by": by, "repaired_at": now()}},
        )
        log.info("dead_letter_repaired", service=self._chain.service, place=id, by=by)

    async def replay(self, id: str, by: str, *, accept_gap: bool = False) -> int:
        """Send the key's parked records through the ordinary path, in order; how many went.

        It stops at one that still cannot be applied. `accept_gap` gives up waiting for an
        event that will never come.
        """
        row = await self._parked(id)
        return await self.replay_key(row["key"], by, accept_gap=accept_gap)

    async def discard(self, id: str, by: str, reason: str) -> int:
        """Give a record up; those behind it go on. Its bytes stay stored."""
        row = await self._parked(id)
        while True:
            unit = Unit(self._chain.service, now())
            held = await self._held(unit, row["key"])
            await self._pass_over(held, row)
            held.parked -= 1
            held.version += 1
            held.gap = None
            self._resolve(unit, row, "discarded", by, reason)
            try:
                await self._chain.commit(unit)
                break
            except Conflict:
                await _a_moment()
                row = await self._parked(id)
        log.info("dead_letter_discarded", service=self._chain.service, place=id, by=by)
        return await self.replay_key(row["key"], by)

    async def replay_key(self, key: str, by: str, *, accept_gap: bool = False) -> int:
        """Replay what is parked under one key."""
        went = 0
        while True:
            try:
                progress, more = await self._replay_some(key, by, accept_gap)
            except Conflict:
                await _a_moment()
                continue
            went += progress
            if not (progress and more):
                if went:
                    log.info(
                        "dead_letters_replayed", service=self._chain.service, id=key, count=went
                    )
                return went

    async def release_gaps(self) -> None:
        """Try keys whose missing event may have come while nobody could go on."""
        keys = await self._rows.distinct("key", {"status": "parked", "reason": GAP})
        for key in keys:
            await self.replay_key(key, "system")

    async def figures(self) -> tuple[int, datetime | None]:
        """How many are parked, and since when the oldest is."""
        oldest = await self._rows.find_one({"status": "parked"}, ["at"], sort=[("at", 1)])
        if oldest is None:
            return 0, None
        return await self._rows.count_documents({"status": "parked"}), oldest["at"]

    async def _replay_some(self, key: str, by: str, accept_gap: bool) -> tuple[int, bool]:
        unit = Unit(self._chain.service, now(), careful=True)
        held = await self._held(unit, key)
        rows = (
            await self._rows.find({"key": key, "status": "parked"})
            .sort("order", 1)
            .limit(AT_ONCE)
            .to_list(AT_ONCE)
        )
        waiting = [(row, read(parked_record(row), EVENTS)) for row in rows]
        went = 0
        while waiting:
            index = self._next(held, waiting, accept_gap)
            if index is None:
                break
            row, delivery = waiting[index]
            place = self._chain.place_in_order(held, delivery)
            fault = None if place == "repeat" else self._chain.apply(unit, held, delivery)
            if fault:
                self._note_reason(unit, row, fault)
                break
            del waiting[index]
            held.parked -= 1
            held.version += 1
            self._resolve(unit, row, "applied", by, None)
            went += 1
        self._note_head(unit, held, waiting)
        await self._chain.commit(unit)
        return went, len(rows) == AT_ONCE and not waiting

    def _next(
        self, held: Held[Any], waiting: Sequence[tuple[Document, Delivery]], accept_gap: bool
    ) -> int | None:
        """Which parked record can be applied now: the first, or the one that it waits for."""
        first = waiting[0][1]
        if first.fault:
            return None
        if self._chain.place_in_order(held, first) != GAP or accept_gap:
            return 0
        assert first.envelope is not None
        for index, (_, delivery) in enumerate(waiting):
            envelope = delivery.envelope
            if (
                envelope
                and not delivery.fault
                and delivery.record.topic == first.record.topic
                and envelope.subject == first.envelope.subject
                and self._chain.place_in_order(held, delivery) == "next"
            ):
                return index
        return None

    def _note_head(
        self, unit: Unit, held: Held[Any], waiting: Sequence[tuple[Document, Delivery]]
    ) -> None:
        """Remember what the first of the rest waits for, and say why it waits."""
        gap: list[Any] | None = None
        if waiting:
            row, first = waiting[0]
            if first.fault:
                self._note_reason(unit, row, first.fault)
            elif self._chain.place_in_order(held, first) == GAP:
                assert first.envelope is not None
                topic, subject = first.record.topic, first.envelope.subject
                gap = [topic, subject, held.last_seen(topic, subject) + 1]
                self._note_reason(unit, row, GAP)
        if gap != held.gap:
            held.gap = gap
            held.version += 1

    def _note_reason(self, unit: Unit, row: Document, reason: str) -> None:
        if row["reason"] != reason:
            unit.updates.append((self._chain.dead, row["_id"], {"$set": {"reason": reason}}))

    def _resolve(self, unit: Unit, row: Document, status: str, by: str, why: str | None) -> None:
        outcome = {"status": status, "resolved_by": by, "resolved_at": unit.now, "why": why}
        unit.updates.append((self._chain.dead, row["_id"], {"$set": outcome}))

    async def _pass_over(self, held: Held[Any], row: Document) -> None:
        """Let the history go on after a discarded record, where it was the next of it.

        Not where another parked record has the same place: then that one is the history.
        """
        topic, (_, sequence) = row["record"]["topic"], place_in_history(row)
        others = self._rows.find(
            {"key": row["key"], "status": "parked", "_id": {"$ne": row["_id"]}}
        )
        async for other in others:
            if other["record"]["topic"] == topic and place_in_history(other)[1] == sequence:
                return
        self._chain.pass_over(held, row)

    async def _held(self, unit: Unit, key: str) -> Held[Any]:
        await self._chain.load(unit, [key])
        return unit.hold(self._chain.aggregate, key)

    async def _parked(self, id: str) -> Document:
        row = await self.get(id)
        if row["status"] != "parked":
            raise Refused("dead-letter-resolved", "This dead letter is dealt with already.", 409)
        return row


async def _a_moment() -> None:
    await asyncio.sleep(random.uniform(0.001, 0.05))
