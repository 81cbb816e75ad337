"""The ear on the topics where Kafka or the store goes away at a bad moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from pymongo.errors import AutoReconnect

from libs.runtime import live
from libs.runtime.live import Live, Signal, _Listener


class Consumer:
    """Loses its connection when told to, and takes its time to stop."""

    def __init__(self) -> None:
        self.lost, self.may_stop = asyncio.Event(), asyncio.Event()

    async def start(self) -> None: ...

    def assign(self, places: Any) -> None: ...

    async def end_offsets(self, places: Any) -> dict[Any, int]:
        return {}

    async def getmany(self, **_: Any) -> dict[Any, Any]:
        await self.lost.wait()
        raise KafkaConnectionError

    async def stop(self) -> None:
        await self.may_stop.wait()


async def test_who_listens_while_a_reader_ends_gets_one_of_his_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Consumer] = []
    monkeypatch.setattr(live, "reader", lambda servers: made.append(Consumer()) or made[-1])
    ear = Live("nowhere", ["tasks"])
    async with ear.listen("kecioren") as signals:
        made[0].lost.set()
        assert [signal async for signal in signals] == []  # let go, and the reader still stops
        async with ear.listen("kecioren"):
            assert len(made) == 2
            assert ear.reading
    for consumer in made:
        consumer.may_stop.set()
    await ear.stop()
    assert not ear.reading


async def test_a_store_that_is_away_for_a_moment_loses_no_signal() -> None:
    answers = [AutoReconnect("away"), False, True]
    listener = _Listener("kecioren", None)
    signal = Signal(topic="tasks", tenant="kecioren", key="k")

    async def settled(_: Signal) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    await Live("nowhere", ["tasks"])._tell_when_settled(signal, [listener], settled)
    assert listener.queue.get_nowait() == signal
    assert answers == []
