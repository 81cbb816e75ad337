"""What somebody who calls has handed in, on a real store: the newest of this tenant's."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from libs.events import Point
from libs.runtime.clock import new_id, now
from libs.runtime.service import Service
from libs.runtime.store import Held
from services.intake.request import Contact, Progress, Request
from services.intake.store import REQUESTS
from services.intake.telephone import MOST, calls

PHONE = "5321112233"


def _request(minutes: int, tenant: str = "kecioren", phone: str | None = PHONE) -> Request:
    return Request(
        tenant=tenant,
        tracking_number=f"7F3K9{minutes:04d}",
        request_type="request",
        channel="call_centre",
        submitted_at=now() - timedelta(minutes=minutes),
        time_zone="Europe/Istanbul",
        text=f"Söz {minutes} " + "uzun " * 100,
        point=Point(lat=39.98, lon=32.86),
        contact=Contact(name="Ayşe", phone=phone) if minutes % 2 else None,
        phone=phone,
        withdrawn=minutes == 0,
        progress=Progress(status="in_progress"),
    )


async def test_the_newest_twenty_of_this_tenant_and_number(service: Service) -> None:
    ages = list(range(600))
    Random(3).shuffle(ages)
    made = [_request(age) for age in ages]
    made += [_request(1, tenant="mamak"), _request(2, phone="5550000000"), _request(3, phone=None)]
    rows = [Held(REQUESTS, new_id(), version=1, state=one).document() for one in made]
    await service.database[REQUESTS.collection].insert_many(rows)
    found = await calls(service, "kecioren", PHONE)
    assert [one.excerpt.split(" uzun")[0] for one in found] == [f"Söz {n}" for n in range(MOST)]
    assert [one.name for one in found[:3]] == [None, "Ayşe", None]
    assert [one.status for one in found[:2]] == ["withdrawn", "in_progress"]
