"""ETags: which version a caller has seen, and what a reader has already.

Source: RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2.
"""

# No `from __future__ import annotations`: FastAPI reads `IfMatch` where it is used.

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import Header, Request, Response

from libs.runtime.rule import Refused
from libs.text import said

IfMatch = Annotated[str | None, Header(description='The ETag seen, as in `"7"`; `*` takes any.')]

_ONE = re.compile(r'\*|(?:W/)?"([1-9][0-9]{0,14})"')


def version_of(if_match: str) -> int | None:
    """The version that is named, None for any. Refused (422) where it cannot be read."""
    found = _ONE.fullmatch(if_match.strip())
    if found is None:
        errors = [{"field": "If-Match", "message": said("One ETag is understood, or *.")}]
        raise Refused("if-match-invalid", "If-Match cannot be read.", 422, errors=errors)
    return int(found[1]) if found[1] else None


def tag(response: Response, version: int) -> None:
    """Say which version an answer is of."""
    response.headers["ETag"] = f'"{version}"'


def marked(
    request: Request, content: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """The content with a mark of its own; 304 without it where the reader has the same."""
    mark = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    told = {**headers, "ETag": mark}
    if has(request, mark):
        return Response(status_code=304, headers=told)
    return Response(content, media_type=media_type, headers=told)


def has(request: Request, mark: str) -> bool:
    """Whether the reader has what is marked so; a weak mark is as good."""
    known = request.headers.get("if-none-match", "")
    told = [one.strip().removeprefix("W/") for one in known.split(",")]
    return mark in told or told == ["*"]
