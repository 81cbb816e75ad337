"""A lease in MongoDB: one holder at a time, by the server's clock and no process's."""

from __future__ import annotations

import time
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from .clock import new_id, now
from .mongo import Database

LEASES = "leases"
ASK_AGAIN_AFTER = 0.5


class Lease:
    """The right to do something alone, for `seconds` after each renewal."""

    def __init__(self, database: Database, name: str, seconds: float = 3.0) -> None:
        self._collection = database[LEASES]
        self._name = name
        self._milliseconds = int(seconds * 1000)
        self.renew_after = seconds / 3
        self._renewed = float("-inf")
        self._refused = float("-inf")
        self.holder = new_id()

    async def hold(self) -> bool:
        """Take or renew it; whether it is ours now. Asks the store only when it is time to.

        The local monotonic clock only decides how often to ask. A holder that was frozen
        asks late and hears that it lost; what it sent meanwhile must be harmless.
        """
        asked = time.monotonic()
        if asked - self._renewed < self.renew_after:
            return True
        if asked - self._refused < ASK_AGAIN_AFTER:
            return False
        clock = {"$toLong": "$$NOW"}
        free: dict[str, Any] = {
            "$or": [
                {"$eq": ["$holder", self.holder]},
                {"$lt": [{"$ifNull": ["$expires", 0]}, clock]},
            ]
        }
        taken = {
            "holder": {"$cond": [free, self.holder, "$holder"]},
            "expires": {"$cond": [free, {"$add": [clock, self._milliseconds]}, "$expires"]},
        }
        try:
            document = await self._collection.find_one_and_update(
                {"_id": self._name},
                [{"$set": taken}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            ours = bool(document and document["holder"] == self.holder)
        except DuplicateKeyError:  # the first of all, and another one was faster
            ours = False
        self._renewed = asked if ours else float("-inf")
        self._refused = float("-inf") if ours else asked
        return ours

    async def seen(self) -> tuple[str | None, bool]:
        """Who has it by the store, None where nobody has; and whether that is this one."""
        row = await self._collection.find_one({"_id": self._name})
        if row is None or row["expires"] < 1000 * now().timestamp():
            return None, False
        return str(row["holder"]), row["holder"] == self.holder

    async def give_up(self) -> None:
        """Let another one take it at once."""
        self._renewed = float("-inf")
        await self._collection.delete_one({"_id": self._name, "holder": self.holder})
