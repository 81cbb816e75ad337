"""Free TCP ports that stay ours while their owner is down."""

from __future__ import annotations

import random
import socket

_BELOW_EPHEMERAL = range(20_000, 32_000)

_given: dict[int, socket.socket] = {}
"""Ports that this process has promised, perhaps to servers that do not listen yet. Each is held by
a UDP socket on the same number, which is in nobody's way and tells other processes."""


def is_free(port: int) -> bool:
    """Whether nothing listens on the port of this machine's own address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, else one below the ephemeral range, given only once.

    No other process is given it while this one lives. A port of the ephemeral range could be taken
    by any outgoing connection while its server is down, even by one to that very port, which then
    is connected to itself.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    for port in random.sample(_BELOW_EPHEMERAL, len(_BELOW_EPHEMERAL)):
        if port not in _given and is_free(port) and _held(port):
            return port
    raise OSError("no free port between 20000 and 32000")


def _held(port: int) -> bool:
    hold = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        hold.bind(("127.0.0.1", port))
    except OSError:
        hold.close()
        return False
    _given[port] = hold
    return True
