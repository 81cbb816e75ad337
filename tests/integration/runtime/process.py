"""A relay or a writer as a process of its own: to be frozen, killed, and held at a chosen step."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from libs.runtime.relay import Relay
from tests.integration.runtime.flow import Writer, amended, database_at

LEASE_SECONDS = 1.5


class Process:
    """The other side of the pipe: says what the process has reached, and lets it go on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def reached(self, step: str, within: float = 40.0) -> None:
        """Wait until the process says that it is there."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            while (line := await self._process.stdout.readline()).strip() != step.encode():
                assert line, f"the process ended before {step}"

    def let_go(self) -> None:
        """Let a process go on that waits at its step."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End it without a farewell."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[Process]:
    """Run this file with these arguments."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    running = Process(started)
    try:
        yield running
    finally:
        await running.kill()


async def relay(kafka: str, mongo: str, database: str, step: str = "") -> None:
    """Relay until killed; the first time that `step` is reached, say so and wait."""
    service = Relay("crm", await database_at(mongo, database), kafka, LEASE_SECONDS)
    if step:
        name = {"read": "_send", "acknowledged": "_forget"}[step]
        setattr(service, name, _held(step, getattr(service, name)))
    fail = service._fail

    async def told(error: Exception) -> None:
        print(type(error).__name__)
        await fail(error)

    service._fail = told  # type: ignore[method-assign]
    print("running")
    await service.run()


async def deaf(kafka: str, mongo: str, database: str) -> None:
    """One round that is held before it sends, and is not told that the lease was lost."""
    service = Relay("crm", await database_at(mongo, database), kafka, LEASE_SECONDS)
    assert await service._lease.hold()
    service._send = _held("read", service._send)  # type: ignore[method-assign]
    await service.round()
    print("sent")
    await asyncio.to_thread(sys.stdin.readline)


def _held(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
    reached = False

    async def held(*arguments: Any) -> Any:
        nonlocal reached
        if not reached:
            reached = True
            print(step)
            await asyncio.to_thread(sys.stdin.readline)
        return await work(*arguments)

    return held


async def write(mongo: str, database: str, times: str, *ids: str) -> None:
    """Tell something of each document, so many times."""
    writer = Writer(await database_at(mongo, database))
    print("running")
    for _ in range(int(times)):
        for id in ids:
            await writer.tell(id, amended())
    print("written")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    asyncio.run({"relay": relay, "deaf": deaf, "write": write}[what](*rest))
