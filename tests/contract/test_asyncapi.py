"""The contract of the public topics is a valid AsyncAPI document, and that of the classes."""

from __future__ import annotations

import copy
import json
import subprocess
from typing import Any

import pytest
from jsonschema import Draft7Validator

from libs.events import Event, ServiceRequestChanged
from services.reporting.contract import MEANINGS, PUBLIC_EVENTS, at, fields
from tests.node.installed import HERE, node_modules

from .asyncapi import FILE, contract, text
from .samples import sample


def faults(document: dict[str, Any]) -> list[dict[str, str]]:
    """What AsyncAPI's own parser finds: errors and warnings."""
    node_modules()
    done = subprocess.run(
        ("node", "asyncapi.mjs"),
        cwd=HERE,
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert bool(found) == bool(done.returncode), done.stderr
    return found


def test_the_committed_document_is_that_of_the_classes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(contract()), "run `make contract`"


@pytest.mark.parametrize(
    "document",
    [
        contract(),
        at(contract(), "kafka.example.bel.tr:9093", tls=True),
        at(contract(), "127.0.0.1:9093", tls=False),
        at(contract(), None, tls=False),
    ],
    ids=["committed", "tls", "plain", "without a listener"],
)
def test_the_official_parser_finds_nothing(document: dict[str, Any]) -> None:
    assert faults(document) == []


def test_the_official_parser_would_find_something() -> None:
    document = copy.deepcopy(contract())
    document["channels"]["requests"]["servers"] = [{"$ref": "#/servers/none"}]
    assert faults(document)


def schemas(message: str) -> tuple[Draft7Validator, Draft7Validator]:
    """What the document says of a message's headers and of its payload."""
    components = contract()["components"]
    found = components["messages"][message]
    headers, payload = (
        {**found[part], "components": components} for part in ("headers", "payload")
    )
    return Draft7Validator(headers), Draft7Validator(payload)


@pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.type)
def test_what_it_says_of_records_holds_for_every_sample(event: type[Event]) -> None:
    headers, payload = schemas(event.__name__)
    for example in contract()["components"]["messages"][event.__name__]["examples"]:
        headers.validate(example["headers"])
        payload.validate(example["payload"])
        assert set(example["headers"]) <= set(headers.schema["properties"])


def test_what_it_says_of_records_does_not_hold_for_others() -> None:
    headers, payload = schemas("ServiceRequestChanged")
    golden = sample("service_request.changed.v1.full")
    assert not payload.is_valid(golden.data | {"voices": "three"})
    assert not payload.is_valid(golden.data | {"category": {"code": "ROADS"}})
    assert not headers.is_valid(golden.headers | {"ce_sequence": "0"})
    assert not headers.is_valid(golden.headers | {"ce_type": "service_request.hidden.v1"})


def test_every_field_has_a_meaning_and_every_meaning_a_field() -> None:
    told = fields(ServiceRequestChanged)
    assert {one.path for one in told} == set(MEANINGS)
    assert set(ServiceRequestChanged.model_fields) <= set(MEANINGS)
