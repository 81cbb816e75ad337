"""Documents of a JSON Schema for property tests: any that the schema allows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from .shapes import Schema

Json = Any
Documents = st.SearchStrategy[Json]

_WORDS = st.characters(codec="utf-8")
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(_WORDS, max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(_WORDS, max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


def documents(schema: Schema, root: Schema | None = None) -> Documents:
    """Any document of the schema; of no more kinds than the shapes of events have."""
    root = root or schema
    if "$ref" in schema:
        return documents(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of(*(documents(part, root) for part in schema["anyOf"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "string":
            return _strings(schema)
        case "integer":
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 2**53))
        case "number":
            return st.floats(schema["minimum"], schema["maximum"])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            least, most = schema.get("minItems", 0), min(schema.get("maxItems", 3), 3)
            return st.lists(documents(schema["items"], root), min_size=least, max_size=most)
        case "object":
            return _objects(schema, root)
    raise ValueError(f"no documents of type {schema['type']}")


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        # a day from either end, as the zone may move it
        moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
        zones = st.timezones() | st.just(UTC)
        return st.builds(lambda moment, zone: _rfc_3339(moment, zone), moments, zones)
    if "pattern" in schema:
        return _matching(schema["pattern"])
    least, most = schema.get("minLength", 0), schema.get("maxLength", 20)
    return st.text(_WORDS, min_size=least, max_size=min(most, max(least, 20)))


def _matching(pattern: str) -> st.SearchStrategy[str]:
    # `$` also matches before a last line break, in Python's expressions alone
    return st.from_regex(re.compile(pattern.replace("$", r"\Z")), fullmatch=True)


def _rfc_3339(moment: datetime, zone: Any) -> str:
    # historical zones have seconds in their offset, which RFC 3339 cannot say
    text = moment.replace(tzinfo=zone).isoformat()
    return text if text[-6] in "+-" and text[-3] == ":" and len(text) <= 32 else f"{moment}Z"


def _objects(schema: Schema, root: Schema) -> Documents:
    if "properties" in schema:
        parts = {name: documents(part, root) for name, part in schema["properties"].items()}
        required = {name: parts.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=parts)
    if "patternProperties" in schema:
        ((pattern, part),) = schema["patternProperties"].items()
        return st.dictionaries(_matching(pattern), documents(part, root), max_size=3)
    if schema.get("additionalProperties") is True:
        return st.dictionaries(st.text(_WORDS, max_size=9), _ANYTHING, max_size=3)
    return st.just({})
