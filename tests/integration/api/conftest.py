"""One Sokak for all tests of its APIs, on servers of its own: consumer groups cannot be shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.stack.private import native_stack

from .system import System, served


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    directory = tmp_path_factory.mktemp("api")
    with (
        native_stack(directory, cache="256M") as (kafka, mongo),
        served(directory, kafka, mongo.url) as running,
    ):
        yield running
