"""A new generation of the projection, grown from the topics beside the one that is shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from libs.runtime.mongo import Database, Document, connect
from libs.runtime.service import Service
from libs.runtime.settings import Settings

from .projection import leave, next_number, parts, show, shown_number
from .store import Generation

INSTANCE = "rebuild"
LOOK_SECONDS = 0.05
FOLLOWED_WITHIN = 8.0
"""Seconds in which every running copy has turned to what is shown."""


class Rebuild:
    """Grows the next generation in this process, until it is shown and others carry it on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.model_copy(update={"instance": INSTANCE})
        self._service: Service | None = None
        self.number = 0

    @property
    def service(self) -> Service:
        """The service that grows it."""
        if self._service is None:
            raise RuntimeError("nothing grows yet")
        return self._service

    @property
    def done(self) -> int:
        """Records that were read."""
        return self.service.consumed

    async def grow(self) -> AsyncIterator[tuple[int, int]]:
        """Read the topics to where they end, and to where they end by then; requests may flow
        all the while. Yields records done and left, now and then.

        What an operator has discarded or repaired in the shown generation is obeyed, and
        remembered for the next.
        """
        database = connect(self._settings.mongo, f"{self._settings.database}_reporting")
        former = await shown_number(database)
        self.number = await next_number(database)
        for number in range(former + 1, self.number):  # what interrupted rebuilds have left
            await self._drop(database, Generation(number))
        new = Generation(self.number)
        self._service = service = Service(parts(new, rebuilt=True), self._settings)
        await service.prepare()
        service.chain.settled = await _settled(service, Generation(former), new)
        await service.start()
        while not service.reread.finished:
            await asyncio.sleep(LOOK_SECONDS)
            yield self.done, service.reread.left
        ends = await service.subscription.ends()
        while not (ends and service.subscription.has_done(ends)):
            await asyncio.sleep(LOOK_SECONDS)
            ends = ends or await service.subscription.ends()
            yield self.done, service.subscription.lag()[0]

    async def switch(self) -> Generation:
        """Show the new generation, and wait until running copies carry it on; the old one."""
        former = Generation(await shown_number(self.service.database))
        await show(self.service.database, self.number)
        await asyncio.sleep(FOLLOWED_WITHIN)
        return former

    async def drop(self, former: Generation) -> None:
        """Forget a generation that is no longer shown."""
        await self._drop(self.service.database, former)

    async def _drop(self, database: Database, generation: Generation) -> None:
        old = parts(generation)
        for name in (old.aggregates[0].collection, *generation.cells, old.dead):
            await database.drop_collection(name)

    async def stop(self) -> None:
        """Leave the growing to the others; once they know, they tell what it has changed."""
        await self.service.stop()
        database = connect(self._settings.mongo, self.service.database.name)
        if await shown_number(database) == self.number:
            await leave(database, self.number)
        database.client.close()


async def _settled(service: Service, former: Generation, new: Generation) -> dict[str, Document]:
    """Dead letters of the former generation that somebody decided about, kept in the new."""
    old, kept = parts(former).dead, parts(new).dead
    applied = [{"repaired": {"$exists": True}}, {"gap_accepted": True}]
    decided = {"$or": [{"status": "discarded"}, {"status": "applied", "$or": applied}]}
    rows = [row async for row in service.database[old].find(decided)]
    if rows:
        await service.database[kept].insert_many(rows)
    return {row["_id"]: row for row in rows}
