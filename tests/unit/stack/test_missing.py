"""Where the stack cannot be had, what is missing is named, and how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.stack import StackError, find_or_start


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tool, nothing built, no address."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("JAVA_HOME", "SOKAK_KAFKA", "SOKAK_MONGO", "SOKAK_STACK"):
        monkeypatch.delenv(name, raising=False)


def test_every_missing_tool_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(StackError) as refused:
        find_or_start(tmp_path / "local")
    for words in ("Java 17", "apt install maven", "rustup", "apt install cmake", "SOKAK_KAFKA="):
        assert words in str(refused.value)


def test_an_old_java_is_no_java(tmp_path: Path) -> None:
    tool(tmp_path, "java", "echo 'openjdk version \"11.0.2\" 2019' >&2")
    tool(tmp_path, "mvn", "exit 0")
    with pytest.raises(StackError, match=r"Java 17 or later .*openjdk-17") as refused:
        find_or_start(tmp_path / "local")
    assert "Maven" not in str(refused.value)


def test_an_address_where_nothing_answers_is_an_error_not_a_reason_to_start_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOKAK_KAFKA", "127.0.0.1:1")
    with pytest.raises(StackError, match=r"no Kafka answers at 127\.0\.0\.1:1"):
        find_or_start(tmp_path / "local")


def test_docker_asked_for_and_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOKAK_STACK", "docker")
    with pytest.raises(StackError, match="no Docker daemon"):
        find_or_start(tmp_path / "local")


def tool(directory: Path, name: str, script: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
