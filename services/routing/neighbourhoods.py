"""Neighbourhoods from a municipality's file: GeoJSON with areas, or a table with names alone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shapely.geometry import shape

from libs.tenants.areas import square_km
from libs.tenants.outlines import NoOutline
from libs.tenants.repair import TURKEY, Box, repair
from libs.text import fold

MOST_ROWS = 2_000
MOST_COLUMNS = 60
NAMED = ("name", "ad", "adi", "mahalle", "mahalle adi", "mahalle_adi", "mah_adi", "neighbourhood")
CODED = ("code", "kod", "kodu", "id", "uavt", "mahalle kodu", "mahalle_id")
COUNTED = ("population", "pop", "nufus", "pop2023", "pop2025")


@dataclass(frozen=True, slots=True)
class Row:
    """One neighbourhood as it came: its properties as words, its mended area if it has one."""

    properties: Mapping[str, str]
    geometry: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What is in a file. `mended` counts areas that had to be put right, `unread` those that
    could not be read.
    """

    rows: tuple[Row, ...]
    mended: int = 0
    unread: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of properties, in the order in which they come."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.properties))

    def column(self, *likely: str) -> str | None:
        """The column that is called like one of these."""
        known = {fold(name): name for name in self.columns}
        return next((known[fold(name)] for name in likely if fold(name) in known), None)


@dataclass(frozen=True, slots=True)
class Made:
    """Neighbourhoods as the tenant's document has them; by name those left out, and why.

    `outside` do not touch the boundary, `beyond` reach over it by more than a twentieth and stay.
    """

    items: tuple[Mapping[str, Any], ...]
    nameless: int
    outside: tuple[str, ...]
    beyond: tuple[str, ...]
    repeated: tuple[str, ...]


class NoTable(ValueError):
    """The file holds no neighbourhoods; `slug` says why."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def read_table(content: bytes, home: Box = TURKEY) -> Table:
    """The rows of a GeoJSON or CSV file. Raises NoTable."""
    text = _decoded(content).strip()
    if not text:
        raise NoTable("empty")
    table = _of_geojson(text, home) if text.startswith(("{", "[")) else _of_csv(text)
    if not table.rows:
        raise NoTable("no_rows")
    if len(table.rows) > MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise NoTable("too_many")
    return table


def make(
    table: Table, name: str, code: str | None, population: str | None, boundary: Any | None
) -> Made:
    """The neighbourhoods of a table, by which of its columns is what. Codes that lack are made."""
    whole = shape(boundary) if boundary else None
    named = [row for row in table.rows if row.properties.get(name, "").strip()]
    items: dict[str, dict[str, Any]] = {}
    outside, beyond, repeated = [], [], []
    for row in named:
        called = " ".join(row.properties[name].split())[:200]
        if whole is not None and row.geometry is not None:
            area = shape(row.geometry)
            inside = area.intersection(whole)
            if inside.area == 0:
                outside.append(called)
                continue
            if square_km(inside) < 0.95 * square_km(area):
                beyond.append(called)
        key = _code(row.properties.get(code, "")) if code else ""
        key = key or _code(fold(called)) or "mahalle"
        if key in items:
            repeated.append(called)
            key = next(f"{key}-{turn}" for turn in range(2, 9_999) if f"{key}-{turn}" not in items)
        items[key] = {
            "code": key,
            "name": called,
            "geometry": row.geometry,
            "population": _count(row.properties.get(population, "")) if population else None,
        }
    return Made(
        tuple(items.values()),
        len(table.rows) - len(named),
        tuple(outside),
        tuple(beyond),
        tuple(repeated),
    )


def of_names(text: str, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Neighbourhoods of a list with a name in each line; known ones keep code, area and number."""
    before = {fold(str(one["name"])): one for one in known}
    rows = [Row({"name": line}) for line in text.splitlines() if line.strip()]
    made = make(Table(tuple(rows)), "name", None, None, None).items
    taken = {one["code"] for one in known}
    found: list[dict[str, Any]] = []
    for one in made:
        former = before.get(fold(str(one["name"])))
        if former is not None:
            found.append({**former, "name": one["name"]})
            continue
        code, turn = one["code"], 2
        while code in taken:
            code, turn = f"{one['code']}-{turn}", turn + 1
        taken.add(code)
        found.append({**one, "code": code})
    return found


def _of_geojson(text: str, home: Box) -> Table:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NoTable("not_json") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise NoTable("not_geojson")
    rows, mended, unread = [], 0, 0
    for feature in features[: MOST_ROWS + 1]:
        told = feature.get("properties") if isinstance(feature, dict) else None
        words = {str(name): _word(value) for name, value in (told or {}).items()}
        row = Row({name: word for name, word in words.items() if word})
        if isinstance(feature, dict) and feature.get("geometry"):
            crs = {"crs": document["crs"]} if "crs" in document else {}
            try:
                found = repair({**feature["geometry"], **crs}, home)
            except (NoOutline, TypeError):
                unread += 1
            else:
                row = replace(row, geometry=found.after)
                mended += found.changed
        rows.append(row)
    return Table(tuple(rows), mended, unread)


def _of_csv(text: str) -> Table:
    head = text.splitlines()[0]
    mark = max((";", ",", "\t"), key=lambda one: head.count(one))
    try:
        found = list(csv.reader(io.StringIO(text), delimiter=mark))
    except csv.Error:
        raise NoTable("not_csv") from None
    names = [name.strip() or f"#{turn}" for turn, name in enumerate(found[0], start=1)]
    rows = [
        Row({name: word.strip() for name, word in zip(names, row, strict=False) if word.strip()})
        for row in found[1:]
        if any(word.strip() for word in row)
    ]
    return Table(tuple(rows))


def _decoded(content: bytes) -> str:
    """UTF-8, or as Turkish Windows writes."""
    for encoding in ("utf-8-sig", "cp1254"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoTable("not_text")


def _word(value: Any) -> str:
    return str(value).strip()[:300] if isinstance(value, str | int | float) else ""


def _code(word: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.:-]+", "-", word).strip("-")[:56]


def _count(word: str) -> int | None:
    digits = re.sub(r"[.\s,]", "", word.removesuffix(".0"))
    return int(digits) if digits.isdecimal() and len(digits) < 9 else None
