"""The relay: nothing lost, order per key, whatever happens to who sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from libs.runtime.clock import new_id
from libs.runtime.commit import OUTBOX
from libs.runtime.lease import Lease
from libs.runtime.mongo import Database
from libs.runtime.relay import Relay
from libs.stack import NativeKafka
from tests.integration.runtime.flow import (
    Writer,
    amended,
    database_at,
    event_of,
    eventually,
    fresh,
    in_order,
    make_topic,
    running,
    sent,
    text,
)
from tests.integration.runtime.process import LEASE_SECONDS, Process, process


@pytest.fixture
async def own(mongo: str, database: str) -> AsyncIterator[Database]:
    """A service's own database."""
    found = await database_at(mongo, f"{database}crm")
    yield found
    found.client.close()


@pytest.fixture
def writer(own: Database) -> Writer:
    """A process that commits."""
    return Writer(own)


async def round_of(kafka: str, database: Database) -> None:
    """One round of a relay that then goes away."""
    relay = Relay("crm", database, kafka)
    try:
        await relay.round()
    finally:
        await relay.stop()


async def test_two_processes_on_the_same_documents_keep_the_order_of_each(
    kafka: str, mongo: str, own: Database
) -> None:
    keys, times = [new_id() for _ in range(5)], 40
    relay = Relay("crm", own, kafka)
    writer = Writer(own, relay.ring)
    async with process("write", mongo, own.name, str(times), *keys) as other, running(relay.run()):
        await other.reached("running")
        for _ in range(times):
            await writer.tell_all({key: [amended()] for key in keys})
        await other.reached("written")
        await eventually(lambda: nothing_waits(writer))
    await relay.stop()
    for key in keys:
        assert [one.sequence for one in await sent(kafka, "requests", key)] == [
            *range(1, 2 * times + 1)
        ]


async def nothing_waits(writer: Writer) -> bool:
    return await writer.waiting() == 0


async def test_an_id_that_is_smaller_but_committed_later_is_not_passed_over(
    kafka: str, own: Database
) -> None:
    early, late = new_id(), new_id()
    ahead, punctual = Writer(own), Writer(own)
    ahead.commit._clock._last = time.time_ns() // 1000 + 10_000_000
    relay = Relay("crm", own, kafka)
    await ahead.tell(early, amended())
    assert await relay.round()
    assert await ahead.waiting() == 0
    await ahead.tell(early, amended())
    await punctual.tell(late, amended())
    first, second = await own[OUTBOX].find({}).sort("_id", 1).to_list(None)
    assert [row["events"][0]["key"] for row in (first, second)] == [late, early]
    assert await relay.round()
    assert not await relay.round()
    await relay.stop()
    assert in_order(await sent(kafka, "requests", late), 1)
    assert in_order(await sent(kafka, "requests", early), 2)


async def test_events_of_a_document_are_in_order_though_a_later_writers_clock_is_behind(
    kafka: str, own: Database
) -> None:
    key = new_id()
    ahead, behind = Writer(own), Writer(own)
    ahead.commit._clock._last = time.time_ns() // 1000 + 10_000_000
    for _ in range(3):
        await ahead.tell(key, amended())
        await behind.tell(key, amended())
    await round_of(kafka, own)
    assert [one.sequence for one in await sent(kafka, "requests", key)] == [1, 2, 3, 4, 5, 6]


