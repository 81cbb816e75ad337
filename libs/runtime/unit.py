"""A unit of work: what one commit will write, gathered in memory while the rules run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.events import TOPICS, Envelope, Event, encode

from .clock import new_id
from .mongo import Document, size_of
from .rule import Change, Claim, Context, Increment
from .store import Aggregate, Held

ATTRIBUTES = 1024
"""Bytes that key, headers and framing of an event take, about."""

RECORD_OVERHEAD = 16 * 1024
"""Bytes kept free of a topic's record limit for the same at their longest."""

STATE_LIMIT = 8 * 1024 * 1024


class TooLarge(Exception):
    """An event that its topic would refuse, or a state that cannot be stored. Its text is which.

    It must not be committed.
    """


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way to the bus, as an outbox document keeps it."""

    topic: str
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None

    @property
    def size(self) -> int:
        """Bytes on the wire, about."""
        return len(self.value or b"") + ATTRIBUTES

    def document(self) -> Document:
        """As a part of an outbox document."""
        return {
            "topic": self.topic,
            "key": self.key,
            "headers": dict(self.headers),
            "value": self.value,
        }

    @classmethod
    def of(cls, part: Document) -> Outgoing:
        """Read back what `document` wrote."""
        return cls(part["topic"], part["key"], tuple(part["headers"].items()), part["value"])


@dataclass(slots=True)
class Unit:
    """Documents in hand, events to tell, and what else goes into the same transaction.

    A `careful` one counts after each event, and not once for each document at the end.
    """

    service: str
    now: datetime
    careful: bool = False
    held: dict[tuple[str, str], Held[Any]] = field(default_factory=dict)
    outgoing: list[Outgoing] = field(default_factory=list)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)
    inserts: list[tuple[str, Document]] = field(default_factory=list)
    updates: list[tuple[str, str, Document]] = field(default_factory=list)
    cells: dict[tuple[str, str], Increment] = field(default_factory=dict)

    def take(self, aggregate: Aggregate[Any], documents: Iterable[Document]) -> None:
        """Take stored documents in hand."""
        for document in documents:
            held = Held.of(aggregate, document)
            self.held[aggregate.collection, held.id] = held

    def hold(self, aggregate: Aggregate[Any], id: str) -> Held[Any]:
        """The document in hand; an empty one where it is not stored yet."""
        key = (aggregate.collection, id)
        if key not in self.held:
            self.held[key] = Held(aggregate, id)
        return self.held[key]

    def apply(self, held: Held[Any], change: Change[Any], context: Context, cause: str) -> None:
        """Take a rule's decision: its state, and its events with their place in the history.

        Raises TooLarge, having changed nothing, for an event that its topic would refuse.
        """
        self.apply_all(((held, change),), context, cause)

    def apply_all(
        self, changes: Iterable[tuple[Held[Any], Change[Any]]], context: Context, cause: str
    ) -> None:
        """Take what was decided of several documents: all of it, or nothing (TooLarge)."""
        taken = []
        for held, change in changes:
            if change.state is held.state and not change.events:
                continue
            sent = dict(held.sent)
            outgoing = [
                self._outgoing(held, event, change.state.tenant, sent, context, cause)
                for event in change.events
            ]
            taken.append((held, change.state, sent, outgoing))
        for held, state, sent, outgoing in taken:
            held.state = state
            held.sent = sent
            held.version += 1
            self.outgoing.extend(outgoing)
            if outgoing:
                held.told = True

    def check(self, held: Held[Any], state: Any) -> None:
        """Raise TooLarge, or the encoder's error, for a state that the store would refuse."""
        if state is not held.state and size_of(held.aggregate.dump(state)) > STATE_LIMIT:
            raise TooLarge("state_too_large")

    def _outgoing(
        self,
        held: Held[Any],
        event: Event,
        tenant: str,
        sent: dict[str, int],
        context: Context,
        cause: str,
    ) -> Outgoing:
        sent[event.topic] = sent.get(event.topic, 0) + 1
        encoded = encode(
            event,
            Envelope(
                id=new_id(),
                source=f"/sokak/{self.service}",
                type=event.type,
                subject=held.id,
                time=context.now,
                sequence=sent[event.topic],
                tenant=tenant or None,
                tenant_version=context.tenant.version if context.tenant else None,
                causation_id=cause,
                traceparent=context.cause.traceparent if context.cause else None,
            ),
        )
        outgoing = Outgoing(encoded.topic, held.id, encoded.headers, encoded.value)
        topic = TOPICS.get(event.topic)
        if topic and outgoing.size + RECORD_OVERHEAD > topic.max_record_bytes:
            raise TooLarge("event_too_large")
        return outgoing

    def add(self, increments: Iterable[Increment]) -> None:
        """Add to cells; amounts for the same cell are summed."""
        for one in increments:
            key = (one.collection, one.id)
            known = self.cells.get(key)
            if known is None:
                self.cells[key] = Increment(*key, one.labels, dict(one.amounts))
                continue
            for name, amount in one.amounts.items():
                known.amounts[name] = known.amounts.get(name, 0) + amount

    @property
    def changed(self) -> list[Held[Any]]:
        """The documents that are to be written."""
        return [held for held in self.held.values() if held.changed]
