"""crm with one municipality: events in, HTTP out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.events import Envelope, Event, encode
from libs.runtime.clock import new_id
from libs.runtime.commands import Unavailable
from libs.runtime.consume import Rules
from libs.runtime.live import Live
from libs.runtime.record import Record
from libs.runtime.service import Parts, Service
from libs.runtime.settings import Settings
from libs.web import access, problems
from libs.web.app import pages_of
from services import crm
from services.crm import console, data, preference_api
from services.crm.api import router
from services.crm.consumers import RULES, TOPICS, WHOLE
from services.crm.store import AGGREGATE, PREFERENCES
from tests.unit.crm.scenarios import TENANT, routed, submitted, words

NOBODYS_PORT = "127.0.0.1:9"


class Claims:
    """A token is its claims: signatures are another test's matter."""

    async def verify(self, token: str) -> Mapping[str, object]:
        claims: dict[str, object] = json.loads(token)
        return claims


class Town:
    """crm with one municipality: events in, HTTP out."""

    def __init__(self, service: Service, client: httpx.AsyncClient) -> None:
        self.service = service
        self.client = client
        self._offset = 0
        self._told: dict[tuple[str, str], int] = {}

    async def hears(self, id: str, *events: Event) -> None:
        records = [self._record(id, event) for event in events]
        await self.service.chain(records)

    def _record(self, id: str, event: Event) -> Record:
        self._offset += 1
        sequence = self._told[event.topic, id] = self._told.get((event.topic, id), 0) + 1
        now = self.service.now()
        envelope = Envelope(new_id(), "/sokak/test", event.type, id, now, sequence)
        encoded = encode(event, envelope)
        return Record(
            event.topic, 0, self._offset, now, id.encode(), encoded.headers, encoded.value
        )

    async def has_a_task(self, *, tracking: str = "7F3K9QHXM", **changes: Any) -> str:
        """The id of an assigned task."""
        id = new_id()
        await self.hears(id, submitted(tracking_number=tracking, **changes), words(), routed())
        return id

    async def get(self, path: str = "", *, role: str = "operator", **params: Any) -> httpx.Response:
        return await self.client.get(f"/api/tasks{path}", params=params, headers=_token(role))

    async def post(
        self, path: str, body: dict[str, Any], *, role: str = "operator", **headers: str
    ) -> httpx.Response:
        sent = _token(role) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/api/tasks/{path}", json=body, headers=sent)

    async def ids(self, **params: Any) -> list[str]:
        answer = await self.get(**params)
        assert answer.status_code == 200, answer.text
        return [task["id"] for task in answer.json()["tasks"]]


def _token(role: str) -> dict[str, str]:
    tenant, _, own = role.rpartition("/")
    claims = {"sub": "ayse", "groups": [f"{tenant or 'kecioren'}/{own}"]}
    return {"Authorization": f"Bearer {json.dumps(claims)}"}


async def _prepared(service: Service) -> None:
    async with asyncio.timeout(20):
        while not service.prepared:
            await asyncio.sleep(0.02)


@pytest.fixture
async def town(mongo: str, database: str) -> AsyncIterator[Town]:
    settings = Settings(mongo=mongo, database=database.rstrip("_"), kafka=NOBODYS_PORT)
    rules = Rules(TOPICS, RULES, WHOLE)
    service = Service(Parts("crm", (AGGREGATE, PREFERENCES), rules, relays=False), settings)
    row = {"_id": TENANT.slug, "tenant": TENANT.model_dump(mode="json"), "offset": 0}
    await service.database["tenant_table"].insert_one(row)
    await service.start()
    await _prepared(service)
    app = FastAPI()
    app.include_router(console.router(service, Live(NOBODYS_PORT, ("tasks",))))
    app.include_router(data.router(service))
    app.include_router(preference_api.router(service))
    app.include_router(router(service))
    access.install(app, Claims())
    app.state.pages = pages_of("crm", settings, Path(crm.__file__).parent)
    problems.install(app, unavailable=(Unavailable,))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm") as client:
        yield Town(service, client)
    await service.stop()
