"""The yardsticks are the application as it is, so they must follow it."""

from __future__ import annotations

import pytest

from tests.bench.yardsticks import KINDS, build


@pytest.mark.parametrize("kind", KINDS)
def test_a_yardstick_takes_requests_where_intake_does(kind: str):
    paths = build(kind).openapi()["paths"]
    assert "post" in paths["/api/requests"]
