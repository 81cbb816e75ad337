"""Where a tenant's data is written to: a folder, or a ZIP. It has its name once it is whole."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol


class Exists(Exception):
    """There is something at that place already."""


@dataclass(slots=True)
class Written:
    """A file that was written: its size, its lines, and the SHA-256 of its bytes."""

    size: int = 0
    lines: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def note(self, piece: bytes) -> None:
        """Count a piece of it."""
        self.size += len(piece)
        self.lines += piece.count(b"\n")
        self.digest.update(piece)


class Place(Protocol):
    """A folder or a ZIP that is being filled, one file after the other."""

    def open(self, name: str) -> IO[bytes]:
        """A new file; its name may have folders."""


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str) -> IO[bytes]:
        file = self._path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("xb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name, "w", force_zip64=True)


@contextmanager
def place(path: Path) -> Iterator[Place]:
    """Something to write to, which stands at `path` if all goes well and nowhere if not.

    A ZIP where the path ends in `.zip`, else a folder. Raises Exists.
    """
    if path.exists() and (path.is_file() or any(path.iterdir())):
        raise Exists
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(part)
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                yield _Zip(archive)
        else:
            part.mkdir()
            yield _Folder(part)
        if path.exists():
            path.rmdir()
        part.rename(path)
    finally:
        _remove(part)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
