"""What the API refuses before it reads anything; what it reads is tested on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from libs.runtime.store import Scoped
from libs.tenants import Tenant
from libs.web import access, problems
from services.reporting.api import router
from services.reporting.store import Generation

STAFF = {"Authorization": "Bearer kecioren/operator"}


class Groups:
    """Takes a token for the group that it names."""

    async def verify(self, token: str) -> Mapping[str, object]:
        return {"sub": "somebody", "groups": [token]}


class NothingStored:
    """A service that is asked nothing of its store."""

    tenants: dict[str, Tenant]

    def __init__(self) -> None:
        self.tenants = {}

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, tzinfo=UTC)

    def scoped(self, tenant: str, collection: str) -> Scoped:
        raise AssertionError("a refused report reads nothing")


async def first_generation() -> Generation:
    return Generation(1)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    access.install(app, Groups())
    app.include_router(router(NothingStored(), first_generation))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sokak") as client:
        yield client


@pytest.mark.parametrize("report", ["summary", "series", "breakdown"])
async def test_reports_are_for_the_tenants_staff(client: httpx.AsyncClient, report: str) -> None:
    path = f"/api/reports/{report}?by=type&tenant=kecioren"
    assert (await client.get(path)).status_code == 401
    other = {"Authorization": "Bearer mamak/admin"}
    assert (await client.get(path, headers=other)).status_code == 403
    department = {"Authorization": "Bearer kecioren/department/FEN"}
    assert (await client.get(path, headers=department)).status_code == 403


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("summary?status=new", ["status"]),
        ("summary?by=category", ["by"]),
        ("summary?from=yesterday", ["from"]),
        ("summary?to=9999-12-31", ["to"]),
        ("summary?channel=pigeon", ["channel"]),
        ("summary?department=FEN&channel=web", ["department", "channel"]),
        ("series?from=2026-02-02&to=2026-02-01", ["from"]),
        ("series?from=2020-01-01&to=2026-02-01", ["from"]),
        ("breakdown", ["by"]),
        ("breakdown?by=moon", ["by"]),
        ("breakdown?by=neighbourhood&department=FEN", ["department"]),
    ],
)
async def test_what_cannot_be_answered_is_refused_field_by_field(
    client: httpx.AsyncClient, query: str, fields: list[str]
) -> None:
    answer = await client.get(f"/api/reports/{query}", headers=STAFF)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_every_answer_is_documented(client: httpx.AsyncClient) -> None:
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    document = transport.app.openapi()  # type: ignore[attr-defined]
    for report in ("summary", "series", "breakdown"):
        operation = document["paths"][f"/api/reports/{report}"]["get"]
        assert set(operation["responses"]) == {"200", "401", "403", "422", "429", "503"}
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert {"tenant", "from", "to", "department", "category"} <= set(names)
