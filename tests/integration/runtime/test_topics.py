"""A tenant's public topic: made once, as the events name it, by reporting or by hand."""

from __future__ import annotations

import uuid

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from libs.events import public_topic
from libs.runtime.topics import make_topics
from services.cli.stack import make_public_topics
from tests.integration.runtime.test_table import published, send


async def test_it_has_the_settings_and_the_one_partition_that_the_events_name(kafka: str) -> None:
    topic = public_topic(f"t{uuid.uuid4().hex[:8]}")
    assert await make_topics(kafka, [topic, public_topic("twice")]) in (
        [topic.name],
        [topic.name, "public.twice.requests"],
    )
    assert await make_topics(kafka, [topic]) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
        (answer,) = await admin.describe_configs([resource])
        settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        (described,) = await admin.describe_topics([topic.name])
    finally:
        await admin.close()
    assert settings | topic.config == settings
    assert settings["cleanup.policy"] == "compact"
    assert len(described["partitions"]) == 1


async def test_the_command_line_makes_those_of_all_tenants_that_were_published(kafka: str) -> None:
    slug = f"t{uuid.uuid4().hex[:8]}"
    await send(kafka, published(slug, 1))
    made: list[str] = []
    while public_topic(slug).name not in made:
        made += await make_public_topics(kafka)
    assert public_topic(slug).name not in await make_public_topics(kafka)
