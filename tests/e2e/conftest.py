"""One running Sokak for all tests of this folder; its logs where a test fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from libs.stack import NativeKafka, NativeMongo
from libs.stack.private import native_stack
from tests.conftest import RAN_ON
from tests.e2e.harness import Sokak, running
from tests.e2e.new_york import BOROUGHS, Imported, import_under_fire

SYSTEM = pytest.StashKey[Sokak]()
ANKARA = ("ankara", "kecioren", "cankaya", "mamak", "etimesgut", "yenimahalle", "pursaklar")


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[tuple[NativeKafka, NativeMongo, Path]]:
    """Servers of our own: topics and groups have one name each, and we kill what we like."""
    directory = Path(tempfile.mkdtemp(prefix="sokak-e2e-"))
    try:
        with native_stack(directory, cache="2G") as (kafka, mongo):
            pytestconfig.stash.setdefault(RAN_ON, f"{kafka.version} and {mongo.version}")
            yield kafka, mongo, directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
async def sokak(
    servers: tuple[NativeKafka, NativeMongo, Path], pytestconfig: pytest.Config
) -> AsyncIterator[Sokak]:
    """Two copies of each service, and Ankara's tenants."""
    async with running(*servers) as system:
        pytestconfig.stash[SYSTEM] = system
        await system.apply(ANKARA)
        yield system


@pytest.fixture(scope="session")
async def history(sokak: Sokak) -> Imported:
    """New York's boroughs and their history."""
    await sokak.apply(BOROUGHS)
    return await import_under_fire(sokak)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of all logs beside a failure."""
    report = yield
    if report.failed and (system := item.config.stash.get(SYSTEM, None)) is not None:
        report.sections.append(("logs of the services", system.tails()))
    return report
