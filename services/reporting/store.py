"""Where facts and cells are kept, and by what they are found.

All collections belong to a generation: a rebuild grows the next one beside the one shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pymongo import ASCENDING, IndexModel

from libs.runtime.rule import Increment
from libs.runtime.store import Aggregate

from .cube import CUBES, NAMES, delta
from .fact import Fact

FACTS = "facts"

_INDEXES = {
    # What is due in the days around now; a closed fact has no due_at.
    FACTS: (("tenant", "counted.due_at"),),
    **{cube.flow: (("tenant", "day"),) for cube in CUBES},
    **{cube.open: (("tenant", "due_day"),) for cube in CUBES},
    NAMES: (("tenant", "kind"),),
}


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
        return name + self._suffix

    @property
    def _suffix(self) -> str:
        return f"_{self.number}"

    @property
    def facts(self) -> Aggregate[Fact]:
        """The aggregate whose documents are the facts."""
        return Aggregate(self.collection(FACTS), Fact, indexes=self._indexes(FACTS))

    @property
    def cells(self) -> dict[str, tuple[IndexModel, ...]]:
        """The collections of the cubes, each with its indexes."""
        return {self.collection(name): self._indexes(name) for name in _INDEXES if name != FACTS}

    @property
    def project(self) -> Callable[[Fact | None, Fact, int], tuple[Increment, ...]]:
        """What a changed fact adds to this generation's cells."""

        return partial(delta, generation=self._suffix)

    def _indexes(self, name: str) -> tuple[IndexModel, ...]:
        return tuple(
            IndexModel([(field, ASCENDING) for field in fields]) for fields in _INDEXES[name]
        )
