"""Looks at what may never be, all the while: a lease by another clock than the server's."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from pymongo.errors import PyMongoError

from tests.e2e.harness import SERVICES, Sokak
from tests.faults.findings import Findings

LONGEST_LEASE = 3.0
LOOKS_EVERY = 0.25
ALLOWANCE = 0.5


async def watch(sokak: Sokak, findings: Findings) -> None:
    """Look until cancelled. The server's clock is this machine's."""
    while True:
        for service in SERVICES:
            with suppress(PyMongoError):
                async for lease in sokak.collection(service, "leases").find({}):
                    left = lease["expires"] / 1000 - time.time()
                    if left > LONGEST_LEASE + ALLOWANCE:
                        what = f"{service}'s {lease['_id']} lease ends in {left:.1f} s"
                        findings.add("lease-by-another-clock", what)
        await asyncio.sleep(LOOKS_EVERY)
