"""Documents: what a collection holds, state to document and back, reads of one tenant."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from pymongo import IndexModel

from .mongo import Collection, Database, Document
from .walk import pages

S = TypeVar("S")
Sort = Sequence[tuple[str, int]]

APART: Document = {"$skip": 0}
"""A stage that does nothing, between what an index holds and the rest. A store that takes two
conditions together may look through all that it has for want of one index that holds everything;
one that does not mind takes the stage away.
"""

RUNTIME_FIELDS = frozenset(
    (
        *("_id", "version", "seen", "sent", "parked", "queued", "gap", "passed"),
        *("outbox_at", "commands", "stub"),
    )
)
KEPT_COMMANDS = 32
PAGE = 100
"""Documents in memory at a time where all of a tenant's are read: the largest have megabytes."""


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """What one collection holds: a frozen dataclass for each document, with a `tenant` field."""

    collection: str
    state: type[S]
    indexes: tuple[IndexModel, ...] = ()

    @cached_property
    def adapter(self) -> TypeAdapter[S]:
        """Reads a state from a document and writes it, field by field."""
        return TypeAdapter(self.state)

    def state_of(self, document: Document) -> S | None:
        """The state in a document; None for a stub, which holds only the runtime's own fields."""
        return None if document.get("stub") else self.adapter.validate_python(document)

    def dump(self, state: S) -> Document:
        """The fields of a state."""
        fields: Document = self.adapter.dump_python(state)
        return fields


@dataclass(frozen=True, slots=True)
class Stored(Generic[S]):
    """A document as it is stored. `state` is None where it holds the runtime's own fields only."""

    id: str
    version: int
    state: S | None

    @classmethod
    def of(cls, aggregate: Aggregate[S], document: Document) -> Stored[S]:
        """Read a document."""
        return cls(document["_id"], document["version"], aggregate.state_of(document))


@dataclass(slots=True)
class Held(Generic[S]):
    """A document in hand while a unit of work changes it. `loaded` is the stored version.

    `parked` counts its dead letters, `queued` numbers them and is never less; `gap` is topic,
    subject and sequence of the event that the first of them waits for, `passed` are those that
    need not be waited for. `before` is the stored state, `counted` the one that a projection's
    cells hold.
    """

    aggregate: Aggregate[S]
    id: str
    loaded: int = 0
    version: int = 0
    state: S | None = None
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    parked: int = 0
    queued: int = 0
    gap: list[Any] | None = None
    passed: list[list[Any]] = field(default_factory=list)
    outbox_at: int = 0
    commands: list[list[Any]] = field(default_factory=list)
    told: bool = False
    before: S | None = None
    counted: S | None = None

    @classmethod
    def of(cls, aggregate: Aggregate[S], document: Document) -> Held[S]:
        """Take a stored document in hand."""
        state = aggregate.state_of(document)
        return cls(
            aggregate=aggregate,
            id=document["_id"],
            loaded=document["version"],
            version=document["version"],
            state=state,
            before=state,
            counted=state,
            seen=document["seen"],
            sent=document["sent"],
            parked=document["parked"],
            queued=document["queued"],
            gap=document["gap"],
            passed=document.get("passed", []),
            outbox_at=document["outbox_at"],
            commands=document["commands"],
        )

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.version != self.loaded

    @property
    def tenant(self) -> str | None:
        """The tenant that the document belongs to, once it is known."""
        return getattr(self.state, "tenant", None) or None

    def last_seen(self, topic: str, subject: str) -> int:
        """The sequence number of the subject's last event in the topic that was applied."""
        return self.seen.get(topic, {}).get(subject, 0)

    def mark_seen(self, topic: str, subject: str, sequence: int) -> None:
        """Remember that the event is dealt with; counts as a change."""
        self.seen.setdefault(topic, {})[subject] = sequence
        self.version += 1
        if self.passed:
            self.passed = [one for one in self.passed if not _is_done(one, self.seen)]

    def pass_over(self, topic: str, subject: str, sequence: int) -> bool:
        """Wait no longer for an event; should it come in time, it is applied all the same."""
        one = [topic, subject, sequence]
        if sequence <= self.last_seen(topic, subject) or one in self.passed:
            return False
        self.passed.append(one)
        self.version += 1
        return True

    def missing_before(self, topic: str, subject: str, sequence: int) -> int | None:
        """The first number before this one that has not come and is to be waited for."""
        missing = self.last_seen(topic, subject) + 1
        while [topic, subject, missing] in self.passed:
            missing += 1
        return missing if missing < sequence else None

    def document(self) -> Document:
        """What is stored."""
        document: Document = {
            "_id": self.id,
            "version": self.version,
            "seen": self.seen,
            "sent": self.sent,
            "parked": self.parked,
            "queued": self.queued,
            "gap": self.gap,
            "outbox_at": self.outbox_at,
            "commands": self.commands[-KEPT_COMMANDS:],
        }
        if self.passed:
            document["passed"] = self.passed
        if self.state is None:
            return document | {"stub": True}
        return document | self.aggregate.dump(self.state)


