"""What a reader has already, by its mark (RFC 9110, sections 8.8.3 and 13.1.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response


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
