"""Clients of bad manners, over real sockets: they are answered and cut, and others are served."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests import scenarios
from tests.e2e.harness import Copy, Sokak
from tests.hostile.sockets import Client

RATE, WINDOW = 5, 2
HEAD_SECONDS, BODY_SECONDS = 3.0, 4.0
SLOW = 1000
START = b"POST /api/requests HTTP/1.1\r\nHost: sokak\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
async def intake(sokak: Sokak) -> AsyncIterator[Copy]:
    """A copy of intake with narrow bounds, behind one proxy that tells where clients are."""
    copy = sokak.another(
        "intake",
        SOKAK_RATE_ANONYMOUS=str(RATE),
        SOKAK_RATE_SIGNED_IN=str(RATE),
        SOKAK_RATE_WINDOW=str(WINDOW),
        SOKAK_PROXY_HOPS="1",
        SOKAK_HEAD_SECONDS=str(HEAD_SECONDS),
        SOKAK_BODY_SECONDS=str(BODY_SECONDS),
    )
    copy.start()
    await sokak.ready(copy)
    yield copy
    copy.stop()


async def _post(sokak: Sokak, copy: Copy, address: str, token: str | None = None) -> httpx.Response:
    headers = {"X-Forwarded-For": f"6.6.6.6, {address}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return await sokak.http.post(
        f"{copy.url}/api/requests", json=scenarios.words(), headers=headers
    )


async def test_in_a_flood_the_others_are_served(sokak: Sokak, intake: Copy) -> None:
    began, over = time.monotonic(), asyncio.Event()
    flood: list[httpx.Response] = []
    served: Counter[int] = Counter()
    staff = await sokak.staff("kecioren")

    async def storm() -> None:
        while not over.is_set():
            flood.append(await _post(sokak, intake, "10.0.0.66"))

    storms = [asyncio.create_task(storm()) for _ in range(16)]
    try:
        for number in range(30):
            answer = await _post(sokak, intake, f"10.0.1.{number % 10}")
            served[answer.status_code] += 1
            answer = await _post(sokak, intake, "10.0.0.66", staff)
            served[answer.status_code] += 1
    finally:
        over.set()
        await asyncio.gather(*storms)
    lasted = time.monotonic() - began

    assert served == {201: 60}
    statuses = Counter(answer.status_code for answer in flood)
    assert statuses.keys() == {201, 429}
    assert statuses[201] <= RATE * (WINDOW + lasted) + 1
    assert statuses[429] > statuses[201]
    refused = next(answer for answer in flood if answer.status_code == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert refused.headers["ratelimit-policy"] == f'"anonymous";q={RATE * WINDOW};w={WINDOW}'
    await asyncio.sleep(float(refused.headers["retry-after"]))
    assert (await _post(sokak, intake, "10.0.0.66")).status_code == 201


async def test_bad_tokens_are_no_way_around(sokak: Sokak, intake: Copy) -> None:
    answers = await asyncio.gather(
        *(_post(sokak, intake, "10.0.0.67", "made.up.token") for _ in range(9 * RATE * WINDOW))
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses.keys() == {401, 429}
    assert statuses[429] > 0


async def test_a_thousand_slow_clients_keep_nobody_waiting(sokak: Sokak, intake: Copy) -> None:
    before = await _latencies(sokak, intake, 20)
    slow = [await Client.open(intake.port) for _ in range(SLOW)]
    dripping = [asyncio.create_task(_drip(client, number)) for number, client in enumerate(slow)]
    began = time.monotonic()
    during = await _latencies(sokak, intake, 20)
    answers = await asyncio.gather(*(client.answer() for client in slow))
    lasted = time.monotonic() - began
    await asyncio.gather(*dripping)

    problems = Counter(answer and (answer.status, answer.problem) for answer in answers)
    assert problems == {(408, "too-slow"): SLOW}
    assert lasted < HEAD_SECONDS + BODY_SECONDS + 10
    print(f"slowest of 20: {before:.3f} s before, {during:.3f} s among {SLOW} slow clients")
    metrics = (await sokak.http.get(f"{intake.url}/intake/metrics")).text
    assert 'sokak_connections_cut_total{at="head",status="408"}' in metrics
    assert 'sokak_connections_cut_total{at="body",status="408"}' in metrics


async def _drip(client: Client, number: int) -> None:
    match number % 3:
        case 0:  # one byte of a head at a time
            await client.drip(START * 20, 0.5)
        case 1:  # a body that trickles
            own = b"X-Forwarded-For: 10.1.%d.%d\r\n" % divmod(number, 250)
            client.send(START + own + b"Content-Length: 1000\r\n\r\n")
            await client.drip(b" " * 1000, 0.5)
        case 2:  # nothing at all
            await client.closed


async def _latencies(sokak: Sokak, copy: Copy, count: int) -> float:
    """The slowest of so many ordinary requests; all must be accepted."""
    slowest = 0.0
    for number in range(count):
        began = time.monotonic()
        answer = await _post(sokak, copy, f"10.0.2.{number}")
        assert answer.status_code == 201, answer.text
        slowest = max(slowest, time.monotonic() - began)
    return slowest


async def test_a_body_without_end_is_cut_by_its_size(intake: Copy) -> None:
    client = await Client.open(intake.port)
    client.send(START + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(400):
        client.send(piece)
        if (await asyncio.wait({client.closed}, timeout=0.002))[0]:
            break
    answer = await client.answer()
    assert answer is not None
    assert (answer.status, answer.problem) == (413, "body-too-large")


async def test_a_body_without_end_is_cut_by_time(intake: Copy) -> None:
    client = await Client.open(intake.port)
    client.send(START + b"Transfer-Encoding: chunked\r\n\r\n")
    began = time.monotonic()
    while not (await asyncio.wait({client.closed}, timeout=0.2))[0]:
        client.send(b"1\r\n \r\n")
        assert time.monotonic() - began < BODY_SECONDS + 10
    answer = await client.answer()
    assert answer is not None
    assert (answer.status, answer.problem) == (408, "too-slow")
    assert time.monotonic() - began > BODY_SECONDS - 0.5


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (b"\x16\x03\x01\x02\x00\x01", 400, "not-http"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "not-http"),
        (b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400, "not-http"),
        (START + b"Content-Length: -1\r\n\r\n", 400, "not-http"),
        (START + b"X: " + b"x" * 100_000, 431, "headers-too-large"),
        (START + b"X: y\r\n" * 20_000, 431, "headers-too-large"),
    ],
)
async def test_nonsense_is_told_so(intake: Copy, sent: bytes, status: int, problem: str) -> None:
    client = await Client.open(intake.port)
    client.send(sent)
    answer = await client.answer()
    assert answer is not None
    assert (answer.status, answer.problem) == (status, problem)


async def test_a_connection_may_be_used_again_and_again(intake: Copy) -> None:
    """The bounds are those of a request, not of a connection."""
    client = await Client.open(intake.port)
    for _ in range(4):
        client.send(b"GET /intake/live HTTP/1.1\r\nHost: sokak\r\n\r\n")
        assert not (await asyncio.wait({client.closed}, timeout=HEAD_SECONDS / 2))[0]
    client.send(b"GET /intake/live HTTP/1.1\r\nHost: sokak\r\nConnection: close\r\n\r\n")
    answer = await client.answer()
    assert answer is not None
    assert answer.body.count(b"HTTP/1.1 200") + 1 == 5


async def test_who_was_answered_before_his_body_came_is_answered_once(intake: Copy) -> None:
    client = await Client.open(intake.port)
    client.send(START.replace(b"/api/requests", b"/nowhere") + b"Content-Length: 9\r\n\r\n1")
    answer = await client.answer()
    assert answer is not None
    assert (answer.status, answer.problem) == (404, "not-found")
