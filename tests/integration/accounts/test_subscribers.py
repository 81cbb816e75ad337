"""The examples for integrators, each against the real broker by its outer listener."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from libs.events import public_topic
from libs.runtime.accounts import Account, Accounts, new_password
from libs.runtime.kafka import transactional_producer
from libs.stack import NativeKafka
from tests.contract.samples import Sample, sample
from tests.integration.accounts.outsider import Outsider, console_consumer, make
from tests.node.installed import node_modules

EXAMPLES = Path(__file__).parents[3] / "docs" / "integrators"
TOPIC = public_topic("kecioren")
CHANGED, HIDDEN = (sample(f"service_request.{what}.v1.full") for what in ("changed", "hidden"))
PATIENCE_S = 60.0
Told = tuple[str, int, Any]


def record(of: Sample, id: str, number: int, **change: Any) -> Told:
    return (id, number, None if of.data is None else of.data | change)


WRITTEN: list[Told] = [
    record(CHANGED, "a", 1, status="open"),
    record(CHANGED, "b", 1, voices=1),
    record(CHANGED, "a", 2, status="closed"),
    record(CHANGED, "a", 1, status="open"),  # a relay that begins again where it broke off
    record(CHANGED, "a", 2, status="closed"),
    record(HIDDEN, "b", 2),
    record(CHANGED, "b", 1, voices=1),
    record(HIDDEN, "b", 2),
    record(CHANGED, "c", 7, voices=7),  # what was before it was compacted
    record(CHANGED, "a", 3, status="open"),
]
UNDONE = record(CHANGED, "c", 8, voices=8)
"""Of a relay that broke off: nobody is to see it."""

NEW = [one for at, one in enumerate(WRITTEN) if at not in (3, 4, 6, 7)]
"""What a subscriber that begins now is to tell, in this order."""


async def publish(kafka: NativeKafka, records: Sequence[Told], undo: bool = False) -> None:
    """In a transaction, as reporting's relay does; `undo` ends it as one that broke off is."""
    producer = transactional_producer(kafka.address, "relay")
    await producer.start()
    try:
        await producer.begin_transaction()
        for id, number, data in records:
            of = HIDDEN if data is None else CHANGED
            headers = of.headers | {"ce_subject": id, "ce_sequence": str(number)}
            raw = [(name, text.encode()) for name, text in headers.items()]
            value = None if data is None else json.dumps(data, ensure_ascii=False).encode()
            await producer.send(TOPIC.name, value, key=id.encode(), headers=raw)
        await (producer.abort_transaction() if undo else producer.commit_transaction())
    finally:
        await producer.stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeKafka]:
    server = NativeKafka(tmp_path_factory.mktemp("subscribers"))
    server.start()
    make(server.address, [TOPIC])
    yield server
    server.stop(timeout_s=5.0)


@pytest.fixture(scope="module")
async def told(broker: NativeKafka) -> dict[str, str]:
    """What an integrator is told, as its environment."""
    account = Account("kecioren.map", TOPIC.name, "kecioren.map.")
    password = new_password()
    await Accounts(broker.address).open(account, password)
    await publish(broker, WRITTEN)
    await publish(broker, [UNDONE], undo=True)
    outsider = Outsider(broker.outer_address, account.user, password)
    async with asyncio.timeout(20):
        while await asyncio.to_thread(outsider.reads, TOPIC.name) != "ok":
            pass
    return {
        "KAFKA_SERVERS": broker.outer_address,
        "KAFKA_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_USER": account.user,
        "KAFKA_PASSWORD": password,
        "KAFKA_TOPIC": account.topic,
        "KAFKA_GROUP_PREFIX": account.group_prefix,
    }


def python(folder: Path) -> list[str]:
    return [sys.executable, "subscriber.py"]


def node(folder: Path) -> list[str]:
    (folder / "node_modules").symlink_to(node_modules())
    return ["node", "subscriber.mjs"]


def console(folder: Path) -> list[str]:
    console_consumer(folder)
    return ["./subscriber.sh"]


@dataclass
class Subscriber:
    """A running example, and what it has printed."""

    process: subprocess.Popen[str]
    lines: Queue[str]

    def heard(self, count: int) -> list[Told]:
        found = []
        for _ in range(count):
            try:
                id, number, data = self.lines.get(timeout=PATIENCE_S).split(" ", 2)
            except Empty:
                self.process.kill()
                raise AssertionError(f"only {found}\n{self.process.communicate()[1]}") from None
            found.append((id, int(number), json.loads(data)))
        return found


@pytest.fixture(params=[python, node, console], ids=["python", "node", "console"])
def subscriber(
    request: pytest.FixtureRequest, told: dict[str, str], tmp_path: Path
) -> Iterator[Subscriber]:
    """Each of the examples in a folder of its own, until it is ended."""
    for file in EXAMPLES.iterdir():
        shutil.copy(file, tmp_path)
    process = subprocess.Popen(
        request.param(tmp_path),
        cwd=tmp_path,
        env=os.environ | told | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines: Queue[str] = Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)

    threading.Thread(target=listen, daemon=True).start()
    yield Subscriber(process, lines)
    os.killpg(process.pid, 9)
    process.wait(10)


async def test_an_example_ends_with_the_state_and_tells_nothing_twice(
    subscriber: Subscriber, broker: NativeKafka
) -> None:
    assert await asyncio.to_thread(subscriber.heard, len(NEW)) == NEW
    again = record(CHANGED, "b", 2 + len(NEW), voices=3)
    await publish(broker, [NEW[-1], again])
    assert await asyncio.to_thread(subscriber.heard, 1) == [again], "it goes on with what is new"
    NEW.append(again)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("subscriber.*")), ids=lambda file: file.name)
def test_an_example_is_short(file: Path) -> None:
    assert len([line for line in file.read_text().splitlines() if line]) < 30
