import json
from datetime import UTC, datetime
from typing import Annotated

import httpx
import pytest
import structlog
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from libs.runtime.rule import Refused
from libs.web import access, problems
from libs.web.access import Access, Open, Public, Staff
from libs.web.identity.signer import Signer

SECRET_WORDS = "a citizen's words"


class Away(Exception):
    pass


class Point(BaseModel):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Submission(BaseModel, extra="forbid"):
    text: str = Field(max_length=10)
    point: Point
    tags: list[int] = []


def small_app():
    app = FastAPI()
    problems.install(app, unavailable=[Away], max_body_bytes=1000)
    access.install(app, Signer.new().verifier())

    @app.post("/submissions", dependencies=[Depends(Open())], responses=problems.responses(409))
    async def submit(submission: Submission, limit: int = 1):
        return {"text": submission.text}

    @app.post("/count", dependencies=[Depends(Open())])
    async def count(request: Request):
        return {"bytes": len(await request.body())}

    @app.post("/careless", dependencies=[Depends(Open())])
    async def careless(request: Request):
        try:
            await request.body()
        except Exception:
            return {"caught": True}

    @app.get("/things")
    async def things(access: Annotated[Access, Depends(Staff("operator"))]):
        return {}

    @app.get("/public", dependencies=[Depends(Public())], responses=problems.responses(404))
    async def public():
        return {}

    @app.get("/fails/{how}")
    async def fails(how: str):
        if how == "refused":
            now = datetime(2026, 1, 2, tzinfo=UTC)
            raise Refused("task-already-closed", "The task is closed.", 409, current={"at": now})
        if how == "away":
            raise Away(SECRET_WORDS)
        if how == "http":
            raise HTTPException(403, "no")
        if how == "late":

            async def broken():
                yield b"a"
                raise RuntimeError(SECRET_WORDS)

            return StreamingResponse(broken())
        raise RuntimeError(SECRET_WORDS)

    return app


async def call(method, path, **more):
    transport = httpx.ASGITransport(small_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, path, **more)


def assert_problem(answer, status, slug):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert body["type"] == f"/problems/{slug}"
    assert body["title"]
    return body


async def test_a_refusal_carries_its_reason_and_more():
    body = assert_problem(await call("GET", "/fails/refused"), 409, "task-already-closed")
    assert body["title"] == "The task is closed."
    assert body["current"] == {"at": "2026-01-02T00:00:00+00:00"}


async def test_every_wrong_field_is_named():
    answer = await call(
        "POST",
        "/submissions?limit=x",
        json={"text": "x" * 11, "point": {"lat": 91}, "tags": [1, "a"], "more": 1},
    )
    body = assert_problem(answer, 422, "invalid")
    fields = {error["field"] for error in body["errors"]}
    assert fields == {"text", "point.lat", "point.lon", "tags.1", "more", "limit"}
    assert all(error["message"] for error in body["errors"])


async def test_a_missing_body_is_named():
    body = assert_problem(await call("POST", "/submissions"), 422, "invalid")
    assert body["errors"][0]["field"] == "body"


