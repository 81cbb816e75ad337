"""Our own Kafka and database keep what they acknowledged and come back where they were."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from libs.stack import NativeKafka, NativeMongo, kafka_answers, mongo_answers
from libs.stack.build import kafka_classes
from libs.stack.classes import ready_classes
from libs.stack.private import make_topics

Documents = MongoClient[dict[str, object]]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeKafka]:
    ready_classes()
    server = NativeKafka(tmp_path_factory.mktemp("kafka"), users={"bandirma": "gizli"})
    server.start()
    make_topics(server.address)
    yield server
    server.stop(timeout_s=5.0)


def test_a_kafka_starts_with_the_classes_of_those_before(broker: NativeKafka) -> None:
    maps = Path(f"/proc/{broker.pid}/maps")
    assert str(kafka_classes()) in maps.read_text()


@contextmanager
def client(mongo: NativeMongo, wait_ms: int = 5000) -> Iterator[Documents]:
    made: Documents = MongoClient(
        mongo.url, serverSelectionTimeoutMS=wait_ms, socketTimeoutMS=wait_ms
    )
    try:
        yield made
    finally:
        made.close()


def test_a_killed_database_keeps_what_it_acknowledged(own_mongo: NativeMongo) -> None:
    with client(own_mongo) as before:
        for number in range(300):
            with before.start_session() as session, session.start_transaction():
                before.x.numbers.insert_one({"_id": number}, session=session)
                before.x.log.insert_one({"_id": number}, session=session)

    own_mongo.kill()
    assert not mongo_answers(own_mongo.url, timeout_s=0.5)
    own_mongo.start()

    with client(own_mongo) as after:
        assert after.x.numbers.count_documents({}) == 300
        assert after.x.log.count_documents({}) == 300


def test_a_frozen_database_goes_on_when_thawed(own_mongo: NativeMongo) -> None:
    with client(own_mongo, wait_ms=700) as documents:
        documents.x.one.insert_one({"_id": 1})
        own_mongo.pause()
        with pytest.raises(PyMongoError):
            documents.x.one.count_documents({})
        own_mongo.resume()
        assert documents.x.one.count_documents({}) == 1


async def send(kafka: NativeKafka, topic: str, value: bytes, size: int = 1_048_576) -> int:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.address, enable_idempotence=True, max_request_size=size
    )
    await producer.start()
    try:
        record = await producer.send_and_wait(topic, value, key=b"k", partition=0)
    finally:
        await producer.stop()
    return int(record.offset)


async def values(kafka: NativeKafka, topic: str, size: int = 1_048_576) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.address,
        max_partition_fetch_bytes=size,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(end)]
    finally:
        await consumer.stop()


async def test_a_killed_kafka_comes_back_on_its_port_with_every_record(
    broker: NativeKafka,
) -> None:
    port = broker.port
    for number in range(20):
        await send(broker, "tasks", str(number).encode())

    broker.kill()
    assert not kafka_answers(broker.address)
    await asyncio.to_thread(broker.start)

    assert broker.port == port
    assert await values(broker, "tasks") == [str(number).encode() for number in range(20)]


async def test_a_tenant_of_eight_megabytes_fits(broker: NativeKafka) -> None:
    big = b"x" * (8 * 1024 * 1024 - 1000)
    await send(broker, "tenants", big, size=9_000_000)
    assert await values(broker, "tenants", size=9_000_000) == [big]


async def test_the_outer_listener_shows_a_stranger_nothing(broker: NativeKafka) -> None:
    with pytest.raises(KafkaError):  # no name at all
        await seen_by_outsider(broker)
    with pytest.raises(KafkaError):
        await seen_by_outsider(broker, user="bandirma", password="yanlış")
    assert await seen_by_outsider(broker, user="bandirma", password="gizli") == set()


async def seen_by_outsider(
    kafka: NativeKafka, user: str | None = None, password: str = ""
) -> set[str]:
    signed = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.outer_address,
        request_timeout_ms=3000,
        **(signed if user else {}),
    )
    try:
        await consumer.start()
        return set(await consumer.topics())
    finally:
        await consumer.stop()


def test_a_process_that_took_over_the_pid_is_not_stopped(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        server = NativeMongo(tmp_path)
        server.pid_file.write_text(json.dumps({"pid": other.pid, "born": "long ago"}))
        assert server.stop() is False
        server.kill()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
