"""Where people may write, as the services' own OpenAPI tells, and where it may go from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libs.runtime.settings import Settings
from services.cli.serve import SERVICES, build

Schema = dict[str, Any]

CLOSED = frozenset((r"^[A-Za-z0-9_.:-]{1,64}$", r"^[a-z0-9](-?[a-z0-9]){0,31}$"))
"""Patterns of codes and slugs: nobody writes a sentence with them."""


@dataclass(frozen=True)
class Allowed:
    """Topics, and collections as `service.collection`, that may hold what was written."""

    topics: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()


NOWHERE = Allowed()
WORDS = Allowed(
    frozenset({"request_texts"}),
    frozenset({"intake.requests", "routing.decisions", "crm.tasks"}),
)
REMARK = Allowed(frozenset({"request_texts"}), frozenset({"intake.requests", "crm.tasks"}))
CONTACT = Allowed(collections=frozenset({"intake.requests"}))
NOTE = Allowed(collections=frozenset({"crm.tasks"}))
TOLD = Allowed(frozenset({"tasks"}), frozenset({"crm.tasks", "intake.requests"}))
"""What the municipality says to the citizen; it is the citizen's only as long as nobody logs it."""
COLLEAGUE = Allowed(
    frozenset({"tasks"}), frozenset({"crm.tasks", "intake.requests", "reporting.facts_1"})
)
OWN_WORDS = Allowed(collections=frozenset({"crm.preferences"}))
"""What people of the municipality call their lists."""
SENT_TO = Allowed(collections=frozenset({"reporting.webhooks"}))
FOREIGN_NUMBER = Allowed(
    frozenset({"requests"}),
    frozenset({"intake.requests", "intake.sources", "crm.tasks", "routing.decisions"})
    | {"reporting.facts_1"},
)

FIELDS: dict[str, Allowed] = {
    "POST /api/requests text": WORDS,
    "POST /api/requests address": WORDS,
    "POST /api/requests answers.*": WORDS,
    "POST /api/requests contact.name": CONTACT,
    "POST /api/requests contact.phone": CONTACT,
    "POST /api/requests contact.email": CONTACT,
    "POST /api/requests client_request_id": NOWHERE,
    "POST /api/requests/import source": FOREIGN_NUMBER,
    "POST /api/requests/import rows.*.source_number": FOREIGN_NUMBER,
    "POST /api/requests/import rows.*.text": WORDS,
    "POST /api/requests/import rows.*.address": WORDS,
    "PATCH /api/requests/{number} text": WORDS,
    "PATCH /api/requests/{number} address": WORDS,
    "POST /api/requests/by-phone phone": NOWHERE,
    "POST /api/requests/near text": NOWHERE,
    "POST /api/requests/{number}/answer text": REMARK,
    "POST /api/requests/{number}/attachments photo": NOWHERE,
    "POST /api/requests/{number}/feedback text": REMARK,
    "POST /api/requests/{number}/reopen text": REMARK,
    "POST /api/routing/explain text": NOWHERE,
    "POST /api/routing/explain address": NOWHERE,
    "POST /api/tasks/{id}/assign operator": COLLEAGUE,
    "POST /api/tasks/{id}/status message": TOLD,
    "POST /api/tasks/{id}/status duplicate_of": NOWHERE,
    "POST /api/tasks/{id}/comments message": NOTE,
    "POST /api/tasks/{id}/category message": TOLD,
    "POST /api/tasks/{id}/decline-reopening message": TOLD,
    "POST /api/tasks/{id}/merge into": NOWHERE,
    "POST /api/tasks/{id}/words text": NOWHERE,
    "POST /api/tasks/{id}/words photos.*": NOWHERE,
    "POST /api/tasks/bulk ids.*": NOWHERE,
    "POST /api/tasks/bulk assign.operator": COLLEAGUE,
    "POST /api/tasks/bulk/each tasks.*.id": NOWHERE,
    "POST /api/tasks/bulk/each tasks.*.assign.operator": COLLEAGUE,
    "POST /api/tasks/bulk category.message": TOLD,
    "POST /api/tasks/bulk comment.message": NOTE,
    "POST /api/tasks/bulk status.message": TOLD,
    "POST /api/tasks/bulk status.duplicate_of": NOWHERE,
    "PUT /api/tasks/keys keys.*": NOWHERE,
    "PUT /api/tasks/views/{id} name": OWN_WORDS,
    "PUT /api/tasks/views/{id} query": OWN_WORDS,
    "PUT /api/tasks/views/shared/{id} name": OWN_WORDS,
    "PUT /api/tasks/views/shared/{id} query": OWN_WORDS,
    "POST /api/webhooks url": SENT_TO,
    "POST /api/webhooks note": SENT_TO,
}
"""Every field of a body that takes free text. One that is missing here fails a test."""

