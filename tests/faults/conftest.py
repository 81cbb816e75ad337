"""One lab for all tests of this folder; the logs of its processes where a test fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from tests.conftest import RAN_ON
from tests.faults.lab import Lab, a_lab
from tests.faults.run import SPARE, TENANTS

LAB = pytest.StashKey[Lab]()


@pytest.fixture(scope="session")
async def lab(pytestconfig: pytest.Config) -> AsyncIterator[Lab]:
    """Servers, two copies of each service, a proxy for each wire, tenants."""
    directory = Path(tempfile.mkdtemp(prefix="sokak-faults-"))
    try:
        async with a_lab(directory) as lab:
            sokak = lab.sokak
            ran_on = f"{sokak.kafka.version} and {sokak.mongo.version}"
            pytestconfig.stash.setdefault(RAN_ON, ran_on)
            pytestconfig.stash[LAB] = lab
            await sokak.apply([*TENANTS, *SPARE])
            yield lab
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of all logs beside a failure."""
    report = yield
    if report.failed and (lab := item.config.stash.get(LAB, None)) is not None:
        report.sections.append(("logs of the services", lab.sokak.tails()))
    return report
