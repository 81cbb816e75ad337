"""One service in one process: what it stores, hears, tells and answers, wired together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pymongo import IndexModel

from .bus import BATCH, Subscription
from .clock import now
from .commands import IDEMPOTENCY, Commands, Once, Unavailable
from .commit import OUTBOX, Commit, Written
from .consume import DEAD, Chain, Rules
from .dead import DeadLetters
from .lease import LEASES
from .mongo import Database, connect, ensure_collections, is_infrastructure
from .record import Record
from .relay import Relay
from .reread import Reread
from .rule import Command
from .settings import Settings
from .store import Aggregate, Scoped, Stored
from .table import GONE, POSITION, TENANTS, TenantTable
from .unit import Outgoing

log = structlog.get_logger()

SWEEP_SECONDS = 2.0
IDEMPOTENCY_SECONDS = 90 * 24 * 3600

_RUNTIME_INDEXES: dict[str, tuple[IndexModel, ...]] = {
    OUTBOX: (),
    LEASES: (),
    TENANTS: (),
    GONE: (),
    POSITION: (),
    IDEMPOTENCY: (IndexModel([("at", 1)], expireAfterSeconds=IDEMPOTENCY_SECONDS),),
}
_DEAD_INDEXES = (
    IndexModel([("status", 1), ("at", 1)]),
    IndexModel([("key", 1), ("status", 1), ("order", 1)]),
    IndexModel([("status", 1), ("reason", 1), ("key", 1)]),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes a service: its name, its aggregates (events go to the first), its rules.

    `collections` are further ones with their indexes; `group` is the consumer group where it
    is not the service's name, `dead` the collection of dead letters. `batch` is how many records
    share a commit at most. A projection that is being rebuilt has no `relays`, and `rereads` what
    its topics hold before it joins its group.
    """

    name: str
    aggregates: tuple[Aggregate[Any], ...]
    rules: Rules
    collections: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    group: str | None = None
    dead: str = DEAD
    relays: bool = True
    batch: int = BATCH
    rereads: bool = False


Choose = Callable[[Database], Awaitable[Parts]]
"""Which parts are to run now: a projection's pointer says which generation."""


