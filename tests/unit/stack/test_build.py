"""What is fetched or built is whole or not there, and made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from libs.stack import StackError
from libs.stack.build import build_kafka, kafka_jars

JAVA = "echo 'openjdk version \"17.0.1\"' >&2"
MVN = """\
echo called >> "$CALLS"
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="${word#*=}";; esac; done
/bin/mkdir -p "$out"
/bin/sleep 0.2
for n in 1 2 3 4 5 6 7 8 9 10 11; do echo "[INFO] Copying kafka-$n.jar to"; : > "$out/$n.jar"; done
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a `java`; the file has a line for each call of `mvn`."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    tool(tmp_path, "java", JAVA)
    return tmp_path / "calls"


def test_a_build_that_fails_leaves_nothing_and_says_why(calls: Path, tmp_path: Path) -> None:
    tool(tmp_path, "mvn", MVN + "echo no such artifact; exit 1")
    with pytest.raises(StackError, match="no such artifact"):
        build_kafka()
    assert not kafka_jars().exists()

    tool(tmp_path, "mvn", MVN)
    assert (build_kafka() / "1.jar").exists()
    assert len(calls.read_text().splitlines()) == 2


def test_two_builds_at_once_are_one(calls: Path, tmp_path: Path) -> None:
    tool(tmp_path, "mvn", MVN)
    with ThreadPoolExecutor(2) as both:
        assert len(set(both.map(lambda _: build_kafka(), range(2)))) == 1
    assert calls.read_text() == "called\n"
    leftovers = [path.name for path in (tmp_path / "cache" / "sokak").iterdir()]
    assert sorted(leftovers) == ["kafka-4.4.0", "kafka-4.4.0.lock"]


def test_a_build_says_how_far_it_is(calls: Path, tmp_path: Path) -> None:
    tool(tmp_path, "mvn", MVN)
    said: list[str] = []
    build_kafka(said.append)
    assert any("fetching Kafka" in line for line in said)
    assert any("kafka-10.jar" in line for line in said)


def tool(directory: Path, name: str, script: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
