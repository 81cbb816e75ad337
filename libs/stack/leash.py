"""Processes that must not outlive us, however we end: a test that is killed leaves none behind.

A keeper reads from a pipe which we alone hold open. When we end it reads the pipe's end, and kills
those that still live. (Linux's PR_SET_PDEATHSIG would strike when the *thread* ends that started
one.) Where the system has no pidfds, nothing is kept.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable

_keepers: dict[int, subprocess.Popen[bytes]] = {}
"""By the process that they work for: a fork has one of its own."""

_lock = threading.Lock()


def leash(child: int) -> None:
    """See to it that this child of ours, which we have not waited for, ends with us."""
    if not hasattr(os, "pidfd_open"):
        return
    with _lock:
        keeper = _keepers.get(os.getpid())
        if keeper is None or keeper.poll() is not None:
            # By its file and without site-packages, so that it is there in no time.
            keeper = _keepers[os.getpid()] = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        assert keeper.stdin is not None
        keeper.stdin.write(b"%d\n" % child)
        keeper.stdin.flush()


def _keep(children: Iterable[bytes]) -> None:
    held: list[int] = []
    for child in children:
        ended, _, _ = select.select(held, [], [], 0)
        for handle in ended:
            os.close(handle)
        held = [handle for handle in held if handle not in ended]
        try:
            held.append(os.pidfd_open(int(child)))
        except ProcessLookupError:
            continue
    for handle in held:
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    _keep(sys.stdin.buffer)
