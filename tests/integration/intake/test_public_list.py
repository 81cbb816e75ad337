"""The public list and what is near, on a real store: everything once, nothing that is hidden."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from libs.events import Category, Names, Neighbourhood, Point
from libs.runtime.clock import new_id, now
from libs.runtime.service import Service
from libs.runtime.store import Held
from libs.runtime.table import TENANTS
from libs.tenants import Tenant
from services.intake.place import cell_of
from services.intake.queries import RECENT, Filter, near, recent
from services.intake.request import Progress, Request
from services.intake.store import REQUESTS
from tests.unit.routing.examples import document

HERE = Point(lat=39.98, lon=32.86)
CODES = ("POTHOLE", "TREE", "LIGHT")
Known = dict[str, Request]


@pytest.fixture
async def known(service: Service) -> Known:
    """Three hundred requests of two tenants over forty days, some at the same moment."""
    rnd, at, made = Random(5), now(), Known()
    for number in range(300):
        category = _category(rnd.choice(CODES))
        back = timedelta(minutes=rnd.choice((3, 90, 90, 1500, 9000, 30000, 50000)))
        made[new_id()] = Request(
            tenant=rnd.choice(("kecioren", "kecioren", "mamak")),
            tracking_number=f"7F3K9{number:04d}",
            request_type="request",
            channel="web",
            submitted_at=at - back,
            time_zone="Europe/Istanbul",
            text="Çukur var",
            point=HERE,
            cell=cell_of(HERE),
            category=category,
            neighbourhood=Neighbourhood(code=rnd.choice("ab"), name="Mahalle"),
            private=number % 11 == 0,
            withdrawn=number % 13 == 0,
            progress=Progress(
                status=rnd.choice(("assigned", "resolved", "duplicate")),
                category=_category(rnd.choice(CODES)) if number % 3 == 0 else None,
                public=number % 7 != 0,
            ),
        )
    for slug in ("kecioren", "mamak"):
        await _publishes(service, slug)
    rows = [Held(REQUESTS, id, version=1, state=one).document() for id, one in made.items()]
    await service.database[REQUESTS.collection].insert_many(rows)
    return made


async def _publishes(service: Service, slug: str, **rules: Any) -> Tenant:
    """The municipality, with rules of publication."""
    version = rules.pop("version", 1)
    told = document(slug=slug, version=version, publication=rules)
    told["categories"] += [
        {"code": code, "names": {"tr": code, "en": code}, "department": "FEN"}
        for code in ("TREE", "LIGHT")
    ]
    tenant = Tenant.model_validate(told)
    row = {"_id": slug, "version": version, "tenant": tenant.model_dump(mode="json")}
    await service.database[TENANTS].replace_one({"_id": slug}, row, upsert=True)
    await service.tenants.load()
    return tenant


def _category(code: str) -> Category:
    return Category(code=code, names=Names(tr=code, en=code))


def _wanted(known: Known, filter: Filter) -> set[str]:
    return {
        id
        for id, one in known.items()
        if one.tenant == "kecioren"
        and one.public
        and one.submitted_at >= now() - RECENT
        and filter.state in (None, "closed" if one.closed else "open")
        and filter.category in (None, (one.progress.category or one.category or _category("")).code)
        and filter.neighbourhood in (None, one.neighbourhood and one.neighbourhood.code)
    }


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(state="open"),
        Filter(state="closed"),
        Filter(category="TREE"),
        Filter(neighbourhood="a", category="LIGHT"),
        Filter(category="NONE"),
    ],
)
async def test_pages_hold_everything_public_once_and_newest_first(
    service: Service, known: Known, filter: Filter
) -> None:
    found: list[str] = []
    tenant = service.tenants.get("kecioren")
    assert tenant is not None
    while page := await recent(service, tenant, filter, limit=9, skip=len(found)):
        found += [id for id, _ in page]
    assert len(found) == len(set(found))
    assert set(found) == _wanted(known, filter)
    times = [known[id].submitted_at for id in found]
    assert times == sorted(times, reverse=True)


async def test_what_is_near_is_public_and_of_any_tenant(service: Service, known: Known) -> None:
    since = now() - timedelta(days=2)
    found = await near(service, HERE, 50.0, since, limit=500, words=False)
    wanted = {id for id, one in known.items() if one.public and one.submitted_at >= since}
    assert {id for _, id, _ in found} == wanted


async def test_what_the_rules_keep_back_is_in_no_list(service: Service, known: Known) -> None:
    tenant = await _publishes(service, "kecioren", version=2, withheld=["ROADS"])
    found = {id for id, _ in await recent(service, tenant, Filter(), limit=500)}
    assert found == {id for id in _wanted(known, Filter()) if _code(known[id]) != "POTHOLE"}
    near_by = await near(service, HERE, 50.0, now() - RECENT, limit=500, words=False)
    assert {id for _, id, one in near_by if one.tenant == "kecioren"} == found
    assert "POTHOLE" in {_code(one) for _, _, one in near_by if one.tenant == "mamak"}
    tenant = await _publishes(service, "kecioren", version=3, published=False)
    assert await recent(service, tenant, Filter(), limit=500) == []
    near_by = await near(service, HERE, 50.0, now() - RECENT, limit=500, words=False)
    assert {one.tenant for _, _, one in near_by} == {"mamak"}


def _code(request: Request) -> str | None:
    category = request.progress.category or request.category
    return category.code if category else None
