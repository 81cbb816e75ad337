"""Servers that hold many requests already: grown once, kept in the user's cache.

`python -m tests.bench.seed COUNT [COUNT ...]` grows what is not there. A benchmark runs on a
copy, so that the next one finds the same again.
"""

from __future__ import annotations

import csv
import gc
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvloop
from pydantic import TypeAdapter

from libs.events import EVENTS, Point
from libs.runtime import log
from libs.runtime.clock import now
from libs.runtime.kafka import plain_producer
from libs.runtime.mongo import connect
from libs.runtime.settings import Settings
from libs.runtime.store import RUNTIME_FIELDS
from libs.runtime.table import TenantTable
from libs.stack import NativeKafka, NativeMongo
from libs.stack.build import SECANTUS_VERSION, cache, kafka_version
from libs.stack.private import native_stack
from libs.tenants import Tenant
from services.cli.serve import GC_THRESHOLDS
from services.intake.asked import Row
from tests.bench.history import Municipality
from tests.e2e import bus
from tests.e2e.harness import CONSUMED, ROOT, SERVICES, running
from tests.scenarios import place_in

TENANT = "kecioren"
PORTION = 1000
CACHE = "4G"
YEARS = 3
DAYS_OF_WORK = (2.0, 1.1)
"""Mean and deviation of the logarithm of hours that a request stays open: half within 7 hours,
one in a hundred for four days and more."""

PLACES = 5000
TYPES = ("request", "complaint", "complaint", "suggestion", "question", "thanks")
CHANNELS = ("web", "web", "web", "call_centre", "whatsapp", "email", "sms")
DOCUMENTS = {"intake": "requests", "routing": "decisions", "crm": "tasks", "reporting": "facts_1"}

Say = Callable[[str], None]


def directory(count: int) -> Path:
    """Where servers with so many requests are kept; another one where documents changed."""
    return cache() / f"bench-seed-{count}-{_shape()}"


def _shape() -> str:
    """What a seed depends on: the servers, and the shape of documents and events."""
    from services.crm.store import AGGREGATE as TASKS
    from services.intake.store import REQUESTS
    from services.reporting.cube import FIELDS
    from services.reporting.store import Generation
    from services.routing.store import DECISIONS

    aggregates = (REQUESTS, DECISIONS, TASKS, Generation(1).facts)
    shapes: list[Any] = [one.adapter.json_schema(mode="serialization") for one in aggregates]
    shapes += [TypeAdapter(event).json_schema() for event in EVENTS.values()]
    shapes += [sorted(RUNTIME_FIELDS), sorted(Generation(1).cells), FIELDS]
    shapes += [SECANTUS_VERSION, kafka_version()]
    return sha256(json.dumps(shapes, sort_keys=True, default=str).encode()).hexdigest()[:8]


@contextmanager
def seeded_stack(
    count: int, workplace: Path, say: Say
) -> Iterator[tuple[NativeKafka, NativeMongo]]:
    """Servers on a copy of what is kept; it must have been grown."""
    for server in ("kafka", "mongo"):
        shutil.copytree(directory(count) / server, workplace / server)
    with native_stack(workplace, say, CACHE) as servers:
        yield servers


async def grow(count: int, say: Say) -> None:
    """Grow what is not there."""
    kept = directory(count)
    if kept.exists():
        return
    building = kept.with_suffix(".growing")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    with native_stack(building, say, CACHE) as (kafka, mongo):
        with tempfile.TemporaryDirectory(prefix="sokak-seed-") as logs:
            async with running(kafka, mongo, Path(logs), 1) as sokak:
                await sokak.apply([TENANT])
                await sokak.settled()
            await _fill(Settings(kafka=kafka.address, mongo=mongo.url), count, say)
            async with running(kafka, mongo, Path(logs), 1) as sokak:
                await sokak.settled()
                for service, collection in DOCUMENTS.items():
                    stored = await sokak.collection(service, collection).count_documents({})
                    assert stored == count, f"{service} has {stored}"
        for server in (kafka, mongo):
            server.stop(timeout_s=300.0)
    building.rename(kept)


async def _fill(settings: Settings, count: int, say: Say) -> None:
    tenants = TenantTable("intake", connect(settings.mongo, "sokak_intake"), settings.kafka)
    await tenants.load()
    tenant = tenants.get(TENANT)
    assert tenant is not None
    producer = plain_producer(settings.kafka)
    await producer.start()
    town = Municipality(settings, producer, tenants)
    began, busy = time.monotonic(), time.process_time()
    rows = _rows(tenant, count)
    for done in range(0, count, PORTION):
        await town.live([next(rows) for _ in range(min(PORTION, count - done))])
        if done % (10 * PORTION) == 9 * PORTION:
            rate = (done + PORTION) / (time.monotonic() - began)
            say(f"{done + PORTION:,} of {count:,} requests stored, {rate:,.0f}/s")
    await town.close()
    await producer.stop()
    for service in SERVICES:
        group = "reporting-1" if service == "reporting" else service
        await bus.skip_to_end(settings.kafka, group, CONSUMED[service])
    took, busy = time.monotonic() - began, time.process_time() - busy
    say(f"{count:,} requests stored in {took:,.0f} s ({busy:,.0f} s of CPU), {count / took:,.0f}/s")


def _rows(tenant: Tenant, count: int) -> Iterator[Row]:
    """Old requests from the oldest to the newest; the last of them are still open."""
    dice = random.Random(20261)
    samples = ROOT / "deploy" / "samples" / "tr_request_examples_synthetic.csv"
    with samples.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    places = [Point(**place_in(TENANT, dice)) for _ in range(PLACES)]
    categories = [category.code for category in tenant.leaf_categories]
    end = now() - timedelta(minutes=5)
    step = timedelta(days=365 * YEARS) / count
    for number in range(count):
        opened = _moment(end - step * (count - number))
        closed = _moment(opened + timedelta(hours=dice.lognormvariate(*DAYS_OF_WORK)))
        yield Row.model_validate(
            {
                "source_number": str(number),
                "opened_at": opened.isoformat(),
                "closed_at": closed.isoformat() if closed < end else None,
                "type": dice.choice(TYPES),
                "text": f"{dice.choice(texts)} ({number})",
                "category": dice.choice(categories),
                "point": dice.choice(places),
                "channel": dice.choice(CHANNELS),
            }
        )


def _moment(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def main() -> None:
    """Grow what is asked for."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, all is stopped
    log.configure("WARNING")
    gc.set_threshold(*GC_THRESHOLDS)
    for count in sys.argv[1:]:
        uvloop.run(grow(int(count), lambda text: print(text, flush=True)))


if __name__ == "__main__":
    main()
