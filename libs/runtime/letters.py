"""Dead letters as they are stored: what is parked, why, since when, and who did what with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from .clock import now
from .consume import Chain
from .mongo import Document
from .record import place_in_history, unpacked
from .rule import Refused

log = structlog.get_logger()


class Letters:
    """The stored dead letters of one service."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rows = chain.database[chain.dead]

    async def list(self, *, limit: int = 100, after: str | None = None) -> list[Document]:
        """Parked records, the oldest first, those of one key in their order.

        It goes on behind the one with the id `after`, whatever became of that one; a batch
        parks many at the same time, so the time alone would not do. Large ones are packed.
        """
        filter: Document = {"status": "parked"}
        if after:
            last = await self.get(after)
            at, key = {"at": last["at"]}, {"key": last["key"]}
            filter["at"] = {"$gte": last["at"]}  # what the index can narrow down
            filter["$or"] = [
                {"at": {"$gt": last["at"]}},
                {**at, "key": {"$gt": last["key"]}},
                {**at, **key, "order": {"$gt": last["order"]}},
            ]
        found = self._rows.find(filter).sort([("at", 1), ("key", 1), ("order", 1)])
        return await found.limit(limit).to_list(limit)

    async def get(self, id: str) -> Document:
        """One of them, whatever became of it. Refused where there is none."""
        row = await self._rows.find_one({"_id": id})
        if row is None:
            raise Refused("dead-letter-unknown", "There is no such dead letter.", 404)
        return unpacked(row)

    async def note(self, id: str, what: str, by: str, reason: str) -> None:
        """Record with a dead letter who does what with it and why; the log tells all but why.

        A reason is a person's words, and may say of whom the record is.
        """
        act = {"what": what, "by": by, "at": now(), "reason": reason}
        await self._rows.update_one({"_id": id}, {"$push": {"acts": act}})
        log.info(f"dead_letter_{what}_with_reason", place=id, by=by)

    async def groups(self) -> Sequence[Document]:
        """What is parked by reason: `_id`, `count`, `first` and `last`; the most first."""
        group = {
            "_id": "$reason",
            "count": {"$sum": 1},
            "first": {"$min": "$at"},
            "last": {"$max": "$at"},
        }
        rows = await self._rows.aggregate(
            [{"$match": {"status": "parked"}}, {"$group": group}]
        ).to_list(None)
        return sorted(rows, key=lambda row: (-row["count"], row["_id"]))

    async def of_group(self, reason: str) -> Sequence[Document]:
        """All that is parked for a reason, by `_id` and `key`: their bytes may be many."""
        return await self._rows.find({"status": "parked", "reason": reason}, ["key"]).to_list(None)

    async def figures(self) -> tuple[int, datetime | None]:
        """How many are parked, and since when the oldest is."""
        oldest = await self._rows.find_one({"status": "parked"}, ["at"], sort=[("at", 1)])
        if oldest is None:
            return 0, None
        return await self._rows.count_documents({"status": "parked"}), oldest["at"]

    async def has_twin(self, row: Document) -> bool:
        """Whether another parked record has the same place in the history: one of them is true."""
        place = (row["record"]["topic"], place_in_history(row))
        others = self._rows.find(
            {"key": row["key"], "status": "parked", "_id": {"$ne": row["_id"]}}
        )
        async for other in others:
            if (other["record"]["topic"], place_in_history(other)) == place:
                return True
        return False

    async def parked(self, id: str) -> Document:
        """One that is still parked. Refused where it is dealt with."""
        row = await self.get(id)
        if row["status"] != "parked":
            raise Refused("dead-letter-resolved", "This dead letter is dealt with already.", 409)
        return row

    def replayable(self, row: Document) -> Document:
        """The same row, if a replay can apply it. Refused where a table put it aside."""
        if row["record"]["topic"] not in self._chain.rules.topics:
            raise Refused(
                "dead-letter-of-a-table",
                "A tenant's record is not applied again: publish the tenant, and discard this.",
                409,
            )
        return row
