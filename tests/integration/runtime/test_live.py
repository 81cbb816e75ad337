"""Who looks on hears that something has changed, once it can be seen."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from libs.runtime import live
from libs.runtime.commands import Unavailable
from libs.runtime.kafka import plain_producer
from libs.runtime.live import Live, Signal
from libs.runtime.unit import Outgoing


async def tell(kafka: str, key: str, tenant: str, sequence: int = 1, times: int = 1) -> None:
    producer = plain_producer(kafka)
    await producer.start()
    headers = outgoing(key, tenant, sequence).headers
    try:
        for _ in range(times):
            await producer.send("tasks", b"{}", key=key.encode(), headers=list(headers))
        await producer.flush()
    finally:
        await producer.stop()


def outgoing(key: str, tenant: str, sequence: int) -> Outgoing:
    headers = (
        ("ce_type", b"task.commented.v1"),
        ("ce_subject", key.encode()),
        ("ce_tenant", tenant.encode()),
        ("ce_sequence", str(sequence).encode()),
    )
    return Outgoing("tasks", key, headers, b"{}")


async def heard(signals: AsyncIterator[Signal]) -> Signal:
    return await asyncio.wait_for(anext(signals), 10.0)


async def test_a_tenant_hears_its_own_and_a_key_hears_itself(kafka: str):
    ours, theirs = f"t{uuid.uuid4().hex[:8]}", f"t{uuid.uuid4().hex[:8]}"
    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant=ours) as tenants, ear.listen(key=other) as keys:
        await tell(kafka, other, theirs, 7)
        await tell(kafka, one, ours)
        assert (await heard(tenants)).key == one
        signal = await heard(keys)
        assert (signal.key, signal.tenant, signal.sequence) == (other, theirs, 7)
        assert signal.type == "task.commented.v1"
    await ear.stop()


async def test_what_this_copy_commits_is_told_at_once_and_once(kafka: str):
    ours, key = f"t{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant=ours) as signals:
        ear.committed([outgoing(key, ours, 1), outgoing(key, "others", 2)])
        early = await asyncio.wait_for(anext(signals), 0.1)
        assert (early.key, early.sequence, early.offset) == (key, 1, -1)
        async with ear.listen(tenant=ours) as later:
            await tell(kafka, key, ours, 1)  # the same, from the topic
            await tell(kafka, key, ours, 3)  # another copy's
            assert (await heard(later)).sequence == 1  # who came between is told
        assert (await heard(signals)).sequence == 3
    await ear.stop()


async def test_what_is_told_early_is_remembered_in_bounds(
    kafka: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "EARLY", 2)
    ours, key = f"t{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant=ours) as signals:
        ear.committed([outgoing(key, ours, number) for number in (1, 2, 3)])
        for number in (1, 2, 3):
            await tell(kafka, key, ours, number)
        told = [(await heard(signals)).sequence for _ in range(4)]
        assert told == [1, 2, 3, 1], "the oldest is forgotten, and told twice"
    await ear.stop()


async def test_neighbours_are_heard_together_and_nobody_else(kafka: str):
    one, two, other = (f"t{uuid.uuid4().hex[:8]}" for _ in range(3))
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant={one, two}) as signals:
        for tenant in (one, other, two):
            await tell(kafka, str(uuid.uuid4()), tenant)
        assert [(await heard(signals)).tenant for _ in range(2)] == [one, two]
    await ear.stop()


async def test_it_is_told_when_the_document_has_it(kafka: str):
    there = asyncio.Event()
    key = str(uuid.uuid4())

    async def settled(signal: Signal) -> bool:
        return there.is_set()

    ear = Live(kafka, ["tasks"], settled)
    async with ear.listen(key=key) as signals:
        await tell(kafka, key, "kecioren")
        next_one = asyncio.ensure_future(anext(signals))
        await asyncio.sleep(0.5)
        assert not next_one.done()
        there.set()
        assert (await asyncio.wait_for(next_one, 5.0)).key == key
    await ear.stop()


async def test_who_is_too_slow_is_told_that_he_missed_some(
    kafka: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "QUEUED", 3)
    key = str(uuid.uuid4())
    ear = Live(kafka, ["tasks"])
    async with ear.listen(key=key) as signals:
        await tell(kafka, key, "kecioren", times=10)
        await asyncio.sleep(2.0)
        got = [await heard(signals) for _ in range(4)]
        assert [one.gap for one in got] == [False, False, False, True]
    await ear.stop()


async def test_without_kafka_nobody_listens_in_vain():
    ear = Live("127.0.0.1:1", ["tasks"])
    with pytest.raises(Unavailable):
        async with ear.listen(tenant="kecioren"):
            pass


async def test_stopping_lets_everybody_go(kafka: str):
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant="kecioren") as signals:
        next_one = asyncio.ensure_future(anext(signals, None))
        await asyncio.sleep(0.2)
        await ear.stop()
        assert await asyncio.wait_for(next_one, 5.0) is None


async def test_nobody_listening_reads_nothing_after_a_while(
    kafka: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "IDLE_S", 1.0)
    ear = Live(kafka, ["tasks"])
    async with ear.listen(tenant="kecioren"):
        assert ear.reading
    await asyncio.sleep(4.0)
    assert not ear.reading
    async with ear.listen(tenant="kecioren"):
        assert ear.reading
    await ear.stop()
