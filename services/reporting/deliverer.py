"""Who sends to webhooks: one copy of the service, by a lease, with an outlet for each webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from libs.runtime.clock import new_id
from libs.runtime.feed import Feed
from libs.runtime.lease import Lease
from libs.runtime.mongo import Database, is_infrastructure
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored

from . import webhook as rules
from .deliveries import Deliveries
from .metrics import OUTLETS
from .outlet import Outlet
from .sending import Sender
from .signing import Secrets
from .store import WEBHOOKS
from .webhook import Why

log = structlog.get_logger()

LOOKS_S = 0.5
"""How often it looks for webhooks that came, changed or went."""


class Deliverer:
    """Keeps outlets at work while it holds the lease."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        sender: Sender,
        secrets: Secrets,
        retry: timedelta,
        give_up: timedelta,
        disable: Callable[[str, Why], Awaitable[None]],
        lease_seconds: float = 3.0,
    ) -> None:
        self._database = database
        self._lease = Lease(database, "webhooks", lease_seconds)
        self._outlet = partial(
            Outlet,
            feed=feed,
            sender=sender,
            store=Deliveries(database),
            secrets=secrets,
            holder=self._lease.holder,
            retry=retry,
            give_up=give_up,
            disable=disable,
        )
        self._at_work: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._stopping = False

    async def run(self) -> None:
        """Serve until it is stopped."""
        while not self._stopping:
            try:
                await self._tend(await self._wanted() if await self._lease.hold() else {})
            except Exception as error:
                if not is_infrastructure(error):
                    log.exception("deliverer_failed")
            await asyncio.sleep(LOOKS_S)

    async def _wanted(self) -> dict[str, int]:
        """The version of each that is to be sent to."""
        found = self._database[WEBHOOKS.collection].find({"state": "active"}, ["version"])
        return {row["_id"]: row["version"] async for row in found}

    async def _tend(self, wanted: dict[str, int]) -> None:
        """End what is not wanted any more, or changed, or has ended; begin what lacks."""
        for id, (version, task) in list(self._at_work.items()):
            if wanted.get(id) != version or task.done():
                task.cancel()
                await asyncio.wait({task})
                del self._at_work[id]
        lacking = [id for id in wanted if id not in self._at_work]
        if lacking and not self._stopping:
            await self._begin(lacking)
        OUTLETS.labels("reporting").set(len(self._at_work))

    async def _begin(self, ids: list[str]) -> None:
        async for row in self._database[WEBHOOKS.collection].find({"_id": {"$in": ids}}):
            stored = Stored.of(WEBHOOKS, row)
            if stored.state is None or stored.state.state != "active" or self._stopping:
                continue
            task = asyncio.create_task(self._outlet(stored.state).run())
            self._at_work[stored.id] = stored.version, task

    async def holder(self) -> tuple[str | None, bool]:
        """Which copy sends, None where none does; and whether it is this one."""
        return await self._lease.seen()

    async def stop(self) -> None:
        """Send nothing more; another copy may at once. What was under way is sent again."""
        self._stopping = True
        await self._tend({})
        with suppress(Exception):
            async with asyncio.timeout(2.0):
                await self._lease.give_up()


def disabling(service: Service) -> Callable[[str, Why], Awaitable[None]]:
    """How an outlet says that its receiver is not to be asked any more."""

    async def disable(webhook: str, why: Why) -> None:
        command = Command(
            id=new_id(),
            target=webhook,
            tenant="",
            decide=partial(rules.disable, why=why),
            aggregate=WEBHOOKS.collection,
        )
        with suppress(Refused):  # it was removed meanwhile
            await service.execute(command)
            log.warning("webhook_disabled", webhook=webhook, why=why)

    return disable