OPEN311: dict[str, Allowed] = {
    "description": WORDS,
    "address_string": WORDS,
    "attribute[pole]": WORDS,
    "media_url": WORDS,
    "first_name": CONTACT,
    "last_name": CONTACT,
    "phone": CONTACT,
    "email": CONTACT,
    "account_id": NOWHERE,
    "device_id": NOWHERE,
    "client_request_id": NOWHERE,
}
"""The fields of an Open311 POST, which no OpenAPI tells; `OPEN311_UPDATE` are an update's."""

OPEN311_UPDATE: dict[str, Allowed] = {
    "description": REMARK,
    "title": REMARK,
    "media_url": REMARK,
    "update_id": NOWHERE,
    "first_name": NOWHERE,
    "last_name": NOWHERE,
    "email": NOWHERE,
    "phone": NOWHERE,
    "account_id": NOWHERE,
    "service_request_id_ext": NOWHERE,
}

OPERATIONS = "/ops/"
"""Dead letters are for the platform's people, who write reasons and repairs there."""


TENANTS = "/api/tenants/"
"""What a municipality says of itself is published."""


def free_fields() -> set[str]:
    """The fields of all bodies that take free text, as the services document them."""
    nowhere = Settings(kafka="127.0.0.1:9", mongo="mongodb://127.0.0.1:9/?directConnection=true")
    return {
        f"{method.upper()} {path} {field}"
        for name in SERVICES
        for document in [build(name, nowhere).openapi()]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for body in operation.get("requestBody", {}).get("content", {}).values()
        for field in _free(body["schema"], document)
        if not path.startswith((OPERATIONS, TENANTS))
    }


def _free(schema: Schema, root: Schema, place: tuple[str, ...] = ()) -> Iterator[str]:
    if "$ref" in schema:
        schema = root["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        yield from _free(part, root, place)
    bound = {"enum", "const", "format"} & schema.keys() or schema.get("pattern") in CLOSED
    if schema.get("type") == "string" and not bound:
        yield ".".join(place)
    for name, part in schema.get("properties", {}).items():
        yield from _free(part, root, (*place, name))
    inner = [schema.get("items"), schema.get("additionalProperties")]
    for part in (*inner, *schema.get("patternProperties", {}).values()):
        if isinstance(part, dict):
            yield from _free(part, root, (*place, "*"))


class Marks:
    """Strings that nobody else writes, and who may hold each."""

    def __init__(self) -> None:
        self.allowed: dict[str, Allowed] = {}

    def plant(self, allowed: Allowed) -> str:
        """A fresh one: digits that are a telephone number's as well."""
        mark = f"55507{len(self.allowed):03d}4419"
        self.allowed[mark] = allowed
        return mark

    def plant_bytes(self, allowed: Allowed) -> bytes:
        """A fresh one, as it is on the wire."""
        return self.plant(allowed).encode()

    def plant_in(self, field: str) -> str:
        """A fresh one for a field of a body."""
        return self.plant(FIELDS[field])

    def found_in(self, text: bytes) -> set[str]:
        """Which of them are in there."""
        return {mark for mark in self.allowed if mark.encode() in text}
