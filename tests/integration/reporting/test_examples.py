"""The receivers that the documentation shows, as they stand there."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.runtime.clock import now
from libs.stack.ports import free_port
from services.reporting.signing import Secrets, signed
from tests.receiver import serving

PAGE = (Path(__file__).parents[3] / "docs/integrators/webhooks.md").read_text("utf8")
SECRETS = Secrets("the secret of the service")
EVENT = {"id": "1", "type": "service_request.changed.v1", "subject": "a", "sequence": 1}


def example(language: str) -> str:
    """The one of this language, with a secret of ours."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found).replace("whsec_…", SECRETS.shown("1", 1))


@asynccontextmanager
async def in_python(directory: Path) -> AsyncIterator[str]:
    known: dict[str, Any] = {}
    exec(compile(example("python"), "webhooks.md", "exec"), known)
    async with serving(known["app"]) as port:
        yield f"http://127.0.0.1:{port}/sokak"


@asynccontextmanager
async def in_node(directory: Path) -> AsyncIterator[str]:
    port = free_port()
    file = directory / "receiver.mjs"
    file.write_text(example("js").replace("8080", str(port)))
    process = await asyncio.create_subprocess_exec("node", str(file))
    url = f"http://127.0.0.1:{port}/sokak"
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(20.0):
            while not await _listens(http, url):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


async def _listens(http: httpx.AsyncClient, url: str) -> bool:
    try:
        await http.post(url)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.parametrize("running", [in_python, in_node])
async def test_a_receiver_takes_what_is_ours_and_nothing_else(running: Any, tmp_path: Path) -> None:
    body = json.dumps({**EVENT, "data": {"status": "open"}}).encode()
    ours = signed("1", now(), body, [SECRETS.of("1", 1)])
    rotated = signed("1", now(), body, [SECRETS.of("1", 2), SECRETS.of("1", 1)])
    theirs = signed("1", now(), body, [SECRETS.of("1", 2)])
    async with running(tmp_path) as url, httpx.AsyncClient() as http:
        for headers, content, status in (
            (ours, body, 204),
            (rotated, body, 204),
            (theirs, body, 401),
            (ours, body + b" ", 401),
        ):
            answer = await http.post(url, content=content, headers=headers)
            assert answer.status_code == status
