"""Dead letters as operators reach them: the command line, and the API."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.e2e.harness import Sokak

Row = dict[str, Any]


async def listed(sokak: Sokak, service: str) -> list[Row]:
    """What `sokak dead list` tells of a service."""
    url = sokak.copies[service][0].url
    arguments = ("--service", service, "--json", "--url", url)
    done = await sokak.sokak("dead", "list", *arguments)
    assert done.code == 0, done
    return [json.loads(line) for line in done.out.split("\n") if line]


async def parked(sokak: Sokak, service: str) -> list[str]:
    """The ids of what waits at a service."""
    rows = await sokak.get(service, f"/ops/{service}/dead?limit=500", await sokak.platform())
    return [row["id"] for row in rows]


async def do(
    sokak: Sokak, service: str, place: str, what: str, body: Row, *, also: int = 200
) -> Row:
    """Repair, replay or discard one; the answer, which is good or `also` this."""
    token = await sokak.platform()
    path = f"{_place(service, place)}/{what}"
    answer = await sokak.call(service, "POST", path, body=body, token=token)
    assert answer.status_code in (200, also), answer.text
    told: Row = answer.json()
    return told


def _place(service: str, place: str) -> str:
    return f"/ops/{service}/dead/{quote(place, safe='')}"


def bytes_of(shown: dict[str, str] | None) -> bytes | None:
    """The bytes that an answer shows."""
    if shown is None:
        return None
    text = shown["text"]
    return text.encode() if shown["encoding"] == "utf-8" else bytes.fromhex(text)
