"""Topics that are made while a service runs: those of tenants, who may come at any time."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from libs.events import Topic

from .kafka import AIOKafkaAdminClient

AS_SAFE_AS = "requests"
"""A new topic is kept as many times as this one."""


async def make_topics(servers: str, wanted: Sequence[Topic]) -> list[str]:
    """Make those that are not there; their names. Raises KafkaError where that cannot be done."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=10_000)
    try:
        await admin.start()
        there = set(await admin.list_topics())
        lacking = [topic for topic in wanted if topic.name not in there]
        if not lacking:
            return []
        replicas = await _replicas(admin) if AS_SAFE_AS in there else 1
        answer = await admin.create_topics(
            [NewTopic(t.name, t.partitions, replicas, topic_configs=t.config) for t in lacking],
            timeout_ms=10_000,
        )
    finally:
        await admin.close()
    for _, code, *message in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):  # another copy may have been faster
            raise for_code(code)(*message)
    return [topic.name for topic in lacking]


async def _replicas(admin: AIOKafkaAdminClient) -> int:
    (found,) = await admin.describe_topics([AS_SAFE_AS])
    return max((len(part["replicas"]) for part in found["partitions"]), default=1)
