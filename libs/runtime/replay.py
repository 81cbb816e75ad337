"""A replay: what is parked under one key, applied in its order as far as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.events import EVENTS

from .consume import GAP, Chain
from .mongo import Document
from .record import Delivery, parked_record, place_in_history, read, unpacked
from .store import Held
from .unit import Unit

AT_ONCE = 200
"""How many records one commit takes."""


@dataclass(frozen=True, slots=True)
class _Parked:
    """A row and what can be read of it; its topic and subject, and its number in their history."""

    row: Document
    delivery: Delivery
    history: tuple[str, str | None]
    number: int | None

    @classmethod
    def of(cls, row: Document) -> _Parked:
        row = unpacked(row)
        subject, number = place_in_history(row)
        delivery = read(parked_record(row), EVENTS)
        return cls(row, delivery, (delivery.record.topic, subject), number)


class Replay:
    """Applies parked records of one service. It changes a unit of work and commits nothing."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rows = chain.database[chain.dead]

    async def some(
        self,
        unit: Unit,
        held: Held[Any],
        by: str,
        *,
        accept_gap: bool = False,
        without: str | None = None,
    ) -> tuple[int, bool]:
        """Replay as much as one commit takes; how many went, and whether there may be more."""
        queue = await self._queue(held.id, without, limit=AT_ONCE)
        more = len(queue) == AT_ONCE
        went = 0
        while queue and not queue[0].delivery.fault:
            index = self._earliest(held, queue)
            row, delivery = queue[index].row, queue[index].delivery
            awaited = not delivery.fault and self._chain.awaited(held, delivery)
            if awaited and more:  # it may be farther behind
                queue += await self._queue(held.id, without, after=queue[-1].row["order"])
                more = False
                continue
            accepted = bool(awaited and accept_gap)
            if delivery.fault or (awaited and not accept_gap):
                break
            accept_gap = accept_gap and not accepted
            repeat = self._chain.place_in_order(held, delivery) == "repeat"
            fault = None if repeat else self._chain.apply(unit, held, delivery)
            if fault:
                self._note_reason(unit, row, fault)
                break
            del queue[index]
            held.parked -= 1
            held.version += 1
            self.resolve(unit, row, "applied", by, gap_accepted=accepted)
            went += 1
        self._note_head(unit, held, queue)
        return went, more and not queue

    def _earliest(self, held: Held[Any], queue: list[_Parked]) -> int:
        """Which goes first: the first one, or what comes before it in its history.

        Of two that say the same of themselves, the one that can be read.
        """
        topic, subject = queue[0].history
        if topic not in self._chain.rules.whole or subject is None or queue[0].number is None:
            return 0
        last = held.last_seen(topic, subject)
        found = (queue[0].number, False, 0)
        for index, one in enumerate(queue):
            if one.history == (topic, subject) and one.number is not None and one.number > last:
                found = min(found, (one.number, one.delivery.fault is not None, index))
        return found[2]

    async def _queue(
        self, key: str, without: str | None, *, after: int = 0, limit: int = 0
    ) -> list[_Parked]:
        """What is parked under a key, in order."""
        filter = {"key": key, "status": "parked", "order": {"$gt": after}}
        rows = await self._rows.find(filter).sort("order", 1).limit(limit).to_list(None)
        return [_Parked.of(row) for row in rows if row["_id"] != without]

    def _note_head(self, unit: Unit, held: Held[Any], queue: Sequence[_Parked]) -> None:
        """Remember what the first of the rest waits for, and say why it waits."""
        gap: list[Any] | None = None
        if queue:
            row, first = queue[0].row, queue[0].delivery
            gap = None if first.fault else self._chain.awaited(held, first)
            if first.fault:
                self._note_reason(unit, row, first.fault)
            elif gap:
                self._note_reason(unit, row, GAP)
        if gap != held.gap:
            held.gap = gap
            held.version += 1

    def _note_reason(self, unit: Unit, row: Document, reason: str) -> None:
        if row["reason"] != reason:
            unit.updates.append((self._chain.dead, row["_id"], {"$set": {"reason": reason}}))

    def resolve(self, unit: Unit, row: Document, status: str, by: str, **more: Any) -> None:
        """Note what became of a record."""
        outcome = {"status": status, "resolved_by": by, "resolved_at": unit.now, **more}
        unit.updates.append((self._chain.dead, row["_id"], {"$set": outcome}))
