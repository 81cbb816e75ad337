"""The step for the rules of publication: what outsiders may know of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from .frame import Read, View, texts

GRIDS = (100, 250, 500, 1000, 2500, 5000, 10_000)
BOXES = ("published", "department", "due_at", "words")
USUAL = {
    "published": True,
    "withheld": [],
    "grid_m": 100,
    "department": True,
    "due_at": True,
    "words": False,
}


class Publication:
    """Whether anything is told, of which categories not, how near the place, what beside."""

    code = "publication"

    def told(self, view: View) -> Mapping[str, Any]:
        """The draft's rules, else the usual ones."""
        return {**USUAL, **(view.document.get("publication") or {})}

    async def read(self, view: View, form: FormData) -> Read:
        """The rules that were sent; a box that is not ticked is not sent."""
        sent = texts(form)
        grid = sent.get("grid_m", "")
        told = {
            **{name: bool(sent.get(name)) for name in BOXES},
            "withheld": [*map(str, form.getlist("withheld"))],
            "grid_m": int(grid) if grid.isdecimal() else grid,
        }
        return Read(told, {"publication": told})

    async def more(self, view: View) -> Mapping[str, Any]:
        """The categories, groups among them, and how wide squares may be."""
        categories = view.document.get("categories") or ()
        grid = self.told(view)["grid_m"]
        return {
            "categories": [(one["code"], view.called(one["names"])) for one in categories],
            "grids": sorted({*GRIDS, grid}),
        }
