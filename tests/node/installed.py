"""Packages from npm that tests run and nothing else needs."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


def node_modules() -> Path:
    """Their folder, installed if it is not that of the lock."""
    lock, ready = HERE / "package-lock.json", MODULES / ".ready"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two at once: the second waits and finds it done
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if not ready.exists() or ready.read_text() != wanted:
            command = ("npm", "ci", "--ignore-scripts", "--silent")
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"Node 20 and npm are needed here:\n{done.stderr}"
            ready.write_text(wanted)
    return MODULES
