"""intake's `POST /api/requests` beside the same application without a store."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from libs.stack.ports import free_port
from tests.bench.load import Calls, Outcome, load, post
from tests.bench.table import Row, median
from tests.e2e.harness import ROOT, Sokak
from tests.scenarios import place_in

WARM_UP_S = 1.0
WITHOUT = "without store"
LOADED = 32
"""Clients from which on the goal is judged: fewer wait for the disk, and share no commit."""

KINDS = ("bare", "insert", "intake")


@dataclass(frozen=True)
class Served:
    """A kind of intake and where it answers."""

    kind: str
    port: int


async def measure(
    sokak: Sokak, clients: tuple[int, ...], repeats: int, seconds: float
) -> list[Row]:
    """A row for each number of clients: rates, ratios and latencies."""
    with _yardstick(sokak, "bare") as bare, _yardstick(sokak, "insert") as insert:
        servers = (bare, insert, Served("intake", sokak.copies["intake"][0].port))
        for server in servers:
            await load(server.port, _calls(), 8, WARM_UP_S)
        return [await _row(servers, number, repeats, seconds) for number in clients]


async def _row(servers: tuple[Served, ...], clients: int, repeats: int, seconds: float) -> Row:
    found: dict[str, list[Outcome]] = {kind: [] for kind in KINDS}
    for _ in range(repeats):
        for server in servers:
            outcome = await load(server.port, _calls(), clients, seconds)
            assert set(outcome.statuses) == {201}, (server.kind, outcome.statuses)
            found[server.kind].append(outcome)
    rates = {kind: [one.rate for one in outcomes] for kind, outcomes in found.items()}
    return Row.beside(
        f"intake POST, {clients} clients",
        "requests/s",
        rates["intake"],
        {WITHOUT: rates["bare"], "one insert": rates["insert"]},
        goals={WITHOUT: 0.4} if clients >= LOADED else {},
        more={
            "p50 ms": median([one.percentile(0.5) for one in found["intake"]]),
            "p99 ms": median([one.percentile(0.99) for one in found["intake"]]),
        },
    )


def _calls() -> Calls:
    place = place_in("kecioren")
    bodies = [
        json.dumps(
            {
                "text": f"Sokağımızdaki çukur büyüdü, {number}. kez yazıyorum.",
                "type": random.choice(("request", "complaint")),
                "point": place,
            }
        ).encode()
        for number in range(100)
    ]
    return lambda number: post("/api/requests", bodies[number % len(bodies)])


@contextmanager
def _yardstick(sokak: Sokak, kind: str) -> Iterator[Served]:
    port = free_port()
    environment = sokak.environment(kind) | {"SOKAK_DATABASE": f"bench_{kind}"}
    command = [sys.executable, "-m", "tests.bench.yardsticks", kind, str(port)]
    with (sokak.directory / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60.0
        while not _takes(port):
            assert process.poll() is None, f"the yardstick {kind} ended"
            assert time.monotonic() < deadline, f"the yardstick {kind} is not ready"
            time.sleep(0.2)
        yield Served(kind, port)
    finally:
        process.terminate()
        process.wait(30.0)


def _takes(port: int) -> bool:
    place = place_in("kecioren")
    body = {"text": "bir deneme", "point": place}
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/api/requests", json=body)
    except httpx.TransportError:
        return False
    return answer.status_code == 201
