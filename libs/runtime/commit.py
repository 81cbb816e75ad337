"""The commit: one transaction for a whole unit of work, each document guarded by its version."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne

from .clock import HybridClock
from .metrics import COMMIT_SECONDS
from .mongo import Conflict, Database, Document, Session, transaction, undisturbed
from .rule import Increment
from .store import Held
from .unit import Outgoing, Unit

OUTBOX = "outbox"
OUTBOX_DOCUMENT_BYTES = 4 * 1024 * 1024


class ClaimTaken(Exception):
    """A name that a command wanted belongs to somebody else. Nothing was written."""

    def __init__(self, ids: frozenset[tuple[str, str]]) -> None:
        super().__init__()
        self.ids = ids


class Written:
    """The cells that may be there already, for one who is nearly always the first to write them.

    It takes no more memory with their number, and instead may think so of one that is not.
    """

    BITS = 1 << 27

    def __init__(self) -> None:
        self._bits = bytearray(self.BITS // 8)

    def note(self, cell: tuple[str, str]) -> bool:
        """Whether it may be there; from now on it may."""
        byte, bit = divmod(hash(cell) % self.BITS, 8)
        known = bool(self._bits[byte] & 1 << bit)
        self._bits[byte] |= 1 << bit
        return known


class Commit:
    """Writes units of work of one service to its database.

    With `written`, only cells that may be there are read. It need not be right: a cell that is
    there and was not read is a Conflict, after which it is. `listeners` are given the events of
    each unit as soon as it is written, before they are sent.
    """

    def __init__(self, service: str, database: Database, ring: Callable[[], None]) -> None:
        self._service = service
        self._database = database
        self._clock = HybridClock()
        self._ring = ring
        self.written: Written | None = None
        self.listeners: list[Callable[[Sequence[Outgoing]], None]] = []

    async def __call__(self, unit: Unit) -> None:
        """Write it all or nothing.

        Raises Conflict where a document has another version by now, ClaimTaken, or the store's
        own error, after which the outcome may be unknown: doing it again is harmless, as
        events are remembered by their sequence and commands by their ids.
        """
        changed = unit.changed
        if not (changed or unit.inserts or unit.updates or unit.claims):
            return
        started = time.perf_counter()
        outbox = self._outbox(unit, changed)
        await undisturbed(self._write(unit, changed, outbox))
        COMMIT_SECONDS.labels(self._service).observe(time.perf_counter() - started)
        if outbox:
            self._ring()
            for hear in self.listeners:
                hear(unit.outgoing)

    async def _write(self, unit: Unit, changed: list[Held[Any]], outbox: list[Document]) -> None:
        async with transaction(self._database) as session:
            await self._write_documents(session, changed)
            await self._write_claims(session, unit)
            await self._write_others(session, unit)
            await self._write_cells(session, unit)
            if outbox:
                await self._database[OUTBOX].insert_many(outbox, session=session)

    def _outbox(self, unit: Unit, changed: list[Held[Any]]) -> list[Document]:
        if not unit.outgoing:
            return []
        number = self._clock.next(max((held.outbox_at for held in changed), default=0))
        for held in changed:
            if held.told:
                held.outbox_at = number
        return [
            {
                "_id": self._clock.outbox_id(number, part),
                "at": unit.now,
                "topics": sorted({event.topic for event in events}),
                "events": [event.document() for event in events],
            }
            for part, events in enumerate(_portions(unit.outgoing))
        ]

    async def _write_documents(self, session: Session, changed: list[Held[Any]]) -> None:
        by_collection: dict[str, list[Held[Any]]] = defaultdict(list)
        for held in changed:
            by_collection[held.aggregate.collection].append(held)
        for collection, group in by_collection.items():
            writes: list[Any] = [
                ReplaceOne({"_id": held.id, "version": held.loaded}, held.document())
                if held.loaded
                else InsertOne(held.document())
                for held in group
            ]
            done = await self._database[collection].bulk_write(
                writes, ordered=False, session=session
            )
            if done.matched_count + done.inserted_count != len(writes):
                raise Conflict

    async def _write_claims(self, session: Session, unit: Unit) -> None:
        by_collection: dict[str, list[str]] = defaultdict(list)
        writes: dict[str, list[UpdateOne]] = defaultdict(list)
        for claim in unit.claims.values():
            by_collection[claim.collection].append(claim.id)
            writes[claim.collection].append(
                UpdateOne({"_id": claim.id}, {"$setOnInsert": claim.document}, upsert=True)
            )
        taken: set[tuple[str, str]] = set()
        for collection, operations in writes.items():
            done = await self._database[collection].bulk_write(
                operations, ordered=False, session=session
            )
            fresh = set(done.upserted_ids or ())
            taken.update(
                (collection, id)
                for index, id in enumerate(by_collection[collection])
                if index not in fresh
            )
        if taken:
            raise ClaimTaken(frozenset(taken))

    async def _write_others(self, session: Session, unit: Unit) -> None:
        writes: dict[str, list[Any]] = defaultdict(list)
        for collection, document in unit.inserts:
            writes[collection].append(InsertOne(document))
        for collection, id, update in unit.updates:
            writes[collection].append(UpdateOne({"_id": id}, update))
        for collection, operations in writes.items():
            await self._database[collection].bulk_write(operations, session=session)

    async def _write_cells(self, session: Session, unit: Unit) -> None:
        by_collection: dict[str, list[str]] = defaultdict(list)
        read: dict[str, list[str]] = defaultdict(list)
        for collection, id in unit.cells:
            by_collection[collection].append(id)
            if self.written is None or self.written.note((collection, id)):
                read[collection].append(id)
        for collection, ids in by_collection.items():
            stored = {
                cell["_id"]: cell
                async for cell in self._database[collection].find(
                    {"_id": {"$in": read[collection]}}, session=session
                )
            }
            writes = [
                write
                for id in ids
                if (write := _cell_write(unit.cells[collection, id], stored.get(id))) is not None
            ]
            if writes:
                await self._database[collection].bulk_write(writes, ordered=False, session=session)


def _cell_write(cell: Increment, stored: Document | None) -> Any:
    """The write that adds to a cell; None where there is nothing to write."""
    amounts: dict[str, int] = dict(stored["amounts"]) if stored else {}
    for name, amount in cell.amounts.items():
        amounts[name] = amounts.get(name, 0) + amount
        if not amounts[name]:
            del amounts[name]
    if not amounts:
        return DeleteOne({"_id": cell.id}) if stored else None
    document = {"_id": cell.id, **cell.labels, "amounts": amounts}
    return ReplaceOne({"_id": cell.id}, document) if stored else InsertOne(document)


def _portions(events: list[Outgoing]) -> Iterator[list[Outgoing]]:
    portion: list[Outgoing] = []
    size = 0
    for event in events:
        if portion and size + event.size > OUTBOX_DOCUMENT_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(event)
        size += event.size
    yield portion
