"""One lab for all tests of this folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import LOGS, RAN_ON
from tests.faults.lab import Lab, a_lab
from tests.faults.run import SPARE, TENANTS


@pytest.fixture(scope="session")
async def lab(pytestconfig: pytest.Config) -> AsyncIterator[Lab]:
    """Servers, two copies of each service, a proxy for each wire, tenants."""
    directory = Path(tempfile.mkdtemp(prefix="sokak-faults-"))
    try:
        async with a_lab(directory) as lab:
            sokak = lab.sokak
            ran_on = f"{sokak.kafka.version} and {sokak.mongo.version}"
            pytestconfig.stash.setdefault(RAN_ON, ran_on)
            pytestconfig.stash[LOGS] = sokak.tails
            await sokak.apply([*TENANTS, *SPARE])
            yield lab
    finally:
        shutil.rmtree(directory, ignore_errors=True)
