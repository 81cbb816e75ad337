"""A service over the run's database, with nothing stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from libs.stack import NativeKafka
from libs.stack.private import make_topics
from tests.integration.runtime.things import Service, Tape, service_at


@pytest.fixture
def tape() -> Tape:
    """Records of one installation."""
    return Tape()


@pytest.fixture
async def service(mongo: str, database: str) -> AsyncIterator[Service]:
    """One process of a service."""
    service = await service_at(mongo, f"{database}crm")
    yield service
    service.database.client.close()


@pytest.fixture
async def other(mongo: str, service: Service) -> AsyncIterator[Service]:
    """A second process of the same service."""
    other = await service_at(mongo, service.database.name)
    yield other
    other.database.client.close()


@pytest.fixture(scope="session")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeKafka]:
    """A Kafka to be killed, frozen and stopped at will; who does so starts it again."""
    server = NativeKafka(tmp_path_factory.mktemp("restless"))
    server.start()
    make_topics(server.address)
    yield server
    server.stop(timeout_s=5.0)