class Service:
    """A running service. Starts whether or not Kafka and MongoDB are there."""

    def __init__(self, parts: Parts, settings: Settings, choose: Choose | None = None) -> None:
        self.name = parts.name
        self.settings = settings
        self.database = connect(settings.mongo, f"{settings.database}_{parts.name}")
        self.relay = Relay(self.name, self.database, settings.kafka)
        self.tenants = TenantTable(self.name, self.database, settings.kafka)
        self.prepared = False
        self.sweeps: list[Callable[[], Awaitable[None]]] = []
        self.endings: list[Callable[[], Awaitable[None]]] = []
        self.works: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._choose = choose
        self._commit = Commit(self.name, self.database, self.relay.ring)
        self._commands = Commands(
            self.name, self.database, parts.aggregates, self._commit, self.tenants.get
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._relaying: asyncio.Task[None] | None = None
        self._consuming: asyncio.Task[None] | None = None
        self._adopt(parts)

    def _adopt(self, parts: Parts) -> None:
        self.parts = parts
        self.chain = Chain(
            self.name,
            self.database,
            parts.aggregates[0],
            parts.rules,
            self._commit,
            self.tenants.get,
            self.tenants.known,
            parts.dead,
        )
        self.dead = DeadLetters(self.chain)
        self.tenants.dead = parts.dead
        self.subscription = Subscription(
            self.name,
            self.settings.kafka,
            parts.group or self.name,
            parts.rules.topics,
            self._consume,
            self.settings.instance,
            parts.batch,
        )
        self.reread = Reread(
            self.name,
            self.settings.kafka,
            parts.group or self.name,
            parts.rules.topics,
            self._consume,
            parts.batch,
        )

    def tell(self, hear: Callable[[Sequence[Outgoing]], None]) -> None:
        """Have what this process commits told to `hear`, before it is sent."""
        self._commit.listeners.append(hear)

    @property
    def consumed(self) -> int:
        """Records done since it started."""
        return self.reread.done + self.subscription.consumed

    def now(self) -> datetime:
        """The time, UTC, whole milliseconds."""
        return now()

    def scoped(self, tenant: str, collection: str | None = None) -> Scoped:
        """Reads of one tenant; of the first aggregate's collection where none is named."""
        return Scoped(self.database, collection or self.parts.aggregates[0].collection, tenant)

    async def get(self, id: str, aggregate: Aggregate[Any] | None = None) -> Any | None:
        """The state of one document, or None."""
        aggregate = aggregate or self.parts.aggregates[0]
        document = await self.database[aggregate.collection].find_one({"_id": id})
        return aggregate.state_of(document) if document else None

    async def execute(self, command: Command, once: Once | None = None) -> Any:
        """Carry out a command; its answer. Raises Refused, Taken or Unavailable."""
        self._require_prepared()
        return await self._commands.execute(command, once)

    async def change(self, command: Command, once: Once | None = None) -> Stored[Any]:
        """Carry out a command; its document as it then is. Raises what `execute` raises."""
        self._require_prepared()
        return await self._commands.change(command, once)

    async def first_answer(self, once: Once) -> Any | None:
        """What was answered when this key came first; None where it is new.

        Refused where the key was another body's.
        """
        self._require_prepared()
        return await self._commands.first_answer(once)

    async def execute_many(
        self, commands: Iterable[Command], once: Once | None = None
    ) -> list[Any]:
        """Carry out many together; an answer, Refused or Taken for each. With `once` a repeat
        does nothing twice; Refused as a whole where the key was another body's.
        """
        self._require_prepared()
        return await self._commands.execute_many(commands, once)

    def _require_prepared(self) -> None:
        if not self.prepared:
            raise Unavailable

    async def _read_topics(self) -> None:
        if self.parts.rereads:
            self._commit.written = Written()
            await self.reread.run()
            self._commit.written = None
        await self.subscription.run()

    async def _consume(self, records: list[Record]) -> None:
        for key in dict.fromkeys(await self.chain(records)):
            await self.dead.replay_key(key, "system")

    async def start(self) -> None:
        """Begin to work. Returns at once; what is away is waited for in the background."""
        self._spawn(self._prepare_then_work())

    async def _prepare_then_work(self) -> None:
        while not self.prepared:
            try:
                await self.prepare()
            except Exception as error:
                if not is_infrastructure(error):
                    log.exception("service_cannot_start", service=self.name)
                else:
                    log.warning("store_away", service=self.name, error=type(error).__name__)
                await asyncio.sleep(1.0)
        log.info("service_ready", service=self.name)
        self._spawn(self._commands.run())
        self._spawn(self.tenants.follow())
        self._consuming = self._spawn(self._read_topics())
        self._spawn(self._sweep())
        for work in self.works:
            self._spawn(work())
        if self.parts.relays:
            self._relaying = self._spawn(self.relay.run())

    async def prepare(self) -> None:
        """Make collections and indexes, and take the stored table of tenants."""
        if self._choose:
            self._adopt(await self._choose(self.database))
        await self._make_collections()
        await self.tenants.load()
        self.prepared = True

    async def _make_collections(self) -> None:
        wanted: dict[str, Sequence[IndexModel]] = dict(_RUNTIME_INDEXES)
        wanted |= {self.parts.dead: _DEAD_INDEXES}
        wanted |= {one.collection: one.indexes for one in self.parts.aggregates}
        wanted |= self.parts.collections
        await ensure_collections(self.database, set(wanted))
        for collection, indexes in wanted.items():
            if indexes:
                await self.database[collection].create_indexes(list(indexes))

    async def _sweep(self) -> None:
        """What has no bell: other parts to run, gaps that closed while nobody could go on."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for sweep in (self._choose_again, self.dead.release_gaps, *self.sweeps):
                try:
                    await sweep()
                except Exception as error:  # and the others go on
                    if not is_infrastructure(error):
                        log.exception("sweep_failed", service=self.name, sweep=repr(sweep))

    async def _choose_again(self) -> None:
        if self._choose:
            await self._turn_to(await self._choose(self.database))

    async def _turn_to(self, parts: Parts) -> None:
        if parts.group == self.parts.group:
            return
        await self._leave()
        self._adopt(parts)
        await self._make_collections()
        self._consuming = self._spawn(self.subscription.run())
        log.info("turned_to", service=self.name, group=parts.group)

    async def _leave(self) -> None:
        if self._consuming is not None:
            self._consuming.cancel()
            await asyncio.wait({self._consuming}, timeout=2.0)
        await self.subscription.stop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._report)
        self._tasks.append(task)
        return task

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.error("service_task_died", service=self.name, exc_info=error)

    @property
    def failed(self) -> bool:
        """Whether a part of it has died: the process must be restarted."""
        return any(
            task.done() and not task.cancelled() and task.exception() for task in self._tasks
        )

    async def stop(self) -> None:
        """End well: finish the batch and the commands, drain the outbox for a while, leave."""
        for end in self.endings:
            await end()
        await self._leave()
        try:
            async with asyncio.timeout(self.settings.stop_seconds):
                if self.prepared:
                    await self._commands.drain()
                await self.relay.drain()
                if self._relaying is not None:
                    await asyncio.wait({self._relaying})
        except TimeoutError:
            log.warning("stopped_with_outbox", service=self.name)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(5.0):
                await self.relay.stop()
        except Exception as error:
            log.warning("lease_kept", service=self.name, error=type(error).__name__)
        self.database.client.close()
        log.info("service_stopped", service=self.name)
