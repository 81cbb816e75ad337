"""Kafka and MongoDB as containers of one test run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
from docker.errors import DockerException
from pymongo import MongoClient
from testcontainers.core.container import DockerContainer

from libs.stack import StackError, kafka_answers, mongo_answers
from libs.stack.mongo import OPTIONS, TRANSACTION_SECONDS
from libs.stack.ports import free_port

KAFKA_IMAGE = "apache/kafka:4.2.0"
MONGO_IMAGE = "mongo:8"


def docker_answers() -> bool:
    """Whether a Docker daemon answers."""
    try:
        client = docker.from_env(timeout=3)
        return bool(client.ping())
    except DockerException:
        return False


@contextmanager
def kafka_container() -> Iterator[str]:
    """A one-node Kafka; its bootstrap address. The host port is fixed, as the node tells it on."""
    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_MESSAGE_MAX_BYTES": str(9 * 1024 * 1024),
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        container = container.with_env(name, value)
    with container:
        address = f"127.0.0.1:{port}"
        _until(lambda: kafka_answers(address), f"{KAFKA_IMAGE} at {address}")
        yield address


@contextmanager
def mongo_container() -> Iterator[str]:
    """A one-node replica set, as transactions need one; its connection string."""
    container = (
        DockerContainer(MONGO_IMAGE)
        .with_exposed_ports(27017)
        .with_command(
            "--replSet rs0 --bind_ip_all"
            f" --setParameter transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"
        )
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(27017)
        url = f"mongodb://{host}:{port}/?{OPTIONS}"
        client: MongoClient[dict[str, object]] = MongoClient(
            host, int(port), directConnection=True, serverSelectionTimeoutMS=60_000
        )
        member = {"_id": 0, "host": "localhost:27017"}
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        client.close()
        _until(lambda: mongo_answers(url), f"{MONGO_IMAGE} at {url}")
        yield url


def _until(answers: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not answers():
        if time.monotonic() > end:
            raise StackError(f"{what} did not answer within {timeout_s:g} s")
        time.sleep(0.2)
