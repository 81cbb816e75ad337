"""The harness can fail: each promise is broken on purpose, and the oracle notices it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import scenarios
from tests.e2e import bus
from tests.e2e.harness import SERVICES, Copy, eventually
from tests.faults import hooks as receivers
from tests.faults.broken import BREAKS
from tests.faults.compare import compare
from tests.faults.findings import Findings
from tests.faults.inject import AHEAD
from tests.faults.lab import Lab, clock_ahead
from tests.faults.load import Load
from tests.faults.oracle import Oracle
from tests.faults.run import SPARE
from tests.faults.watch import watch
from tests.receiver import Got

HERE, UNHARMED, COUNTED = SPARE
"""Most is broken in the first, and its figures are nobody's; nothing in the second."""


class Trial:
    """A service that is broken, those who call, and who judges."""

    def __init__(self, lab: Lab, service: str, tenant: str = HERE, asks_twice: float = 0.0) -> None:
        self.lab = lab
        self.sokak = lab.sokak
        self.service = service
        self.tenant = tenant
        self.first, self.second = lab.sokak.copies[service]
        self.oracle = Oracle((tenant,))
        self.calls = Load(lab.sokak, self.oracle, asks_twice=asks_twice)
        self.calls.copies = {name: copies[:1] for name, copies in lab.sokak.copies.items()}

    async def start(self, name: str, *copies: Copy, **environment: str) -> None:
        """Start copies of the service with a promise broken; the first one where none is named."""
        for copy in copies or (self.first,):
            await asyncio.to_thread(copy.stop)
            copy.program = ("tests.faults.broken", name)
            copy.start(**environment)
        for copy in copies or (self.first,):
            await self.sokak.ready(copy)

    async def begin(self, name: str, *copies: Copy, **environment: str) -> None:
        """Start them, and let a request go all the way: everybody has joined then."""
        await self.start(name, *copies, **environment)
        await scenarios.an_assigned_task(self.calls, await self.request())
        await self.sokak.settled()

    async def heal(self) -> None:
        """One copy of the service as it should be, and no other."""
        for copy in (self.first, self.second):
            copy.kill()
            copy.program = ("services.cli",)
        self.first.start()
        await self.sokak.ready(self.first)

    async def request(self) -> scenarios.Submitted:
        """A citizen hands in a request."""
        return await scenarios.a_request(self.calls, point=scenarios.place_in(self.tenant))

    def silence(self, server: str) -> None:
        """Nothing comes through between the broken copy and a server."""
        self.lab.wires[self.first.name, server].silence()

    def speak(self, server: str) -> None:
        """Everything comes through again."""
        self.lab.wires[self.first.name, server].heal()

    def lose(self, server: str) -> None:
        """What was on its way never arrives."""
        self.lab.wires[self.first.name, server].cut()
        self.speak(server)

    async def found(self) -> set[str]:
        """The oracle's word, once all is at rest."""
        await self.sokak.settled()
        counts = self.tenant != HERE
        await compare(self.sokak, self.oracle, self.calls, counts=counts)
        print(self.oracle.findings)
        return self.oracle.findings.kinds


@asynccontextmanager
async def trial(
    lab: Lab, service: str, tenant: str = HERE, asks_twice: float = 0.0
) -> AsyncIterator[Trial]:
    """One copy of each service runs, and in the end they are as they should be."""
    for name in SERVICES:
        await asyncio.to_thread(lab.sokak.copies[name][1].stop)
    one = Trial(lab, service, tenant, asks_twice)
    try:
        yield one
    finally:
        for server in ("kafka", "mongo"):
            one.speak(server)
        await one.heal()
        one.calls.close()


async def test_a_201_before_the_commit(lab: Lab) -> None:
    async with trial(lab, "intake") as one:
        await one.start("answers_before_commit")
        await one.request()
        await _ended(one.first)
        await one.heal()
        assert "accepted-and-lost" in await one.found()


async def test_a_relay_that_deletes_before_the_acknowledgement(lab: Lab) -> None:
    async with trial(lab, "intake") as one:
        await one.begin("delete_before_ack")
        one.silence("kafka")
        await one.request()
        await _sent(one, one.service)
        one.first.kill()
        one.lose("kafka")
        await one.heal()
        assert "accepted-and-lost" in await one.found()


async def test_events_written_after_their_commit(lab: Lab) -> None:
    async with trial(lab, "intake") as one:
        await one.start("outbox_apart")
        insisting = asyncio.create_task(one.request())
        await _ended(one.first)
        await one.heal()
        await insisting
        assert "accepted-and-lost" in await one.found()


async def test_offsets_before_the_transaction(lab: Lab) -> None:
    async with trial(lab, "crm") as one:
        await one.begin("offsets_before_commit")
        one.silence("mongo")
        await one.request()
        await eventually(lambda: _acknowledged(one))
        one.first.kill()
        one.lose("mongo")
        await one.heal()
        assert "not-one-task" in await one.found()


async def test_no_dedupe(lab: Lab) -> None:
    async with trial(lab, "crm") as one:
        await one.begin("no_dedupe")
        request = await one.request()
        await scenarios.amended(one.calls, request, text="Düzeltilmiş sözler.")
        await one.sokak.settled()
        own = [
            (record.topic, record.key, _headers(record), record.value)
            for record in await one.sokak.records("requests")
            if record.key == request.id.encode()
        ]
        await bus.send_all(one.sokak.kafka.address, own)  # as after a take-over of the relay
        assert "history-differs" in await one.found()


