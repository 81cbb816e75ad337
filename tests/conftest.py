"""Kafka and a database for every test that asks: the environment's, a container's or our own."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from pymongo import MongoClient

from libs.stack import NativeKafka, NativeMongo
from libs.stack.private import make_topics, native_stack
from libs.stack.process import Process
from tests.containers import docker_answers, kafka_container, mongo_container

hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")

Process.leashed = True  # none is left where a test run is killed

RAN_ON = pytest.StashKey[str]()

LOGS = pytest.StashKey[Callable[[], str]]()
"""The ends of the logs of the services that run, to be shown beside a failure."""


@dataclass(frozen=True)
class Stack:
    """The servers of this test run, and in words which they are."""

    kafka: str
    mongo: str
    ran_on: str


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """Addresses in the environment, else containers, else native on free ports; never nothing."""
    with ExitStack() as exits:
        found = _find(exits, pytestconfig)
        pytestconfig.stash[RAN_ON] = found.ran_on
        yield found


@contextmanager
def own_servers(
    config: pytest.Config, name: str, cache: str = "1G"
) -> Iterator[tuple[NativeKafka, NativeMongo, Path]]:
    """Servers of a test's own, native ones, and a directory that goes with them."""
    directory = Path(tempfile.mkdtemp(prefix=f"sokak-{name}-"))
    try:
        with native_stack(directory, _loud(config), cache) as (kafka, mongo):
            config.stash.setdefault(RAN_ON, f"{kafka.version} and {mongo.version}")
            yield kafka, mongo, directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of all logs beside a failure of a test that uses them."""
    report = yield
    uses_services = not {"sokak", "lab"}.isdisjoint(getattr(item, "fixturenames", ()))
    logs = item.config.stash.get(LOGS, None)
    if report.failed and uses_services and logs is not None:
        report.sections.append(("logs of the services", logs()))
    return report


def _find(exits: ExitStack, config: pytest.Config) -> Stack:
    kafka, mongo = os.environ.get("SOKAK_KAFKA"), os.environ.get("SOKAK_MONGO")
    if kafka and mongo:
        make_topics(kafka)
        return Stack(kafka, mongo, f"Kafka {kafka} and MongoDB {mongo} (environment)")
    if docker_answers():
        kafka = kafka or exits.enter_context(kafka_container())
        mongo = mongo or exits.enter_context(mongo_container())
        make_topics(kafka)
        return Stack(kafka, mongo, "containers apache/kafka and mongo:8")
    own_kafka, own_mongo, _ = exits.enter_context(own_servers(config, "tests"))
    return Stack(
        kafka or own_kafka.address,
        mongo or own_mongo.url,
        f"{own_kafka.version} and {own_mongo.version}",
    )


def _loud(config: pytest.Config) -> Callable[[str], None]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return lambda line: reporter.write_line(line) if reporter else print(line)


@pytest.fixture(scope="session")
def kafka(stack: Stack) -> str:
    """Bootstrap address of the run's Kafka, with all topics; use keys of your own."""
    return stack.kafka


@pytest.fixture(scope="session")
def mongo(stack: Stack) -> str:
    """Connection string of the run's database."""
    return stack.mongo


@pytest.fixture
def database(mongo: str) -> Iterator[str]:
    """A prefix for names of databases; every database whose name begins so is dropped after."""
    prefix = f"t{uuid.uuid4().hex[:12]}_"
    yield prefix
    client: MongoClient[dict[str, object]] = MongoClient(mongo)
    for name in client.list_database_names():
        if name.startswith(prefix):
            client.drop_database(name)
    client.close()


@pytest.fixture
def own_mongo(tmp_path: Path) -> Iterator[NativeMongo]:
    """A database of this test alone, to be killed, frozen and stopped at will."""
    server = NativeMongo(tmp_path / "mongo", cache="256M")
    server.start()
    yield server
    server.stop(timeout_s=5.0)


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[NativeKafka]:
    """A Kafka of this test alone with all topics, to be killed, frozen and stopped at will."""
    server = NativeKafka(tmp_path / "kafka")
    server.start()
    make_topics(server.address)
    yield server
    server.stop(timeout_s=5.0)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say at the end which servers the tests ran on."""
    terminalreporter.write_line(f"ran on: {config.stash.get(RAN_ON, 'no servers needed')}")
