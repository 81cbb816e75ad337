"""Webhooks against real receivers: signed, in order, again after failures, to nobody inside."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.responses import RedirectResponse, Response, StreamingResponse
from typer.testing import CliRunner

from libs.events import EVENTS, decode, unstructured
from libs.runtime.clock import now
from libs.runtime.mongo import connect
from libs.runtime.settings import Settings
from libs.stack.ports import free_port
from services.cli import app
from services.reporting import deliverer, outlet
from services.reporting.sending import Sender
from services.reporting.signing import Secrets, signed
from services.reporting.target import Allowed
from tests.integration.reporting.outside import (
    LOOPBACK,
    RETRY_S,
    Outside,
    outside,
    publish,
    remove,
    running,
    settings,
    some_request,
    until,
)
from tests.receiver import Got, Receiver, a_receiver

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        yield receiver


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        yield receiver


@pytest.fixture
async def hook(sokak: Outside, receiver: Receiver) -> AsyncIterator[Any]:
    """A webhook to the receiver; removed at the end."""
    hook = await sokak.hook(receiver.url, note="test")
    receiver.secret = hook["secret"]
    yield hook
    await sokak.http.delete(f"/api/webhooks/{hook['id']}", headers=sokak.admin)


async def shown(sokak: Outside, hook: Any) -> Any:
    return await sokak.call("GET", f"/api/webhooks/{hook['id']}")


async def deliveries(sokak: Outside, hook: Any, *states: str) -> list[Any]:
    found = await sokak.call("GET", f"/api/webhooks/{hook['id']}/deliveries")
    return [one for one in found if not states or one["state"] in states]


async def test_a_change_comes_signed_and_is_the_event_of_the_topic(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    request = some_request()
    await sokak.tell(request)
    await receiver.has(lambda: receiver.taken)
    [got] = receiver.got
    assert got.headers["content-type"] == "application/cloudevents+json"
    envelope, event = decode(EVENTS, *unstructured(got.body))
    assert event is not None
    assert event.type == "service_request.changed.v1"
    assert (envelope.subject, envelope.sequence, envelope.tenant) == (request, 1, sokak.tenant)
    assert got.id == envelope.id
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(got.body.replace(b"open", b"shut"), got.headers)

    async def delivered() -> Any:
        return await deliveries(sokak, hook, "delivered")

    [told] = await until(delivered, "the delivery to be listed")
    assert (told["request"], told["id"], told["attempts"]) == (request, got.id, 1)
    assert told["answer"]["status"] == 204


async def test_what_is_hidden_comes_without_data(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    request = some_request()
    await sokak.tell(request)
    await receiver.has(lambda: receiver.taken)
    await sokak.tell(request, hidden=True)
    await receiver.has(lambda: len(receiver.taken) == 2)
    assert receiver.taken[1].event["type"] == "service_request.hidden.v1"
    assert receiver.taken[1].event["data"] is None
    assert receiver.taken[1].sequence == 2


async def test_from_the_start_every_state_is_sent_and_by_default_what_changes_from_now(
    sokak: Outside, receiver: Receiver, other: Receiver
) -> None:
    old, new = some_request(), some_request()
    await sokak.tell(old)
    first = await sokak.hook(receiver.url, begin="start")
    second = await sokak.hook(other.url)
    receiver.secret, other.secret = first["secret"], second["secret"]
    await sokak.tell(new)
    await receiver.has(lambda: {old, new} <= {one.request for one in receiver.taken})
    await other.has(lambda: other.taken)
    assert [one.request for one in other.got] == [new]
    for one in (first, second):
        await sokak.call("DELETE", f"/api/webhooks/{one['id']}")


async def test_a_request_is_told_of_in_order_also_where_its_receiver_fails_now_and_then(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    failed: set[tuple[str, int]] = set()

    def once_in_a_while(got: Got) -> int:
        state = got.request, got.sequence
        if got.sequence % 3 == 2 or state in failed or len(failed) % 2:
            return 200
        failed.add(state)
        return 500

    receiver.answering = once_in_a_while
    requests = [some_request() for _ in range(12)]
    for _ in range(8):
        await sokak.tell(*requests)
    last = dict.fromkeys(requests, 8)
    await receiver.has(
        lambda: {one.request: one.sequence for one in receiver.taken} == last, within=30.0
    )
    for request in requests:
        numbers = [one.sequence for one in receiver.got if one.request == request]
        assert numbers == sorted(numbers)


async def test_a_failure_is_tried_again_with_the_same_id_after_longer_and_longer_pauses(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    answers = iter([500, 400, 503])
    receiver.answering = lambda got: next(answers, 200)
    await sokak.tell(some_request())
    await receiver.has(lambda: receiver.taken)
    assert len({one.id for one in receiver.got}) == 1
    assert len({one.body for one in receiver.got}) == 1
    times = [one.at for one in receiver.got]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    for pause, wanted in zip(pauses, (RETRY_S, 4 * RETRY_S, 16 * RETRY_S), strict=True):
        assert 0.8 * wanted <= pause <= 1.2 * wanted + 1.0
    stamps = [int(one.headers["webhook-timestamp"]) for one in receiver.got]
    assert stamps == sorted(stamps)
    assert stamps[-1] > stamps[0]


async def test_while_one_request_fails_the_others_go_on(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    bad = some_request()
    receiver.answering = lambda got: 500 if got.request == bad else 200
    good = [some_request() for _ in range(20)]
    await sokak.tell(bad, *good)
    await receiver.has(lambda: len({one.request for one in receiver.taken}) == 20, within=3.0)


async def test_a_newer_state_takes_the_place_of_one_that_waits(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    request = some_request()
    receiver.answering = lambda got: 500 if got.sequence < 3 else 200
    await sokak.tell(request)
    await receiver.has(lambda: receiver.got)
    await sokak.tell(request)
    await sokak.tell(request)
    await receiver.has(lambda: receiver.taken)
    assert [one.sequence for one in receiver.taken] == [3]

    async def nothing_waits() -> bool:
        return not await deliveries(sokak, hook, "waiting", "parked")

    await until(nothing_waits, "nothing to wait")
    seen = len(receiver.got)
    await asyncio.sleep(3 * RETRY_S)
    assert len(receiver.got) == seen, "an older state was sent after a newer one"


async def test_what_is_refused_for_too_long_is_parked_and_sent_again_when_somebody_says_so(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    bad = some_request()
    receiver.answering = lambda got: (
        Response("no room for this \x1b[31m" + "x" * 500, 422) if got.request == bad else 200
    )
    await sokak.tell(bad)

    async def parked() -> Any:
        return await deliveries(sokak, hook, "parked")

    [letter] = await until(parked, "the delivery to be parked")
    attempts = len(receiver.got)
    assert attempts >= 3
    assert letter["attempts"] == attempts
    assert letter["answer"]["status"] == 422
    assert letter["answer"]["text"].startswith("no room for this")
    assert "\x1b" not in letter["answer"]["text"]
    assert len(letter["answer"]["text"]) <= 200
    assert (await shown(sokak, hook))["parked"] == 1

    receiver.answering = lambda got: 200
    path = f"/api/webhooks/{hook['id']}/deliveries/{bad}/redeliver"
    assert await sokak.call("POST", path) == {"count": 1}
    await receiver.has(lambda: receiver.taken)
    assert receiver.taken[0].id == letter["id"]

    async def gone() -> bool:
        return (await shown(sokak, hook))["parked"] == 0

    await until(gone, "nothing to be parked")


async def test_all_that_was_parked_is_sent_again_together_and_what_was_taken_too(
    sokak: Outside, receiver: Receiver, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "ASKED_EVERY", timedelta(seconds=RETRY_S))
    requests = [some_request() for _ in range(3)]
    receiver.answering = lambda got: 422
    await sokak.tell(*requests)

    async def parked() -> bool:
        return len(await deliveries(sokak, hook, "parked")) == 3

    await until(parked, "three to be parked")
    receiver.answering = lambda got: 200
    path = f"/api/webhooks/{hook['id']}"
    assert await sokak.call("POST", f"{path}/redeliver") == {"count": 3}
    await receiver.has(lambda: {one.request for one in receiver.taken} == set(requests))

    async def listed() -> bool:
        return len(await deliveries(sokak, hook, "delivered")) >= 3

    await until(listed, "all to be delivered")
    await sokak.call("POST", f"{path}/deliveries/{requests[0]}/redeliver")
    await receiver.has(lambda: len(receiver.taken) == 4)
    assert receiver.taken[3].request == requests[0]
    assert receiver.taken[3].id in {one.id for one in receiver.taken[:3]}
    await sokak.call("POST", f"{path}/deliveries/{some_request()}/redeliver", 404)


async def test_a_dead_a_slow_and_a_good_receiver_do_not_hold_each_other(
    sokak: Outside, receiver: Receiver, other: Receiver, hook: Any
) -> None:
    async def slowly(got: Got) -> Response:
        await asyncio.sleep(2.0)
        return Response()

    other.answering = slowly  # type: ignore[assignment]
    dead = await sokak.hook("http://127.0.0.1:9/hook")
    slow = await sokak.hook(other.url)
    other.secret = slow["secret"]
    requests = [some_request() for _ in range(60)]
    for request in requests:
        await sokak.tell(request)
    await receiver.has(lambda: {one.request for one in receiver.taken} >= set(requests), 10.0)

    async def failing() -> Any:
        return (await shown(sokak, dead))["failing_since"]

    await until(failing, "the dead one to be seen as failing")
    [first, *_] = await deliveries(sokak, dead, "waiting", "parked")
    assert first["answer"]["error"] == "not-reachable"
    for one in (dead, slow):
        await sokak.call("DELETE", f"/api/webhooks/{one['id']}")


async def test_who_was_away_gets_the_newest_state_of_everything_that_changed(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    receiver.answering = lambda got: 503
    requests = [some_request() for _ in range(40)]
    for _ in range(3):
        await sokak.tell(*requests)
    await receiver.has(lambda: len(receiver.got) > outlet.DOWN_AFTER)
    assert len(receiver.got) < 40, "one that is away is asked rarely"
    receiver.answering = lambda got: 200
    last = dict.fromkeys(requests, 3)
    await receiver.has(lambda: {one.request: one.sequence for one in receiver.taken} == last)


async def test_a_receiver_that_says_when_is_left_alone_until_then(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    answers = iter([Response("later", 429, {"Retry-After": "2"})])
    receiver.answering = lambda got: next(answers, 200)
    await sokak.tell(some_request())
    await receiver.has(lambda: receiver.got)
    await sokak.tell(some_request())
    await receiver.has(lambda: len(receiver.taken) == 2)
    assert receiver.got[1].at - receiver.got[0].at >= 1.9


async def test_a_receiver_that_is_gone_is_disabled_and_goes_on_where_it_was_when_resumed(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    receiver.answering = lambda got: 410
    request = some_request()
    await sokak.tell(request)

    async def disabled() -> bool:
        return bool((await shown(sokak, hook))["state"] == "disabled")

    await until(disabled, "it to be disabled")
    assert (await shown(sokak, hook))["why"] == "gone"
    seen = len(receiver.got)
    await sokak.tell(request)
    await asyncio.sleep(4 * deliverer.LOOKS_S)
    assert len(receiver.got) == seen
    receiver.answering = lambda got: 200
    await sokak.call("POST", f"/api/webhooks/{hook['id']}/resume")
    await receiver.has(lambda: [one.sequence for one in receiver.taken] == [2])


async def test_a_receiver_that_takes_nothing_for_long_is_disabled_and_its_people_see_it(
    kafka: str, mongo: str, receiver: Receiver
) -> None:
    options = settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_", webhook_give_up_seconds=1.0)
    receiver.answering = lambda got: 500
    async with outside(options) as its:
        hook = await its.hook(receiver.url)
        receiver.secret = hook["secret"]
        for _ in range(6):
            await its.tell(some_request())

        async def disabled() -> Any:
            found = await shown(its, hook)
            return found if found["state"] == "disabled" else None

        found = await until(disabled, "it to be disabled")
        assert found["why"] == "failing"
        assert found["failing_since"] is not None


async def test_a_paused_one_gets_later_what_changed_meanwhile(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    await sokak.call("POST", f"/api/webhooks/{hook['id']}/pause")
    await asyncio.sleep(3 * deliverer.LOOKS_S)
    request = some_request()
    await sokak.tell(request)
    await sokak.tell(request)
    await asyncio.sleep(1.0)
    assert receiver.got == []
    await sokak.call("POST", f"/api/webhooks/{hook['id']}/resume")
    await receiver.has(lambda: receiver.taken and receiver.taken[-1].sequence == 2)


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    rotated = await sokak.call("POST", f"/api/webhooks/{hook['id']}/rotate")
    assert rotated["secret"] != hook["secret"]
    until_when = datetime.fromisoformat(rotated["former_secret_until"])
    assert timedelta(hours=23) < until_when - now() <= timedelta(hours=24)
    await asyncio.sleep(2 * deliverer.LOOKS_S)
    await sokak.tell(some_request())  # the receiver verifies with the old one
    await receiver.has(lambda: receiver.taken)
    [got] = receiver.taken
    Webhook(rotated["secret"]).verify(got.body, got.headers)
    assert len(got.headers["webhook-signature"].split(" ")) == 2


async def test_a_test_is_sent_at_once_signed_and_its_answer_told(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    receiver.answering = lambda got: Response("thank you", 202)
    answer = await sokak.call("POST", f"/api/webhooks/{hook['id']}/test")
    assert (answer["status"], answer["text"], answer["error"]) == (202, "thank you", None)
    [got] = receiver.got
    assert got.event["type"] == "webhook.test.v1"


async def test_a_redirect_is_not_followed(
    sokak: Outside, receiver: Receiver, other: Receiver, hook: Any
) -> None:
    receiver.answering = lambda got: RedirectResponse(other.url, 307)
    answer = await sokak.call("POST", f"/api/webhooks/{hook['id']}/test")
    assert answer["status"] == 307
    assert other.got == []


async def test_an_answer_without_end_is_not_read_to_it(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    receiver.answering = lambda got: Response(b"x" * 50_000_000)
    answer = await sokak.call("POST", f"/api/webhooks/{hook['id']}/test")
    assert answer["text"] == "x" * 200
    assert answer["seconds"] < 5


async def test_a_removed_one_gets_nothing_and_is_not_found(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    async def nobody_sends() -> bool:
        return REGISTRY.get_sample_value("sokak_webhooks_sending", {"service": "reporting"}) == 0

    await sokak.call("DELETE", f"/api/webhooks/{hook['id']}")
    await until(nobody_sends, "the end of sending")  # it looks twice a second
    await sokak.tell(some_request())
    await asyncio.sleep(1.0)
    assert receiver.got == []
    for path in ("", "/deliveries"):
        await sokak.call("GET", f"/api/webhooks/{hook['id']}{path}", 404)
    assert hook["id"] not in str(await sokak.call("GET", "/api/webhooks"))


async def test_the_same_address_is_taken_once_and_there_is_a_most(
    sokak: Outside, receiver: Receiver, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sokak.call("POST", "/api/webhooks", 409, json={"url": receiver.url})
    monkeypatch.setattr("services.reporting.webhooks.MOST", 1)
    await sokak.call("POST", "/api/webhooks", 409, json={"url": f"{receiver.url}/2"})


async def test_at_the_same_time_an_address_is_taken_once_and_no_more_than_the_most(
    sokak: Outside, receiver: Receiver, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.webhooks.MOST", 4)

    async def added(path: str) -> int:
        told = {"url": f"{receiver.url}/{path}"}
        answer = await sokak.http.post("/api/webhooks", json=told, headers=sokak.admin)
        return int(answer.status_code)

    same = await asyncio.gather(*(added("same") for _ in range(6)))
    assert sorted(same) == [201, *[409] * 5]
    others = await asyncio.gather(*(added(f"other-{number}") for number in range(6)))
    assert sorted(others) == [201, 201, *[409] * 4]
    there = await sokak.call("GET", "/api/webhooks")
    assert len(there) == 4
    same = next(one for one in there if one["url"].endswith("/same"))
    await sokak.call("DELETE", f"/api/webhooks/{same['id']}")
    assert await added("same") == 201
    for one in await sokak.call("GET", "/api/webhooks"):
        if one["id"] != hook["id"]:
            await sokak.call("DELETE", f"/api/webhooks/{one['id']}")


async def test_a_secret_is_shown_once_and_stored_nowhere(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    secret = hook["secret"].removeprefix("whsec_")
    assert secret not in str(await sokak.call("GET", f"/api/webhooks/{hook['id']}"))
    database = connect(sokak.options.mongo, f"{sokak.options.database}_reporting")
    for name in await database.list_collection_names():
        async for row in database[name].find({}):
            assert secret not in str(row), name
    database.client.close()


async def test_when_its_copy_stops_another_sends_on(
    kafka: str, mongo: str, receiver: Receiver
) -> None:
    options = settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_")
    async with running(options.model_copy(update={"instance": "two"})):
        async with outside(options) as its:
            hook = await its.hook(receiver.url)
            receiver.secret = hook["secret"]
            one, two = some_request(), some_request()
            await its.tell(one)
            await receiver.has(lambda: receiver.taken)
        await its.tell(two)
        await receiver.has(lambda: {one, two} <= {got.request for got in receiver.taken})


async def test_killed_between_sending_and_keeping_its_place_it_sends_again_with_the_same_id(
    kafka: str, mongo: str, receiver: Receiver, tmp_path: Path
) -> None:
    """The copy that sends is killed by its receiver, who has the event but has not answered."""
    options = settings(kafka, mongo, f"t{uuid.uuid4().hex[:12]}_")
    process = await a_process(options, tmp_path)
    try:
        async with outside(options) as its:
            hook = await its.hook(receiver.url)
            receiver.secret = hook["secret"]

            def killing(got: Got) -> int:
                if process.returncode is None and len(receiver.got) == 1:
                    process.kill()
                return 200

            receiver.answering = killing
            request, after = some_request(), some_request()
            await its.tell(request)
            await receiver.has(lambda: len(receiver.got) == 2)
            await its.tell(after)
            await receiver.has(lambda: len(receiver.got) == 3)
        assert receiver.got[0].id == receiver.got[1].id
        assert receiver.got[0].body == receiver.got[1].body
        assert receiver.got[2].request == after
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def a_process(options: Settings, directory: Path) -> asyncio.subprocess.Process:
    """A copy of reporting as a process of its own, which has the lease."""
    told = options.model_dump(mode="json", include={"kafka", "mongo", "database", "webhook_http"})
    environment = {name: text for name, text in os.environ.items() if "SOKAK_" not in name}
    environment |= {f"SOKAK_{name.upper()}": str(value) for name, value in told.items()}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "SOKAK_WEBHOOK_PORTS": "[]",
        "SOKAK_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "SOKAK_LOCAL": str(directory),
    }
    with (directory / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "serve", "reporting"),
            *("--port", str(free_port())),
            cwd=directory,
            env=environment,
            stdout=log,
            stderr=log,
        )
    database = connect(options.mongo, f"{options.database}_reporting")

    async def holds() -> bool:
        assert process.returncode is None, (directory / "log").read_text()
        return await database["leases"].find_one({"_id": "webhooks"}) is not None

    await until(holds, "the process to hold the lease", 60.0)
    database.client.close()
    return process


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433"])
async def test_nobody_inside_is_reached_by_whatever_name(receiver: Receiver, host: str) -> None:
    receiver.secret = Secrets("secret of a test").shown("1", 1)
    sender = Sender(Allowed(http=True, ports=()))
    answer = await sender.post(f"http://{host}:{receiver.port}/hook", b"{}", {})
    await sender.close()
    assert (answer.status, answer.error) == (None, "address-not-public")
    assert receiver.got == []


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[fd00::1]", "[::ffff:10.0.0.1]"])
async def test_addresses_of_inner_networks_are_not_even_called(host: str) -> None:
    sender = Sender(Allowed(http=True, ports=()))
    answer = await sender.post(f"http://{host}/", b"{}", {})
    await sender.close()
    assert answer.error == "address-not-public"
    assert answer.seconds < 1


async def test_an_address_inside_cannot_be_registered(kafka: str, mongo: str) -> None:
    options = settings(
        kafka, mongo, f"t{uuid.uuid4().hex[:12]}_", webhook_networks=(), webhook_ports=(443, 8443)
    )
    async with outside(options) as its:
        for url, why in (
            ("https://127.0.0.1/hook", "address-not-public"),
            ("https://example.org:22/hook", "port-not-allowed"),
            ("gopher://example.org/hook", "url-not-https"),
        ):
            refused = await its.call("POST", "/api/webhooks", 422, json={"url": url})
            assert refused["type"] == f"/problems/{why}"
            assert refused["errors"][0]["field"] == "url"
        hook = await its.hook("https://localhost/hook")  # a name is looked at when it is called
        answer = await its.call("POST", f"/api/webhooks/{hook['id']}/test")
        assert answer["error"] == "address-not-public"


async def test_a_receiver_that_drips_is_left_after_a_while(receiver: Receiver) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.1)

    secrets = Secrets("secret of a test")
    receiver.secret = secrets.shown("1", 1)
    receiver.answering = lambda got: StreamingResponse(endless())
    sender = Sender(Allowed(http=True, ports=(), networks=LOOPBACK), within_s=1.0)
    body = b'{"id":"1"}'
    answer = await sender.post(receiver.url, body, signed("1", now(), body, [secrets.of("1", 1)]))
    await sender.close()
    assert (answer.status, answer.error) == (None, "too-slow")
    assert answer.seconds < 3


async def test_the_command_line_does_all_of_it(sokak: Outside, receiver: Receiver) -> None:
    async def command(*arguments: str, status: int = 0) -> str:
        """What it prints; the service in this process may log a line between."""
        where = ["--tenant", sokak.tenant, "--url", sokak.url, "--token", f"{sokak.tenant}/admin"]
        wide = CliRunner(env={"COLUMNS": "200"})
        told = await asyncio.to_thread(wide.invoke, app, ["webhook", *arguments, *where])
        assert told.exit_code == status, told.output
        return str(told.stdout)

    added = dict(
        line.split(" ", 1) for line in (await command("add", receiver.url)).strip().splitlines()
    )
    receiver.secret, id = added["secret"], added["id"]
    receiver.answering = lambda got: 422
    assert "422 after" in await command("test", id, status=1)
    request = some_request()
    await sokak.tell(request)
    await receiver.has(lambda: len(receiver.got) > 1)
    receiver.answering = lambda got: 200
    assert "200 after" in await command("test", id)
    assert "paused" in await command("pause", id)
    assert "active" in await command("resume", id)
    await receiver.has(lambda: any(one.request == request for one in receiver.taken))

    listed = await command("list")
    assert id in listed
    assert receiver.url in listed
    assert "0 sent again" in (await command("redeliver", id)).splitlines()
    assert "1 sent again" in (await command("redeliver", id, "--request", request)).splitlines()
    rotated = await command("rotate", id)
    assert added["secret"] not in rotated
    assert "removed" in await command("remove", id)
    await command("pause", id, status=1)


async def test_one_that_has_left_has_no_webhooks_any_more(
    sokak: Outside, receiver: Receiver, hook: Any
) -> None:
    """They are removed by reporting itself, and nobody may add one; what waited is forgotten."""
    receiver.answering = lambda got: 503
    await sokak.tell(some_request())

    async def waits() -> Any:
        return await deliveries(sokak, hook, "waiting")

    await until(waits, "a delivery that waits")
    await publish(sokak.kafka, sokak.tenant, 2, "left")

    async def none() -> bool:
        return not await sokak.call("GET", "/api/webhooks")

    await until(none, "the webhook to be removed")
    database = connect(sokak.options.mongo, f"{sokak.options.database}_reporting")
    for name in ("webhooks", "webhook_progress", "webhook_deliveries", "webhook_claims"):
        assert await database[name].count_documents({"tenant": sokak.tenant}) == 0
    database.client.close()
    refused = await sokak.call("POST", "/api/webhooks", 409, json={"url": receiver.url})
    assert refused["type"].endswith("tenant-has-left")
    await asyncio.sleep(2 * deliverer.LOOKS_S)  # who is at work looks now and then
    so_far = len(receiver.got)
    await sokak.tell(some_request())
    await asyncio.sleep(1.5)
    assert len(receiver.got) == so_far

    await remove(sokak.kafka, sokak.tenant, 3)

    async def gone() -> bool:
        answer = await sokak.http.get(f"/open-data/{sokak.tenant}/requests.csv")
        return answer.status_code == 404

    await until(gone, "the tenant to be forgotten")
    await sokak.call("POST", "/api/webhooks", 404, json={"url": receiver.url})
    assert (await sokak.http.get(f"/public/{sokak.tenant}/events")).status_code == 404
