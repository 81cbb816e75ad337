"""A record's value without what a citizen wrote in it."""

from __future__ import annotations

import json
import re
from typing import Any

TEXTS = frozenset({"text", "address", "answers", "remarks", "message", "contact", "name", "phone"})
PERSONAL = frozenset({"request_texts"})

HEADERS = frozenset(
    {
        *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"),
        *("ce_sequence", "ce_tenant", "ce_tenantversion", "ce_causationid"),
        *("content-type", "traceparent"),
    }
)
PLAIN = re.compile(r"[A-Za-z0-9_.:/+-]{0,120}")
"""What an id, a time, a number or a type looks like, and no sentence."""


def masked(topic: str, value: bytes) -> tuple[str, bool]:
    """What may be shown, and whether anything was hidden.

    Fields that hold words are hidden wherever they stand. What is not JSON is hidden whole: it
    may be anything.
    """
    try:
        data = json.loads(value)
    except ValueError:
        return f"▒ {len(value)} bytes", True
    hidden = _hide(data, every=topic in PERSONAL)
    return json.dumps(hidden, ensure_ascii=False, indent=1), hidden != data


def header_masked(name: str | bytes, value: bytes | None) -> tuple[str, str, bool]:
    """A header's name and value where it is one of ours and looks so; whether it was hidden."""
    text = (value or b"").decode("utf-8", "replace")
    if name in HEADERS and PLAIN.fullmatch(text):
        return str(name), text, False
    shown = str(name) if name in HEADERS else f"▒ {len(name)}"
    return shown, f"▒ {len(value or b'')}", True


def _hide(value: Any, *, every: bool) -> Any:
    if isinstance(value, dict):
        return {name: _hide(one, every=every or name in TEXTS) for name, one in value.items()}
    if isinstance(value, list):
        return [_hide(one, every=every) for one in value]
    return f"▒ {len(value)}" if every and isinstance(value, str) else value
