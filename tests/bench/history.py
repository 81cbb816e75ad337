"""A municipality's history in bulk: the same rules, documents and events as through an import,
in memory, with no transaction, relay or consumer between.

The product's import takes much longer: it is made to be safe, and not to be alone.
Here each portion of old requests goes through intake's desk and then through every
service's own chain of delivery, and is stored when nothing more happens to it: one insert for
each document, one record for each event, and cells once at the end.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from pymongo import InsertOne

from libs.runtime.clock import HybridClock, now
from libs.runtime.commands import Taken
from libs.runtime.commit import Commit
from libs.runtime.consume import Chain
from libs.runtime.kafka import AIOKafkaProducer, partition_of
from libs.runtime.mongo import Database, Document, connect
from libs.runtime.record import Record
from libs.runtime.rule import Command, Context
from libs.runtime.service import Parts
from libs.runtime.settings import Settings
from libs.runtime.store import Held
from libs.runtime.table import TenantTable
from libs.runtime.unit import Outgoing, Unit
from services.crm.app import PARTS as CRM
from services.intake.app import PARTS as INTAKE
from services.intake.asked import Row
from services.intake.desk import Desk, Secrets
from services.reporting.projection import parts as reporting_parts
from services.reporting.store import Generation
from services.routing.app import PARTS as ROUTING

SOURCE = "bench"


class Kept(Commit):
    """A commit to memory: documents in hand, what is to be told, and what else is written."""

    def __init__(self, service: str, database: Database) -> None:
        super().__init__(service, database, lambda: None)
        self._numbers = HybridClock()
        self._names: set[tuple[str, str]] = set()
        self.held: dict[tuple[str, str], Held[Any]] = {}
        self.outgoing: list[Outgoing] = []
        self.claimed: dict[str, list[Document]] = defaultdict(list)
        self.cells = Unit(service, now())

    async def __call__(self, unit: Unit) -> None:
        """Keep it."""
        assert not unit.inserts, "something was parked"
        number = self._numbers.next(0)
        for held in unit.changed:
            held.loaded = held.version
            if held.told:
                held.outbox_at = number
            self.held[held.aggregate.collection, held.id] = held
        self.outgoing += unit.outgoing
        for claim in unit.claims.values():
            self._names.add((claim.collection, claim.id))
            self.claimed[claim.collection].append({"_id": claim.id, **claim.document})
        self.cells.add(unit.cells.values())

    def has(self, command: Command) -> bool:
        """Whether somebody has a name already that the command claims."""
        wanted = {(claim.collection, claim.id) for claim in command.claims}
        return not self._names.isdisjoint(wanted)

    def take_outgoing(self) -> list[Outgoing]:
        """What was told since the last time."""
        told, self.outgoing = self.outgoing, []
        return told

    def take_documents(self) -> Iterator[tuple[str, list[Document]]]:
        """What is to be stored, by collection; it is forgotten here."""
        documents: dict[str, list[Document]] = defaultdict(list)
        for (collection, _), held in self.held.items():
            documents[collection].append(held.document())
        documents |= self.claimed
        self.held, self.claimed = {}, defaultdict(list)
        yield from documents.items()


class Grown(Chain):
    """A service's chain of delivery over documents in memory."""

    def __init__(self, parts: Parts, database: Database, tenants: TenantTable) -> None:
        self.kept = Kept(parts.name, database)
        super().__init__(
            parts.name,
            database,
            parts.aggregates[0],
            parts.rules,
            self.kept,
            tenants.get,
            _all_known,
        )

    async def load(self, unit: Unit, ids: Iterable[str]) -> None:
        """Take what is in memory: nothing else can be meant."""
        unit.held |= self.kept.held

    def heard(self, told: Iterable[Outgoing]) -> list[Record]:
        """Of what others have told, the records that this service reads."""
        at = now()
        return [
            Record(one.topic, _partition(one.key), 0, at, one.key.encode(), one.headers, one.value)
            for one in told
            if one.topic in self.rules.topics
        ]


