"""What is kept of sending to webhooks: how far each is, and what could not be delivered yet.

Only what failed is kept, with its body: the topic itself is the queue. A webhook's place in it is
written after what came before was taken by the receiver, or is kept here. Of each request there is
one delivery at most, its newest state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pymongo import DeleteOne, IndexModel, ReplaceOne, ReturnDocument

from libs.runtime.mongo import Database, Document, transaction, undisturbed

from .attempt import Answer
from .store import WEBHOOKS

PROGRESS = "webhook_progress"
DELIVERIES = "webhook_deliveries"
CLAIMS = "webhook_claims"
"""What a webhook has for itself in its tenant: its address, and one of the places there are."""

INDEXES = (IndexModel([("tenant", 1), ("webhook", 1)], name="webhook"),)
RECENT = 50


class TakenOver(Exception):
    """Another one sends for this webhook by now, or nobody is to any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One state of a request for one webhook. `offset` is its place in the topic."""

    webhook: str
    tenant: str
    key: str
    id: str
    type: str
    sequence: int
    offset: int
    body: bytes
    first_at: datetime
    next_at: datetime
    attempts: int = 0
    state: Literal["waiting", "parked"] = "waiting"
    answer: Document = field(default_factory=dict)

    @property
    def document_id(self) -> str:
        """Of its document."""
        return f"{self.webhook}:{self.key}"

    def document(self) -> Document:
        """As it is stored."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {"_id": self.document_id, **told}

    @classmethod
    def of(cls, row: Document) -> Delivery:
        """Read back what `document` wrote."""
        told = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**told, "body": bytes(row["body"])})

    def told(self, answer: Answer, at: datetime) -> Delivery:
        """After one more attempt."""
        return replace(
            self,
            attempts=self.attempts + 1,
            answer={
                "at": at,
                "status": answer.status,
                "error": answer.error,
                "text": answer.text,
                "seconds": answer.seconds,
            },
        )

    def listed(self, at: datetime) -> Document:
        """As it is remembered after it was delivered."""
        told = {name: getattr(self, name) for name in ("key", "id", "type", "sequence", "offset")}
        return {**told, "at": at, "attempts": self.attempts, "answer": self.answer}


@dataclass(slots=True)
class Progress:
    """How far a webhook is. `recent` are its last deliveries, the newest first."""

    position: int
    delivered: int = 0
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    failed: int = 0
    waiting: int = 0
    parked: int = 0
    recent: list[Document] = field(default_factory=list)

    @classmethod
    def of(cls, row: Document) -> Progress:
        """Read a document."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__ if name in row})

    def fields(self) -> Document:
        """What is written."""
        del self.recent[RECENT:]
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Deliveries:
    """The store of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, webhook: str, tenant: str, begin: int, holder: str) -> Progress:
        """Be the one who sends for a webhook; how far it is."""
        row = await self._database[PROGRESS].find_one_and_update(
            {"_id": webhook},
            {"$set": {"holder": holder}, "$setOnInsert": {"tenant": tenant, "position": begin}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return Progress.of(row)

    async def kept(self, webhook: str, tenant: str) -> list[Delivery]:
        """What could not be delivered."""
        rows = self._database[DELIVERIES].find({"tenant": tenant, "webhook": webhook})
        return [Delivery.of(row) async for row in rows]

    async def write(
        self,
        webhook: str,
        holder: str,
        progress: Progress,
        kept: Iterable[Delivery] = (),
        gone: Iterable[Delivery] = (),
    ) -> None:
        """Keep what failed, forget what did not, and how far it is now: all or nothing.

        Raises TakenOver where another one sends by now.
        """
        writes: list[Any] = [DeleteOne({"_id": one.document_id}) for one in gone]
        writes += [ReplaceOne({"_id": one.document_id}, one.document(), True) for one in kept]
        await undisturbed(self._write(webhook, holder, progress, writes))

    async def _write(
        self, webhook: str, holder: str, progress: Progress, writes: Sequence[Any]
    ) -> None:
        own = {"_id": webhook, "holder": holder}
        change = {"$set": progress.fields()}
        rows = self._database[PROGRESS]
        if not writes:
            if not (await rows.update_one(own, change)).matched_count:
                raise TakenOver
            return
        async with transaction(self._database) as session:
            if not (await rows.update_one(own, change, session=session)).matched_count:
                raise TakenOver
            await self._database[DELIVERIES].bulk_write(list(writes), session=session)

    async def forget(self, webhook: str, tenant: str) -> None:
        """Nothing is sent any more: forget all of it, the webhook as well. Whoever sends still
        notices.
        """
        await self._database[PROGRESS].delete_one({"_id": webhook})
        await self._database[DELIVERIES].delete_many({"tenant": tenant, "webhook": webhook})
        await self._database[CLAIMS].delete_many({"tenant": tenant, "webhook": webhook})
        await self._database[WEBHOOKS.collection].delete_one({"_id": webhook})

    async def again(self, webhook: str, tenant: str, key: str, at: datetime) -> bool:
        """Let what waits or was parked be sent at once; whether there is such a one."""
        fresh = {"state": "waiting", "attempts": 0, "first_at": at, "next_at": at}
        done = await self._database[DELIVERIES].update_one(
            {"_id": f"{webhook}:{key}", "tenant": tenant}, {"$set": fresh}
        )
        return bool(done.matched_count)

    async def add(self, delivery: Delivery) -> None:
        """Send a state again that was delivered, unless a newer one of it waits."""
        await self._database[DELIVERIES].update_one(
            {"_id": delivery.document_id}, {"$setOnInsert": delivery.document()}, upsert=True
        )
