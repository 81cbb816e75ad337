"""A small disk for one server, that can be filled and emptied."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from libs.stack.process import Process

MEGABYTES = 256


class Disk:
    """A tmpfs of its own where the system lets us mount one; else `ulimit -f` does what it can."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.kind = "a tmpfs" if _mounted(directory) else "ulimit -f"
        self._ballast = directory / "ballast"

    def fill(self, server: Process) -> None:
        """Leave no room for the server."""
        if self.kind == "ulimit -f":
            assert server.pid is not None
            _, most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, most))
            return
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def empty(self) -> None:
        """There is room again; a limit has ended with the server's process."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the tmpfs back."""
        if self.kind == "a tmpfs":
            subprocess.run(["umount", "--lazy", str(self.directory)], check=True)


@contextmanager
def small_disk(directory: Path) -> Iterator[Disk]:
    """A disk at a directory that is made for it."""
    directory.mkdir()
    disk = Disk(directory)
    try:
        yield disk
    finally:
        disk.close()


def _mounted(directory: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "sokak-test", str(directory)]
    return subprocess.run(command, capture_output=True).returncode == 0