@lru_cache(maxsize=10_000)
def _partition(key: str) -> int:
    return partition_of(key)


async def _all_known(_: Mapping[str, int]) -> None:
    """Every tenant was read from the stored tables before."""


@dataclass
class Counter:
    """What intake's desk needs of the running service: here it writes to memory."""

    tenants: TenantTable
    database: Database
    kept: Kept
    settings: Settings = field(default_factory=Settings)

    def now(self) -> datetime:
        """The time, UTC, whole milliseconds."""
        return now()

    async def execute_many(self, commands: Iterable[Command]) -> list[Any]:
        """Carry them out, each on a document of its own."""
        unit = Unit(INTAKE.name, now())
        answers = [self._execute(unit, command) for command in commands]
        await self.kept(unit)
        return answers

    def _execute(self, unit: Unit, command: Command) -> Any:
        if self.kept.has(command):
            return Taken()
        held = unit.hold(INTAKE.aggregates[0], command.target)
        context = Context(command.target, unit.now, self.tenants.get(command.tenant))
        change = command.decide(None, context)
        unit.apply(held, change, context, command.id)
        held.commands = [[command.id, change.answer]]
        unit.claims |= {(claim.collection, claim.id): claim for claim in command.claims}
        return change.answer


class Municipality:
    """All services' documents of a history, portion by portion."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, tenants: TenantTable):
        self._producer = producer
        self._databases = {
            parts.name: connect(settings.mongo, f"{settings.database}_{parts.name}")
            for parts in (INTAKE, ROUTING, CRM, reporting_parts(Generation(1)))
        }
        self._intake, self._routing, self._crm, self._reporting = self._chains = [
            Grown(parts, self._databases[parts.name], tenants)
            for parts in (INTAKE, ROUTING, CRM, reporting_parts(Generation(1)))
        ]
        counter: Any = Counter(tenants, self._databases[INTAKE.name], self._intake.kept)
        self._desk = Desk(counter, Secrets(settings.secret.encode()))
        self._storing: asyncio.Task[None] | None = None

    async def live(self, rows: list[Row]) -> None:
        """Let these requests live through all services; stored while the next ones live."""
        outcomes = await self._desk.take_over(SOURCE, rows, None, None)
        assert {one.outcome for one in outcomes} == {"accepted"}, outcomes
        told = self._intake.kept.take_outgoing()
        for chain in (self._routing, self._crm, self._intake, self._reporting):
            await chain(chain.heard(told))
            told += chain.kept.take_outgoing()
        documents = [
            (chain.database[collection], found)
            for chain in self._chains
            for collection, found in chain.kept.take_documents()
        ]
        await self.stored()
        self._storing = asyncio.create_task(self._store(documents, told))

    async def stored(self) -> None:
        """Wait until all but the cells is stored and sent."""
        if self._storing is not None:
            await self._storing

    async def _store(
        self, documents: list[tuple[Any, list[Document]]], told: list[Outgoing]
    ) -> None:
        acks = [
            await self._producer.send(
                one.topic, one.value, key=one.key.encode(), headers=list(one.headers)
            )
            for one in told
        ]
        await asyncio.gather(*(where.insert_many(some, ordered=False) for where, some in documents))
        await asyncio.gather(*acks)

    async def close(self) -> None:
        """Store the cells; leave."""
        await self.stored()
        cells: dict[str, list[Any]] = defaultdict(list)
        for cell in self._reporting.kept.cells.cells.values():
            if amounts := {name: amount for name, amount in cell.amounts.items() if amount}:
                document = {"_id": cell.id, **cell.labels, "amounts": amounts}
                cells[cell.collection].append(InsertOne(document))
        for collection, writes in cells.items():
            await self._reporting.database[collection].bulk_write(writes, ordered=False)
        for database in self._databases.values():
            database.client.close()
