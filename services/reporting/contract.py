"""The public events in words, field by field, and as a document for machines (AsyncAPI 3).

Source: AsyncAPI 3.0.0 and its Kafka bindings 0.5.0 (asyncapi.com).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libs.events import EVENTS, PUBLIC, Event, ServiceRequestChanged, public_topic
from libs.text import said

Json = dict[str, Any]

VERSION = "1.0.0"
"""Of the contract: the second number rises with a field, the first with a class's version."""

PUBLIC_EVENTS = [event for event in EVENTS.values() if event.topic == PUBLIC]

MEANINGS = {
    "tenant": said("The municipality, by its short name in addresses."),
    "tracking_number": said("What the citizen quotes; shown as 7F3K-9QHX-M, here without dashes."),
    "request_type": said("What kind of request it is."),
    "channel": said("How it came in."),
    "status": said("Open or closed, as in Open311."),
    "status_detail": said("The same, more closely: how the work stands."),
    "opened_at": said("When the citizen sent it."),
    "updated_at": said("When what changed last had happened."),
    "closed_at": said("When it was closed."),
    "due_at": said("By when the municipality means to be done."),
    "category": said("What it is about."),
    "category.code": said("The municipality's own code; stays the same when the name changes."),
    "category.names.tr": said("Its name in Turkish."),
    "category.names.en": said("Its name in English."),
    "department": said("The department that works on it."),
    "department.code": said("The municipality's own code; stays the same when the name changes."),
    "department.names.tr": said("Its name in Turkish."),
    "department.names.en": said("Its name in English."),
    "neighbourhood": said("The neighbourhood that it lies in."),
    "neighbourhood.code": said("The municipality's own code."),
    "neighbourhood.name": said("Its name."),
    "point": said("A place near the true one, never the exact one."),
    "point.lat": said("Latitude in degrees (WGS 84)."),
    "point.lon": said("Longitude in degrees (WGS 84)."),
    "voices": said("How many others have said that they want it, too."),
    "merged_into": said("The tracking number of the request that this one was joined to."),
    "reopened": said("Whether the work was taken up again at least once."),
}
"""What each field of a public state means; the pages translate it."""

HEADERS = {
    "ce_type": said("Which event it is. Skip one that you do not know."),
    "ce_subject": said("The request, the same as the key."),
    "ce_sequence": said("The number of this change of the request: the next one has a higher one."),
    "ce_time": said("When Sokak told it."),
    "ce_tenant": said("The municipality, for filtering."),
    "ce_id": said("The event's own id, the same in a repeat."),
    "ce_source": said("Always /sokak/reporting."),
    "ce_specversion": said("Always 1.0 (CloudEvents)."),
    "content-type": said("application/json; absent where there is no value."),
    "ce_tenantversion": said("The version of the municipality's settings at that time."),
    "ce_causationid": said("The id of the event that led to this one."),
    "traceparent": said("For tracing (W3C Trace Context)."),
}
"""What each header of a record means."""

_ALWAYS = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_sequence",
)
_TEXT: Json = {"type": "string"}
_SHAPES: Mapping[str, Json] = {
    "ce_specversion": {"const": "1.0"},
    "ce_source": {"const": "/sokak/reporting"},
    "ce_time": {"type": "string", "format": "date-time"},
    "ce_sequence": {"type": "string", "pattern": "^[1-9][0-9]{0,14}$"},
    "content-type": {"const": "application/json"},
}


@dataclass(frozen=True)
class Field:
    """One field for a person: `kind` is a word of JSON Schema's, `words` what it may be; it is
    `required` where what it is a part of is there.
    """

    path: str
    kind: str
    required: bool
    meaning: str
    words: tuple[str, ...] = ()


def fields(event: type[Event] = ServiceRequestChanged) -> list[Field]:
    """The fields of an event, those inside an object after it."""
    schema = event.model_json_schema()
    return list(_fields(schema, schema.get("$defs", {}), ""))


def _fields(schema: Json, parts: Json, before: str) -> Iterator[Field]:
    required = set(schema.get("required", ()))
    for name, told in schema["properties"].items():
        path = f"{before}{name}"
        shape = _shape(told, parts)
        if path in MEANINGS:
            kind, words = shape.get("format") or shape["type"], tuple(shape.get("enum", ()))
            yield Field(path, kind, name in required, MEANINGS[path], words)
        if shape["type"] == "object":
            yield from _fields(shape, parts, f"{path}.")


