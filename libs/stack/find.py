"""Find Kafka and MongoDB or start them: the environment's, Docker's or our own."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from .build import Say, build_kafka, build_mongo, missing_for_kafka, missing_for_mongo, silent
from .classes import ready_classes
from .compose import Compose, Server, docker_answers
from .kafka import NativeKafka, kafka_answers
from .mongo import OPTIONS, NativeMongo, mongo_answers
from .ports import free_port
from .process import StackError

Kind = Literal["environment", "docker", "native"]

DATA = Path(os.environ.get("SOKAK_LOCAL") or Path(__file__).parents[2] / ".local")
SERVERS: tuple[Server, ...] = ("kafka", "mongo")


@dataclass(frozen=True)
class Found:
    """One server: where it answers, whose it is, and what a person calls it."""

    address: str
    kind: Kind
    version: str
    outer: str | None = None  # Kafka's listener for integrators, where it is ours


@dataclass(frozen=True)
class Stack:
    """The two servers that everything runs on."""

    kafka_found: Found
    mongo_found: Found

    @property
    def kafka(self) -> str:
        """Bootstrap address for our own services."""
        return self.kafka_found.address

    @property
    def mongo(self) -> str:
        """Connection string."""
        return self.mongo_found.address

    @property
    def kind(self) -> Kind:
        """How it was had; "environment" only if both servers are the environment's."""
        kinds = {self.kafka_found.kind, self.mongo_found.kind} - {"environment"}
        return kinds.pop() if kinds else "environment"

    def __str__(self) -> str:
        return f"{self.kafka_found.version} and {self.mongo_found.version}"


def find_or_start(data: Path = DATA, say: Say = silent) -> Stack:
    """The stack, started if it does not run. Calling it again finds the same one.

    In this order, for each server alone: its address in the environment (SOKAK_KAFKA,
    SOKAK_MONGO), what an earlier call started, Docker, a process of this machine. SOKAK_STACK
    (docker or native) leaves out the other. StackError says what is missing and how to get it.
    """
    with _locked(data):
        found = _environment() | _kept(data)
        lacking = [name for name in SERVERS if name not in found]
        if lacking and _wanted("docker") and docker_answers():
            try:
                found |= _docker(data, lacking, say)
                lacking = []
            except StackError as failure:
                if not _wanted("native"):
                    raise
                say(f"{failure}\nDocker did not do it; going on without it.")
        if lacking:
            if not _wanted("native"):
                raise StackError("SOKAK_STACK=docker, but no Docker daemon with Compose answers")
            _native(data, lacking, found, say)
        _keep(data, found)
        return Stack(found["kafka"], found["mongo"])


def running(data: Path = DATA) -> Stack | None:
    """The stack if both its servers answer now; nothing is started."""
    found = _environment() | _kept(data)
    return Stack(found["kafka"], found["mongo"]) if len(found) == 2 else None


def addresses(data: Path = DATA) -> dict[str, str]:
    """Where the servers that an earlier call started are, whether or not they answer now."""
    return {name: kept.address for name, kept in _record(data).items()}


def outer_address(data: Path = DATA) -> str | None:
    """Where Kafka's listener for integrators is, if an earlier call started that Kafka."""
    kafka = _record(data).get("kafka")
    return kafka.outer if kafka else None


def stop(data: Path = DATA, say: Say = silent) -> list[str]:
    """Stop what `find_or_start` started and nothing else; names of what was stopped."""
    if not data.exists():
        return []
    with _locked(data):
        record = _record(data)
        stopped: list[str] = []
        contained = [name for name in SERVERS if name in record and record[name].kind == "docker"]
        for name in SERVERS:
            if _server(data, name).stop():
                say(f"stopped {name}")
                stopped.append(name)
        if contained:
            _compose(data).stop(contained)
            say(f"stopped {' and '.join(contained)} in Docker")
            stopped += contained
        _file(data).unlink(missing_ok=True)
        return stopped


def remove(data: Path = DATA, say: Say = silent) -> None:
    """Stop what was started and delete its data."""
    stop(data, say)
    if (data / "docker.json").exists():
        _compose(data).remove()
    for name in ("kafka", "mongo", "docker.json", "stack.json"):
        path = data / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def log_command(server: str, data: Path = DATA) -> list[str]:
    """The command that follows the log of a server that `find_or_start` started."""
    if server not in SERVERS:
        raise StackError(f"there is no server {server!r}, only {' and '.join(SERVERS)}")
    kept = _record(data).get(server)
    if kept is not None and kept.kind == "docker":
        return _compose(data).logs(server)
    log = _server(data, server).log_file
    if not log.exists():
        raise StackError(f"{server} has no log here; `sokak up` has not started it")
    return ["tail", "-n", "100", "-F", str(log)]