@pytest.mark.parametrize("content", [b"{", b"nonsense", b'{"a":}', b"[" * 900])
async def test_a_body_that_is_not_json_is_400(content):
    headers = {"content-type": "application/json"}
    answer = await call("POST", "/submissions", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_bytes_that_are_no_text_are_400():
    headers = {"content-type": "application/json"}
    answer = await call("POST", "/submissions", content=b'"\xff\xfe"', headers=headers)
    assert answer.status_code == 400


async def test_half_a_surrogate_pair_in_a_name_is_answered():
    headers = {"content-type": "application/json"}
    content = b'{"\\ud800": 1, "text": "a", "point": {"lat": 1, "lon": 1}}'
    assert_problem(
        await call("POST", "/submissions", content=content, headers=headers), 422, "invalid"
    )


async def test_a_thousand_faults_are_answered_briefly():
    tags = {"tags": ["x"] * 200}
    answer = await call("POST", "/submissions", json=tags)
    assert len(answer.json()["errors"]) == problems.MAX_FIELD_ERRORS


async def test_no_such_route_and_no_such_method():
    assert_problem(await call("GET", "/nowhere"), 404, "not-found")
    answer = await call("DELETE", "/submissions")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_an_http_error_keeps_its_detail():
    body = assert_problem(await call("GET", "/fails/http"), 403, "forbidden")
    assert body["detail"] == "no"


async def test_unavailable_says_when_to_come_again():
    answer = await call("GET", "/fails/away")
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert SECRET_WORDS not in answer.text


async def test_the_unforeseen_is_500_and_its_words_are_neither_told_nor_logged():
    with structlog.testing.capture_logs() as logs:
        answer = await call("GET", "/fails/otherwise")
    assert_problem(answer, 500, "internal-error")
    assert SECRET_WORDS not in answer.text
    assert [entry["event"] for entry in logs] == ["request_failed"]
    assert logs[0]["error"] == "RuntimeError"
    assert any("fails" in place for place in logs[0]["at"])
    assert SECRET_WORDS not in str(logs)


async def test_an_answer_that_breaks_off_is_broken_off_without_words():
    with structlog.testing.capture_logs() as logs, pytest.raises(ConnectionAbortedError) as caught:
        await call("GET", "/fails/late")
    assert SECRET_WORDS not in str(logs)
    assert caught.value.__suppress_context__


async def chunks(*parts):
    for part in parts:
        yield part


@pytest.mark.parametrize("path", ["/submissions", "/count", "/careless"])
async def test_a_body_over_the_limit_is_refused_by_its_told_length(path):
    headers = {"content-type": "application/json"}
    answer = await call("POST", path, content=b"x" * 1001, headers=headers)
    assert_problem(answer, 413, "body-too-large")


@pytest.mark.parametrize("path", ["/submissions", "/count", "/careless"])
async def test_a_body_over_the_limit_is_refused_by_its_chunks(path):
    headers = {"content-type": "application/json"}
    body = chunks(b"x" * 600, b"x" * 401)
    answer = await call("POST", path, content=body, headers=headers)
    assert "content-length" not in answer.request.headers
    assert_problem(answer, 413, "body-too-large")


async def test_a_body_at_the_limit_is_taken():
    answer = await call("POST", "/count", content=chunks(b"x" * 600, b"x" * 400))
    assert answer.json() == {"bytes": 1000}


async def test_a_length_that_lies_does_not_get_past_the_limit():
    transport = httpx.ASGITransport(small_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        request = http.build_request("POST", "/count", content=chunks(b"x" * 1001))
        request.headers["content-length"] = "10"
        assert_problem(await http.send(request), 413, "body-too-large")


@pytest.mark.parametrize("told", ["9" * 5000, "-1", "1e9", "²"])
async def test_a_strange_length_is_answered(told):
    headers = {"content-length": told.encode("latin-1")}
    answer = await call("POST", "/count", content=b"x", headers=headers)
    assert answer.status_code in (200, 413)


def test_the_documents_tell_every_problem():
    document = small_app().openapi()
    json.dumps(document)

    def statuses(path, method):
        answers = document["paths"][path][method]["responses"]
        for status, answer in answers.items():
            expected = "application/json" if status == "200" else "application/problem+json"
            assert list(answer["content"]) == [expected]
        return set(answers)

    assert statuses("/submissions", "post") == {"200", "400", "409", "413", "422", "429", "503"}
    assert statuses("/things", "get") == {"200", "401", "403", "422", "429", "503"}
    assert statuses("/public", "get") == {"200", "401", "404", "429", "503"}
    schemas = document["components"]["schemas"]
    assert {"Problem", "FieldError"} <= set(schemas)
    assert "HTTPValidationError" not in schemas
    assert document["paths"]["/things"]["get"]["security"] == [{"bearer": []}]
