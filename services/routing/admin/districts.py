"""The districts that come with Sokak: names to choose from, and the outline of one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3] / "deploy" / "districts" / "tr_districts.geojson"


@dataclass(frozen=True, slots=True)
class District:
    """A district by its official number."""

    id: str
    name: str
    province: str


@lru_cache(maxsize=1)
def districts() -> tuple[District, ...]:
    """All of them, by province and name; none where the file did not come along."""
    found = [_district(feature) for feature in _features()]
    return tuple(sorted(found, key=lambda one: (one.province, one.name)))


def outline_of(id: str) -> tuple[District, dict[str, Any], str] | None:
    """A district, its outline, and who is to be named for it. The file is not kept in memory."""
    document = _document()
    for feature in document.get("features", []):
        if str(feature["properties"]["id"]) == id:
            return _district(feature), feature["geometry"], str(document.get("attribution", ""))
    return None


def _district(feature: dict[str, Any]) -> District:
    told = feature["properties"]
    return District(str(told["id"]), told["name"], told["province"])


def _features() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _document().get("features", [])
    return found


def _document() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(FILE.read_bytes())
    except FileNotFoundError:
        return {}
    return found
