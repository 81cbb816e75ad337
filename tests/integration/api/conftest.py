"""One Sokak for all tests of its APIs, on servers of its own: consumer groups cannot be shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import own_servers

from .system import System, served


@pytest.fixture(scope="session")
def system(pytestconfig: pytest.Config) -> Iterator[System]:
    with (
        own_servers(pytestconfig, "api", "256M") as (kafka, mongo, directory),
        served(directory, kafka, mongo.url) as running,
    ):
        yield running
