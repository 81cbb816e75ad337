"""Where photos rest: in the store, or in a folder that all copies share.

A photo that is put there is loose until its request names it, which comes right after. One that
stays loose was refused, or its process died between the two.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from bson import Binary
from fastapi.concurrency import run_in_threadpool

from libs.runtime.clock import now
from libs.runtime.mongo import Database

from .shrunk import Photo
from .store import ATTACHMENTS

LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)

Loose = tuple[str, str]
"""A photo's id, and whose request's it is."""


class Shelf(Protocol):
    """Where photos rest."""

    async def keep(self, id: str, request: str, photo: Photo) -> None:
        """Keep one, loose from now on; the same one again changes nothing else."""

    async def read(self, id: str, small: bool) -> tuple[str, bytes] | None:
        """Whose request's it is, and its bytes."""

    async def loose(self, before: datetime, most: int) -> list[Loose]:
        """Some that have been loose since before then."""

    async def settle(self, id: str) -> None:
        """It is loose no longer: its request names it."""

    async def loosen(self, id: str) -> None:
        """Its request is about to name it no longer: loose, and long enough to be thrown away."""

    async def drop(self, id: str, before: datetime) -> bool:
        """Throw it away, unless it came again meanwhile; whether it was."""


class InStore:
    """In a collection of the service's own: two documents of at most 3 MB a photo.

    `loose` is when it came, in the larger one's document alone.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database[ATTACHMENTS]

    async def keep(self, id: str, request: str, photo: Photo) -> None:
        large = {"request": request, "content": Binary(photo.large), "loose": now()}
        small = {"request": request, "content": Binary(photo.small)}
        for name, told in ((id, large), (f"{id}-small", small)):
            await self._collection.replace_one({"_id": name}, {"_id": name, **told}, upsert=True)

    async def read(self, id: str, small: bool) -> tuple[str, bytes] | None:
        row = await self._collection.find_one({"_id": f"{id}-small" if small else id})
        return (row["request"], bytes(row["content"])) if row else None

    async def loose(self, before: datetime, most: int) -> list[Loose]:
        found = self._collection.find({"loose": {"$lt": before}}, ["request"]).limit(most)
        return [(row["_id"], row["request"]) async for row in found]

    async def settle(self, id: str) -> None:
        await self._collection.update_one({"_id": id}, {"$unset": {"loose": ""}})

    async def loosen(self, id: str) -> None:
        await self._collection.update_one({"_id": id}, {"$set": {"loose": LONG_AGO}})

    async def drop(self, id: str, before: datetime) -> bool:
        gone = await self._collection.delete_one({"_id": id, "loose": {"$lt": before}})
        if gone.deleted_count:
            await self._collection.delete_one({"_id": f"{id}-small"})
        return bool(gone.deleted_count)


class InFolder:
    """In files of a folder that all copies share, by setting SOKAK_ATTACHMENTS.

    An empty file in `loose/` says that a photo is, and since when.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, id: str, request: str, photo: Photo) -> None:
        await run_in_threadpool(self._write, id, request, photo)

    async def read(self, id: str, small: bool) -> tuple[str, bytes] | None:
        return await run_in_threadpool(self._read, id, small)

    async def loose(self, before: datetime, most: int) -> list[Loose]:
        return await run_in_threadpool(self._loose, before, most)

    async def settle(self, id: str) -> None:
        await run_in_threadpool(self._mark(id).unlink, missing_ok=True)

    async def loosen(self, id: str) -> None:
        await run_in_threadpool(self._loosen, id)

    async def drop(self, id: str, before: datetime) -> bool:
        return await run_in_threadpool(self._drop, id, before)

    def _mark(self, id: str) -> Path:
        return self._folder / "loose" / id

    def _files(self, id: str) -> list[Path]:
        place = self._folder / id[:2]
        return [place / f"{id}{ending}" for ending in (".jpg", "-small.jpg", ".request")]

    def _write(self, id: str, request: str, photo: Photo) -> None:
        mark = self._mark(id)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        contents = (photo.large, photo.small, request.encode())
        for file, content in zip(self._files(id), contents, strict=True):
            file.parent.mkdir(exist_ok=True)
            part = file.with_name(f"{file.name}.{uuid4().hex}.part")
            part.write_bytes(content)
            part.replace(file)

    def _read(self, id: str, small: bool) -> tuple[str, bytes] | None:
        large_file, small_file, request = self._files(id)
        try:
            return request.read_text(), (small_file if small else large_file).read_bytes()
        except FileNotFoundError:
            return None

    def _loose(self, before: datetime, most: int) -> list[Loose]:
        found: list[Loose] = []
        try:
            with os.scandir(self._folder / "loose") as marks:
                for mark in marks:
                    if len(found) < most and _is_older(Path(mark.path), before):
                        request = self._files(mark.name)[2]
                        told = request.read_text() if request.exists() else ""
                        found.append((mark.name, told))
        except FileNotFoundError:
            pass
        return found

    def _loosen(self, id: str) -> None:
        mark = self._mark(id)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.utime(mark, (LONG_AGO.timestamp(),) * 2)

    def _drop(self, id: str, before: datetime) -> bool:
        mark = self._mark(id)
        if not (mark.exists() and _is_older(mark, before)):
            return False
        for file in self._files(id):
            file.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)
        return True


def _is_older(file: Path, before: datetime) -> bool:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) < before
