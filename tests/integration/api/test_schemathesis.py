"""Whatever is sent, the four APIs answer as their OpenAPI documents say, and never with 5xx."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import BaseSchema, Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from libs.runtime.settings import Settings
from services.cli.serve import build

from .system import Headers, Json, System, point_in, town

EXAMPLES = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
NOWHERE = Settings(kafka="127.0.0.1:9", mongo="mongodb://127.0.0.1:9/?directConnection=true")
TOWN = town("etimesgut", 32.60)
ROLES = ("operator", "supervisor", "admin", "auditor")

turns = itertools.count()


@dataclass(frozen=True)
class Known:
    """What is really there, so that not every answer is 404, and a caller who may do all."""

    headers: Headers
    secret: str
    path: Json
    session: requests.Session


@pytest.fixture(scope="module")
def known(system: System) -> Known:
    system.admit(TOWN)
    request = system.submit({"text": "Yolda çukur var", "point": point_in(TOWN)})
    task = system.task("etimesgut", request["id"])
    groups = ["platform", *(f"etimesgut/{role}" for role in ROLES)]
    token = system.signer.token("everybody", groups=groups, lifetime_s=3600)
    headers = system.signer.header(token)
    path = {"id": task["id"], "slug": "etimesgut", "number": request["tracking_number"]}
    return Known(headers, request["secret"], path, requests.Session())


def _api(name: str) -> BaseSchema:
    return schemathesis.openapi.from_dict(build(name, NOWHERE).openapi())


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@_api("intake").parametrize()
@bounded
def test_intake_answers_as_it_says(case: Case[Any], system: System, known: Known) -> None:
    _answers(case, system, known)


@_api("routing").parametrize()
@bounded
def test_routing_answers_as_it_says(case: Case[Any], system: System, known: Known) -> None:
    _answers(case, system, known)


@_api("crm").parametrize()
@bounded
def test_crm_answers_as_it_says(case: Case[Any], system: System, known: Known) -> None:
    _answers(case, system, known)


@_api("reporting").parametrize()
@bounded
def test_reporting_answers_as_it_says(case: Case[Any], system: System, known: Known) -> None:
    _answers(case, system, known)


def _answers(case: Case[Any], system: System, known: Known) -> None:
    """Every other call is about something that is there, at a place that is somebody's; the
    others are sent as they were made, and a body that breaks the schema must be refused.
    """
    headers, checks = known.headers, CHECKS
    if next(turns) % 2:
        checks = [*checks, negative_data_rejection] if case.operation.body else checks
    else:
        headers = headers | {"Sokak-Secret": known.secret}
        for name in set(case.path_parameters) & set(known.path):
            case.path_parameters[name] = known.path[name]
        if isinstance(case.body, dict) and isinstance(case.body.get("point"), dict):
            case.body["point"] = point_in(TOWN)
    answer = case.call(base_url=system.url, session=known.session, headers=headers)
    case.validate_response(answer, checks=checks)
