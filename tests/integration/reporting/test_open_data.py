"""Open data tell what the topic tells, whole, fresh, and no more of it at a time than a page."""

from __future__ import annotations

import csv
import io
import json
import random
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as Xml

import httpx
import pytest
from fastapi import FastAPI, Request

from libs.events import RequestSubmitted
from libs.runtime.clock import new_id, now
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.tenants import Tenant
from libs.web import problems
from libs.web.app import pages_of
from libs.web.bulk import COLUMNS
from libs.web.language import COOKIE
from services.reporting import open_data
from tests.unit.reporting.history import Told

from .world import Copy, Reader, a_tenant, record, records

CHANGES = 20_000
REPORTING = Path(str(open_data.__file__)).parent


class Stood:
    """As much of the service as open data need."""

    def __init__(self, copy: Copy) -> None:
        self.database = copy.database
        self.settings = Settings()
        self.tenants = self
        self.now = now
        self.get = copy.tenants.get
        self.all = lambda: tuple(copy.tenants.values())


@pytest.fixture
async def client(copy: Copy) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    pages = pages_of("reporting", Settings(), REPORTING)
    app.include_router(open_data.router(cast(Service, Stood(copy)), pages))
    transport = httpx.ASGITransport(app)
    cookies = {COOKIE: "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sokak", cookies=cookies
    ) as one:
        yield one


async def features(client: httpx.AsyncClient, tenant: Tenant) -> dict[str, Any]:
    """What GeoJSON tells, by request."""
    answer = await client.get(f"/open-data/{tenant.slug}/requests.geojson")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in json.loads(answer.content)["features"]}


async def table(client: httpx.AsyncClient, tenant: Tenant) -> list[dict[str, str]]:
    answer = await client.get(f"/open-data/{tenant.slug}/requests.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def a_life(tenant: Tenant, dice: random.Random, number: int, changes: int) -> Told:
    """A request that changes so often, nearly each time so that an outsider sees it."""
    told = Told(tenant=tenant.slug, id=new_id(), number=f"{number:09d}")
    told.submitted("HOLE", private=dice.random() < 0.1).created()
    hidden = False
    for minute in range(1, changes):
        if hidden:
            hidden = False
            told.shown(minute, True)
            continue
        match dice.randrange(6):
            case 0:
                told.assigned(minute, to=f"D{minute}", about="WATER")
            case 1:
                told.supported(minute, minute)
            case 2:
                told.amended(minute, place=f"n{minute}")
            case 3:
                hidden = True
                told.shown(minute, False)
            case 4:
                told.recategorised(minute, f"C{minute}")
            case _:
                told.moved(minute, dice.choice(("in_progress", "resolved", "reopened")))
    return told


async def test_who_reads_from_nothing_after_20000_public_changes_has_what_open_data_say(
    copy: Copy, client: httpx.AsyncClient, kafka: str, tenant: Tenant
) -> None:
    dice = random.Random(20)
    lives = [a_life(tenant, dice, number, 80) for number in range(320)]
    waiting = [list(records(told)) for told in lives]
    while waiting := [queue for queue in waiting if queue]:
        dice.shuffle(waiting)
        await copy.hears([queue.pop(0) for queue in waiting])
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    found = await features(client, tenant)
    assert set(found) == set(reader.state)
    for id, state in reader.state.items():
        data = state.model_dump(mode="json", exclude_none=True)
        point = data.pop("point")
        assert found[id]["properties"] == {"sequence": reader.numbers[id][-1], **data}
        assert found[id]["geometry"]["coordinates"] == [point["lon"], point["lat"]]
    for id, numbers in reader.numbers.items():
        assert numbers == list(range(1, len(numbers) + 1)), id
    rows = {row["service_request_id"].replace("-", ""): row for row in await table(client, tenant)}
    assert set(rows) == {state.tracking_number for state in reader.state.values()}
    for state in reader.state.values():
        row, category, point = rows[state.tracking_number], state.category, state.point
        assert row["status_description"] == state.status_detail
        assert row["service_name"] == (category.names.en if category else "")
        assert (row["lat"], row["long"]) == (
            (str(point.lat), str(point.lon)) if point else ("", "")
        )
    private = {told.id for told in lives if cast(RequestSubmitted, told.events[0]).private}
    assert private
    assert not private & set(reader.numbers)
    assert sum(map(len, reader.numbers.values())) > CHANGES


async def test_a_row_has_the_columns_of_the_bulk_proposal(
    copy: Copy, client: httpx.AsyncClient, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug, id=new_id()).submitted("HOLE").created()
    told.assigned(2, about="HOLE", to="FEN").moved(5, "resolved").shown(9, True)
    await copy.hears(list(records(told)))
    await copy.hears(list(records(Told(tenant=tenant.slug, id=new_id()).submitted(place=None))))
    first, second = await table(client, tenant)
    assert tuple(first) == COLUMNS
    assert first == {
        "service_request_id": "7F3K-9QHX-M",
        "requested_datetime": "2026-11-02T21:30:00Z",
        "updated_datetime": "2026-11-02T21:35:00Z",
        "closed_date": "2026-11-02T21:35:00Z",
        "status_description": "resolved",
        "status_notes": "It is resolved.",
        "source": "web",
        "service_name": "HOLE (en)",
        "service_subtype": "",
        "description": "",
        "agency_responsible": "FEN (en)",
        "address": "Etlik",
        "lat": "39.98",
        "long": "32.86",
    }
    assert (second["service_name"], second["address"], second["closed_date"]) == (
        "Belirsiz",
        "",
        "",
    )


async def test_the_feed_tells_the_newest_and_knows_what_was_read(
    copy: Copy, client: httpx.AsyncClient, tenant: Tenant
) -> None:
    old = Told(opened_at=now() - timedelta(days=40), tenant=tenant.slug, id=new_id())
    new = Told(opened_at=now(), tenant=tenant.slug, id=new_id(), number="9C2VK7NB4")
    await copy.hears([*records(old.submitted("HOLE")), *records(new.submitted("WATER"))])
    path = f"/open-data/{tenant.slug}/requests.rss"
    answer = await client.get(path)
    items = Xml.fromstring(answer.content).findall("channel/item")
    assert [item.findtext("link") for item in items] == ["http://sokak/requests/9C2V-K7NB-4"]
    assert items[0].findtext("title") == "WATER (en) · Etlik · We have your request."
    mark = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(path, headers=mark)).status_code == 304
    await copy.hears([record(new.id, new.created().assigned(1).events[-1], 1)])
    assert (await client.get(path, headers=mark)).status_code == 200