async def test_a_killed_relay_loses_nothing_and_its_successor_keeps_the_order(
    kafka: str, mongo: str, own: Database, writer: Writer
) -> None:
    keys = [new_id() for _ in range(4)]
    async with process("relay", kafka, mongo, own.name) as victim:
        await victim.reached("running")
        successor = Relay("crm", own, kafka, LEASE_SECONDS)
        async with running(successor.run()):
            for number in range(60):
                await writer.tell_all({key: [amended(), text(str(number))] for key in keys})
                if number == 30:
                    await victim.kill()
            await eventually(lambda: nothing_waits(writer))
        await successor.stop()
    for key in keys:
        assert in_order(await sent(kafka, "requests", key), 120 // 2)
        texts = await sent(kafka, "request_texts", key)
        assert in_order(texts, 60)
        assert texts[-1].sequence == 60


async def test_a_relay_killed_between_acknowledgement_and_deletion_has_lost_nothing(
    kafka: str, mongo: str, own: Database, writer: Writer
) -> None:
    key = new_id()
    await writer.tell(key, amended(), text("a"))
    async with process("relay", kafka, mongo, own.name, "acknowledged") as victim:
        await victim.reached("acknowledged")
        assert await writer.waiting() == 1
        assert len(await sent(kafka, "requests", key)) == 1
        await victim.kill()
    await round_of(kafka, own)
    assert await writer.waiting() == 0
    for topic in ("requests", "request_texts"):
        first, second = await sent(kafka, topic, key)
        assert first == second


@asynccontextmanager
async def thawed(
    kafka: str, mongo: str, writer: Writer, key: str, *how: str
) -> AsyncIterator[Process]:
    """A relay that read event 1, was frozen, and goes on when another one has sent 1 to 3."""
    what, *step = how
    own = writer.database
    await writer.tell(key, amended(), text("1"))
    async with process(what, kafka, mongo, own.name, *step) as old:
        await old.reached("read")
        old.freeze()
        successor = Relay("crm", own, kafka, LEASE_SECONDS)
        async with running(successor.run()):
            await eventually(lambda: nothing_waits(writer))
            for number in (2, 3):
                await writer.tell(key, amended(), text(str(number)))
            await eventually(lambda: nothing_waits(writer))
            old.thaw()
            yield old
            await writer.tell(key, amended(), text("4"))
            await eventually(lambda: nothing_waits(writer))
        await successor.stop()


async def test_a_frozen_relay_only_repeats_and_cannot_overwrite(
    kafka: str, mongo: str, writer: Writer
) -> None:
    key = new_id()
    async with thawed(kafka, mongo, writer, key, "deaf") as old:
        old.let_go()
        await old.reached("sent")
    plain = await sent(kafka, "requests", key)
    assert [one.sequence for one in plain] == [1, 2, 3, 1, 4]
    assert plain[0] == plain[3]
    texts = [one.sequence for one in await sent(kafka, "request_texts", key)]
    assert texts == [1, 2, 3, 4]


async def test_a_frozen_relay_hears_that_its_lease_is_lost_and_steps_back(
    kafka: str, mongo: str, writer: Writer
) -> None:
    key = new_id()
    async with thawed(kafka, mongo, writer, key, "relay", "read") as old:
        await old.reached("LeaseLost")
        old.let_go()
        await asyncio.sleep(LEASE_SECONDS)
    for topic in ("requests", "request_texts"):
        assert [one.sequence for one in await sent(kafka, topic, key)] == [1, 2, 3, 4]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused topic is tried again soon."""
    monkeypatch.setattr("libs.runtime.relay.REFUSED_PAUSE", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["plain", "compacted"])
async def test_a_missing_topic_blocks_no_other_and_gets_its_events_when_it_appears(
    kafka: str, own: Database, writer: Writer, kind: str
) -> None:
    key = new_id()
    topic = fresh("t") if kind == "plain" else f"public.{fresh()}.requests"
    there = "requests" if kind == "plain" else "request_texts"
    other: Callable[[], object] = lambda: amended() if kind == "plain" else text("a")  # noqa: E731
    relay = Relay("crm", own, kafka)
    async with running(relay.run()):
        began = time.monotonic()
        await writer.tell(key, event_of(topic), other(), event_of(topic))  # type: ignore[arg-type]
        await writer.tell(key, event_of(topic))
        await writer.tell(key, other())  # type: ignore[arg-type]
        await eventually(lambda: arrived(kafka, there, key, 2))
        assert time.monotonic() - began < 10
        await eventually(lambda: waiting_for(own, [topic], 2))
        await make_topic(kafka, topic)
        await eventually(lambda: nothing_waits(writer))
    await relay.stop()
    assert [one.sequence for one in await sent(kafka, topic, key)] == [1, 2, 3]
    assert [one.sequence for one in await sent(kafka, there, key)] == [1, 2]


async def arrived(kafka: str, topic: str, key: str, count: int) -> bool:
    return len(await sent(kafka, topic, key)) == count


async def waiting_for(database: Database, topics: list[str], count: int) -> bool:
    """Whether so many commits wait, and hold nothing but events of these topics."""
    rows = await database[OUTBOX].find({}).to_list(None)
    return len(rows) == count and all(
        row["topics"] == topics and {event["topic"] for event in row["events"]} == set(topics)
        for row in rows
    )


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["plain", "compacted"])
async def test_a_refused_record_stays_and_lets_other_topics_pass(
    kafka: str, own: Database, writer: Writer, kind: str
) -> None:
    key = new_id()
    name = fresh("t") if kind == "plain" else f"public.{fresh()}.requests"
    topic = await make_topic(kafka, name, max_message_bytes="2000")
    too_much = "".join(fresh() for _ in range(500))  # it is compressed on the way
    relay = Relay("crm", own, kafka)
    async with running(relay.run()):
        await writer.tell(key, event_of(topic, "fits"))
        await eventually(lambda: nothing_waits(writer))
        await writer.tell(key, event_of(topic, too_much), amended(), text("a"))
        await writer.tell(key, event_of(topic, "fits"), amended(), text("b"))
        await eventually(lambda: arrived(kafka, "requests", key, 2))
        await eventually(lambda: arrived(kafka, "request_texts", key, 2))
        await eventually(lambda: waiting_for(own, [topic], 2))
        await asyncio.sleep(1.5)  # it is tried again
        assert await waiting_for(own, [topic], 2)
    await relay.stop()
    assert [one.sequence for one in await sent(kafka, topic, key)] == [1]
    for there in ("requests", "request_texts"):
        assert [one.sequence for one in await sent(kafka, there, key)] == [1, 2]


async def test_a_pause_that_ends_in_a_round_does_not_turn_the_order_round(
    kafka: str, own: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`_read` left out a topic's commit; `_send` must not let a later one of that topic go."""
    key = new_id()
    topic = await make_topic(kafka, fresh())
    await writer.tell(key, event_of(topic))
    await writer.tell(key, event_of(topic), amended())
    relay = Relay("crm", own, kafka)
    relay._paused[topic] = time.monotonic() + 0.5
    send = relay._send

    async def late(*arguments: object) -> object:
        await asyncio.sleep(1.0)
        return await send(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(relay, "_send", late)
    await relay.round()
    await relay.round()
    await relay.stop()
    assert [one.sequence for one in await sent(kafka, topic, key)] == [1, 2]


async def test_a_late_holder_cannot_put_back_what_its_successor_has_sent(
    kafka: str, own: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()
    missing = fresh()
    await writer.tell(key, event_of(missing), text("1"))
    late, successor = Relay("crm", own, kafka), Relay("crm", own, kafka)
    forget = late._forget
    between = asyncio.Event()
    go_on = asyncio.Event()

    async def frozen(*arguments: object) -> None:
        between.set()
        await go_on.wait()
        await forget(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(late, "_forget", frozen)
    round = asyncio.create_task(late.round())
    await between.wait()
    await make_topic(kafka, missing)
    await eventually(lambda: drained(successor, writer), within=60)
    go_on.set()
    await round
    await writer.tell(key, text("2"))
    await eventually(lambda: drained(successor, writer), within=60)
    await late.stop()
    await successor.stop()
    assert [one.sequence for one in await sent(kafka, "request_texts", key)][-1] == 2
    assert await writer.waiting() == 0


async def test_while_kafka_is_away_the_outbox_fills_and_the_lease_is_kept(
    restless: NativeKafka, own: Database, writer: Writer
) -> None:
    keys = [new_id() for _ in range(3)]
    relay, contender = Relay("crm", own, restless.address, 2.0), Lease(own, "relay", 2.0)
    told = 0

    async def tell(times: int) -> None:
        nonlocal told
        for _ in range(times):
            told += 1
            await writer.tell_all({key: [amended(), text("x" * 3000)] for key in keys})

    async with running(relay.run()):
        await tell(1)
        await eventually(lambda: nothing_waits(writer))
        for away, back in (
            (restless.pause, restless.resume),
            (restless.kill, restless.start),
        ):
            await asyncio.to_thread(away)
            await tell(40)
            end = time.monotonic() + 4.0
            while time.monotonic() < end:
                assert not await contender.hold()
                await asyncio.sleep(0.1)
            assert await writer.waiting() >= 39
            await asyncio.to_thread(back)
            await eventually(lambda: nothing_waits(writer), within=60)
    await relay.stop()
    for key in keys:
        assert in_order(await sent(restless.address, "requests", key), told)
        texts = await sent(restless.address, "request_texts", key)
        assert in_order(texts, told)
        assert texts[-1].sequence == told


@pytest.mark.parametrize("topic", ["requests", "request_texts"])
async def test_a_client_that_waits_for_ever_is_given_up(
    kafka: str, own: Database, writer: Writer, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.runtime.relay.ROUND_SECONDS", 1.0)
    key, told = new_id(), {"requests": amended, "request_texts": lambda: text("a")}[topic]
    relay = Relay("crm", own, kafka, 1.0)
    async with running(relay.run()):
        await writer.tell(key, told())
        await eventually(lambda: nothing_waits(writer))
        producers = relay._producers
        plain, fenced = producers._plain, producers._fenced
        dumb = plain if topic == "requests" else fenced
        assert dumb is not None
        await dumb._sender.close()  # what is posted from now on, nobody sends
        await writer.tell(key, told())
        await eventually(lambda: nothing_waits(writer), within=30)
    await relay.stop()
    assert in_order(await sent(kafka, topic, key), 2)


def _senders() -> set[asyncio.Task[object]]:
    """What producers have at work in this process."""
    return {task for task in asyncio.all_tasks() if "Sender" in str(task.get_coro())}


async def test_a_relay_stopped_while_kafka_is_away_ends_soon_and_sends_nothing_later(
    restless: NativeKafka, own: Database, writer: Writer
) -> None:
    key, others = new_id(), _senders()
    relay = Relay("crm", own, restless.address)
    async with running(relay.run()):
        await writer.tell(key, amended(), text("1"))
        await eventually(lambda: nothing_waits(writer))
        await asyncio.to_thread(restless.pause)
        await writer.tell(key, amended(), text("2"))
        await asyncio.sleep(0.5)
    began = time.monotonic()
    await relay.stop()
    assert time.monotonic() - began < 6
    assert await Lease(own, "relay").hold()
    assert _senders() <= others
    await asyncio.to_thread(restless.resume)
    assert await writer.waiting() == 1
    successor = Relay("crm", own, restless.address)
    await eventually(lambda: tried(successor), within=30)
    await successor.stop()
    assert in_order(await sent(restless.address, "requests", key), 2)
    assert [one.sequence for one in await sent(restless.address, "request_texts", key)] == [1, 2]


async def drained(relay: Relay, writer: Writer) -> bool:
    """One more round; whether nothing is left. A topic that is new may still be paused."""
    await relay.round()
    return await writer.waiting() == 0


async def tried(relay: Relay) -> bool:
    try:
        return await relay.round()
    except Exception:
        return False
