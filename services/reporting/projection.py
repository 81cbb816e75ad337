"""Which generation of the projection is shown, how far it is, and how the next one grows."""

from __future__ import annotations

from datetime import datetime, timedelta

from pymongo import IndexModel, ReturnDocument

from libs.runtime.clock import now
from libs.runtime.consume import Rules
from libs.runtime.mongo import Database
from libs.runtime.service import Parts, Service

from . import consumers, deliveries
from .publishing import Publishing
from .store import PUBLIC, WEBHOOKS, Generation

POINTER = "generation"
PROGRESS = "progress"
BATCH = 1000
BATCH_OF_A_REBUILD = 5000
"""More records share more facts and cells, and nobody waits for a rebuild's next batch."""
STALE_AFTER = timedelta(seconds=15)
LEFT_AFTER = timedelta(seconds=60)


def parts(generation: Generation, *, rebuilt: bool = False) -> Parts:
    """The service as it grows one generation. One that is only growing tells nobody anything."""
    follow = None if rebuilt else Publishing(generation.facts, generation.number)
    return Parts(
        name="reporting",
        aggregates=(generation.facts, WEBHOOKS),
        rules=Rules(
            consumers.TOPICS,
            consumers.RULES,
            frozenset(consumers.WHOLE),
            generation.project,
            follow,
        ),
        collections={
            **generation.cells,
            PUBLIC: (),
            POINTER: (),
            PROGRESS: (),
            deliveries.PROGRESS: (),
            deliveries.DELIVERIES: deliveries.INDEXES,
            deliveries.CLAIMS: (IndexModel([("tenant", 1)], name="tenant"),),
        },
        group=f"reporting-{generation.number}",
        dead=generation.collection("dead"),
        relays=not rebuilt,
        batch=BATCH_OF_A_REBUILD if rebuilt else BATCH,
        rereads=rebuilt,
    )


async def shown_number(database: Database) -> int:
    """The number of the generation that is shown."""
    pointer = await database[POINTER].find_one({"_id": "shown"})
    return pointer["number"] if pointer else 1


async def next_number(database: Database) -> int:
    """A number for a new generation, greater than every one that was ever tried."""
    shown = await shown_number(database)
    pointer = await database[POINTER].find_one_and_update(
        {"_id": "tried"},
        [{"$set": {"number": {"$add": [{"$max": ["$number", shown]}, 1]}}}],
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return int(pointer["number"])


async def choose(database: Database) -> Parts:
    """The parts of the generation that is shown."""
    return parts(Generation(await shown_number(database)))


async def show(database: Database, number: int) -> None:
    """Switch to a generation: the one write that all copies follow."""
    pointer = {"number": number, "at": now()}
    await database[POINTER].update_one({"_id": "shown"}, {"$set": pointer}, upsert=True)


async def leave(database: Database, number: int) -> None:
    """Say that whoever grew a generation has left it to the copies that publish."""
    left = {"$set": {"left": number}}
    await database[POINTER].update_one({"_id": "shown"}, left, upsert=True)


async def followed(database: Database, number: int) -> bool:
    """Whether a generation is shown, and grows in no copy any more that publishes nothing.

    One that was shown by somebody who died, before he could say that he left, counts after a while.
    """
    pointer = await database[POINTER].find_one({"_id": "shown"})
    if pointer is None or "at" not in pointer:
        return number == (pointer["number"] if pointer else 1)
    left = pointer.get("left") == number or pointer["at"] < now() - LEFT_AFTER
    return bool(pointer["number"] == number and left)


class Shown:
    """The generation whose figures are answered, with the time up to which they are true.

    Several copies share the partitions. Each notes now and then how far it is; what all of
    them have done is the oldest of these notes.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._copy = service.settings.instance or "one"

    async def note(self) -> None:
        """Tell the other copies how far this one is."""
        as_of = self._service.subscription.as_of()
        if as_of is not None:
            note = {"group": self._service.parts.group, "as_of": as_of, "at": now()}
            progress = self._service.database[PROGRESS]
            await progress.update_one({"_id": self._copy}, {"$set": note}, upsert=True)

    async def __call__(self) -> Generation:
        number = await shown_number(self._service.database)
        at, group = now(), f"reporting-{number}"
        fresh = {"group": group, "at": {"$gt": at - STALE_AFTER}, "_id": {"$ne": self._copy}}
        notes = await self._service.database[PROGRESS].find(fresh).to_list(100)
        ends: list[datetime] = [note["as_of"] for note in notes]
        own = self._service.subscription.as_of()
        if own is not None and self._service.parts.group == group:
            ends.append(own)
        as_of = min(ends, default=None)
        return Generation(number, as_of, max(0.0, (at - as_of).total_seconds()) if as_of else None)
