"""The page about integrators: intake has their keys, and is asked by the browser itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.text import said

from .frame import View
from .people import Shown

SCOPES = {
    "submit": said("Hand in requests"),
    "updates": said("Read and write what happens to its own requests later"),
}
"""As intake calls them: the page asks its API by these names."""


class Integrators(Shown):
    """Keys of other systems, and the way to webhooks."""

    code = "integrators"

    async def more(self, view: View) -> Mapping[str, Any]:
        """What a key may be for."""
        return {"scopes": SCOPES}