def _environment() -> dict[str, Found]:
    found = {}
    if kafka := os.environ.get("SOKAK_KAFKA"):
        if not kafka_answers(kafka, timeout_s=10):
            raise StackError(f"no Kafka answers at {kafka}, which SOKAK_KAFKA names")
        found["kafka"] = Found(kafka, "environment", f"Kafka at {kafka}")
    if mongo := os.environ.get("SOKAK_MONGO"):
        if not mongo_answers(mongo, timeout_s=10):
            raise StackError("no MongoDB that can be written to answers where SOKAK_MONGO points")
        found["mongo"] = Found(mongo, "environment", "MongoDB of SOKAK_MONGO")
    return found


def _kept(data: Path) -> dict[str, Found]:
    """What an earlier call started and what still answers."""
    found = {}
    for name, kept in _record(data).items():
        answers = kafka_answers if name == "kafka" else mongo_answers
        ours = kept.kind == "docker" or _server(data, name).pid is not None
        if not os.environ.get(f"SOKAK_{name.upper()}") and ours and answers(kept.address):
            found[name] = kept
    return found


def _docker(data: Path, servers: list[Server], say: Say) -> dict[str, Found]:
    compose = _compose(data)
    kafka = Found(
        f"127.0.0.1:{compose.kafka_port}",
        "docker",
        "Apache Kafka (Docker)",
        f"127.0.0.1:{compose.outer_port}",
    )
    mongo = Found(
        f"mongodb://127.0.0.1:{compose.mongo_port}/?{OPTIONS}", "docker", "MongoDB (Docker)"
    )
    found: dict[str, Found] = {name: kafka if name == "kafka" else mongo for name in servers}
    _keep(data, found)  # before they run: who stops while they start leaves none behind
    try:
        compose.up(servers, say)
    except StackError:
        with suppress(StackError):
            compose.stop(servers)
        _forget(data, servers)
        raise
    return found


def _native(data: Path, servers: list[Server], found: dict[str, Found], say: Say) -> None:
    """Start the servers; each is in `found` from the moment that it runs."""
    needs = {"kafka": missing_for_kafka, "mongo": missing_for_mongo}
    lacks = [lack for name in servers for lack in needs[name]()]
    if lacks:
        raise StackError(
            "No Docker daemon with Compose answers, and to run without it this machine lacks:\n- "
            + "\n- ".join(lacks)
            + "\nOr name servers that run elsewhere: SOKAK_KAFKA=host:port SOKAK_MONGO=mongodb://…"
        )
    for name in servers:
        (build_kafka if name == "kafka" else build_mongo)(say)
    if "kafka" in servers:
        ready_classes(say)
    started = [_server(data, name) for name in servers]
    for server in started:
        say(f"starting {server.name} ...")
        server.start(wait=False)
    for server in started:
        server.wait_ready()
        say(f"{server.name} answers")
    for server in started:
        found[server.name] = _as_found(server)


def _as_found(server: NativeKafka | NativeMongo) -> Found:
    if isinstance(server, NativeKafka):
        return Found(server.address, "native", server.version, server.outer_address)
    return Found(server.url, "native", server.version)


def _server(data: Path, name: str) -> NativeKafka | NativeMongo:
    if name == "kafka":
        return NativeKafka(data / "kafka", port=9092)
    return NativeMongo(data / "mongo", port=27017, cache=os.environ.get("SOKAK_MONGO_CACHE", "2G"))


def _compose(data: Path) -> Compose:
    """The containers of this checkout, on ports that were free when they were first started."""
    file = data / "docker.json"
    if file.exists():
        return Compose(data, *json.loads(file.read_text()))
    ports = [free_port(9092), free_port(9093), free_port(27017)]
    file.write_text(json.dumps(ports))
    return Compose(data, *ports)


def _wanted(kind: Kind) -> bool:
    return os.environ.get("SOKAK_STACK", kind) == kind


def _file(data: Path) -> Path:
    return data / "stack.json"


def _record(data: Path) -> dict[str, Found]:
    try:
        kept = json.loads(_file(data).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: Found(**fields) for name, fields in kept.items()}


def _keep(data: Path, found: dict[str, Found]) -> None:
    ours = {name: asdict(one) for name, one in found.items() if one.kind != "environment"}
    kept = {name: asdict(one) for name, one in _record(data).items()} | ours
    _file(data).write_text(json.dumps(kept, indent=2))


def _forget(data: Path, servers: list[Server]) -> None:
    kept = {name: asdict(one) for name, one in _record(data).items() if name not in servers}
    _file(data).write_text(json.dumps(kept, indent=2))


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at once: the second finds what the first started
        yield
