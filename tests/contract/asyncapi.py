"""The AsyncAPI document of the public topics, with the golden samples as its examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.reporting.contract import PUBLIC_EVENTS, document

from .samples import KINDS, sample
from .shapes import ROOT

FILE = ROOT / "libs" / "events" / "asyncapi.json"


def contract() -> dict[str, Any]:
    """The document as the classes and samples make it."""
    return document({event.type: _examples(event.type) for event in PUBLIC_EVENTS})


def text(contract: dict[str, Any]) -> str:
    """As it is kept: for people, and for `diff`."""
    return json.dumps(contract, indent=2, ensure_ascii=False) + "\n"


def write(file: Path = FILE) -> bool:
    """Keep the document; whether it has changed."""
    new = text(contract())
    if file.exists() and file.read_text(encoding="utf-8") == new:
        return False
    file.write_text(new, encoding="utf-8")
    return True


def _examples(type_: str) -> list[dict[str, Any]]:
    golden = {kind: sample(f"{type_}.{kind}") for kind in KINDS}
    return [
        {"name": kind, "headers": one.headers, "payload": one.data} for kind, one in golden.items()
    ]
