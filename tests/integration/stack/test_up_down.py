"""`sokak up` finds what runs, starts what does not; `sokak down` stops that and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.stack import NativeMongo, find_or_start, kafka_answers, mongo_answers, running, stop


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOKAK_STACK", "native")
    monkeypatch.setenv("SOKAK_MONGO_CACHE", "256M")
    monkeypatch.delenv("SOKAK_KAFKA", raising=False)
    monkeypatch.delenv("SOKAK_MONGO", raising=False)
    yield tmp_path / "local"
    stop(tmp_path / "local")


def pids(data: Path) -> list[str]:
    return [(data / name / "pid.json").read_text() for name in ("kafka", "mongo")]


def test_up_again_is_the_same_stack_and_down_again_is_nothing(data: Path) -> None:
    first = find_or_start(data)
    born = pids(data)
    assert first.kind == "native"

    assert find_or_start(data) == first
    assert pids(data) == born
    assert running(data) == first

    NativeMongo(data / "mongo").kill()
    assert running(data) is None
    assert find_or_start(data) == first
    assert running(data) == first

    assert stop(data) == ["kafka", "mongo"]
    assert not kafka_answers(first.kafka)
    assert not mongo_answers(first.mongo, timeout_s=0.5)
    assert running(data) is None
    assert stop(data) == []


def test_the_environments_server_is_used_and_never_stopped(
    data: Path, own_mongo: NativeMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOKAK_MONGO", own_mongo.url)

    stack = find_or_start(data)
    assert stack.mongo == own_mongo.url
    assert (stack.kafka_found.kind, stack.mongo_found.kind) == ("native", "environment")

    assert stop(data) == ["kafka"]
    assert own_mongo.answers()


def test_the_command_line_goes_up_shows_addresses_and_goes_down(data: Path) -> None:
    environment = os.environ | {"SOKAK_LOCAL": str(data)}

    def sokak(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "SOKAK_KAFKA=127.0.0.1:" in sokak("up")
    assert "all there" in sokak("topics")
    assert "stopped kafka" in sokak("down", "--data")
    assert not (data / "mongo").exists()
    assert "nothing to stop" in sokak("down")