def _shape(told: Json, parts: Json) -> Json:
    """What it is where it is there."""
    one = next((part for part in told.get("anyOf", ()) if part.get("type") != "null"), told)
    found: Json = parts[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
    return found


def document(examples: Mapping[str, list[Json]]) -> Json:
    """The contract of the public topics. `examples` are records by the event's type, each with
    `name`, `headers` and `payload`.
    """
    topic = public_topic("{tenant}")
    schemas: Json = {}
    messages = {event.__name__: _message(event, schemas, examples) for event in PUBLIC_EVENTS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sokak: public state of requests",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server("kafka.example.org:9093", tls=True)},
        "channels": {
            "requests": {
                "address": topic.name,
                "title": "Requests of one municipality",
                "description": "One record for each change of a request's public state, keyed by "
                "the request's id. Compacted: who reads it from the start has the state of all.",
                "servers": [{"$ref": "#/servers/kafka"}],
                "parameters": {
                    "tenant": {"description": MEANINGS["tenant"], "examples": ["kecioren"]}
                },
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {
                    "kafka": {
                        "partitions": topic.partitions,
                        "topicConfiguration": {
                            "cleanup.policy": [topic.config["cleanup.policy"]],
                            "delete.retention.ms": int(topic.config["delete.retention.ms"]),
                            "max.message.bytes": topic.max_record_bytes,
                        },
                        "bindingVersion": "0.5.0",
                    }
                },
            }
        },
        "operations": {
            "tellRequests": {
                "action": "send",
                "title": "Sokak tells how a request stands",
                "channel": {"$ref": "#/channels/requests"},
                "messages": [{"$ref": f"#/channels/requests/messages/{name}"} for name in messages],
            }
        },
        "components": {
            "messages": messages,
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "The user and password of an integrator of the municipality's.",
                }
            },
        },
    }


def at(document: Json, address: str | None, tls: bool) -> Json:
    """The document with the server of this installation; none where it has none."""
    if address:
        return document | {"servers": {"kafka": _server(address, tls)}}
    channel = document["channels"]["requests"]
    bare = {name: part for name, part in channel.items() if name != "servers"}
    rest = {name: part for name, part in document.items() if name != "servers"}
    return rest | {"channels": {"requests": bare}}


def _server(address: str, tls: bool) -> Json:
    return {
        "host": address,
        "protocol": "kafka-secure" if tls else "kafka",
        "description": f"SASL_{'SSL' if tls else 'PLAINTEXT'} with SCRAM-SHA-512. The account's "
        "consumer groups begin with its user's name and a dot.",
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _message(event: type[Event], schemas: Json, examples: Mapping[str, list[Json]]) -> Json:
    headers = {
        name: {**_SHAPES.get(name, _TEXT), "description": meaning}
        for name, meaning in HEADERS.items()
        if not (event.tombstone and name == "content-type")
    }
    headers["ce_type"] = {"const": event.type, "description": HEADERS["ce_type"]}
    required = [*_ALWAYS] if event.tombstone else [*_ALWAYS, "content-type"]
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").partition("\n")[0],
        "contentType": "application/json",
        "headers": {"type": "object", "required": required, "properties": headers},
        "payload": {"type": "null"} if event.tombstone else _payload(event, schemas),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "The request's id."},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": examples[event.type],
    }


def _payload(event: type[Event], schemas: Json) -> Json:
    """A reference to the class's schema, which is put beside its parts."""
    schema = event.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update({name: _bare(part) for name, part in schema.pop("$defs", {}).items()})
    schema = _bare(schema)
    for name, part in schema["properties"].items():
        part["description"] = MEANINGS[name]
    schemas[event.__name__] = schema
    return {"$ref": f"#/components/schemas/{event.__name__}"}


def _bare(schema: Json) -> Json:
    """Without words that are for those who read the code."""
    properties = {
        name: {key: value for key, value in part.items() if key not in ("title", "description")}
        for name, part in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {**kept, "properties": properties} if properties else kept


_ABOUT = """\
How the requests of a municipality stand, for everybody who has an account: category, status, dates,
neighbourhood and a place near the true one; no words, photos or names of citizens.

- Each record is the whole public state of one request. `ce_sequence` counts its changes; ignore a
  record whose number is not higher than the last one that you have seen of its key.
- A record without value means: forget this request (keep its number). It may come back later.
- Read with `isolation.level=read_committed`. Skip types and ignore fields that you do not know.
- Who was away for longer than `delete.retention.ms` begins anew with nothing, from the start: what
  was to be forgotten meanwhile may not be told any more.
"""
