"""Open311 as a caller hears it, and the rules that every answer keeps, in words of our own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
import jsonschema

from tests.integration.api.open311 import table
from tests.integration.api.system import Json, System

BASE = "/open311/v2"
FORMATS = ("xml", "json")
CONTENT_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
ARRAYS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
    "service_request_updates": "request_update",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_TEXT = {"type": ["string", "null"]}
_MOMENT = {"type": "string", "pattern": f"^{MOMENT.pattern}$"}
_NUMBER = {"type": ["number", "null"]}
_DATATYPES = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]


def _object(required: dict[str, Any], **optional: Any) -> Json:
    return {
        "type": "object",
        "required": sorted(required),
        "properties": required | optional,
        "additionalProperties": False,
    }


def _array(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


_NAME = {"type": "string", "minLength": 1}
SCHEMAS: dict[str, Json] = {
    "services": _array(
        _object(
            {
                "service_code": _NAME,
                "service_name": _NAME,
                "metadata": {"type": "boolean"},
                "type": {"enum": ["realtime", "batch", "blackbox"]},
            },
            description=_TEXT,
            keywords=_TEXT,
            group=_TEXT,
        )
    ),
    "service_definition": _object(
        {
            "service_code": _NAME,
            "attributes": _array(
                _object(
                    {
                        "variable": {"type": "boolean"},
                        "code": _NAME,
                        "datatype": {"enum": _DATATYPES},
                        "required": {"type": "boolean"},
                    },
                    datatype_description=_TEXT,
                    order={"type": "integer", "minimum": 1},
                    description=_TEXT,
                    values=_array(_object({"key": _NAME, "name": _NAME}), minItems=1),
                )
            ),
        }
    ),
    "service_requests": _array(
        _object(
            {
                "service_request_id": _NAME,
                "status": {"enum": ["open", "closed"]},
                "service_code": _NAME,
                "requested_datetime": _MOMENT,
                "updated_datetime": _MOMENT,
            },
            **dict.fromkeys(
                ("status_notes", "service_name", "description", "agency_responsible"), _TEXT
            ),
            **dict.fromkeys(("service_notice", "address", "address_id", "zipcode"), _TEXT),
            **dict.fromkeys(("expected_datetime", "media_url"), _TEXT),
            lat=_NUMBER,
            long=_NUMBER,
            attributes=_array({"type": "object"}),
            extended_attributes={"type": "object"},
            notes=_array(
                _object({"datetime": _MOMENT, "description": _NAME, "type": _NAME}),
            ),
        )
    ),
    "posted": _array(
        _object(
            {},
            service_request_id=_NAME,
            token=_NAME,
            service_notice=_TEXT,
            account_id=_TEXT,
        ),
        minItems=1,
        maxItems=1,
    ),
    "tokens": _array(_object({"service_request_id": _TEXT, "token": _NAME}), minItems=1),
    "errors": _array(_object({"code": {"type": "number"}, "description": _NAME}), minItems=1),
    "discovery": _object(
        {
            "changeset": _MOMENT,
            "contact": _NAME,
            "key_service": _NAME,
            "endpoints": _array(
                _object(
                    {
                        "specification": {"enum": ["http://wiki.open311.org/GeoReport_v2"]},
                        "url": {"type": "string", "pattern": "^https?://.*/open311/v2$"},
                        "changeset": _MOMENT,
                        "type": {"enum": ["production", "test"]},
                        "formats": _array({"enum": ["text/xml", "application/json"]}, minItems=2),
                    }
                ),
                minItems=1,
            ),
        }
    ),
    "taken_update": _array(_object({"update_id": _NAME}), minItems=1, maxItems=1),
    "service_request_updates": _array(
        _object(
            {
                "update_id": _NAME,
                "service_request_id": _NAME,
                "status": _NAME,
                "description": _TEXT,
                "media_url": _TEXT,
                "updated_datetime": _MOMENT,
            },
            external_status_code=_TEXT,
        )
    ),
}


@dataclass(frozen=True)
class Heard:
    """An answer: its status, and what it says whatever the format, numbers and all as text."""

    status: int
    value: Any
    response: httpx.Response

    def faults(self) -> list[str]:
        """The sentences of the errors."""
        return [one["description"] for one in self.value]


@dataclass(frozen=True)
class Caller:
    """Somebody who speaks Open311 in one format with one municipality."""

    system: System
    format: str
    jurisdiction: str | None
    key: str | None = None

    def get(self, path: str, schema: str | None = None, **arguments: Any) -> Heard:
        """Ask; every answer is checked against the rules of its kind."""
        return self._heard("GET", path, schema, params=self._known(arguments))

    def post(self, path: str, schema: str | None = None, files: Any = None, **told: Any) -> Heard:
        """Tell something, as a form."""
        fields = self._known(told)
        return self._heard("POST", path, schema, data=fields, files=files)

    def number(self, **told: Any) -> str:
        """Send a request that must be taken; its number."""
        heard = self.post("requests", "posted", **told)
        assert heard.status == 200, heard.value
        number = heard.value[0]["service_request_id"]
        assert isinstance(number, str)
        return number

    def one(self, number: str) -> Json:
        """A request that must be there."""
        heard = self.get(f"requests/{number}", "service_requests")
        assert heard.status == 200, heard.value
        (found,) = heard.value
        result: Json = found
        return result

    def ids(self, **arguments: Any) -> list[str]:
        """The numbers of a list that must be given."""
        heard = self.get("requests", "service_requests", **arguments)
        assert heard.status == 200, heard.value
        return [one["service_request_id"] for one in heard.value]

    def _known(self, told: Json) -> Json:
        known = {"jurisdiction_id": self.jurisdiction, "api_key": self.key} | told
        return {name: value for name, value in known.items() if value is not None}

    def _heard(self, method: str, path: str, schema: str | None, **sent: Any) -> Heard:
        address = f"{BASE}/{path}.{self.format}"
        response = self.system.http.request(method, address, **sent)
        return heard(response, self.format, schema)


def heard(response: httpx.Response, format: str, schema: str | None = None) -> Heard:
    """Read an answer; JSON is checked against its schema, XML is read by the Spark convention."""
    assert response.headers["content-type"] == CONTENT_TYPES[format], response.text[:500]
    table.SPOKEN.add(format)
    if format == "json":
        value = json.loads(response.content)
        kind = "errors" if response.status_code >= 400 else schema
        if kind:
            jsonschema.Draft4Validator(SCHEMAS[kind]).validate(value)
        value = in_words(value)
    else:
        assert response.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        value = spark(Xml.fromstring(response.content))
    return Heard(response.status_code, value, response)


def spark(element: Xml.Element) -> Any:
    """What JSON would say, values as text."""
    assert "}" not in element.tag, "a namespace"
    if element.tag in ARRAYS:
        assert {inner.tag for inner in element} <= {ARRAYS[element.tag]}
        return [spark(inner) for inner in element]
    if len(element):
        return {inner.tag: spark(inner) for inner in element}
    return element.text or None


def in_words(value: Any) -> Any:
    """A JSON value with numbers and booleans as text."""
    if isinstance(value, list):
        return [in_words(inner) for inner in value]
    if isinstance(value, dict):
        return {name: in_words(inner) for name, inner in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)
