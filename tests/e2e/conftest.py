"""One running Sokak for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.stack import NativeKafka, NativeMongo
from tests.conftest import LOGS, own_servers
from tests.e2e.harness import Sokak, running
from tests.e2e.new_york import BOROUGHS, Imported, import_under_fire

ANKARA = ("ankara", "kecioren", "cankaya", "mamak", "etimesgut", "yenimahalle", "pursaklar")


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[tuple[NativeKafka, NativeMongo, Path]]:
    """Servers of our own: topics and groups have one name each, and we kill what we like."""
    with own_servers(pytestconfig, "e2e", "2G") as servers:
        yield servers


@pytest.fixture(scope="session")
async def sokak(
    servers: tuple[NativeKafka, NativeMongo, Path], pytestconfig: pytest.Config
) -> AsyncIterator[Sokak]:
    """Two copies of each service, and Ankara's tenants."""
    async with running(*servers) as system:
        pytestconfig.stash[LOGS] = system.tails
        await system.apply(ANKARA)
        yield system


@pytest.fixture(scope="session")
async def history(sokak: Sokak) -> Imported:
    """New York's boroughs and their history."""
    await sokak.apply(BOROUGHS)
    return await import_under_fire(sokak)
