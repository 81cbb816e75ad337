"""For developers: how to subscribe, in words at `/developers` and as documents for machines."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from fastapi.responses import Response

import libs.events
from libs.events import PUBLIC
from libs.runtime.accounts import MECHANISM
from libs.runtime.rule import Refused
from libs.runtime.settings import Settings
from libs.web.access import Open
from libs.web.pages import Pages

from . import contract

PREFIX = "/developers"
EVENTS = Path(libs.events.__file__).parent
EXAMPLES = Path(__file__).parents[2] / "docs" / "integrators"
SHOWN = ("subscriber.py", "subscriber.mjs", "subscriber.sh", "client.properties")
FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
"""Documents say the same to everybody, also to a page of another origin that reads them."""

Type = Annotated[
    str, InPath(description="An event's type.", examples=["service_request.changed.v1"])
]
Shape = Annotated[int, InPath(ge=1, le=9999, description="The number of its shape.")]


def router(pages: Pages, settings: Settings) -> APIRouter:
    """The routes of `/developers`."""
    routes = APIRouter(prefix=PREFIX, dependencies=[Depends(Open())], include_in_schema=False)
    committed = json.loads((EVENTS / "asyncapi.json").read_text(encoding="utf-8"))
    here = contract.at(committed, settings.kafka_outer, settings.kafka_outer_tls)
    document = json.dumps(here, indent=2, ensure_ascii=False)
    messages = committed["components"]["messages"].values()
    told: dict[str, Any] = {
        "surface": "developers",
        "topic": PUBLIC,
        "servers": settings.kafka_outer,
        "protocol": "SASL_SSL" if settings.kafka_outer_tls else "SASL_PLAINTEXT",
        "mechanism": MECHANISM,
        "fields": contract.fields(),
        "attributes": contract.HEADERS,
        "records": {message["name"]: _record(message["examples"][0]) for message in messages},
        "examples": _examples(),
        "schemas": {event.type: _newest(event.type) for event in contract.PUBLIC_EVENTS},
    }

    @routes.get("")
    async def about(request: Request) -> Response:
        """What there is to subscribe to, and how."""
        return pages.render(request, "developers.html", **told)

    @routes.get("/asyncapi.json")
    async def asyncapi() -> Response:
        """The contract of the public topics, with this installation's server."""
        return Response(document, media_type="application/json", headers=FOR_ALL)

    @routes.get("/schemas/{type}/{shape}.json")
    async def schema(type: Type, shape: Shape) -> Response:
        """The JSON Schema of a public event's data."""
        public = any(event.type == type for event in contract.PUBLIC_EVENTS)
        file = EVENTS / "schemas" / type / f"{shape}.json"
        if not public or not file.exists():
            raise Refused("schema-unknown", "There is no such schema.", 404)
        return Response(file.read_bytes(), media_type="application/schema+json", headers=FOR_ALL)

    return routes


def _newest(type: str) -> int:
    return max(int(file.stem) for file in (EVENTS / "schemas" / type).glob("*.json"))


def _examples() -> dict[str, str]:
    """The programs that the tests run, where the documentation is beside the code."""
    files = [EXAMPLES / name for name in SHOWN]
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.exists()}


def _record(example: dict[str, Any]) -> str:
    """A record as a person reads it: key, headers, value."""
    headers = "".join(f"{name}: {text}\n" for name, text in example["headers"].items())
    value = json.dumps(example["payload"], indent=2, ensure_ascii=False)
    return f"{example['headers']['ce_subject']}\n\n{headers}\n{value}"
