"""What is on a leash ends with its owner, even with one that is killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OWNER = """\
import subprocess, sys, threading
from libs.stack.leash import leash

def start():
    child = subprocess.Popen(["sleep", "300"], stdout=subprocess.DEVNULL, start_new_session=True)
    if {held}:
        leash(child.pid)
    print(child.pid, flush=True)

for _ in range(3):
    starter = threading.Thread(target=start)
    starter.start()
    starter.join()
print("all", flush=True)
sys.stdin.read()
"""


@contextmanager
def owned(held: bool) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """An owner with three children that sleep, each started by a thread that has ended."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(held=held)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    handles = [os.pidfd_open(int(pid)) for pid in iter(owner.stdout.readline, "all\n")]
    try:
        yield owner, handles
    finally:
        owner.kill()
        owner.communicate()
        for handle in handles:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)


def ended(handles: list[int], within: float) -> int:
    """How many have ended, once one has or after so many seconds."""
    return len(select.select(handles, [], [], within)[0])


def test_children_end_with_an_owner_that_is_killed() -> None:
    with owned(held=True) as (owner, children):
        assert ended(children, 0.5) == 0
        owner.kill()
        for child in children:
            assert ended([child], 20.0)


def test_without_a_leash_they_live_on() -> None:
    with owned(held=False) as (owner, children):
        owner.kill()
        owner.wait()
        assert ended(children, 0.5) == 0
