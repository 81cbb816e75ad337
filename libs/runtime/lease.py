"""A lease in MongoDB: one holder at a time, by the server's clock and no process's."""

from __future__ import annotations

import time
from typing import Any

from pymongo import ReturnDocument

from .clock import new_id
from .mongo import Database

LEASES = "leases"
ASK_AGAIN_AFTER = 0.5


class Lease:
    """The right to do something alone, for `seconds` after each renewal."""

    def __init__(self, database: Database, name: str, seconds: float = 3.0) -> None:
        self._collection = database[LEASES]
        self._name = name
        self._milliseconds = int(seconds * 1000)
        self._renew_after = seconds / 3
        self._renewed = float("-inf")
        self._refused = float("-inf")
        self.holder = new_id()

    async def hold(self) -> bool:
        """Take or renew it; whether it is ours now. Asks the store only when it is time to.

        The local monotonic clock only decides how often to ask. A holder that was frozen
        asks late and hears that it lost; what it sent meanwhile must be harmless.
        """
        asked = time.monotonic()
        if asked - self._renewed < self._renew_after:
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
        document = await self._collection.find_one_and_update(
            {"_id": self._name},
            [
                {
                    "$set": {
                        "holder": {"$cond": [free, self.holder, "$holder"]},
                        "expires": {
                            "$cond": [free, {"$add": [clock, self._milliseconds]}, "$expires"]
                        },
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        ours = bool(document["holder"] == self.holder)
        self._renewed = asked if ours else float("-inf")
        self._refused = float("-inf") if ours else asked
        return ours

    async def give_up(self) -> None:
        """Let another one take it at once."""
        self._renewed = float("-inf")
        await self._collection.delete_one({"_id": self._name, "holder": self.holder})
