"""Makes the faults of a schedule, and notes what each of them did."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.e2e.harness import Copy
from tests.faults.lab import Lab, clock_ahead
from tests.faults.load import Load
from tests.faults.proxy import Proxy
from tests.faults.schedule import Fault

AHEAD = 10
"""Seconds by which a clock is ahead."""

AHEAD_OF_LOAD = 0.05
"""By how much more of the faults may be over than of the load."""

Share = Callable[[], float]
"""How much of the load has been taken."""


@dataclass(frozen=True)
class Happened:
    """A fault as it was: when it began and ended, in seconds from the start of the run.

    `recovered` are the seconds from its end until the target answered.
    """

    fault: Fault
    began: float
    ended: float
    recovered: float

    def document(self) -> dict[str, Any]:
        """As a line of the log."""
        times = {"began": self.began, "ended": self.ended, "recovered": self.recovered}
        return {**asdict(self.fault), **{name: round(at, 2) for name, at in times.items()}}


class Injector:
    """Two faults at the same target come one after the other, others as they like."""

    def __init__(
        self, lab: Lab, load: Load, log: Path, say: Callable[[str], None], share: Share
    ) -> None:
        self._lab = lab
        self._load = load
        self._log = log
        self._say = say
        self._share = share
        self._busy: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._began = time.monotonic()
        self.happened: list[Happened] = []

    async def run(self, faults: Sequence[Fault]) -> None:
        """Make them all; returns when all is well again.

        On a slow machine they wait for the load, so that they are spread over all of it.
        """
        self._began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, fault in enumerate(faults):
                await asyncio.sleep(self._began + fault.at - time.monotonic())
                while self._share() < number / len(faults) - AHEAD_OF_LOAD:
                    await asyncio.sleep(0.2)
                group.create_task(self._make(fault))

    async def _make(self, fault: Fault) -> None:
        async with self._busy[fault.target.split()[0]]:
            began = time.monotonic() - self._began
            self._say(f"{began:7.1f} s  {fault.kind} {fault.target} for {fault.lasts:.1f} s")
            await self._start(fault)
            await asyncio.sleep(fault.lasts)
            ended = time.monotonic()
            await self._end(fault)
            recovered = time.monotonic() - ended
        happened = Happened(fault, began, ended - self._began, recovered)
        self.happened.append(happened)
        with self._log.open("a") as log:
            log.write(json.dumps(happened.document()) + "\n")

    async def _start(self, fault: Fault) -> None:
        kafka, mongo = self._lab.sokak.kafka, self._lab.sokak.mongo
        match fault.kind:
            case "kill":
                await asyncio.to_thread(self._copy(fault).kill)
            case "terminate":
                await asyncio.to_thread(self._copy(fault).stop)
            case "freeze":
                self._copy(fault).freeze()
            case "clock ahead":
                await asyncio.to_thread(self._copy(fault).stop)
                self._copy(fault).start(**clock_ahead(AHEAD))
            case "join and leave":
                await self._join(self._copy(fault))
            case "kill kafka":
                await asyncio.to_thread(kafka.kill)
            case "kill mongo":
                await asyncio.to_thread(mongo.kill)
            case "pause kafka":
                kafka.pause()
            case "pause mongo":
                mongo.pause()
            case "cut":
                self._wire(fault).cut()
            case "silence":
                self._wire(fault).silence()
            case "delay":
                self._wire(fault).delay = fault.late

    async def _end(self, fault: Fault) -> None:
        kafka, mongo = self._lab.sokak.kafka, self._lab.sokak.mongo
        match fault.kind:
            case "kill" | "terminate":
                await self._begin(self._copy(fault))
            case "freeze":
                self._copy(fault).thaw()
                await self._answers(self._copy(fault))
            case "clock ahead":
                await asyncio.to_thread(self._copy(fault).stop)
                await self._begin(self._copy(fault))
            case "join and leave":
                await self._leave(self._copy(fault))
            case "kill kafka":
                await asyncio.to_thread(kafka.start)
            case "kill mongo":
                await asyncio.to_thread(mongo.start)
            case "pause kafka":
                kafka.resume()
                await asyncio.to_thread(kafka.wait_ready)
            case "pause mongo":
                mongo.resume()
                await asyncio.to_thread(mongo.wait_ready)
            case "cut" | "silence" | "delay":
                self._wire(fault).heal()
                await self._answers(self._copy(fault))

    def _copy(self, fault: Fault) -> Copy:
        return self._lab.copy(fault.target.split()[0])

    def _wire(self, fault: Fault) -> Proxy:
        copy, server = fault.target.split()
        return self._lab.wires[copy, server]

    async def _begin(self, copy: Copy) -> None:
        copy.start()
        await self._answers(copy)

    async def _answers(self, copy: Copy) -> None:
        await self._lab.sokak.ready(copy)

    async def _join(self, copy: Copy) -> None:
        await self._begin(copy)
        self._load.copies[copy.service].append(copy)

    async def _leave(self, copy: Copy) -> None:
        self._load.copies[copy.service].remove(copy)
        await asyncio.to_thread(copy.stop)
