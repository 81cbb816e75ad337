"""What a reader of an error page can name, and the log of that moment has: the trace's id.

Source: W3C Trace Context, section 3.2 (`traceparent`).
"""

from __future__ import annotations

import re
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import Scope

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_KEPT = "sokak.reference"


def reference_of(scope: Scope) -> str:
    """The id of the trace that a call belongs to, else one of its own; 32 hexadecimal digits."""
    if _KEPT not in scope:
        told = _TRACEPARENT.match(Headers(scope=scope).get("traceparent", ""))
        scope[_KEPT] = told[1] if told else uuid4().hex
    reference: str = scope[_KEPT]
    return reference
