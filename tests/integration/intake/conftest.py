"""intake on a real store; nothing comes from Kafka, and nothing goes there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from libs.runtime.consume import Rules
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from services.intake.consumers import RULES, TOPICS
from services.intake.store import REQUESTS


@pytest.fixture
async def service(mongo: str, database: str) -> AsyncIterator[Service]:
    settings = Settings(mongo=mongo, database=database.rstrip("_"), kafka="127.0.0.1:9")
    service = Service(Parts("intake", (REQUESTS,), Rules(TOPICS, RULES), relays=False), settings)
    await service.prepare()
    yield service
    service.database.client.close()
