"""Where facts and cells are kept, and by what they are found.

Collections belong to a generation: a rebuild grows the next one beside the one shown.
What the world was told stays, whatever generation tells it, and so do webhooks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pymongo import ASCENDING, IndexModel

from libs.runtime.rule import Increment
from libs.runtime.store import Aggregate

from .cube import CELLS, delta
from .fact import Fact
from .public import Entry
from .webhook import Webhook

FACTS = "facts"

WEBHOOKS = Aggregate(
    "webhooks",
    Webhook,
    indexes=(
        IndexModel([("tenant", 1)], name="tenant"),
        IndexModel([("state", 1)], name="state"),
    ),
)
"""Where a tenant's public states are sent. `_id` is the webhook's own."""

_BY_DUE = IndexModel([("tenant", ASCENDING), ("counted.due_at", ASCENDING)])
"""What is due in the days around now; a closed fact has no due_at."""

_BY_DAY = IndexModel([("tenant", ASCENDING), ("cube", ASCENDING), ("day", ASCENDING)])

_BY_CODE = IndexModel(
    [("tenant", ASCENDING), ("cube", ASCENDING), ("code", ASCENDING), ("day", ASCENDING)],
    partialFilterExpression={"code": {"$exists": True}},
)
"""What one category, department and so on has in a period."""

PUBLIC = "public"

ENTRIES = Aggregate(PUBLIC, Entry)
"""What was told of each request; an id begins with the tenant, so that no index is needed."""


@dataclass(frozen=True)
class InForce:
    """Since which version of a tenant its rules of publication are as they are (`mark`). Of one
    that is `gone` nothing may be told.
    """

    tenant: str
    since: int = 0
    mark: str = ""
    gone: bool = False


RULES = Aggregate(PUBLIC, InForce)
"""In the same collection, under the tenant's own name: who reads entries reads it as well."""


def entry_id(tenant: str, request: str) -> str:
    """Under what a request's entry is kept."""
    return f"{tenant}|{request}"


@dataclass(frozen=True, slots=True)
class Generation:
    """One growth of the projection, and how far it has come.

    `as_of` is the time of the newest event in it, `lag_seconds` how far the topics are ahead.
    """

    number: int
    as_of: datetime | None = None
    lag_seconds: float | None = None

    def collection(self, name: str) -> str:
        """What a collection is called in this generation."""
        return f"{name}_{self.number}"

    @property
    def facts(self) -> Aggregate[Fact]:
        """The aggregate whose documents are the facts."""
        return Aggregate(self.collection(FACTS), Fact, indexes=(_BY_DUE,))

    @property
    def cells(self) -> dict[str, tuple[IndexModel, ...]]:
        """The collection of the cubes, with its indexes."""
        return {self.collection(CELLS): (_BY_DAY, _BY_CODE)}

    @property
    def project(self) -> Callable[[Fact | None, Fact, int], tuple[Increment, ...]]:
        """What a changed fact adds to this generation's cells."""
        return partial(delta, collection=self.collection(CELLS))
