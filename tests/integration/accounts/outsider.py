"""Somebody outside with an account, who speaks with Kafka by the client that most others wrap."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from libs.events import Topic
from libs.stack.build import build_kafka_tools, kafka_jars

PATIENCE_S = 20.0
BAD_PASSWORD = "_AUTHENTICATION"
Record = tuple[str, bytes | None]


@dataclass(frozen=True)
class Outsider:
    """What he has been told; with an authority's certificate he speaks TLS."""

    servers: str
    user: str
    password: str
    authority: Path | None = None

    @property
    def settings(self) -> dict[str, Any]:
        tls = {"ssl.ca.location": str(self.authority)} if self.authority else {}
        return {
            **tls,
            "bootstrap.servers": self.servers,
            "security.protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.user,
            "sasl.password": self.password,
            "log_level": 0,
        }

    @contextmanager
    def reading(self, topic: str, group: str | None = None) -> Iterator[Reading]:
        """A consumer of a topic from its start, in a new group of his own where none is named."""
        heard: list[KafkaError] = []
        consumer = Consumer(
            {
                **self.settings,
                "group.id": group or f"{self.user}.{uuid.uuid4()}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "error_cb": heard.append,
            }
        )
        consumer.subscribe([topic])
        try:
            yield Reading(consumer, heard)
        finally:
            consumer.close()

    def reads(self, topic: str, group: str | None = None) -> str:
        """`ok` where a record came, else what Kafka refused it with."""
        with self.reading(topic, group) as reading:
            return reading.outcome()

    def writes(self, topic: str) -> str:
        """`ok` where a record was taken, else what Kafka refused it with."""
        told: list[str] = []
        producer = Producer({**self.settings, "message.timeout.ms": int(PATIENCE_S * 1000)})
        producer.produce(topic, b"forged", b"key", on_delivery=lambda e, _: told.append(_name(e)))
        producer.flush(PATIENCE_S)
        return told[0]

    def sees(self) -> set[str]:
        """The topics that he is shown; raises KafkaException where he is not let in."""
        return set(AdminClient(self.settings).list_topics(timeout=PATIENCE_S).topics)

    def asks(self, method: str, *arguments: Any) -> str:
        """`ok`, or what Kafka refused the administrator's call with."""
        admin = AdminClient(self.settings)
        answers = getattr(admin, method)(*arguments)
        try:
            for answer in answers.values() if isinstance(answers, dict) else [answers]:
                answer.result(timeout=PATIENCE_S)
        except KafkaException as error:
            return _name(error.args[0])
        return "ok"


@dataclass
class Reading:
    """A consumer that lives."""

    consumer: Consumer
    heard: list[KafkaError]

    def outcome(self) -> str:
        """`ok` when the next record comes, or the refusal that comes instead."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            record = self.consumer.poll(0.1)
            if record is not None:
                return _name(record.error())
            if refused := [_name(one) for one in self.heard if _refuses(one)]:
                return refused[0]
        raise AssertionError(f"neither a record nor a refusal: {self.heard}")


def _refuses(error: KafkaError) -> bool:
    fatal = (KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._ALL_BROKERS_DOWN)
    return error.code() in fatal or error.name().endswith("_FAILED")


def _name(error: KafkaError | None) -> str:
    return "ok" if error is None else str(error.name())


def make(servers: str, topics: Sequence[Topic], records: Sequence[Record] = ()) -> None:
    """Make topics by the inner listener, each with these records."""

    async def made() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        new = [NewTopic(one.name, one.partitions, 1, topic_configs=one.config) for one in topics]
        await admin.create_topics(new)
        await admin.close()
        for topic in topics:
            await write(servers, topic.name, records)

    with ThreadPoolExecutor(1) as one:
        one.submit(lambda: asyncio.run(made())).result()


async def write(servers: str, topic: str, records: Sequence[Record], **more: Any) -> None:
    """Write records by the inner listener, as services do."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, enable_idempotence=True, compression_type="lz4"
    )
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(topic, value, key=key.encode(), **more)
    finally:
        await producer.stop()


def console_consumer(folder: Path) -> None:
    """Put Kafka's own script there: it finds its jars beside itself, ours names the cache's."""
    jars = f"{build_kafka_tools()}/*:{kafka_jars()}/*"
    script = folder / "kafka-console-consumer.sh"
    main = "org.apache.kafka.tools.consumer.ConsoleConsumer"
    script.write_text(f'#!/bin/sh\nexec java -Xmx128m -cp "{jars}" {main} "$@"\n')
    script.chmod(0o755)
