"""The built files of the pages: their hashed names, and their way to the browser."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from libs.runtime.rule import Refused

from .access import Open

DIST = Path(__file__).parent / "static" / "dist"
_FOR_EVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class AssetsMissing(RuntimeError):
    """The pages' files were never built."""

    def __init__(self) -> None:
        super().__init__("the pages' scripts and styles are not built; run `make assets`")


@dataclass(frozen=True, slots=True)
class Asset:
    """A built file and those that load with it at once."""

    file: str
    imports: tuple[str, ...]


@lru_cache(maxsize=1)
def manifest() -> dict[str, Asset]:
    """Every entry by its plain name, as `console.js`. Raises AssetsMissing."""
    try:
        told = json.loads((DIST / "manifest.json").read_text())
    except FileNotFoundError:
        raise AssetsMissing from None
    return {name: Asset(one["file"], tuple(one["imports"])) for name, one in told.items()}


def address(name: str) -> str:
    """Where a browser finds an entry."""
    return f"/static/{manifest()[name].file}"


def preloads(name: str) -> tuple[str, ...]:
    """What a browser may fetch beside an entry, as it will need it."""
    return tuple(f"/static/{file}" for file in manifest()[name].imports)


def router() -> APIRouter:
    """`/static/<file>`, kept by browsers for ever, and the service worker at `/sw.js`."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/static/{name}")
    async def static(name: str, request: Request) -> Response:
        return _file(name, request, _FOR_EVER)

    @routes.get("/sw.js")
    async def service_worker(request: Request) -> Response:
        return _file("sw.js", request, "no-cache")

    return routes


def _file(name: str, request: Request, keep: str) -> Response:
    accepted = request.headers.get("accept-encoding", "")
    for encoding, ending in _ENCODINGS:
        content = _content(name + ending) if encoding in accepted else None
        if content is not None:
            return _response(name, content, keep, encoding)
    content = _content(name)
    if content is None:
        raise Refused("file-unknown", "There is no such file.", 404)
    return _response(name, content, keep)


def _response(name: str, content: bytes, keep: str, encoding: str | None = None) -> Response:
    suffix = Path(name).suffix
    type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Cache-Control": keep,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(content, media_type=type, headers=headers)


@lru_cache(maxsize=256)
def _content(name: str) -> bytes | None:
    """A built file's bytes; names are looked up in the folder, never joined to a path."""
    if name not in _names():
        return None
    return (DIST / name).read_bytes()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(one.name for one in DIST.iterdir()) if DIST.is_dir() else frozenset()
