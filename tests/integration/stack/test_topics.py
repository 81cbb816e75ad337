"""Topics are made once and never changed."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from libs.events import TOPICS
from libs.stack import NativeKafka, StackError
from libs.stack.topics import ensure_topics


async def test_making_topics_again_changes_nothing(kafka: str) -> None:
    assert await ensure_topics(kafka) == []


async def test_topics_have_the_settings_that_the_events_name(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        for topic in TOPICS.values():
            resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
            (answer,) = await admin.describe_configs([resource])
            settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
            assert settings | topic.config == settings, topic.name
    finally:
        await admin.close()


async def test_another_number_of_partitions_is_reported_not_changed(
    own_kafka: NativeKafka,
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka.address)
    await admin.start()
    try:
        await admin.create_partitions({"requests": NewPartitions(total_count=13)})
        while len((await admin.describe_topics(["requests"]))[0]["partitions"]) != 13:
            await asyncio.sleep(0.05)
    finally:
        await admin.close()

    with pytest.raises(StackError, match="requests has 13 partitions and needs 12"):
        await ensure_topics(own_kafka.address)
