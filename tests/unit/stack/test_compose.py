"""With Docker, the compose file is what runs; it keeps data and waits for health."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from libs.stack import StackError, find_or_start, stop
from libs.stack.compose import FILE

DOCKER = """\
echo "$@" >> "$CALLS"
case "$*" in *" up "*) test -z "$BROKEN" || { echo "pull access denied" >&2; exit 1; } ;; esac
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only tool is a `docker` that writes down how it was called."""
    file = tmp_path / "docker"
    file.write_text(f"#!/bin/sh\n{DOCKER}")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    for name in ("SOKAK_KAFKA", "SOKAK_MONGO", "SOKAK_STACK", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "calls"


def test_docker_is_taken_before_native_and_down_removes_only_its_containers(
    calls: Path, tmp_path: Path
) -> None:
    data = tmp_path / "local"
    stack = find_or_start(data)
    assert stack.kind == "docker"
    assert "directConnection=true&w=majority&journal=true" in stack.mongo

    assert stop(data) == ["kafka", "mongo"]
    assert stop(data) == []
    up, down = (line for line in calls.read_text().splitlines() if "--project-name" in line)
    assert up.endswith("kafka mongo")
    assert "--wait" in up
    assert down.endswith("rm --stop --force kafka mongo")


def test_ports_stay_the_same_from_one_start_to_the_next(calls: Path, tmp_path: Path) -> None:
    data = tmp_path / "local"
    first = find_or_start(data)
    stop(data)
    (data / "docker.json").write_text(json.dumps([23456, 23457, 23458]))
    assert find_or_start(data).kafka == "127.0.0.1:23456"
    assert first.kafka != "127.0.0.1:23456"


def test_a_docker_that_cannot_start_them_is_said_and_native_is_tried(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said: list[str] = []
    with pytest.raises(StackError, match="Java 17"):
        find_or_start(tmp_path / "local", said.append)
    assert any("pull access denied" in line for line in said)
    assert stop(tmp_path / "local") == []


def test_the_compose_file_keeps_data_and_is_open_to_this_machine_only() -> None:
    services = yaml.safe_load(FILE.read_text())["services"]
    for name in ("kafka", "mongo"):
        assert services[name]["healthcheck"]["test"]
        assert services[name]["volumes"]
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    assert "--replSet" in services["mongo"]["command"]
    kafka = services["kafka"]["environment"]
    assert kafka["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert "OUTER:SASL_PLAINTEXT" in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]
