"""Repairing a dead letter with what cannot be written down is refused and keeps its bytes."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from .system import Json, System, until


@pytest.fixture(scope="module")
def letter(system: System) -> str:
    """The address of a record that crm has put aside."""
    mark = uuid.uuid4().hex
    system.poison("requests", {mark: b"not JSON"})

    def parked() -> str | None:
        rows = system.call("GET", "/ops/crm/dead", system.platform, params={"limit": 500})
        return next((row["id"] for row in rows if row["key"] == mark), None)

    return f"/ops/crm/dead/{until(parked, 'the dead letter')}"


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"text": "yarım \ud800"}},
        {"data": {"\udfff": 1}},
        {"headers": {"ce_type": "\ud800"}},
        {"headers": {"\ud800": "x"}},
        {"headers": {"": "x"}},
        {"headers": {"ce_type": "x" * 5000}},
    ],
)
def test_half_a_character_is_no_repair(system: System, letter: str, body: Json) -> None:
    before = system.call("GET", letter, system.platform)
    answer = _post(system, letter, body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True)
    assert system.call("GET", letter, system.platform) == before
    assert not before["repaired"]


def test_any_json_is_a_repair_and_the_original_stays(system: System, letter: str) -> None:
    body = {"data": {"n": 10**40, "deep": [[[]]], "words": "ş🕳\0"}, "headers": {"ce_type": "x"}}
    before = system.call("GET", letter, system.platform)
    after = _post(system, letter, body).json()
    assert after == before | {"repaired": True}


def _post(system: System, letter: str, body: Json) -> Any:
    content = json.dumps(body).encode()
    headers = system.platform | {"Content-Type": "application/json"}
    return system.http.post(f"{letter}/repair", content=content, headers=headers)
