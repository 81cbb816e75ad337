"""A small aggregate that notes what it hears, its rules, and records as Kafka would bring them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from libs.events import (
    Actor,
    Envelope,
    Event,
    RequestAmended,
    RequestText,
    RequestUnroutable,
    TaskCommented,
    encode,
)
from libs.runtime.clock import new_id
from libs.runtime.commands import IDEMPOTENCY, Commands
from libs.runtime.commit import OUTBOX, Commit
from libs.runtime.consume import DEAD, Chain, Rules
from libs.runtime.dead import DeadLetters
from libs.runtime.kafka import partition_of
from libs.runtime.mongo import Database, Document, connect, ensure_collections
from libs.runtime.record import RawHeaders, Record
from libs.runtime.rule import Change, Claim, Command, Context, Increment, Refused
from libs.runtime.store import Aggregate

NOW = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)
LETTERS = {"requests": "q", "routing": "r", "request_texts": "t"}
TOLD: dict[str, Event] = {
    "requests": RequestAmended(occurred_at=NOW),
    "routing": RequestUnroutable(occurred_at=NOW, reason="tenant_left"),
    "request_texts": RequestText(text="Kaldırım bozuk."),
}
NAMES, CELLS = "names", "cells"


@dataclass(frozen=True)
class Listener:
    """What it heard, as letter of the topic and number: `q1`; a command's word as it is."""

    tenant: str
    heard: tuple[str, ...] = ()


LISTENERS = Aggregate("listeners", Listener)
OTHERS = Aggregate("others", Listener)


def said(by: str) -> TaskCommented:
    """The event that a listener tells for each thing that it hears."""
    return TaskCommented(occurred_at=NOW, public=True, message=by, by=Actor(kind="system"))


def say(state: Listener | None, context: Context, *, word: str) -> Change[Listener]:
    """A command: take a word; `no` is refused, `bug` fails."""
    state = state or Listener("kecioren")
    if word == "no":
        raise Refused("not-that", "Not that word.", 409, heard=len(state.heard))
    if word == "bug":
        raise RuntimeError(word)
    heard = (*state.heard, word)
    return Change(replace(state, heard=heard), (said(word),), {"word": word, "at": len(heard)})


def command(target: str, word: str, **more: Any) -> Command:
    """A command to say a word."""
    id = more.pop("id", None) or new_id()

    def decide(state: Listener | None, context: Context) -> Change[Listener]:
        return say(state, context, word=word)

    return Command(id, target, "kecioren", decide, **more)


def named(name: str) -> Claim:
    """A claim to a name."""
    return Claim(NAMES, name, {"taken": True})


def counted(before: Listener | None, after: Listener, partition: int) -> Iterable[Increment]:
    """How many listeners have heard how much, and of what kind."""
    for state, amount in ((before, -1), (after, 1)):
        if state is not None:
            labels = {"partition": partition, "heard": len(state.heard)}
            kinds = {f"{kind}.all": amount * n for kind, n in _kinds(state).items()}
            id = f"{partition}:{len(state.heard)}"
            yield Increment(CELLS, id, labels, {"listeners": amount, "none": 0, **kinds})


def _kinds(state: Listener) -> Counter[str]:
    return Counter(label[0] for label in state.heard)


