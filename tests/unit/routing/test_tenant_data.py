"""`sokak tenant data`: whole, or nothing at all."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.cli import data as command
from tests.unit.routing.examples import document

LINE = b'{"id":"1","text":"\xc3\xa7ukur"}\n'
VERSION = {"number": 1, "at": "2026-03-02T09:00:00Z", "by": "x", "document": document(version=1)}


def a_tar(*names: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"jpg"))
    return made.getvalue()


class Breaking(httpx.SyncByteStream):
    """An answer whose connection is cut."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.RemoteProtocolError("peer closed connection")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the services answer, by the end of the path: bytes, a stream, or a status."""
    told: dict[str, Any] = {
        "/versions": json.dumps(VERSION).encode() + b"\n",
        "/photos": a_tar("r1/p1.jpg", "r2/p2.jpg"),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer x"
        found = told.get(f"/{request.url.path.rpartition('/')[2]}", LINE)
        if isinstance(found, int):
            return httpx.Response(found, json={"title": "No."})
        if isinstance(found, bytes):
            return httpx.Response(200, content=found)
        return httpx.Response(200, stream=found)

    def client(**options: Any) -> httpx.Client:
        return client_of(transport=httpx.MockTransport(answer), **options)

    client_of = httpx.Client
    monkeypatch.setattr(httpx, "Client", client)
    return told


def taken(place: Path) -> Result:
    return CliRunner().invoke(app, ["tenant", "data", "ornek", "--to", str(place), "--token", "x"])


def test_every_file_is_written_and_described(answers: dict[str, Any], tmp_path: Path) -> None:
    done = taken(tmp_path / "new" / "data")
    assert done.exit_code == 0, done.output
    folder = tmp_path / "new" / "data"
    assert {file.name for file in folder.iterdir()} == {
        *(one.name for one in command.FILES),
        *("photos", "tenant", "manifest.json", "README.md"),
    }
    assert (folder / "tasks.jsonl").read_bytes() == LINE
    assert (folder / "photos/r1/p1.jpg").read_bytes() == b"jpg"
    assert (folder / "tenant/ornek.yaml").exists()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["photos"] == 2
    assert manifest["files"]["tasks.jsonl"]["lines"] == 1
    readme = (folder / "README.md").read_text()
    assert all(f"| `{one.name}` | 1 | {one.about} |" in readme for one in command.FILES)


@pytest.mark.parametrize("name", ["data", "data.zip"])
@pytest.mark.parametrize(
    "fault",
    [
        {"/tasks": 403},
        {"/facts": Breaking(LINE)},
        {"/photos": Breaking(a_tar("r1/p1.jpg")[:700])},
        {"/photos": Breaking(a_tar("r1/p1.jpg"))},
        {"/photos": a_tar("r1/p1.jpg")[:514]},
        {"/photos": a_tar("../../p1.jpg")},
        {"/photos": a_tar("../p1.jpg")},
    ],
    ids=["refused", "cut", "photo cut", "end cut", "tar cut", "outside", "above"],
)
def test_a_part_is_never_taken_for_the_whole(
    answers: dict[str, Any], tmp_path: Path, fault: dict[str, Any], name: str
) -> None:
    answers.update(fault)
    done = taken(tmp_path / name)
    assert done.exit_code == 1
    assert "Nothing was written" in done.output
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_left_alone(answers: dict[str, Any], tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine.txt").write_text("mine")
    assert taken(there).exit_code == 1
    assert [file.name for file in there.iterdir()] == ["mine.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert taken(empty).exit_code == 0
