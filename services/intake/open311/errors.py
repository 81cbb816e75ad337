"""Every error under `/open311/v2` as Open311 has it: an array in the format that was asked for.

Handlers raise `refused(...)`; what the rest of the service says as a problem document, whatever
part of it speaks, is said anew here, at the outermost place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.events import Names
from libs.runtime.rule import Refused
from libs.web.openapi import MEDIA_TYPE

from .formats import answer, format_of
from .language import language_of

PREFIX = "/open311/v2"
UNHEARD = (b"accept", b"cookie", b"hx-request-type")
"""The path says the format, and nobody is known by a browser's cookies here."""

STATUSES = {401: 403, 409: 400, 415: 400, 422: 400}
"""Open311 knows 400, 403 and 404. Where HTTP has a plain one of its own (405, 413, 429, 500,
503), that stays: clients and proxies act on it."""

WORDS: dict[str, Names] = {
    "not-found": Names(tr="Burada böyle bir kaynak yok.", en="There is no such resource."),
    "method-not-allowed": Names(
        tr="Bu adres böyle kullanılamaz.", en="This address cannot be used with this method."
    ),
    "body-too-large": Names(tr="Gönderilen veri çok büyük.", en="What was sent is too large."),
    "too-many-requests": Names(
        tr="Çok sık çağırıyorsunuz; biraz bekleyin.",
        en="You are calling too often; please wait a moment.",
    ),
    "internal-error": Names(
        tr="Bizim tarafımızda bir sorun oldu.", en="Something went wrong on our side."
    ),
    "unavailable": Names(
        tr="Şu anda yapılamıyor; biraz sonra yeniden deneyin. Hiçbir şey kaydedilmedi.",
        en="This cannot be done at the moment; please try again shortly. Nothing was kept.",
    ),
    "tenant-suspended": Names(
        tr="Bu yerin belediyesi şu anda başvuru almıyor.",
        en="The municipality of this place takes no requests at the moment.",
    ),
    "tenant-left": Names(
        tr="Bu yerin belediyesi burada artık başvuru almıyor.",
        en="The municipality of this place takes no requests here any more.",
    ),
    "photo-too-large": Names(
        tr="media: en çok 10 MB olabilir.", en="media: at most 10 MB are taken."
    ),
    "photo-unreadable": Names(
        tr="Fotoğraf okunamadı; JPEG, PNG veya WebP gönderin.",
        en="The photo cannot be read; send a JPEG, PNG or WebP.",
    ),
    "idempotency-key-reused": Names(
        tr="Bu kimlik (client_request_id, update_id) başka bir içerikle gönderilmişti.",
        en="This client_request_id or update_id was sent before with other content.",
    ),
    "request-full": Names(
        tr="Bu başvuruya artık ekleme yapılamaz.", en="Nothing more can be added to this request."
    ),
}
"""What other parts of the service say, by the stable end of a problem's type."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: an HTTP status, and a sentence for people."""

    code: int
    words: Names


def fault(code: int, tr: str, en: str) -> Fault:
    """Shortly."""
    return Fault(code, Names(tr=tr[:200], en=en[:200]))


def refused(*faults: Fault) -> Refused:
    """To be raised: everything that is wrong at once, under the status that says most."""
    status = max(faults, key=lambda one: one.code).code
    told = [{"code": one.code, **one.words.model_dump()} for one in faults]
    return Refused("open311", "Refused.", status, faults=told)


class Open311Errors:
    """Says the problem documents of an application as Open311's errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self.app(scope, receive, send)
            return
        heard = [pair for pair in scope["headers"] if pair[0] not in UNHEARD]
        start: Message | None = None
        body = b""

        async def watched(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    said = _said(scope, start, json.loads(body))
                    await said(scope, receive, send)

        await self.app({**scope, "headers": heard}, receive, watched)


def _is_problem(message: Message) -> bool:
    told = Headers(raw=message["headers"]).get("content-type", "")
    return told.startswith(MEDIA_TYPE)


def _said(scope: Scope, start: Message, problem: Mapping[str, Any]) -> Any:
    told: int = start["status"]
    status = STATUSES.get(told, told)
    headers = MutableHeaders(raw=list(start["headers"]))
    for name in ("content-type", "content-length", "www-authenticate"):
        del headers[name]
    language = language_of(Headers(scope=scope).get("accept-language", ""))
    errors = [
        {"code": code, "description": getattr(words, language)}
        for code, words in _faults(status, problem)
    ]
    return answer(format_of(scope["path"]), "errors", errors, status, dict(headers))


def _faults(status: int, problem: Mapping[str, Any]) -> Iterator[tuple[int, Names]]:
    told = problem.get("faults")
    if told:
        for one in told:
            yield one["code"], Names(tr=one["tr"], en=one["en"])
        return
    slug = str(problem["type"]).rpartition("/")[2]
    title = str(problem["title"])[:200]
    yield status, WORDS.get(slug, Names(tr=title, en=title))
