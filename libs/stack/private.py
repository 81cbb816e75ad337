"""A Kafka and a database that live as long as their owner: for tests and trials."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from .build import Say, build_kafka, build_mongo, silent
from .classes import ready_classes
from .kafka import NativeKafka
from .mongo import NativeMongo
from .topics import ensure_topics


@contextmanager
def native_stack(
    directory: Path, say: Say = silent, cache: str = "1G", doors: Sequence[int] = ()
) -> Iterator[tuple[NativeKafka, NativeMongo]]:
    """Both on free ports with their data in `directory`, topics made; stopped at the end.

    `doors` are ports of proxies that are to lead to Kafka.
    """
    build_kafka(say)
    build_mongo(say)
    ready_classes(say)
    kafka = NativeKafka(directory / "kafka", doors=doors)
    mongo = NativeMongo(directory / "mongo", cache=cache)
    kafka.leashed = mongo.leashed = True
    try:
        kafka.start(wait=False)
        mongo.start(wait=False)
        mongo.wait_ready()
        kafka.wait_ready()
        make_topics(kafka.address)
        yield kafka, mongo
    finally:
        for server in (kafka, mongo):
            server.stop(timeout_s=10.0)


def make_topics(kafka: str) -> list[str]:
    """`ensure_topics` for callers who may or may not be inside a running loop."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(lambda: asyncio.run(ensure_topics(kafka))).result()
