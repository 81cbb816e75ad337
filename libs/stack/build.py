"""What the native stack is made of: fetched or built once, kept in a cache of the user."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import StackError

KAFKA_POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"
SECANTUS_VERSION = "0.5.3-beta.196"
RUST_AT_LEAST = (1, 95)
JAVA_AT_LEAST = 17

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def cache() -> Path:
    """Where built things are kept, per user and not per checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "sokak"


def kafka_version() -> str:
    """The version that the pom names."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", KAFKA_POM.read_text())
    if found is None:
        raise StackError(f"{KAFKA_POM} names no kafka.version")
    return found[1]


def kafka_jars() -> Path:
    """Directory of Kafka's jars (which may not be there yet)."""
    return cache() / f"kafka-{kafka_version()}" / "lib"


def kafka_classes() -> Path:
    """Kafka's classes, loaded and checked, for this JVM to map (they may not be there yet)."""
    jvm = Path(shutil.which(java()) or java()).resolve()
    age = jvm.stat().st_mtime_ns if jvm.exists() else 0
    key = hashlib.sha256(f"{jvm} {age}".encode()).hexdigest()[:12]
    return cache() / f"kafka-{kafka_version()}-classes-{key}" / "classes.jsa"


def secantus() -> Path:
    """The database's binary (which may not be there yet)."""
    return cache() / f"secantusd-{SECANTUS_VERSION}" / "bin" / "secantusd-rs"


def java() -> str:
    """The `java` to run Kafka with: JAVA_HOME's, else the PATH's."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return str(Path(home) / "bin" / "java")
    return "java"


def missing_for_kafka() -> list[str]:
    """What this machine lacks to run Kafka, each with the way to get it."""
    lacks = []
    version = _first_number([java(), "-version"])
    if version is None or version[0] < JAVA_AT_LEAST:
        lacks.append(f"Java {JAVA_AT_LEAST} or later (apt install openjdk-17-jdk-headless)")
    if not kafka_jars().exists() and shutil.which("mvn") is None:
        lacks.append("Maven, which fetches Kafka (apt install maven)")
    return lacks


def missing_for_mongo() -> list[str]:
    """What this machine lacks to build the database, each with the way to get it."""
    if secantus().exists():
        return []
    lacks = []
    version = _first_number(["rustc", "--version"])
    if version is None or version < RUST_AT_LEAST or shutil.which("cargo") is None:
        wanted = ".".join(map(str, RUST_AT_LEAST))
        lacks.append(
            f"Rust {wanted} or later with Cargo (rustup, see https://rustup.rs; "
            "Debian's own package is older)"
        )
    for tool, package in (("cc", "gcc"), ("c++", "g++"), ("make", "make"), ("cmake", "cmake")):
        if shutil.which(tool) is None:
            lacks.append(f"{tool}, which builds the storage engine (apt install {package})")
    return lacks


def build_kafka(say: Say = silent) -> Path:
    """Kafka's jars, fetched from Maven Central if they are not in the cache."""
    with once(kafka_jars()) as temporary:
        if temporary is not None:
            _demand("Kafka", missing_for_kafka())
            say(f"fetching Kafka {kafka_version()} (43 MB, once) ...")
            _follow(
                [
                    "mvn",
                    "--batch-mode",
                    "--no-transfer-progress",
                    "--file",
                    str(KAFKA_POM),
                    "dependency:copy-dependencies",
                    f"-DoutputDirectory={temporary / 'lib'}",
                ],
                say,
                re.compile(r"Copying (\S+)"),
            )
    return kafka_jars()


def build_kafka_tools(say: Say = silent) -> Path:
    """The jar of Kafka's command line tools, fetched likewise; they run with Kafka's own beside."""
    jars = cache() / f"kafka-tools-{kafka_version()}" / "lib"
    with once(jars) as temporary:
        if temporary is not None:
            _demand("Kafka's tools", missing_for_kafka())
            command = ["mvn", "--batch-mode", "--no-transfer-progress", "dependency:copy"]
            artifact = f"-Dartifact=org.apache.kafka:kafka-tools:{kafka_version()}"
            directory = f"-DoutputDirectory={temporary / 'lib'}"
            _follow([*command, artifact, directory], say, re.compile(r"Copying (\S+)"))
    return jars


def build_mongo(say: Say = silent) -> Path:
    """The database's binary, built by Cargo if it is not in the cache."""
    with once(secantus().parent) as temporary:
        if temporary is not None:
            _demand("the database", missing_for_mongo())
            say(f"building secantusd-rs {SECANTUS_VERSION} (5 to 10 minutes, once) ...")
            _follow(
                [
                    "cargo",
                    "install",
                    "secantus-mdb",
                    "--version",
                    SECANTUS_VERSION,
                    "--locked",
                    "--ignore-rust-version",
                    "--root",
                    str(temporary),
                ],
                say,
                re.compile(r"Compiling (\S+ \S+)"),
            )
    return secantus()


@contextmanager
def once(target: Path) -> Iterator[Path | None]:
    """A directory to make `target`'s parent in, or None if it is there; whole or not at all."""
    root = target.parent
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at once: the second waits and finds it done
        if target.exists():
            yield None
            return
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}-") as made:
            temporary = Path(made) / root.name
            temporary.mkdir()
            yield temporary
            if not (temporary / target.name).exists():
                raise StackError(f"{root.name} was built without {target.name}")
            shutil.rmtree(root, ignore_errors=True)
            temporary.rename(root)


def _follow(command: list[str], say: Say, progress: re.Pattern[str]) -> None:
    """Run a long command; say every tenth line that shows progress; its whole output on failure."""
    steps, seen = 0, list[str]()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            seen.append(line)
            step = progress.search(line)
            if step is not None:
                steps += 1
                if steps % 10 == 0:
                    say(f"  {steps}: {step[1]}")
    if running.returncode:
        raise StackError(f"`{' '.join(command)}` failed:\n{''.join(seen[-40:])}")


def _demand(what: str, lacks: list[str]) -> None:
    if lacks:
        raise StackError(f"{what} cannot be had here. Missing: " + "; ".join(lacks) + ".")


def _first_number(command: list[str]) -> tuple[int, int] | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    found = re.search(r"(\d+)\.(\d+)", done.stdout + done.stderr)
    return (int(found[1]), int(found[2])) if found else None
