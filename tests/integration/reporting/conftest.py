"""reporting as outsiders meet it, for a module, and one copy of it without a process for a test;
their Kafka is the run's.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from libs.tenants import Tenant
from tests.integration.reporting.outside import Outside, outside, settings
from tests.integration.reporting.world import Copy, a_copy, a_tenant


@pytest.fixture(scope="module")
async def sokak(kafka: str, mongo: str) -> AsyncIterator[Outside]:
    """One that runs for all tests of a module."""
    async with outside(settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_")) as its:
        yield its


@pytest.fixture
def tenant() -> Tenant:
    """One that publishes."""
    return a_tenant()


@pytest.fixture
async def copy(mongo: str, database: str, kafka: str, tenant: Tenant) -> AsyncIterator[Copy]:
    """A copy that knows this tenant."""
    copy = await a_copy(mongo, f"{database}reporting", kafka, tenant)
    yield copy
    await copy.relay.stop()
    copy.database.client.close()
