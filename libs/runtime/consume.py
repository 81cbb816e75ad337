"""From a batch of records to one commit: the whole policy of delivery, in one place."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from libs.events import EVENTS, Event
from libs.tenants import Tenant

from .clock import now
from .commit import Commit
from .kafka import partition_of
from .metrics import APPLIED, CONFLICTS, CONSUMED, PARKED, SKIPPED
from .mongo import Conflict, Database, Document, is_infrastructure
from .record import (
    Delivery,
    Record,
    loggable,
    parked_document,
    parked_record,
    place_in_history,
    read,
)
from .rule import Change, Context, Increment, Rule
from .store import Aggregate, Held
from .unit import TooLarge, Unit

log = structlog.get_logger()

DEAD = "dead"
GAP = "gap"
BEHIND = "behind"

Project = Callable[[Any, Any, int], Iterable[Increment]]
TenantOf = Callable[[str], Tenant | None]
Follow = Callable[[Unit, Database, TenantOf], Awaitable[None]]


class CannotProject(Exception):
    """A batch's documents cannot all be counted; one event among many may be why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a service does with events: topics, rules, and which topics must have no holes.

    `whole` are the topics whose every type the service keeps count of. `project` makes a
    projection's increments from a state before and after, and the partition of its key. `follow`
    takes further documents into a unit's commit that follow from those it has changed.
    """

    topics: tuple[str, ...]
    table: Mapping[type[Event], Rule]
    whole: frozenset[str] = frozenset()
    project: Project | None = None
    follow: Follow | None = None


class Chain:
    """Applies records of one service to the aggregate that their keys name.

    `settled` holds dead letters, by place, that an earlier generation of a projection discarded
    or repaired, or whose gap it accepted: a rebuild obeys them.
    """

    def __init__(
        self,
        service: str,
        database: Database,
        aggregate: Aggregate[Any],
        rules: Rules,
        commit: Commit,
        tenant_of: TenantOf,
        tenants_known: Callable[[Mapping[str, int]], Awaitable[None]],
        dead: str = DEAD,
    ) -> None:
        self.service = service
        self.aggregate = aggregate
        self.rules = rules
        self.database = database
        self.commit = commit
        self.dead = dead
        self.settled: dict[str, Document] = {}
        self._tenant_of = tenant_of
        self._tenants_known = tenants_known

    async def __call__(self, records: Sequence[Record]) -> list[str]:
        """Apply a batch, exactly once in effect; the keys whose parked events may go on now.

        Bad records are parked, never raised. What is raised is infrastructure: the whole batch
        comes again.
        """
        deliveries = [self._read(record) for record in records]
        for topic, amount in Counter(record.topic for record in records).items():
            CONSUMED.labels(self.service, topic).inc(amount)
        await self._wait_for_tenants(deliveries)
        attempt = 0
        careful = False
        while True:
            try:
                return await self._attempt(deliveries, careful)
            except Conflict:
                CONFLICTS.labels(self.service).inc()
                attempt += 1
                await asyncio.sleep(random.uniform(0, min(0.5, 0.002 * 2 ** min(attempt, 9))))
            except Exception as error:
                if careful or is_infrastructure(error):
                    raise
                careful = True  # event by event, to find the one that the store will not take

    def _read(self, record: Record) -> Delivery:
        row = self.settled.get(record.place)
        return read(parked_record(row) if row and row.get("repaired") else record, EVENTS)

    async def _attempt(self, deliveries: Sequence[Delivery], careful: bool) -> list[str]:
        unit = Unit(self.service, now(), careful=careful)
        await self.load(unit, {delivery.id for delivery in deliveries})
        known = await self._known_places(unit, deliveries)
        released: list[str] = []
        tally: dict[tuple[Any, str], int] = {}
        for index, delivery in enumerate(deliveries):
            if index % 50 == 49:
                await asyncio.sleep(0)
            outcome = self._step(unit, delivery, known, released)
            counter = (outcome, delivery.record.topic)
            tally[counter] = tally.get(counter, 0) + 1
        self.project(unit)
        await self.write(unit)
        for (counter, topic), amount in tally.items():
            counter.labels(self.service, topic).inc(amount)
        return released

    async def write(self, unit: Unit) -> None:
        """Commit a unit of work, with what follows from it."""
        if self.rules.follow is not None:
            await self.rules.follow(unit, self.database, self._tenant_of)
        await self.commit(unit)

    async def load(self, unit: Unit, ids: Iterable[str]) -> None:
        """Take the stored documents of these ids in hand."""
        found = self.database[self.aggregate.collection].find({"_id": {"$in": list(ids)}})
        unit.take(self.aggregate, await found.to_list(None))

    async def _known_places(self, unit: Unit, deliveries: Sequence[Delivery]) -> set[str]:
        """Which of the records are stored as dead letters, whatever became of them since."""
        places = [
            delivery.record.place
            for delivery in deliveries
            if delivery.fault or unit.hold(self.aggregate, delivery.id).queued
        ]
        if not places:
            return set()
        found = self.database[self.dead].find({"_id": {"$in": places}}, ["_id"])
        return {row["_id"] async for row in found}

    def _step(self, unit: Unit, delivery: Delivery, known: set[str], released: list[str]) -> Any:
        """Deal with one record; returns the counter of what was done."""
        held = unit.hold(self.aggregate, delivery.id)
        settled = self.settled.get(delivery.record.place)
        if settled and settled["status"] == "discarded":
            if settled["passed_over"]:
                self.pass_over(held, settled)
            return SKIPPED
        if delivery.record.place in known and not settled:
            return SKIPPED
        if delivery.fault:
            return self.park(unit, held, delivery, delivery.fault)
        place_in_order = self.place_in_order(held, delivery)
        if place_in_order == "repeat":
            return SKIPPED
        if place_in_order == GAP and not (settled and settled.get("gap_accepted")):
            return self.park(unit, held, delivery, BEHIND if held.parked else GAP)
        if held.parked:
            if not self._is_awaited(held, delivery):
                return self.park(unit, held, delivery, BEHIND)
            held.gap = None
            released.append(held.id)
        fault = self.apply(unit, held, delivery)
        if fault:
            return self.park(unit, held, delivery, fault)
        return APPLIED if type(delivery.event) in self.rules.table else SKIPPED

    def place_in_order(self, held: Held[Any], delivery: Delivery) -> str:
        """`next`, `repeat`, or `gap` where an event before it is missing."""
        envelope = delivery.envelope
        assert envelope is not None
        if envelope.sequence <= held.last_seen(delivery.record.topic, envelope.subject):
            return "repeat"
        return GAP if self.awaited(held, delivery) else "next"

    def awaited(self, held: Held[Any], delivery: Delivery) -> list[Any] | None:
        """Topic, subject and sequence of what must come before; None where nothing must."""
        envelope, topic = delivery.envelope, delivery.record.topic
        if envelope is None or topic not in self.rules.whole:
            return None
        missing = held.missing_before(topic, envelope.subject, envelope.sequence)
        return None if missing is None else [topic, envelope.subject, missing]

    def _is_awaited(self, held: Held[Any], delivery: Delivery) -> bool:
        """Whether the first parked record of its key waits for this one, which is the next.

        It may also be one before it, which was given up and comes all the same.
        """
        envelope = delivery.envelope
        if envelope is None or held.gap is None:
            return False
        topic, subject, awaited = held.gap
        history = (delivery.record.topic, envelope.subject)
        return history == (topic, subject) and envelope.sequence <= awaited

    def apply(self, unit: Unit, held: Held[Any], delivery: Delivery) -> str | None:
        """Run the rule and take its decision; the reason to park it, or None."""
        envelope, event = delivery.envelope, delivery.event
        assert envelope is not None
        topic = delivery.record.topic
        rule = self.rules.table.get(type(event)) if event is not None else None
        if rule is None:
            if topic in self.rules.whole:
                held.mark_seen(topic, envelope.subject, envelope.sequence)
            return None
        slug = held.tenant or getattr(event, "tenant", None)
        context = Context(
            id=held.id,
            now=unit.now,
            tenant=self._tenant_of(slug) if isinstance(slug, str) else None,
            cause=envelope,
        )
        before = held.state
        try:
            change: Change[Any] = rule(before, event, context)
            if unit.careful:
                unit.check(held, change.state)
                self._project(unit, held, change.state)
            unit.apply(held, change, context, envelope.id)
        except TooLarge as error:
            return str(error)
        except Exception as error:
            log.error(
                "rule_failed",
                service=self.service,
                place=delivery.record.place,
                error=type(error).__name__,
                where=_where(error),
            )
            return f"rule_failed:{type(error).__name__}"
        held.mark_seen(topic, envelope.subject, envelope.sequence)
        return None

    def project(self, unit: Unit) -> None:
        """Add to the cells what has become of each document: once a batch, as amounts add up."""
        for held in unit.changed:
            if held.state is not held.counted:
                try:
                    self._project(unit, held, held.state)
                except Exception as error:
                    raise CannotProject from error

    def _project(self, unit: Unit, held: Held[Any], after: Any) -> None:
        if self.rules.project is not None:
            unit.add(list(self.rules.project(held.counted, after, partition_of(held.id))))
            held.counted = after

    def park(self, unit: Unit, held: Held[Any], delivery: Delivery, reason: str) -> Any:
        """Put a record aside, in the order of its key."""
        if reason == GAP:
            held.gap = self.awaited(held, delivery)
        held.queued += 1
        held.parked += 1
        held.version += 1
        row = parked_document(delivery.record, reason, held.queued, unit.now)
        unit.inserts.append((self.dead, row))
        log.warning(
            "event_parked",
            service=self.service,
            place=delivery.record.place,
            id=loggable(held.id),
            reason=reason,
        )
        return PARKED

    def pass_over(self, held: Held[Any], row: Document) -> bool:
        """Wait no longer for what a discarded record says that it was.

        It may have been a forgery: the true event is applied if it comes before the next.
        """
        subject, sequence = place_in_history(row)
        topic = row["record"]["topic"]
        if sequence is None or topic not in self.rules.whole:
            return False
        return held.pass_over(topic, subject or held.id, sequence)

    async def _wait_for_tenants(self, deliveries: Sequence[Delivery]) -> None:
        """An event made under a newer version of a tenant waits until the table holds it."""
        versions: dict[str, int] = {}
        for delivery in deliveries:
            envelope = delivery.envelope
            if envelope and envelope.tenant and envelope.tenant_version:
                known = versions.get(envelope.tenant, 0)
                versions[envelope.tenant] = max(known, envelope.tenant_version)
        await self._tenants_known(versions)


def _where(error: BaseException) -> str:
    """File and line of the innermost frame; an error's text may hold content."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (
        f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    )
