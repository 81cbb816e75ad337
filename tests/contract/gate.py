"""Whether two shapes of an event get on: old readers with new writers, and the other way.

A writer's objects are closed (it writes nothing else), a reader's open (it ignores what it
does not know); then a change is harmless if what each side writes is what the other side reads.
So an optional field may come, and nothing else: whatever else changes is a `v2`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from jsonsubschema import isSubschema

from .shapes import Schema, inside

JUDGED = frozenset(
    (
        *("$defs", "$ref", "$schema", "title", "default"),
        *("type", "enum", "const", "anyOf", "pattern", "format", "minLength", "maxLength"),
        *("minimum", "maximum", "items", "minItems", "maxItems", "properties", "required"),
        *("additionalProperties", "patternProperties", "minProperties", "maxProperties"),
    )
)
"""The keywords that the comparison understands; it would pass over any other in silence."""


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why `new` must not follow `old`; empty if it may."""
    found = []
    names = {**old.get("properties", {}), **new.get("properties", {})}
    for direction, writer, reader in (("backward", old, new), ("forward", new, old)):
        if not _fits(writer, reader):
            fields = [name for name in names if not _fits(_only(writer, name), _only(reader, name))]
            found.append(f"{direction}: {', '.join(fields) or 'as a whole'}")
    before, after = _defaults(old), _defaults(new)
    for field in sorted(before.keys() & after.keys()):
        if before[field] != after[field]:
            found.append(f"default: {field}")
    return found


def unjudged(schema: Schema) -> set[str]:
    """Keywords of a shape that the comparison does not understand."""
    found = schema.keys() - JUDGED

    def look(part: Schema) -> Schema:
        found.update(unjudged(part))
        return part

    inside(schema, look)
    return found


def _fits(writer: Schema, reader: Schema) -> bool:
    return bool(isSubschema(_closed(_plain(writer)), _plain(reader)))


def _only(schema: Schema, name: str) -> Schema:
    bare = {key: part for key, part in schema.items() if key not in ("properties", "required")}
    properties = schema.get("properties", {})
    bare["properties"] = {name: properties[name]} if name in properties else {}
    return {**bare, "required": [name]} if name in schema.get("required", ()) else bare


def _plain(schema: Schema) -> Schema:
    """Replace patterns and formats, which the comparison gets wrong, by names that stand for them.

    Two of them are then equal or have nothing in common, which is stricter and always right.
    """
    if schema.get("type") == "string" and ("pattern" in schema or "format" in schema):
        return {"type": "string", "enum": [_stand_in(schema)]}
    plain = {key: part for key, part in schema.items() if key not in ("$schema", "default")}
    if keys := plain.pop("patternProperties", None):
        limits = {key: plain.pop(key, None) for key in ("minProperties", "maxProperties")}
        parts = {_stand_in({"keys": name, **limits}): part for name, part in keys.items()}
        plain |= {"properties": parts, "required": sorted(parts)}
    return inside(plain, _plain)


def _stand_in(bounds: Schema) -> str:
    bounds = {key: bound for key, bound in bounds.items() if key != "default"}
    return sha256(json.dumps(bounds, sort_keys=True).encode()).hexdigest()[:8]


def _closed(schema: Schema) -> Schema:
    closed = inside(schema, _closed)
    return {**closed, "additionalProperties": False} if "properties" in closed else closed


def _defaults(schema: Schema, path: str = "") -> dict[str, Any]:
    """What stands for each field that may be absent, by its place."""
    found = {}
    for name, part in schema.get("properties", {}).items():
        if "default" in part:
            found[f"{path}{name}"] = part["default"]
    for name, part in schema.get("$defs", {}).items():
        found |= _defaults(part, f"{name}.")
    return found
