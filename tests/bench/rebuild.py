"""A rebuild of reporting, beside reading and decoding the same topics."""

from __future__ import annotations

import re
import time

from aiokafka import TopicPartition

from libs.events import EVENTS, TOPICS, decode
from libs.runtime.kafka import reader
from services.reporting.consumers import TOPICS as READ
from tests.bench.table import Row
from tests.e2e.harness import Sokak

PORTION = 5000

_TOLD = re.compile(r"([\d,]+) events in ([\d.]+) s")


async def measure(sokak: Sokak, repeats: int, figure: str = "rebuild of reporting") -> Row:
    """Events a second of `sokak rebuild reporting`, from its start until it has caught up."""
    rates: list[float] = []
    read: list[float] = []
    events = 0
    for _ in range(repeats):
        done = await sokak.sokak("rebuild", "reporting", within=3600.0)
        told = _TOLD.search(done.out)
        assert told is not None, done
        events = int(told[1].replace(",", ""))
        rates.append(events / float(told[2]))
        read.append(await _read(sokak.kafka.address))
    return Row.beside(
        figure, "events/s", rates, {"reading and decoding": read}, more={"events": float(events)}
    )


async def _read(servers: str) -> float:
    consumer = reader(servers)
    began = time.perf_counter()
    await consumer.start()
    try:
        places = [
            TopicPartition(topic, number)
            for topic in READ
            for number in range(TOPICS[topic].partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        total, done = sum(ends.values()), 0
        while done < total:
            batches = await consumer.getmany(timeout_ms=500, max_records=PORTION)
            for batch in batches.values():
                for record in batch:
                    decode(EVENTS, record.headers, record.value)
                done += len(batch)
        return done / (time.perf_counter() - began)
    finally:
        await consumer.stop()
