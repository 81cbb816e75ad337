"""One routing on a real store, called over HTTP without a socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import services.routing
from libs.runtime.commands import Unavailable
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.web import access, problems
from libs.web.app import pages_of
from libs.web.identity.signer import Signer
from services.routing import api, draft_api
from services.routing.admin import pages
from services.routing.admin.frame import Frame
from services.routing.app import PARTS
from services.routing.drafts import Drafts
from tests.unit.routing.examples import document

SIGNER = Signer.new()
FOLDER = Path(services.routing.__file__).parent


@pytest.fixture
async def service(kafka: str, mongo: str, database: str) -> AsyncIterator[Service]:
    parts = replace(PARTS, group=f"{database}routing")
    service = Service(parts, Settings(kafka=kafka, mongo=mongo, database=database.rstrip("_")))
    await service.prepare()
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app, unavailable=(Unavailable,), max_body_bytes=9 * 1024 * 1024)
    access.install(app, SIGNER.verifier())
    app.include_router(api.router(service))
    app.include_router(draft_api.router(Drafts(service)))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://routing.test") as client:
        yield client


@pytest.fixture
async def drafts(service: Service) -> Drafts:
    return Drafts(service)


@pytest.fixture
async def browser(service: Service, drafts: Drafts) -> AsyncIterator[httpx.AsyncClient]:
    """The pages, asked with a token: sessions have tests of their own."""
    shown = pages_of("routing", Settings(), FOLDER)
    app = FastAPI()
    app.state.pages = shown
    problems.install(app, unavailable=(), max_body_bytes=9 * 1024 * 1024)
    access.install(app, SIGNER.verifier())
    app.include_router(pages.router(Frame(service, shown, drafts)))
    transport = httpx.ASGITransport(app=app)
    headers = SIGNER.platform() | {"Accept": "text/html", "Cookie": "sokak_language=en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://routing.test", headers=headers
    ) as client:
        yield client


@pytest.fixture
def slug() -> str:
    """A tenant of this test alone: the topic is shared by all tests."""
    return f"t{uuid.uuid4().hex[:12]}"


def tenant(slug: str, **changes: Any) -> dict[str, Any]:
    return document(**{"slug": slug, "version": 0, **changes})


async def known(service: Service, slug: str, version: int) -> None:
    for _ in range(1000):
        found = service.tenants.get(slug)
        if found is not None and found.version >= version:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"version {version} of {slug} did not come by the topic")
