"""The yardstick of lifecycles: the store's own guarded writes, with nothing around them.

As many writers as there are services, each over the real documents of one service: guarded by
`_id` and `version`, durable, so many in a transaction as the services have brought together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient, ReplaceOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

DATABASE = "bench_writes"
DOCUMENTS = 2000
DURABLE = WriteConcern(w="majority", j=True)
SOURCES = {"intake": "requests", "routing": "decisions", "crm": "tasks", "reporting": "facts"}

Document = dict[str, Any]


@dataclass(frozen=True)
class GuardedWrites:
    """Copies of the services' documents, to be written over and over."""

    client: MongoClient[Document]
    documents: dict[str, list[Document]]

    def rate(self, together: int, seconds: float) -> float:
        """Guarded writes a second."""
        with ThreadPoolExecutor(len(self.documents)) as writers:
            began = time.perf_counter()
            end = began + seconds
            counts = [writers.submit(self._write, name, together, end) for name in self.documents]
            return sum(count.result() for count in counts) / (time.perf_counter() - began)

    def _write(self, name: str, together: int, end: float) -> int:
        documents = self.documents[name]
        collection = self.client[DATABASE][name]
        written = 0
        while time.perf_counter() < end:
            chosen = random.sample(documents, together)
            writes = []
            for document in chosen:
                document["version"] += 1
                guard = {"_id": document["_id"], "version": document["version"] - 1}
                writes.append(ReplaceOne(guard, document))
            with (
                self.client.start_session() as session,
                session.start_transaction(ReadConcern("snapshot"), DURABLE),
            ):
                done = collection.bulk_write(writes, ordered=False, session=session)
            assert done.matched_count == together
            written += together
        return written


@contextmanager
def guarded_writes(url: str) -> Iterator[GuardedWrites]:
    """Copy some documents of every service, with its indexes."""
    client: MongoClient[Document] = MongoClient(url)
    try:
        documents = {name: _copied(client, name) for name in SOURCES}
        yield GuardedWrites(client, documents)
    finally:
        client.drop_database(DATABASE)
        client.close()


def _copied(client: MongoClient[Document], service: str) -> list[Document]:
    source = client[f"sokak_{service}"][_collection(client, service)]
    target = client[DATABASE].get_collection(service, write_concern=DURABLE)
    for name, index in source.index_information().items():
        if name != "_id_":
            target.create_index(index["key"], name=name)
    documents = list(source.find({}).limit(DOCUMENTS))
    target.insert_many(documents)
    return documents


def _collection(client: MongoClient[Document], service: str) -> str:
    """Where a service has its documents; reporting's are of the generation that is shown."""
    if service != "reporting":
        return SOURCES[service]
    shown = client["sokak_reporting"]["generation"].find_one({"_id": "shown"})
    return f"{SOURCES[service]}_{shown['number'] if shown else 1}"
