"""One running Sokak for all tests of this folder; its logs where a test fails."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from libs.stack import NativeKafka, NativeMongo
from libs.stack.private import native_stack
from tests.conftest import RAN_ON
from tests.e2e.harness import ROOT, Sokak, running

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
        files = [str(ROOT / "deploy" / "tenants" / f"{slug}.yaml") for slug in ANKARA]
        url = system.copies["routing"][0].url
        done = await system.sokak("tenant", "apply", *files, "--url", url)
        assert done.code == 0, done
        await known(system, ANKARA)
        yield system


async def known(system: Sokak, slugs: tuple[str, ...]) -> None:
    """Return when every service's table has these tenants."""
    from tests.e2e.harness import SERVICES, eventually

    async def all_there() -> None:
        for service in SERVICES:
            table = system.collection(service, "tenant_table")
            count = await table.count_documents({"_id": {"$in": list(slugs)}})
            assert count == len(slugs), f"{service} knows {count} of {len(slugs)} tenants"

    await eventually(all_there)
    await asyncio.sleep(1.0)  # the other copies' memory; none can be asked what it knows


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of all logs beside a failure."""
    report = yield
    if report.failed and (system := item.config.stash.get(SYSTEM, None)) is not None:
        report.sections.append(("logs of the services", system.tails()))
    return report
