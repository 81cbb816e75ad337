"""How the columns of a municipality's file become old requests."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from libs.events import RequestType


class Unreadable(ValueError):
    """A row that cannot be taken; its text says why."""


class Columns(BaseModel):
    """Which column holds what. Only number, opening and place are needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_number: str
    opened_at: str
    lat: str
    lon: str
    closed_at: str | None = None
    department: str | None = None
    category: str | None = None


class MappingFile(BaseModel):
    """A mapping file. `text` and `address` are patterns with columns in braces; `categories`
    names a file of two columns, what stands in theirs and our code; times without an offset
    are of `time_zone`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(pattern=r"^[\w.-]{1,64}$")
    time_zone: str
    columns: Columns
    text: str
    address: str | None = None
    categories: dict[str, str] | None = None
    type: RequestType = "request"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError):
            raise ValueError(f"there is no time zone {name!r}") from None
        return name

    @classmethod
    def load(cls, path: Path) -> MappingFile:
        """Read a mapping and the file of categories that it names."""
        document = yaml.safe_load(path.read_text())
        categories = document.get("categories") if isinstance(document, dict) else None
        if isinstance(categories, str):
            with (path.parent / categories).open(newline="") as file:
                rows = [row for row in csv.reader(file) if len(row) == 2]
            document["categories"] = dict(rows[1:])
        return cls.model_validate(document)

    def row(self, found: Mapping[str, str]) -> dict[str, Any]:
        """One row of the file as a row of an import. Raises Unreadable."""
        columns = self.columns
        row: dict[str, Any] = {
            "source_number": self._needed(found, columns.source_number),
            "opened_at": self._time(self._needed(found, columns.opened_at)),
            "point": {
                "lat": _number(self._needed(found, columns.lat)),
                "lon": _number(self._needed(found, columns.lon)),
            },
            "text": self.text.format_map(found).strip(" :,-")[:4000],
            "type": self.type,
        }
        if columns.closed_at and found[columns.closed_at]:
            row["closed_at"] = self._time(found[columns.closed_at])
        if columns.department and found[columns.department]:
            row["department"] = found[columns.department]
        if columns.category and found[columns.category]:
            row["category"] = self._category(found[columns.category])
        if self.address and (address := self.address.format_map(found).strip()):
            row["address"] = address[:500]
        return row

    def _needed(self, found: Mapping[str, str], column: str) -> str:
        text = found[column].strip()
        if not text:
            raise Unreadable(f"{column} is empty")
        return text

    def _time(self, text: str) -> str:
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise Unreadable(f"{text!r} is no time") from None
        if time.tzinfo is None:
            time = time.replace(tzinfo=ZoneInfo(self.time_zone))
        return time.isoformat()

    def _category(self, theirs: str) -> str:
        if self.categories is None:
            return theirs
        if theirs not in self.categories:
            raise Unreadable(f"no category is mapped for {theirs!r}")
        return self.categories[theirs]


def rows_of(path: Path, mapping: MappingFile) -> Iterator[tuple[int, dict[str, str], Any]]:
    """Line number, the row as it stands, and what it became: a row or an Unreadable."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        lacking = _columns(mapping) - set(reader.fieldnames or ())
        if lacking:
            raise Unreadable(f"the file has no column {', '.join(sorted(lacking))}")
        for found in reader:
            clean = {name: text or "" for name, text in found.items() if name is not None}
            try:
                yield reader.line_num, clean, mapping.row(clean)
            except Unreadable as fault:
                yield reader.line_num, clean, fault


def _columns(mapping: MappingFile) -> set[str]:
    return {name for name in mapping.columns.model_dump().values() if name}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unreadable(f"{text!r} is no number") from None
