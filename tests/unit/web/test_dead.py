import types
from datetime import UTC, datetime

import httpx
import pytest
import structlog
from fastapi import FastAPI

from libs.web import access, problems
from libs.web.dead import dead_router
from libs.web.identity.signer import Signer

SIGNER = Signer.new()
SECRET = "Komşum Ali"
PLACES = ["requests:3:7", "requests:3:9"]


def row(place):
    record = {"topic": "requests", "headers": [], "value": SECRET.encode()}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return {"_id": place, "key": "k", "status": "parked", "reason": "r", "at": at, "record": record}


class Letters:
    def __init__(self, places):
        self._places = places

    async def list(self, *, limit, after):
        return [row(place) for place in self._places]

    async def get(self, id):
        return row(id)

    async def repair(self, id, headers, data, by):
        pass


def small_app(places=PLACES):
    app = FastAPI()
    problems.install(app)
    access.install(app, SIGNER.verifier())
    app.include_router(dead_router(types.SimpleNamespace(name="crm", dead=Letters(places))))
    return app


async def call(method, path, who, app=None, **sent):
    transport = httpx.ASGITransport(app or small_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, f"/ops/crm/dead{path}", headers=who, **sent)


@pytest.mark.parametrize(
    ("method", "path", "body", "seen"),
    [
        ("GET", "", None, PLACES),
        ("GET", f"/{PLACES[1]}", None, PLACES[1:]),
        ("POST", f"/{PLACES[0]}/repair", {"data": 1}, PLACES[:1]),
    ],
)
async def test_who_was_shown_a_records_bytes_is_in_the_log_and_the_bytes_are_not(
    method, path, body, seen
):
    with structlog.testing.capture_logs() as logs:
        answer = await call(method, path, SIGNER.platform(), json=body)
    assert SECRET in answer.text
    (line,) = [entry for entry in logs if entry["event"] == "dead_letters_shown"]
    assert (line["service"], line["places"]) == ("crm", seen)
    assert line["by"]
    assert SECRET not in str(logs)


async def test_who_was_shown_nothing_is_not_in_the_log():
    with structlog.testing.capture_logs() as logs:
        refused = await call("GET", "", SIGNER.staff("kecioren", "admin"))
        empty = await call("GET", "", SIGNER.platform(), small_app([]))
    assert (refused.status_code, empty.json()) == (403, [])
    assert not [entry for entry in logs if entry["event"] == "dead_letters_shown"]
