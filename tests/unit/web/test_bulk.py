"""Requests as CSV: what citizens wrote is text in every spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Mapping

import pytest

from libs.web.bulk import pieces


async def written(row: Mapping[str, object]) -> dict[str, str]:
    """What a program reads of a row that was written."""

    async def rows() -> AsyncIterator[Mapping[str, object]]:
        yield row

    text = b"".join([piece async for piece in pieces(rows())]).decode()
    (read,) = csv.DictReader(text.splitlines(keepends=True))
    return read


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
async def test_what_a_citizen_wrote_is_never_a_formula(start: str):
    told = f'{start}HYPERLINK("http://evil.test")'
    read = await written({"description": told, "address": "Kuşcağız, =1"})
    assert read["description"] == f"'{told}"
    assert read["address"] == "Kuşcağız, =1"


async def test_numbers_below_zero_stay_numbers():
    read = await written({"lat": -39.5, "long": -0.25, "description": None})
    assert (read["lat"], read["long"], read["description"]) == ("-39.5", "-0.25", "")
