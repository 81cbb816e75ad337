"""The page's own reading of a table: run by Node, as browsers run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import libs.web

SOURCE = Path(libs.web.__file__).parent / "src" / "csv.js"


def run(expression: str, *given: Any) -> Any:
    """The value of an expression of csv.js; `given` are its arguments `a`, `b`, …"""
    names = ", ".join("abcdef"[: len(given)])
    code = f"""
        import * as csv from {json.dumps(SOURCE.as_uri())};
        const [{names}] = {json.dumps(given)};
        process.stdout.write(JSON.stringify({expression} ?? null));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tables_of_every_kind_are_read() -> None:
    text = 'no;metin\r\n1;"çukur; ""büyük""\nyolda"\n\n2;"a"\n'
    assert run("csv.parsed(a)", text) == [
        {"line": 1, "cells": ["no", "metin"]},
        {"line": 2, "cells": ["1", 'çukur; "büyük"\nyolda']},
        {"line": 5, "cells": ["2", "a"]},
    ]
    assert run("csv.parsed(a)", "a\tb\n1\t2")[1]["cells"] == ["1", "2"]
    assert run("csv.parsed(a)", "") == []
    turkish = list("Ağaç;Şişli".encode("cp1254"))
    assert run("csv.decoded(new Uint8Array(a))", turkish) == "Ağaç;Şişli"
    assert run("csv.decoded(new Uint8Array(a))", list("Ağaç".encode())) == "Ağaç"


def test_a_line_that_is_written_is_read_again_and_starts_no_formula() -> None:
    cells = ["a,b", 'say "x"', "two\nlines", "-1,5"]
    assert run("csv.parsed(csv.lineOf(a) + '\\n')", cells)[0]["cells"] == cells
    assert run("csv.lineOf(a)", ["=1+1"]) == "'=1+1"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            ["Başvuru No", "Açılış Tarihi", "Enlem", "Boylam", "Konu", "Açıklama", "Müdürlük"],
            ["source_number", "opened_at", "lat", "lon", "category", "text", "department"],
        ),
        (
            ["unique_key", "created_date", "closed_date", "latitude", "longitude", "descriptor"],
            ["source_number", "opened_at", "closed_at", "lat", "lon", "text"],
        ),
    ],
)
def test_columns_are_guessed_by_their_names(head: list[str], found: list[str]) -> None:
    assert run("csv.guessed(a)", head) == {name: place for place, name in enumerate(found)}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-31 14:20", "2024-05-31T11:20:00.000Z"),
        ("31.05.2024 14:20", "2024-05-31T11:20:00.000Z"),
        ("5/1/2015", "2015-01-04T22:00:00.000Z"),
        ("2015-07-01T12:00:00", "2015-07-01T09:00:00.000Z"),
        ("2024-05-31T14:20:05.123Z", "2024-05-31T14:20:05.000Z"),
        ("2024-05-31T14:20:00+02:00", "2024-05-31T12:20:00.000Z"),
        ("31.02.2024", None),
        ("2024-05-31 25:00", None),
        ("yesterday", None),
    ],
)
def test_times_are_read_in_the_municipalitys_zone(written: str, read: str | None) -> None:
    """Istanbul was two hours before UTC in the winters until 2016."""
    assert run("csv.timeOf(a, 'Europe/Istanbul')", written) == read


def test_a_row_becomes_a_request_or_says_why_not() -> None:
    names = ["source_number", "opened_at", "lat", "lon", "text", "category", "closed_at"]
    how = {
        "columns": {name: place for place, name in enumerate(names)},
        "head": names,
        "values": {"category": {"Yol": "POTHOLE"}},
        "zone": "Europe/Istanbul",
    }
    good = ["7", "2024-05-31 14:20", "39,95", "32.85", " çukur ", "Yol", ""]
    assert run("csv.requestOf(a, b)", good, how) == {
        "row": {
            "source_number": "7",
            "opened_at": "2024-05-31T11:20:00.000Z",
            "point": {"lat": 39.95, "lon": 32.85},
            "text": "çukur",
            "category": "POTHOLE",
        }
    }
    other = [*good[:5], "Başka", ""]
    assert "category" not in run("csv.requestOf(a, b)", other, how)["row"]
    for place, value, slug in (
        (0, " ", "empty"),
        (1, "dün", "no_time"),
        (2, "kuzey", "no_number"),
        (3, "500", "no_degrees"),
        (6, "2024-05-01", "order"),
    ):
        row = [*good[:place], value, *good[place + 1 :]]
        fault = run("csv.requestOf(a, b)", row, how)["fault"]
        assert (fault["slug"], fault["column"]) == (slug, names[place])