async def test_events_out_of_order(lab: Lab) -> None:
    async with trial(lab, "intake") as one:
        await one.begin("out_of_order")
        request = await one.request()
        await scenarios.an_assigned_task(one.calls, request)
        await one.sokak.settled()
        one.silence("kafka")
        await scenarios.moved_to(one.calls, request, "in_progress")
        await scenarios.commented(one.calls, request, "Yoldayız.")
        await scenarios.moved_to(one.calls, request, "resolved", message="Yapıldı.")
        await _sent(one, "crm")
        one.speak("kafka")
        assert "view-differs" in await one.found()


async def test_a_lease_by_its_holders_clock(lab: Lab) -> None:
    async with trial(lab, "crm") as one:
        findings = Findings()
        await one.begin("lease_by_own_clock", **clock_ahead(AHEAD))
        watching = asyncio.create_task(watch(lab.sokak, findings))
        await eventually(lambda: _noticed(findings), 20.0)
        watching.cancel()
        assert findings.kinds == {"lease-by-another-clock"}


@pytest.mark.parametrize(
    ("name", "tenant", "found"),
    [("no_fencing", HERE, {"old-record-last"}), ("frozen_while_sending", UNHARMED, set())],
)
async def test_a_holder_frozen_past_its_lease(
    lab: Lab, name: str, tenant: str, found: set[str]
) -> None:
    """It thaws with an old text in hand; only the fence keeps that from being the last."""
    async with trial(lab, "intake", tenant) as one:
        await one.begin(name)
        request = await one.request()
        await eventually(lambda: _is_frozen(one.first))
        one.second.start()
        await one.sokak.ready(one.second)
        one.calls.copies["intake"] = [one.second]
        await scenarios.an_assigned_task(one.calls, request)
        await scenarios.amended(one.calls, request, text="Düzeltilmiş sözler.")
        await _sent(one, one.service)
        one.first.thaw()
        await asyncio.sleep(2.0)
        assert await one.found() == found


async def test_keys_that_mean_nothing(lab: Lab) -> None:
    async with trial(lab, "intake", asks_twice=1.0) as one:
        await one.begin("keys_ignored")
        assert {"repeat-answered-otherwise", "nobody-asked-for-it"} <= await one.found()


async def test_cells_that_are_added_to_twice(lab: Lab) -> None:
    async with trial(lab, "reporting", COUNTED) as one:
        await one.begin("cells_twice")
        assert await one.found() == {"cell-differs", "report-differs"}


async def test_a_public_state_that_is_not_counted(lab: Lab) -> None:
    async with trial(lab, "reporting") as one:
        await one.start("public_not_counted")
        request = await one.request()
        await scenarios.an_assigned_task(one.calls, request)
        await one.sokak.settled()
        await scenarios.moved_to(one.calls, request, "in_progress")
        assert "public-twice-and-different" in await one.found()


async def test_documents_without_a_guard(lab: Lab) -> None:
    async with trial(lab, "crm") as one:
        await one.begin("no_guard", one.first, one.second)
        one.calls.copies["crm"] = [one.first, one.second]
        request = await one.request()
        await scenarios.an_assigned_task(one.calls, request)
        for _ in range(10):
            notes = (scenarios.commented(one.calls, request, f"Not {n}.") for n in range(6))
            await asyncio.gather(*notes)
        found = await one.found()
        assert found & {"acts-differ", "event-twice-and-different", "history-differs"}


async def test_a_webhook_that_is_given_up_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "SILENT_FOR", 15.0)
    seen: set[str] = set()

    def at_the_second_try(got: Got) -> int:
        again = got.id in seen
        seen.add(got.id)
        return 204 if again else 503

    async with trial(lab, "reporting") as one:
        await one.begin("gives_up_at_once")
        async with receivers.hooks(one.calls, (HERE,), seed=1) as heard:
            heard.receivers[HERE].answering = at_the_second_try
            await scenarios.an_assigned_task(one.calls, await one.request())
            await one.sokak.settled()
            await heard.compare(one.sokak, one.oracle.findings)
        assert "hook-differs" in one.oracle.findings.kinds


def test_every_break_has_a_test() -> None:
    text = Path(__file__).read_text()
    assert [name for name in BREAKS if f'"{name}"' not in text] == []


async def _ended(copy: Copy) -> None:
    """Its process has killed itself."""
    process = copy.process
    assert process is not None
    await asyncio.to_thread(process.wait, 30.0)


async def _is_frozen(copy: Copy) -> None:
    assert copy.process is not None
    stat = await asyncio.to_thread(Path(f"/proc/{copy.process.pid}/stat").read_text)
    assert stat.rpartition(")")[2].split()[0] == "T"


async def _sent(one: Trial, service: str) -> None:
    """A service has nothing more to send, as it sees it."""

    async def nothing_waits() -> None:
        assert not await one.sokak.collection(service, "outbox").count_documents({})

    await eventually(nothing_waits)


async def _acknowledged(one: Trial) -> None:
    """The service has told Kafka that it is done with all requests."""
    left = await bus.left(one.sokak.kafka.address, {one.service: ("requests",)})
    assert left == {one.service: 0}


async def _noticed(findings: Findings) -> None:
    assert findings


def _headers(record: bus.Seen) -> bus.Headers:
    return tuple((name, text or b"") for name, text in record.headers.items())
