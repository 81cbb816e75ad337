"""One answer in two formats: XML, and JSON by the Spark convention.

Values are what JSON shows: objects, arrays, text, numbers, booleans, None. In XML an array is an
element that holds one element for each item, named by the singular of its own name; the name of
the root, which JSON leaves out, is told beside. What is empty is `null` and an empty element.
Source: the conversion page of the GeoReport v2 wiki (Spark convention).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from xml.etree import ElementTree as Xml

from fastapi.responses import Response

from libs.web.bulk import when as when

Format = Literal["xml", "json"]
MEDIA_TYPES: dict[Format, str] = {"xml": "text/xml", "json": "application/json"}

ITEMS = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "notes": "note",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
"""What the items of each array are called in XML."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold (section 2.2), however it is escaped."""


def format_of(path: str) -> Format:
    """The format that a path asks for; XML, which everybody must speak, where it names none."""
    return "json" if path.endswith(".json") else "xml"


def answer(
    format: Format,
    root: str,
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The value as the body of an answer."""
    content = as_xml(root, value) if format == "xml" else as_json(value)
    told = {**(headers or {}), "Content-Type": f"{MEDIA_TYPES[format]}; charset=utf-8"}
    return Response(content, status_code=status, headers=told)


def as_json(value: Any) -> bytes:
    """By the Spark convention."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def as_xml(root: str, value: Any) -> bytes:
    """With a declaration that names the encoding; without a namespace."""
    whole: bytes = Xml.tostring(_element(root, plain(value)), "utf-8", xml_declaration=True)
    return whole


def plain(value: Any) -> Any:
    """Without what cannot be said in every format; all then say the same."""
    if isinstance(value, str):
        return _FORBIDDEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n")) or None
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _element(name: str, value: Any) -> Xml.Element:
    element = Xml.Element(name)
    if isinstance(value, list):
        element.extend(_element(ITEMS[name], inner) for inner in value)
    elif isinstance(value, dict):
        element.extend(_element(inner, told) for inner, told in value.items())
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = str(value)
    return element
