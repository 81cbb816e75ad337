"""How often a client may call: counted by address or subject, and never twice as much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from libs.runtime.settings import Settings
from libs.web import limits
from libs.web.caller import Caller
from libs.web.limits import Limit, Limits, TooMany


class Clock:
    """A time that a test turns."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(clock: Clock | None = None, **settings: Any) -> Limits:
    return Limits("intake", Settings(**settings), clock or Clock())


def taken(take: Callable[[], None], tries: int) -> int:
    """How many of so many calls are let through."""
    count = 0
    for _ in range(tries):
        try:
            take()
        except TooMany:
            continue
        count += 1
    return count


def scope(address: str, path: str = "/api/requests", **headers: str) -> dict[str, Any]:
    named = [(n.replace("_", "-").encode(), text.encode()) for n, text in headers.items()]
    return {"type": "http", "client": (address, 5), "headers": named, "path": path}


def test_a_windows_worth_may_come_at_once_and_then_the_rate() -> None:
    clock = Clock()
    its = made(clock, rate_anonymous=5, rate_window=4)
    take = lambda: its.take(its.anonymous, "a")  # noqa: E731
    assert taken(take, 100) == 20
    clock.now += 1.0
    assert taken(take, 100) == 5
    clock.now += 3600
    assert taken(take, 100) == 20


def test_whoever_waits_as_long_as_he_is_told_is_let_through() -> None:
    clock = Clock()
    its = made(clock, rate_anonymous=0.5, rate_window=10)
    for _ in range(200):
        try:
            its.take(its.anonymous, "a")
        except TooMany as refused:
            wait = int(refused.answer().headers["retry-after"])
            assert 1 <= wait <= 2
            clock.now += wait
            its.take(its.anonymous, "a")


def test_one_client_takes_nothing_of_anothers() -> None:
    its = made(rate_anonymous=1, rate_window=3)
    for name in ("a", "b", "c"):
        assert taken(lambda name=name: its.take(its.anonymous, name), 9) == 3  # type: ignore[misc]


def test_no_rate_is_no_limit() -> None:
    its = made(rate_anonymous=0)
    assert taken(lambda: its.take_address(scope("10.0.0.1")), 5000) == 5000


def test_it_remembers_no_more_clients_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CLIENTS", 100)
    its = made(rate_anonymous=1, rate_window=1)
    for number in range(1000):
        its.take(its.anonymous, str(number))
    assert len(its._due) == 100
    assert taken(lambda: its.take(its.anonymous, "999"), 1) == 0


@pytest.mark.parametrize(
    ("caller", "limit"),
    [
        (Caller("a", citizen=True), 2),
        (Caller("a"), 2),
        (Caller("a", {"kecioren": frozenset({"operator"})}), 7),
        (Caller("a", platform=True), 7),
    ],
)
def test_who_has_a_token_is_counted_by_who_he_is(caller: Caller, limit: int) -> None:
    its = made(rate_signed_in=2, rate_staff=7, rate_window=1)
    assert taken(lambda: its.take_caller(caller), 50) == limit


def test_a_token_is_not_counted_as_a_stranger_and_the_watchers_are_counted_apart() -> None:
    its = made(rate_anonymous=3, rate_staff=9, rate_window=1)
    with_token = scope("10.0.0.1", authorization="Bearer x")
    assert taken(lambda: its.take_address(scope("10.0.0.1")), 50) == 3
    assert taken(lambda: its.take_address(with_token), 50) == 9
    assert taken(lambda: its.take_address(scope("10.0.0.1", "/intake/live")), 50) == 3


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6", "6.6.6.6"),
        (1, "forged, 6.6.6.6", "6.6.6.6"),
        (2, "forged, 6.6.6.6, 10.0.0.9", "6.6.6.6"),
        (3, "6.6.6.6", "10.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:6.6.6.6", "6.6.6.6"),
        (1, "x" * 999, "x" * 64),
        (1, ":::" * 99, (":::" * 99)[:64]),
    ],
)
def test_an_address_is_believed_as_far_as_the_proxies_are_ours(
    hops: int, forwarded: str, address: str
) -> None:
    its = made(proxy_hops=hops)
    assert its.address(scope("10.0.0.1", x_forwarded_for=forwarded)) == address


def test_a_refusal_is_a_problem_that_says_when_to_come_again() -> None:
    app = FastAPI()
    limits.install(app, made(rate_anonymous=1, rate_window=2))
    client = TestClient(app)
    assert [client.get("/nothing").status_code for _ in range(3)] == [404, 404, 429]
    answer = client.post("/nothing", content=b"x" * 100_000)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit-policy"] == '"anonymous";q=2;w=2'
    assert answer.headers["ratelimit"] == '"anonymous";r=0;t=1'


def test_a_limit_lets_at_least_one_through() -> None:
    assert Limit("x", 0.01, 1).quota == 1
