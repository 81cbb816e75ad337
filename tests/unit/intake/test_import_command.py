"""`sokak import requests` sends less at once where intake finds it too much."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from services.cli import history
from services.cli.mapping import MappingFile

MAPPING = MappingFile.model_validate(
    {
        "source": "old",
        "time_zone": "Europe/Istanbul",
        "columns": {"source_number": "no", "opened_at": "at", "lat": "lat", "lon": "lon"},
        "text": "{words}",
    }
)


class Intake:
    """Takes every row of a body that is not too large, as the real one answers."""

    def __init__(self) -> None:
        self.largest = 100_000
        self.taken: list[str] = []
        self.too_large = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if len(content) > self.largest:
            self.too_large += 1
            problem = {"title": "The body is too large.", "status": 413}
            return httpx.Response(413, json=problem, headers={"content-type": "a/problem+json"})
        rows = json.loads(content)["rows"]
        self.taken += [row["source_number"] for row in rows]
        return httpx.Response(200, json={"rows": [{"outcome": "accepted"} for _ in rows]})


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Intake:
    made, client = Intake(), httpx.Client
    transport = httpx.MockTransport(made.answer)
    monkeypatch.setattr(history.httpx, "Client", lambda **more: client(transport=transport, **more))
    return made


def file_of(folder: Path, *lengths: int) -> Path:
    """A file with a row for each of these lengths of text."""
    rows = [f"{n},2024-01-05 09:00,39.9,32.8,{'ş' * length}" for n, length in enumerate(lengths)]
    file = folder / "old.csv"
    file.write_text("\n".join(["no,at,lat,lon,words", *rows]))
    return file


def test_long_rows_go_in_smaller_parts_and_each_once(intake: Intake, tmp_path: Path) -> None:
    file = file_of(tmp_path, *[3000] * 300)
    tally, rejects = history.take_over(file, MAPPING, "http://intake", "token", Console(quiet=True))
    assert intake.too_large > 0
    assert (tally["accepted"], rejects) == (300, [])
    assert sorted(intake.taken, key=int) == [str(number) for number in range(300)]


def test_a_row_that_is_too_long_by_itself_is_named(intake: Intake, tmp_path: Path) -> None:
    intake.largest = 5_000
    file = file_of(tmp_path, 10, 4000, 10)
    tally, rejects = history.take_over(file, MAPPING, "http://intake", "token", Console(quiet=True))
    assert (tally["accepted"], tally["refused"]) == (2, 1)
    [(line, row, reason)] = rejects
    assert (line, row["no"], reason) == (3, "1", "The body is too large.")
