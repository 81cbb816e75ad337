"""Who asks what has changed, and goes on from the last one told, reaches all of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from libs.events import Point
from libs.runtime.clock import new_id, now
from libs.runtime.rule import replace
from libs.runtime.service import Service
from libs.runtime.store import Held
from libs.tenants import Tenant
from services.intake.open311 import changes, search, updates
from services.intake.open311.arguments import Arguments
from services.intake.open311.formats import when
from services.intake.open311.shown import updated_at
from services.intake.open311.window import Window
from services.intake.request import Progress, Request, Update, hour_of
from services.intake.store import REQUESTS
from tests.unit.routing.examples import document

COUNT = 120
TENANT = Tenant.model_validate(document(slug="kecioren"))
BEGIN = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
LATER = BEGIN + timedelta(hours=20)


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "TOGETHER", 7)
    monkeypatch.setattr(updates, "MOST_TOLD", 10)


@pytest.fixture
async def known(service: Service) -> dict[str, Request]:
    """Nearly all closed within one hour; some were changed again much later by their citizens,
    which does not move the time of their closing.
    """
    rnd, made = Random(3), dict[str, Request]()
    for number in range(COUNT):
        closed = BEGIN + timedelta(seconds=rnd.randrange(3600))
        again = number % 5 == 0
        made[new_id()] = Request(
            tenant="kecioren",
            tracking_number=f"7F3K9{number:04d}",
            request_type="request",
            channel="web",
            submitted_at=BEGIN - timedelta(days=1),
            time_zone="Europe/Istanbul",
            text="Çukur var",
            point=Point(lat=39.98, lon=32.86),
            changed=hour_of(LATER if again else closed),
            progress=Progress(status="resolved", closed_at=closed, as_of=closed),
            updates=(Update(closed, "status", status="resolved"),),
        )
    rows = [Held(REQUESTS, id, version=1, state=one).document() for id, one in made.items()]
    await service.database[REQUESTS.collection].insert_many(rows)
    return made


async def _asked(service: Service, since: datetime, most: int) -> list[Request]:
    wanted = search.search_of(Arguments([("updated_after", when(since) or "")]), now())
    found: list[Request] = []
    async for _, one in search.walk(service, TENANT, wanted, most=most):
        found.append(one)
        if len(found) == most:
            break
    return found


async def test_a_list_of_changes_goes_on_from_the_last_one_told(
    service: Service, known: dict[str, Request]
) -> None:
    seen, since = set[str](), BEGIN
    for _ in range(COUNT):
        page = await _asked(service, since, 10)
        times = [updated_at(one) for one in page]
        assert times == sorted(times)
        fresh = {one.tracking_number for one in page} - seen
        if not fresh:
            break
        seen |= fresh
        since = times[-1]
    assert seen == {one.tracking_number for one in known.values()}


async def test_a_file_has_all_of_them_once(service: Service, known: dict[str, Request]) -> None:
    wanted = search.search_of(Arguments([("updated_after", when(BEGIN) or "")]), now())
    found = [id async for id, _ in search.walk(service, TENANT, wanted, most=10)]
    assert len(found) == COUNT
    assert set(found) == set(known)


async def test_many_at_one_moment_are_all_told(service: Service, known: dict[str, Request]) -> None:
    collection = service.database[REQUESTS.collection]
    at = BEGIN + timedelta(minutes=5)
    for id, one in known.items():
        same = replace(one, progress=replace(one.progress, closed_at=at, as_of=at))
        await collection.replace_one(
            {"_id": id}, Held(REQUESTS, id, version=2, state=same).document()
        )
    wanted = search.search_of(Arguments([("updated_after", when(BEGIN) or "")]), now())
    found = [id async for id, _ in search.walk(service, TENANT, wanted, most=10)]
    assert sorted(found) == sorted(known)


async def test_updates_go_on_from_the_last_one_told(
    service: Service, known: dict[str, Request]
) -> None:
    seen, since = set[str](), BEGIN
    for _ in range(COUNT):
        page = await updates.updates(service, TENANT, Window(since, now()), None)
        assert len(page) <= 10
        fresh = {one["service_request_id"].replace("-", "") for one in page} - seen
        if not fresh:
            break
        seen |= fresh
        since = datetime.fromisoformat(page[-1]["updated_datetime"])
    assert seen == {one.tracking_number for one in known.values()}