async def test_what_was_hidden_a_moment_ago_is_not_there(
    copy: Copy, client: httpx.AsyncClient, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug, id=new_id()).submitted("HOLE").created()
    await copy.hears(list(records(told)))
    assert set(await features(client, tenant)) == {told.id}
    await copy.hears([record(told.id, told.shown(1, False).events[-1], 2)])
    assert await features(client, tenant) == {}
    assert await table(client, tenant) == []


async def test_nobody_elses_requests_are_there(
    copy: Copy, client: httpx.AsyncClient, kafka: str, tenant: Tenant
) -> None:
    other = a_tenant(slug=f"{tenant.slug}0")
    copy.tenants[other.slug] = other
    ours = Told(tenant=tenant.slug, id=new_id()).submitted("HOLE")
    theirs = Told(tenant=other.slug, id=new_id()).submitted("HOLE")
    await copy.hears([*records(ours), *records(theirs)])
    assert set(await features(client, tenant)) == {ours.id}
    assert set(await features(client, other)) == {theirs.id}
    for path in ("/open-data/nobody/requests.csv", "/open-data/NOBODY/requests.geojson"):
        assert (await client.get(path)).status_code in (404, 422)


async def test_the_page_names_who_publishes(client: httpx.AsyncClient, tenant: Tenant) -> None:
    page = await client.get("/open-data")
    assert page.status_code == 200
    assert f"/open-data/{tenant.slug}/requests.csv" in page.text
    turkish = await client.get("/open-data?lang=tr")
    assert "Açık veri" in turkish.text


async def test_a_file_of_many_takes_no_more_memory_than_one_of_few(
    copy: Copy, client: httpx.AsyncClient, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug, id=new_id()).submitted("HOLE").created().assigned(2)
    await copy.hears(list(records(told)))
    row = await copy.database["public"].find_one({"_id": f"{tenant.slug}|{told.id}"})
    assert row is not None
    router = open_data.router(cast(Service, Stood(copy)), cast(Any, None))
    paths = {route.path: route.endpoint for route in cast(list[Any], router.routes)}
    request, peaks = Request({"type": "http", "app": FastAPI()}), []
    for count in (2_000, 12_000):
        while await copy.database["public"].count_documents({}) < count:
            many = [{**row, "_id": f"{tenant.slug}|{new_id()}"} for _ in range(500)]
            await copy.database["public"].insert_many(many)
        tracemalloc.start()
        answer = await paths["/open-data/{tenant}/requests.geojson"](request, tenant)
        lines = 0
        async for piece in answer.body_iterator:
            lines += piece.count(b'"Feature"')
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines >= count
    assert peaks[1] < 1.5 * peaks[0]
