"""What a problem document looks like, and which ones a route may answer with."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import BaseRoute

from .access import Open, Public, rule_in

MEDIA_TYPE = "application/problem+json"
_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_FASTAPI_OWN = ("HTTPValidationError", "ValidationError")


class FieldError(BaseModel):
    """What is wrong with one field; `point.lat` is the latitude inside the point."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `type` is stable, `title` is for people; a problem may have further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="/problems/<slug>: stable, to be compared")
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: these statuses are problem documents.

    What follows from the access rule and the body (400, 401, 403, 413, 422, 429, 503) is added
    by `problems.install`; name what the route itself refuses: 404, 409.
    """
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
    }


def document_problems(app: FastAPI) -> None:
    """Add the problem documents that every route can answer with to the app's OpenAPI."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _extend(plain(), app.routes)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _extend(document: dict[str, Any], routes: list[BaseRoute]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs")
    schemas["Problem"] = schema
    for name in _FASTAPI_OWN:
        schemas.pop(name, None)
    for operation, statuses in _operations(document, routes):
        answers = operation.setdefault("responses", {})
        for status in statuses:
            answers[str(status)] = _documented(status)


def _operations(
    document: dict[str, Any], routes: list[BaseRoute]
) -> Iterator[tuple[dict[str, Any], set[int]]]:
    for path, method, rule in rule_in(routes):
        operation = document.get("paths", {}).get(path, {}).get(method.lower())
        if operation is None:
            continue
        statuses = {429, 503}
        if rule is not None and not isinstance(rule, Open):
            statuses |= {401} if isinstance(rule, Public) else {401, 403}
        if operation.get("parameters") or "requestBody" in operation:
            statuses |= {422}
        if "requestBody" in operation:
            statuses |= {400, 413}
        yield operation, statuses
