"""What citizens and operators do besides: voices, photos, judgements, merges, many at once.

Commands a second, until each is answered and so stored, beside the store's own guarded writes
one by one. A command is one write at least; a merge is two, a photo is a file besides.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.guarded import GuardedWrites, guarded_writes
from tests.bench.lives import TENANT
from tests.bench.load import Pool, post
from tests.bench.table import Row
from tests.e2e.harness import Sokak
from tests.http import call
from tests.scenarios import MULTIPART, Submitted, a_photo, words

AT_A_TIME = 32
TOGETHER = 100
CITIZENS = 20
WRITES_S = 2.0
STORE = "guarded writes, one by one"
ANYHOW = "*"


@dataclass(frozen=True)
class Turn:
    """One kind of command: its calls to a service, each about so many requests."""

    name: str
    service: str
    calls: Sequence[bytes]
    each: int = 1


async def measure(sokak: Sokak, count: int, repeats: int) -> list[Row]:
    """A row for each kind of command, on so many requests in their middle of life."""
    taken = await _submit(sokak, 2 * count)
    await sokak.settled(600.0)
    ours, others = taken[:count], taken[count:]
    operator = f"Bearer {await sokak.staff(TENANT)}"
    citizens = [f"Bearer {await sokak.citizen(f'komşu {n}')}" for n in range(CITIZENS)]
    rows = []
    with guarded_writes(sokak.mongo.url) as store:

        async def row(turn: Turn) -> None:
            rows.append(await _row(sokak, turn, repeats, store))

        await row(Turn("voices", "intake", list(_voices(ours, citizens))))
        await row(Turn("photos", "intake", list(_photos(ours))))
        await row(Turn("merges", "crm", list(_merges(others, operator))))
        begun = list(_bulk(ours, operator, {"status": "in_progress"}))
        await row(Turn(f"tasks begun, {TOGETHER} at once", "crm", begun, TOGETHER))
        done = list(_bulk(ours, operator, {"status": "resolved", "message": "Yapıldı."}))
        await row(Turn(f"tasks resolved, {TOGETHER} at once", "crm", done, TOGETHER))
        await sokak.settled(600.0)
        await row(Turn("judgements", "intake", list(_said(ours, "feedback", {"rating": 4}))))
        again = list(_said(ours, "reopen", {"reason": "not_solved"}))
        await row(Turn("wishes to look again", "intake", again))
    await sokak.settled(600.0)
    return rows


async def _row(sokak: Sokak, turn: Turn, repeats: int, store: GuardedWrites) -> Row:
    ports = [copy.port for copy in sokak.copies[turn.service] if copy.process]
    rates, writes = [], []
    for number in range(repeats):
        calls = turn.calls[number::repeats]
        took = (await _all(ports, calls))[0]
        rates.append(len(calls) * turn.each / took)
        writes.append(await asyncio.to_thread(store.rate, 1, WRITES_S))
    return Row.beside(turn.name, "commands/s", rates, {STORE: writes})


async def _all(ports: Sequence[int], calls: Sequence[bytes]) -> tuple[float, list[Any]]:
    """Make the calls, so many at a time; the seconds until all are answered, and well, and what
    they were told.
    """
    pool, waiting, answers = Pool(ports), iter(calls), list[Any]()

    async def one_after_the_other() -> None:
        for data in waiting:
            answer = await pool.call(data)
            assert answer.status_code in (200, 201), answer.text
            told = answer.json()
            assert not told.get("refused"), told
            answers.append(told)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_A_TIME)))
    pool.close()
    return time.perf_counter() - began, answers


async def _submit(sokak: Sokak, count: int) -> list[Submitted]:
    call = post("/api/requests", json.dumps(words(category="ROAD_PAVEMENT")).encode())
    _, answers = await _all([sokak.copies["intake"][0].port], [call] * count)
    return [
        Submitted(told["id"], told["tracking_number"], told["secret"], TENANT) for told in answers
    ]


def _voices(requests: Sequence[Submitted], citizens: Sequence[str]) -> Iterator[bytes]:
    for number, request in enumerate(requests):
        path = f"/api/requests/{request.number}/support"
        yield post(path, b"{}", Authorization=citizens[number % len(citizens)])


def _photos(requests: Sequence[Submitted]) -> Iterator[bytes]:
    for request in requests:
        path = f"/api/requests/{request.number}/attachments"
        yield call("POST", path, a_photo(""), {"Sokak-Secret": request.secret, **MULTIPART})


def _said(requests: Sequence[Submitted], what: str, body: dict[str, object]) -> Iterator[bytes]:
    whole = json.dumps(body).encode()
    for request in requests:
        path = f"/api/requests/{request.number}/{what}"
        yield post(path, whole, Sokak_Secret=request.secret)


def _merges(requests: Sequence[Submitted], operator: str) -> Iterator[bytes]:
    """Each second one goes into the one before it."""
    for into, one in zip(requests[::2], requests[1::2], strict=True):
        body = json.dumps({"into": into.id}).encode()
        path = f"/api/tasks/{one.id}/merge"
        yield post(path, body, Authorization=operator, If_Match=ANYHOW)


def _bulk(requests: Sequence[Submitted], operator: str, status: dict[str, str]) -> Iterator[bytes]:
    for start in range(0, len(requests), TOGETHER):
        ids = [request.id for request in requests[start : start + TOGETHER]]
        body = json.dumps({"ids": ids, "status": status}).encode()
        yield post("/api/tasks/bulk", body, Authorization=operator)
