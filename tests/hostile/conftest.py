"""One running Sokak for all tests of this folder, which logs all that it can."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.stack import NativeKafka, NativeMongo
from tests.conftest import LOGS, own_servers
from tests.e2e.harness import SERVICES, Sokak, running

LOUD = {"SOKAK_LOG_LEVEL": "DEBUG"}
TENANTS = ("ankara", "kecioren", "mamak")


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[tuple[NativeKafka, NativeMongo, Path]]:
    """Servers of our own, as topics and groups have one name each."""
    with own_servers(pytestconfig, "hostile") as servers:
        yield servers


@pytest.fixture(scope="session")
async def sokak(
    servers: tuple[NativeKafka, NativeMongo, Path], pytestconfig: pytest.Config
) -> AsyncIterator[Sokak]:
    """Every service, two copies each, with all that a careless operator may switch on."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    own = {f"{name}-{number}": LOUD for name in SERVICES for number in (1, 2)}
    async with running(*servers, own=own) as system:
        pytestconfig.stash[LOGS] = system.tails
        await system.apply(TENANTS)
        yield system