def _is_done(one: list[Any], seen: dict[str, dict[str, int]]) -> bool:
    topic, subject, sequence = one
    return bool(sequence <= seen.get(topic, {}).get(subject, 0))


class Scoped:
    """Reads of one tenant's documents: the tenant is put into every filter."""

    def __init__(self, database: Database, collection: str, tenant: str) -> None:
        if not tenant:
            raise ValueError("a scope needs a tenant")
        self._collection: Collection = database[collection]
        self.tenant = tenant

    def _own(self, filter: Document) -> Document:
        """The id goes first: a store may look for the first field that begins an index, and so
        through all that the tenant has.
        """
        if "tenant" in filter:
            return {"$and": [{"tenant": self.tenant}, filter]}
        named = {"_id": filter["_id"]} if "_id" in filter else {}
        return named | {"tenant": self.tenant} | filter

    async def find(
        self,
        filter: Document,
        *,
        limit: int,
        sort: Sort | None = None,
        projection: Sequence[str] | Document | None = None,
        hint: str | None = None,
    ) -> list[Document]:
        """At most `limit` of the tenant's documents that match; `hint` names the index to use."""
        cursor = self._collection.find(self._own(filter), projection).limit(limit)
        cursor = cursor.hint(hint) if hint else cursor
        return await (cursor.sort(list(sort)) if sort else cursor).to_list(limit)

    async def portions(
        self,
        filter: Document,
        size: int,
        *,
        sort: Sort | None = None,
        projection: Document | None = None,
    ) -> AsyncGenerator[list[Document], None]:
        """All of the tenant's documents that match, so many at a time."""
        cursor = self._collection.find(self._own(filter), projection, batch_size=size)
        cursor = cursor.sort(list(sort)) if sort else cursor
        while found := await cursor.to_list(size):
            yield found

    def pages(self) -> AsyncIterator[list[Document]]:
        """All of the tenant's documents whose ids are UUIDs, in their order, a page at a time."""
        return pages(self._collection, page=PAGE, where={"tenant": self.tenant})

    async def find_one(
        self, filter: Document, *, projection: Sequence[str] | Document | None = None
    ) -> Document | None:
        """One of the tenant's documents, or None."""
        return await self._collection.find_one(self._own(filter), projection)

    async def aggregate(self, pipeline: Sequence[Document]) -> list[Document]:
        """The pipeline over the tenant's documents.

        A match that comes first is made one with the tenant's: not every store does so by itself,
        and one that does not looks through all that the tenant has.
        """
        first, rest = {}, list(pipeline)
        if rest and set(rest[0]) == {"$match"}:
            first = rest.pop(0)["$match"]
        stages = [{"$match": self._own(first)}, *rest]
        return await self._collection.aggregate(stages).to_list(None)

    async def count(self, filter: Document, *, limit: int | None = None) -> int:
        """How many of the tenant's documents match, counting no further than `limit`."""
        options: dict[str, Any] = {"limit": limit} if limit else {}
        return await self._collection.count_documents(self._own(filter), **options)
