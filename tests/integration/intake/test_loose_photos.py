"""Photos that no request names are thrown away after a day, on either shelf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from libs.events import Attachment
from libs.runtime.clock import now
from libs.runtime.mongo import connect
from services.intake import photos
from services.intake.photos import Photos
from services.intake.request import Request
from services.intake.shelf import InFolder, InStore, Shelf
from services.intake.shrunk import Photo
from tests.unit.intake.scenarios import a_request

PHOTO = Photo(b"large", b"small", 2, 1)
NAMED, LOOSE, FRESH = "a" * 32, "b" * 32, "c" * 32


@dataclass
class Clock:
    """A service's part that a sweep needs: what time it is, and the requests."""

    name: str = "intake"
    later: timedelta = timedelta(0)
    requests: dict[str, Request] = field(default_factory=dict)

    def now(self) -> datetime:
        return now() + self.later

    async def get(self, id: str) -> Request | None:
        return self.requests.get(id)


@pytest.fixture(params=["store", "folder"])
async def shelf(
    request: pytest.FixtureRequest, mongo: str, database: str, tmp_path: Path
) -> AsyncIterator[Shelf]:
    if request.param == "folder":
        yield InFolder(tmp_path)
        return
    store = connect(mongo, f"{database}intake")
    yield InStore(store)
    store.client.close()


@pytest.fixture
def clock() -> Clock:
    named = Attachment(id=NAMED, media_type="image/jpeg", size=5)
    return Clock(requests={"one": replace(a_request(), attachments=(named,))})


def swept(shelf: Shelf, clock: Clock) -> Photos:
    """Photos whose next sweep is due."""
    counter: Any = SimpleNamespace(service=clock)
    return Photos(counter, shelf)


async def test_what_no_request_names_is_gone_after_a_day_and_nothing_else(
    shelf: Shelf, clock: Clock
) -> None:
    for id, request in ((NAMED, "one"), (LOOSE, "one"), (FRESH, "nobody's")):
        await shelf.keep(id, request, PHOTO)
    await swept(shelf, clock).sweep()
    assert [await shelf.read(id, False) for id in (LOOSE, FRESH)] == [
        ("one", b"large"),
        ("nobody's", b"large"),
    ], "a day has not passed"
    clock.later = photos.LOOSE + timedelta(minutes=1)
    for _ in range(2):
        await swept(shelf, clock).sweep()
    kept = [await shelf.read(id, small) for id in (NAMED, LOOSE, FRESH) for small in (True, False)]
    assert kept == [("one", b"small"), ("one", b"large"), None, None, None, None]
    assert await shelf.loose(clock.now(), 9) == [], "nothing is looked at twice"


async def test_one_that_comes_again_is_kept_another_day(shelf: Shelf, clock: Clock) -> None:
    await shelf.keep(LOOSE, "one", PHOTO)
    before = now()
    await shelf.keep(LOOSE, "one", PHOTO)
    assert not await shelf.drop(LOOSE, before - timedelta(seconds=1))
    assert await shelf.read(LOOSE, True) == ("one", b"small")


async def test_a_sweep_takes_a_few_and_goes_on_until_nothing_is_left(
    shelf: Shelf, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "SWEPT_TOGETHER", 2)
    ids = [f"{number:032d}" for number in range(5)]
    for id in ids:
        await shelf.keep(id, "nobody's", PHOTO)
    clock.later = photos.LOOSE + timedelta(minutes=1)
    sweeper, left = swept(shelf, clock), []
    for _ in range(4):
        await sweeper.sweep()
        left.append(len(await shelf.loose(clock.now(), 9)))
    assert left == [3, 1, 0, 0]


async def test_the_same_photo_twice_at_once_is_kept_whole(shelf: Shelf) -> None:
    for _ in range(10):
        await asyncio.gather(*(shelf.keep(NAMED, "one", PHOTO) for _ in range(16)))
    assert await shelf.read(NAMED, small=False) == ("one", b"large")
    assert await shelf.read(NAMED, small=True) == ("one", b"small")
