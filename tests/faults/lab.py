"""Where faults are made: servers of our own, a proxy before each for every copy, all services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.stack.mongo import OPTIONS
from libs.stack.ports import free_port
from libs.stack.private import native_stack
from tests.e2e.harness import COPIES, SERVICES, Copy, Sokak, running
from tests.faults.proxy import Proxy

FAKETIME = "faketime/libfaketime.so.1"
LIBRARIES = Path("/usr/lib")
JOINING = COPIES + 1
"""The number of the copy that joins and leaves."""

SERVERS = ("kafka", "mongo")


@dataclass(frozen=True)
class Lab:
    """A running system, and the wires between its copies and the servers."""

    sokak: Sokak
    wires: Mapping[tuple[str, str], Proxy]
    """By the copy's name, and `kafka` or `mongo`."""

    joining: Mapping[str, Copy]
    """One more copy of each service, not started."""

    def copy(self, name: str) -> Copy:
        """The copy of this name."""
        service = name.rpartition("-")[0]
        copies = [*self.sokak.copies[service], self.joining[service]]
        return next(copy for copy in copies if copy.name == name)


def clock_ahead(seconds: int) -> dict[str, str]:
    """The environment of a process whose clock is ahead; timers go on as ever."""
    library = next(LIBRARIES.glob(f"*/{FAKETIME}"), None)
    assert library is not None, "libfaketime is not here: apt install faketime, or make system"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"+{seconds}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).parent / "ahead"),
    }


@asynccontextmanager
async def a_lab(directory: Path, cache: str = "1G") -> AsyncIterator[Lab]:
    """Everything started; everything stopped at the end."""
    names = [f"{service}-{number}" for service in SERVICES for number in range(1, JOINING + 1)]
    ports = {(name, server): free_port() for name in names for server in SERVERS}
    doors = [ports[name, "kafka"] for name in names]
    async with AsyncExitStack() as exits:
        stack = native_stack(directory, cache=cache, doors=doors)
        kafka, mongo = await asyncio.to_thread(stack.__enter__)
        exits.push_async_callback(asyncio.to_thread, stack.__exit__, None, None, None)
        wires = {
            (name, server): Proxy(port, kafka.doors[port] if server == "kafka" else mongo.port)
            for (name, server), port in ports.items()
        }
        for wire in wires.values():
            await wire.start()
            exits.push_async_callback(wire.stop)
        own = {
            name: {
                "SOKAK_KAFKA": f"127.0.0.1:{ports[name, 'kafka']}",
                "SOKAK_MONGO": f"mongodb://127.0.0.1:{ports[name, 'mongo']}/?{OPTIONS}",
            }
            for name in names
        }
        sokak = await exits.enter_async_context(running(kafka, mongo, directory, own=own))
        joining = {service: sokak.another(service) for service in SERVICES}
        for copy in joining.values():
            exits.push_async_callback(asyncio.to_thread, copy.stop)
        yield Lab(sokak, wires, joining)
