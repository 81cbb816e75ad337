"""A process that has not read the tenants yet cannot say that a place is nobody's."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from libs.runtime.settings import Settings
from services.intake import app as intake
from services.routing import app as routing

from .system import System, point_in, town

NOWHERE = "127.0.0.1:9"
NOTHING_STORED = f"mongodb://{NOWHERE}/?directConnection=true"
TOWN = town("polatli", 33.30)


async def _accepted(client: httpx.AsyncClient) -> httpx.Response:
    """The answer to a request, as soon as the process can give one."""
    body = {"text": "Yolda çukur", "point": point_in(TOWN)}
    for _ in range(600):
        answer = await client.post("/api/requests", json=body)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == 201, answer.text
    return answer


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://sokak.test") as client,
    ):
        yield client


@pytest.mark.parametrize("store_away", [True, False])
@pytest.mark.parametrize(
    ("build", "path"),
    [(intake.build, "/api/requests"), (routing.build, "/api/routing/explain")],
)
async def test_who_knows_no_tenants_asks_to_come_again(
    system: System, build: Callable[[Settings], FastAPI], path: str, store_away: bool
) -> None:
    settings = Settings(
        kafka=NOWHERE,
        mongo=NOTHING_STORED if store_away else system.mongo,
        database=f"t{uuid.uuid4().hex[:12]}",
        stop_seconds=0.5,
    )
    async with living(build(settings)) as client:
        answer = await client.post(path, json={"text": "Yolda çukur", "point": point_in(TOWN)})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["retry-after"]


async def test_a_copy_that_starts_without_the_bus_accepts_by_its_stored_tenants(
    system: System,
) -> None:
    system.admit(TOWN)
    settings = Settings(kafka=NOWHERE, mongo=system.mongo, database="api", stop_seconds=0.5)
    async with living(intake.build(settings)) as client:
        answer = await _accepted(client)
    assert system.task("polatli", answer.json()["id"])["department"]


async def test_a_copy_that_has_just_started_does_not_take_a_tenant_for_gone(
    system: System,
) -> None:
    system.admit(TOWN)
    settings = Settings(kafka=NOWHERE, mongo=system.mongo, database="api", stop_seconds=0.5)
    async with living(intake.build(settings)) as client:
        told = await _accepted(client)
    path, secret = f"/api/requests/{told.json()['tracking_number']}", told.json()["secret"]
    async with living(intake.build(settings)) as client:
        for _ in range(600):
            headers = {"Sokak-Secret": secret}
            answer = await client.patch(path, json={"type": "notice"}, headers=headers)
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.01)
    assert answer.status_code == 200, answer.text
