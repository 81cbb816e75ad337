"""A server as a process of this machine: started, stopped, frozen and killed by its own pid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from .leash import leash


class StackError(Exception):
    """The stack cannot be had; the message says what is missing and how to get it."""


def birth(pid: int) -> str | None:
    """When the process with this pid was born, or None if there is none (or only its zombie).

    A pid is used again by others; pid and birth together are one process's alone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        line = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True
        ).stdout.strip()
        return None if not line or line.startswith("Z") else line.split(maxsplit=1)[1]
    except ProcessLookupError:
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def _stands(pid: int) -> bool:
    """Whether every thread of the process is stopped, or there is none; no answer is a yes."""
    threads = list(Path(f"/proc/{pid}/task").glob("*/stat"))
    try:
        return all(stat.read_text().rpartition(")")[2].split()[0] in "TtZX" for stat in threads)
    except (FileNotFoundError, ProcessLookupError):
        return False


class Process:
    """One server with its data, its pid file and its log in a directory of its own."""

    name: str
    ready_within_s: float = 60.0
    leashed: bool = False
    """Whether it ends with us, even if we are killed."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.pid_file = data_dir / "pid.json"
        self.log_file = data_dir / f"{self.name}.log"
        self._child: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """The command line that runs the server."""
        raise NotImplementedError

    def prepare(self) -> None:
        """What must be on disk before the first start."""

    def answers(self) -> bool:
        """Whether the server does its work now; asked again and again until it does."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """The pid of the running server, or None."""
        try:
            kept = json.loads(self.pid_file.read_text())
            pid, born = int(kept["pid"]), str(kept["born"])
        except (FileNotFoundError, ValueError, KeyError):
            return None
        return pid if birth(pid) == born else None

    def start(self, wait: bool = True) -> None:
        """Start the server unless it runs; with `wait`, return when it answers."""
        if self.pid is None:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.prepare()
            with self.log_file.open("ab") as log:
                self._child = subprocess.Popen(
                    list(self.command()),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.data_dir,
                    start_new_session=True,
                )
            pid = self._child.pid
            if self.leashed:
                leash(pid)
            kept = {"pid": pid, "born": birth(pid)}
            fresh = self.pid_file.with_suffix(".new")
            fresh.write_text(json.dumps(kept))
            fresh.rename(self.pid_file)
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout_s: float | None = None) -> None:
        """Return when the server answers; StackError with the end of its log if it does not."""
        limit = timeout_s if timeout_s is not None else self.ready_within_s
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.pid is None:
                raise StackError(f"{self.name} has ended by itself.\n{self.log_tail()}")
            if self.answers():
                return
            time.sleep(0.1)
        raise StackError(f"{self.name} did not answer within {limit:g} s.\n{self.log_tail()}")

    def stop(self, timeout_s: float = 30.0) -> bool:
        """End the server in good order (killed when it takes too long); False if none ran."""
        pid = self.pid
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        self._signal(pid, signal.SIGCONT)
        self._signal(pid, signal.SIGTERM)
        if not self._gone_within(timeout_s):
            self.kill()
        self.pid_file.unlink(missing_ok=True)
        return True

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL, no farewell."""
        pid = self.pid
        if pid is not None:
            self._signal(pid, signal.SIGKILL)
            self._gone_within(10.0)

    def pause(self) -> None:
        """Freeze the server: connections stay open, nothing is answered any more."""
        pid = self._running()
        self._signal(pid, signal.SIGSTOP)
        while not _stands(pid):  # on a busy machine a thread may still have its turn
            time.sleep(0.005)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._signal(self._running(), signal.SIGCONT)

    def log_tail(self, lines: int = 15) -> str:
        """The end of the server's log."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_text(errors="replace")
        return f"{self.log_file}:\n" + "\n".join(text.splitlines()[-lines:])

    def _running(self) -> int:
        pid = self.pid
        if pid is None:
            raise StackError(f"{self.name} does not run")
        return pid

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    def _gone_within(self, timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self._child is not None:
                self._child.poll()  # else a child of ours stays a zombie
            if self.pid is None:
                return True
            time.sleep(0.02)
        return False
