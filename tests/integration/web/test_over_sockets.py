"""The provider and a service in one process on one port, as `sokak serve` has them."""

import asyncio
import contextlib
import socket
from typing import Annotated

import httpx
import pytest
import typer
import uvicorn
from fastapi import Depends, FastAPI, Request
from typer.testing import CliRunner

from libs.web import access, problems
from libs.web.access import Access, Open, Staff
from libs.web.identity.app import router
from libs.web.identity.client import fetch_token
from libs.web.identity.settings import IdentitySettings
from libs.web.tokens import discovered
from services.cli.token import token

LIMIT = 100_000


def service(issuer, key_file):
    http = httpx.AsyncClient()

    @contextlib.asynccontextmanager
    async def lifespan(app):
        yield
        await http.aclose()

    app = FastAPI(lifespan=lifespan)
    problems.install(app, max_body_bytes=LIMIT)
    access.install(app, discovered(issuer, "sokak", http))
    settings = IdentitySettings(environment="test", issuer=issuer, identity_key_file=key_file)
    app.include_router(router(settings))

    @app.get("/api/things")
    async def things(access: Annotated[Access, Depends(Staff("operator"))]):
        return {"tenant": access.tenant}

    @app.post("/api/count", dependencies=[Depends(Open())])
    async def count(request: Request):
        return {"bytes": len(await request.body())}

    return app


@pytest.fixture
async def base(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = service(f"{address}/identity", tmp_path / "identity.json")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    running = asyncio.create_task(server.serve([listener]))
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    yield address
    server.should_exit = True
    await running


async def test_a_process_believes_the_tokens_that_it_gave_out(base):
    token = await fetch_token(f"{base}/identity", tenant="kecioren", role="operator")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        answer = await http.get(f"{base}/api/things")
        assert answer.json() == {"tenant": "kecioren"}
        answer = await http.get(f"{base}/api/things?tenant=cankaya")
        assert answer.status_code == 403


async def test_the_command_prints_a_token_that_works(base):
    app = typer.Typer()
    app.command()(token)
    arguments = ["--tenant", "kecioren", "--role", "operator", "--issuer", f"{base}/identity"]
    printed = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert printed.exit_code == 0, printed.stderr
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {printed.stdout.strip()}"}
        answer = await http.get(f"{base}/api/things", headers=headers)
    assert answer.status_code == 200


async def parts(size):
    for _ in range(size // 10_000):
        yield b"x" * 10_000


@pytest.mark.parametrize("size", [LIMIT + 10_000, 50 * LIMIT])
@pytest.mark.parametrize("chunked", [True, False])
async def test_who_sends_too_much_reads_why(base, size, chunked):
    async with httpx.AsyncClient() as http:
        content = parts(size) if chunked else b"x" * size
        answer = await http.post(f"{base}/api/count", content=content)
        assert answer.status_code == 413
        assert answer.json()["type"] == "/problems/body-too-large"
        answer = await http.post(f"{base}/api/count", content=parts(LIMIT))
        assert answer.json() == {"bytes": LIMIT}
