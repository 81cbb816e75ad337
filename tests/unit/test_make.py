"""`make test` leaves no folder of tests out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_of_tests_is_run() -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    planned = subprocess.run(
        ["make", "-n", "test"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert planned.returncode == 0, planned.stderr
    runs = [line.split() for line in planned.stdout.splitlines() if "/pytest " in line]
    run = {word for words in runs for word in words}
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    assert folders
    for folder in folders:
        names = [folder, *folder.parents]
        assert run & {str(one.relative_to(ROOT)) for one in names if ROOT in one.parents}, folder
