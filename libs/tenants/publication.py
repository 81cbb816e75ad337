"""What a tenant lets outsiders know of its requests."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from libs.events import Point
from libs.events.common import Code

from .coarse import FINEST_M, coarse
from .part import Part


class Publication(Part):
    """The rules of everything that outsiders may read: the public topic, open data, webhooks, the
    citizens' list with its map and feeds, and Open311.

    Nothing is told where it is not `published`. Requests of the categories in `withheld`, and of
    those below them, are not; and as long as there are such, neither is one whose category is
    not known yet, or no longer. `grid_m` is the side of the squares, in metres, whose middle
    stands for a place. `department` and `due_at` say whether these are told.

    With `words` the municipality's people may show a request's text and photos on its page and by
    Open311, each after taking out what tells of a person, and its citizens are told so before they
    send. No topic ever has them.
    """

    published: bool = True
    withheld: tuple[Code, ...] = ()
    grid_m: int = Field(default=FINEST_M, ge=FINEST_M, le=10_000)
    department: bool = True
    due_at: bool = True
    words: bool = False

    @property
    def kept_back(self) -> dict[str, Any]:
        """What of a request is not told, by name, each with the None that stands for it."""
        told = {"department": self.department, "due_at": self.due_at}
        return {name: None for name, tells in told.items() if not tells}

    def near(self, point: Point) -> Point:
        """A place as outsiders are told it."""
        return coarse(point, self.grid_m)
