"""API commands: what has gathered while the last commit ran shares the next one."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import structlog
from pymongo.errors import DuplicateKeyError

from libs.tenants import Tenant

from .clock import now
from .commit import ClaimTaken, Commit
from .metrics import COMMANDS_TOGETHER, CONFLICTS
from .mongo import Conflict, Database, Document, is_infrastructure
from .rule import Command, Context, Refused
from .store import Aggregate, Held, Stored
from .unit import TooLarge, Unit

log = structlog.get_logger()

IDEMPOTENCY = "idempotency"
TOGETHER = 200
GIVE_UP_AFTER = 5.0
"""Seconds after which a caller hears 503; a command may still have been committed then."""

APART_AFTER = 4
"""Conflicts in a row after which commands no longer share a commit."""

HELD_SECONDS = 0.1
"""For how long others wait for one whose document somebody holds."""


class Unavailable(Exception):
    """The store is away, or too slow: the caller may ask again with the same key."""


class Taken(Exception):
    """A name that the command claims belongs to somebody else: draw another one."""


@dataclass(frozen=True, slots=True)
class Once:
    """Idempotency: the same scope and key gives the first answer, whatever happens between.

    `digest` is of the body; another body under the same key is refused.
    """

    scope: str
    key: str
    digest: str

    @property
    def id(self) -> str:
        """The id of its document."""
        return sha256(f"{self.scope}\0{self.key}".encode()).hexdigest()

    def part(self, target: str) -> Once:
        """For one of the many that the key is about; no header can hold such a key."""
        return Once(self.scope, f"{self.key}\0{target}", self.digest)


@dataclass(slots=True)
class _Waiting:
    command: Command
    once: Once | None
    answer: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    deadline: float = 0.0
    held: Held[Any] | None = None

    def resolve(self, answer: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Commands:
    """Carries out commands of one service in the order in which they come."""

    def __init__(
        self,
        service: str,
        database: Database,
        aggregates: Sequence[Aggregate[Any]],
        commit: Commit,
        tenant_of: Callable[[str], Tenant | None],
    ) -> None:
        self._service = service
        self._database = database
        self._aggregates = {aggregate.collection: aggregate for aggregate in aggregates}
        self._first = aggregates[0]
        self._commit = commit
        self._tenant_of = tenant_of
        self._waiting: list[_Waiting] = []
        self._bell = asyncio.Event()
        self._idle = asyncio.Event()
        self._aside: set[asyncio.Task[None]] = set()

    async def execute(self, command: Command, once: Once | None = None) -> Any:
        """Carry out a command and give its answer.

        Raises Refused where the rule says no, Taken where a claim belongs to somebody else,
        Unavailable where the store is away.
        """
        return await self._heard(self._enqueue(command, once, GIVE_UP_AFTER))

    async def change(self, command: Command, once: Once | None = None) -> Stored[Any]:
        """Carry out a command; its document as it was committed, by this command or with it.

        Raises what `execute` raises.
        """
        waiting = self._enqueue(command, once, GIVE_UP_AFTER)
        await self._heard(waiting)
        if waiting.held is not None:
            return Stored(waiting.held.id, waiting.held.version, waiting.held.state)
        aggregate = self._aggregate(command)
        document = await self._database[aggregate.collection].find_one({"_id": command.target})
        assert document is not None, "a key is kept with what it changed"
        return Stored.of(aggregate, document)

    async def _heard(self, waiting: _Waiting) -> Any:
        await self._hear([waiting])
        return await waiting.answer

    async def first_answer(self, once: Once) -> Any | None:
        """What was answered when this key came first; None where it is new."""
        row = await self._database[IDEMPOTENCY].find_one({"_id": once.id})
        return None if row is None else _answered(row, once)

    async def execute_many(
        self, commands: Iterable[Command], once: Once | None = None
    ) -> list[Any]:
        """Carry out many, together where they fit; an answer, Refused or Taken for each.

        With `once` they may come again: what is done is not done twice, the rest is. Refused as
        a whole where the key was another body's.
        """
        commands = list(commands)
        if once:
            await self._take(once)
        patience = GIVE_UP_AFTER * (1 + len(commands) / TOGETHER)
        waiting = [
            self._enqueue(command, once.part(command.target) if once else None, patience)
            for command in commands
        ]
        await self._hear(waiting)
        done = await asyncio.gather(*(one.answer for one in waiting), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Refused | Taken):
                raise outcome
        return list(done)

    async def _take(self, once: Once) -> None:
        """Bind the key to its body before any of the many is begun: a commit may hold but some."""
        keys = self._database[IDEMPOTENCY]
        row = {"_id": once.id, "digest": once.digest, "answer": None, "at": now()}
        try:
            await keys.insert_one(row)
        except DuplicateKeyError:
            if first := await keys.find_one({"_id": once.id}):
                _answered(first, once)

    async def _hear(self, together: Sequence[_Waiting]) -> None:
        """Wait for answers. A store that neither answers nor fails must not hold a caller."""
        for waiting in together:
            left = waiting.deadline - asyncio.get_running_loop().time()
            await asyncio.wait({waiting.answer}, timeout=max(0.0, left))
            waiting.fail(Unavailable())

    def _enqueue(self, command: Command, once: Once | None, patience: float) -> _Waiting:
        waiting = _Waiting(command, once)
        waiting.deadline = asyncio.get_running_loop().time() + patience
        self._waiting.append(waiting)
        self._idle.clear()
        self._bell.set()
        return waiting

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            if not self._waiting:
                self._idle.set()
                self._bell.clear()
                await self._bell.wait()
            together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            await self._serve(_in_time(together))

    async def drain(self) -> None:
        """Wait until nothing waits and nothing is being carried out."""
        await self._idle.wait()
        if self._aside:
            await asyncio.wait(self._aside)

    async def _one_by_one(self, together: list[_Waiting]) -> None:
        """Somebody holds a document of one of them, for seconds where a process was killed in
        its transaction. Only that one's caller is to wait for it.
        """
        alone = []
        for waiting in together:
            one = asyncio.create_task(self._serve([waiting], alone=True))
            alone.append(one)
            await asyncio.wait({one}, timeout=HELD_SECONDS)
        await asyncio.gather(*alone)

    async def _serve(
        self, together: list[_Waiting], *, alone: bool = False, careful: bool = False
    ) -> None:
        COMMANDS_TOGETHER.labels(self._service).observe(len(together))
        attempt = conflicts = 0
        while together:
            try:
                await self._attempt(together, careful)
                return
            except ClaimTaken as error:
                together = _without_taken(together, error.ids)
                continue
            except Conflict:
                CONFLICTS.labels(self._service).inc()
                conflicts += 1
                if conflicts == APART_AFTER and not alone:
                    aside = asyncio.create_task(self._one_by_one(together))
                    self._aside.add(aside)
                    aside.add_done_callback(self._aside.discard)
                    return
            except Exception as error:
                if not is_infrastructure(error) and not careful:
                    for waiting in together:  # one of them is why
                        await self._serve([waiting], alone=True, careful=True)
                    return
                if not is_infrastructure(error):
                    log.exception("commands_failed", service=self._service)
                    together[0].fail(error)
                    return
                log.warning("store_away", service=self._service, error=type(error).__name__)
            attempt += 1
            together = _in_time(together)
            self._waiting = _in_time(self._waiting)
            await asyncio.sleep(random.uniform(0, min(0.2, 0.002 * 2**attempt)))

    async def _attempt(self, together: list[_Waiting], careful: bool) -> None:
        """Nobody hears anything, a refusal included, before what it rests on is committed."""
        unit = Unit(self._service, now(), careful=careful)
        await self._load(unit, together)
        firsts = await self._first_answers(together)  # of every commit that a document shows
        outcomes: list[Any] = []
        for waiting in together:
            try:
                outcomes.append(self._decide(unit, waiting, firsts))
            except (Refused, Taken) as no:
                outcomes.append(no)
            except TooLarge:
                outcomes.append(Refused("too-large", "This is too large to be kept.", 422))
            except Exception as error:
                log.exception("rule_failed", service=self._service, command=waiting.command.id)
                outcomes.append(error)
        await self._commit(unit)
        for waiting, outcome in zip(together, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                waiting.fail(outcome)
            else:
                waiting.resolve(outcome)

    def _decide(self, unit: Unit, waiting: _Waiting, firsts: dict[str, Document]) -> Any:
        command, once = waiting.command, waiting.once
        if once and once.id in firsts:
            waiting.held = None  # it may have been loaded before that first commit
            return _answered(firsts[once.id], once)
        held = waiting.held = unit.hold(self._aggregate(command), command.target)
        for id, answer in held.commands:
            if id == command.id:
                return answer
        if command.expects is not None and command.expects != held.version:
            raise Refused(
                "conflict", "Somebody else changed this meanwhile.", 409, current=_current(held)
            )
        claims = {(claim.collection, claim.id): claim for claim in command.claims}
        if not unit.claims.keys().isdisjoint(claims):
            raise Taken
        context = Context(command.target, unit.now, self._tenant_of(command.tenant))
        before, state = held.version, held.state
        beside = unit.hold(held.aggregate, command.beside) if command.beside else None
        changes = command.changes(held.state, beside and beside.state, context)
        change = changes[0]
        pairs = list(zip((held, beside) if beside else (held,), changes, strict=True))
        if unit.careful:
            for one, its in pairs:
                unit.check(one, its.state)
        unit.apply_all(pairs, context, command.id)
        if held.version == before and not command.claims:
            return change.answer
        answer = change.answer
        if command.answers is not None:
            answer = command.answers(state, held.state, held.version)
        held.commands = [*held.commands, [command.id, answer]]
        unit.claims.update(claims)
        if once:
            row = {"_id": once.id, "digest": once.digest, "answer": answer, "at": unit.now}
            unit.inserts.append((IDEMPOTENCY, row))
            firsts[once.id] = row
        return answer

    async def _first_answers(self, together: list[_Waiting]) -> dict[str, Document]:
        ids = [waiting.once.id for waiting in together if waiting.once]
        if not ids:
            return {}
        found = self._database[IDEMPOTENCY].find({"_id": {"$in": ids}})
        return {row["_id"]: row async for row in found}

    async def _load(self, unit: Unit, together: list[_Waiting]) -> None:
        targets: Mapping[str, list[str]] = defaultdict(list)
        for waiting in together:
            aggregate = self._aggregate(waiting.command)
            targets[aggregate.collection].append(waiting.command.target)
            if waiting.command.beside:
                targets[aggregate.collection].append(waiting.command.beside)
        for collection, ids in targets.items():
            found = self._database[collection].find({"_id": {"$in": ids}})
            unit.take(self._aggregates[collection], await found.to_list(None))

    def _aggregate(self, command: Command) -> Aggregate[Any]:
        return self._aggregates[command.aggregate] if command.aggregate else self._first


def _answered(row: Document, once: Once) -> Any:
    if row["digest"] != once.digest:
        raise Refused("idempotency-key-reused", "This key was used for another request.", 422)
    return row["answer"]


def _in_time(together: list[_Waiting]) -> list[_Waiting]:
    """Those whose callers still wait; the others hear that the store is away."""
    time = asyncio.get_running_loop().time()
    for waiting in together:
        if time > waiting.deadline:
            waiting.fail(Unavailable())
    return [waiting for waiting in together if not waiting.answer.done()]


def _without_taken(together: list[_Waiting], taken: frozenset[tuple[str, str]]) -> list[_Waiting]:
    rest = []
    for waiting in together:
        if any((claim.collection, claim.id) in taken for claim in waiting.command.claims):
            waiting.fail(Taken())
        else:
            rest.append(waiting)
    return rest


def _current(held: Held[Any]) -> dict[str, Any] | None:
    if held.state is None:
        return None
    dumped = held.aggregate.adapter.dump_python(held.state, mode="json")
    return {**dumped, "version": held.version}
