"""What is meant for development is refused in production."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from libs.runtime.settings import Settings

PRODUCTION: dict[str, Any] = {"environment": "production", "secret": "a secret of their own"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"secret": "for development only"}, "SOKAK_SECRET"),
        ({"kafka_outer": "kafka.example.org:9093"}, "SOKAK_KAFKA_OUTER_TLS"),
    ],
)
def test_production_refuses_what_is_not_safe(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Settings(**PRODUCTION | change)
    Settings(**change)


def test_production_takes_an_outer_listener_with_tls() -> None:
    Settings(**PRODUCTION, kafka_outer="kafka.example.org:9093", kafka_outer_tls=True)
