"""The topics of the bus on a broker: made where they lack, checked where they are."""

from __future__ import annotations

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from ..events import TOPICS
from .process import StackError


async def ensure_topics(kafka: str, replicas: int = 1, within_s: float = 30.0) -> list[str]:
    """Create the topics that lack, with their settings; the names of those created.

    Returns when every partition has a leader, so that clients can go on at once. StackError where
    a topic is there with another number of partitions: order and the cells of reports hang on
    that number, so it is never changed silently.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        there = set(await admin.list_topics())
        created = await _create(admin, [name for name in TOPICS if name not in there], replicas)
        async with asyncio.timeout(within_s):
            while not await _all_led(admin):  # noqa: ASYNC110 (the broker has no bell for it)
                await asyncio.sleep(0.1)
        return created
    except TimeoutError as late:
        raise StackError(f"topics had no leaders within {within_s:g} s at {kafka}") from late
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, names: list[str], replicas: int) -> list[str]:
    if not names:
        return []
    topics = [TOPICS[name] for name in names]
    answer = await admin.create_topics(
        [NewTopic(t.name, t.partitions, replicas, topic_configs=t.config) for t in topics],
        timeout_ms=30_000,
    )
    for name, code, *message in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):  # another may have been faster
            raise StackError(f"topic {name}: {for_code(code).__name__} {message}")
    return names


async def _all_led(admin: AIOKafkaAdminClient) -> bool:
    for found in await admin.describe_topics(list(TOPICS)):
        if found["error_code"]:
            return False
        name, partitions = found["topic"], found["partitions"]
        if len(partitions) != TOPICS[name].partitions:
            raise StackError(
                f"topic {name} has {len(partitions)} partitions and needs "
                f"{TOPICS[name].partitions}; their number is never changed on a living installation"
            )
        if any(partition["error_code"] for partition in partitions):
            return False
    return True