@dataclass
class Service:
    """All that one process of a service has of the runtime, over one database.

    Labels at which its rule fails are `broken`; `bloats` makes a state too large to be kept,
    `uncountable` fails the count. `known` waits for versions of tenants.
    """

    database: Database
    broken: set[str] = field(default_factory=set)
    bloats: set[str] = field(default_factory=set)
    uncountable: set[str] = field(default_factory=set)
    projects: bool = False
    dead_letters: str = DEAD
    rung: int = 0
    known: Callable[[Mapping[str, int]], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        rules = Rules(
            tuple(LETTERS),
            {type(event): self.hear for event in TOLD.values()},
            frozenset(("requests", "routing")),
            self.count if self.projects else None,
        )
        self.commit = Commit("crm", self.database, self.ring)
        self.chain = Chain(
            "crm",
            self.database,
            LISTENERS,
            rules,
            self.commit,
            lambda slug: None,
            self.tenants_known,
            self.dead_letters,
        )
        self.dead = DeadLetters(self.chain)
        self.commands = Commands(
            "crm", self.database, (LISTENERS, OTHERS), self.commit, lambda slug: None
        )

    def ring(self) -> None:
        self.rung += 1

    async def tenants_known(self, versions: Mapping[str, int]) -> None:
        """Every version is known, where nothing else is said."""
        if self.known:
            await self.known(versions)

    def count(
        self, before: Listener | None, after: Listener, partition: int
    ) -> Iterable[Increment]:
        """What the projection counts."""
        if self.uncountable & set(after.heard):
            raise ArithmeticError
        return counted(before, after, partition)

    def hear(self, state: Listener | None, event: Event, context: Context) -> Change[Listener]:
        """The rule of every event: note it, and tell that it was heard."""
        assert context.cause is not None
        label = f"{LETTERS[event.topic]}{context.cause.sequence}"
        if {label, f"{context.id}:{label}"} & self.broken:
            raise LookupError(label)
        state = state or Listener("kecioren")
        events = () if self.projects else (said(label),)
        heard = (*state.heard, label)
        if {label, f"{context.id}:{label}"} & self.bloats:
            heard = (*heard, "x" * 17_000_000)
        return Change(replace(state, heard=heard), events)

    async def consume(self, *records: Record) -> None:
        """One batch, as a service does it."""
        for key in dict.fromkeys(await self.chain(records)):
            await self.dead.replay_key(key, "system")

    async def document(self, id: str) -> Document:
        found = await self.database[LISTENERS.collection].find_one({"_id": id})
        assert found is not None
        return found

    async def heard(self, id: str) -> list[str]:
        """What the listener has heard; nothing where there is none."""
        found = await self.database[LISTENERS.collection].find_one({"_id": id})
        return list(found.get("heard", ())) if found else []

    async def states(self) -> list[tuple[list[str], int]]:
        """What each has heard, and its partition."""
        rows = self.database[LISTENERS.collection].find({})
        return [(row["heard"], partition_of(row["_id"])) async for row in rows]

    async def parked(self, id: str | None = None) -> list[Document]:
        """The dead letters that wait, in order."""
        filter = {"status": "parked"} | ({"key": id} if id else {})
        rows = self.database[self.dead_letters].find(filter)
        return await rows.sort([("key", 1), ("order", 1)]).to_list(None)

    async def told(self) -> list[tuple[str, int, str]]:
        """What waits in the outbox, in its order: key, number in the history, words."""
        return [
            (
                event["key"],
                int(bytes(dict(event["headers"])["ce_sequence"])),
                TaskCommented.model_validate_json(bytes(event["value"])).message or "",
            )
            async for document in self.database[OUTBOX].find({}).sort("_id", 1)
            for event in document["events"]
        ]


async def service_at(url: str, name: str, **more: Any) -> Service:
    """A service with its collections, over a connection of its own."""
    service = Service(connect(url, name), **more)
    await make_collections(service.database, service.dead_letters)
    return service


async def make_collections(database: Database, dead: str = DEAD) -> None:
    """What a service makes before it begins."""
    own = {LISTENERS.collection, OTHERS.collection, OUTBOX, dead, IDEMPOTENCY, NAMES, CELLS}
    await ensure_collections(database, own)


class Tape:
    """Records with the places that Kafka gives them."""

    def __init__(self) -> None:
        self._next: Counter[tuple[str, int]] = Counter()

    def __call__(
        self,
        topic: str,
        key: str,
        sequence: int,
        *,
        subject: str | None = None,
        tenant: tuple[str, int] | None = None,
        event: Event | None = None,
        headers: Mapping[str, bytes | None] | None = None,
        value: bytes | None = None,
    ) -> Record:
        """An event of a topic; `headers` and `value` replace parts of it to spoil it."""
        made = encode(
            event or TOLD[topic],
            Envelope(
                id=new_id(),
                source="/sokak/intake",
                type="",
                subject=subject or key,
                time=NOW,
                sequence=sequence,
                tenant=tenant and tenant[0],
                tenant_version=tenant and tenant[1],
            ),
        )
        raw: dict[str, bytes | None] = {**dict(made.headers), **(headers or {})}
        return self.raw(topic, key.encode(), tuple(raw.items()), value or made.value)

    def raw(
        self, topic: str, key: bytes | None, headers: RawHeaders, value: bytes | None
    ) -> Record:
        """A record of any bytes."""
        partition = partition_of(key.decode(errors="replace")) if key else 0
        offset = self._next[topic, partition]
        self._next[topic, partition] += 1
        return Record(topic, partition, offset, NOW, key, headers, value)

    def again(self, record: Record) -> Record:
        """The same record at a new place: what a repeated send makes."""
        partition = record.partition
        offset = self._next[record.topic, partition]
        self._next[record.topic, partition] += 1
        return record._replace(offset=offset)

    def request(self, key: str, sequence: int, **more: Any) -> Record:
        return self("requests", key, sequence, **more)

    def routing(self, key: str, sequence: int, **more: Any) -> Record:
        return self("routing", key, sequence, **more)

    def text(self, key: str, sequence: int, **more: Any) -> Record:
        return self("request_texts", key, sequence, **more)

    def poison(self, key: str, sequence: int, topic: str = "requests") -> Record:
        """An event whose data is no JSON."""
        return self(topic, key, sequence, value=b"{ no JSON \xff")
