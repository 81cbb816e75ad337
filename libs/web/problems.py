"""Every error as a problem document.

Source: RFC 9457 (problem details for HTTP APIs), RFC 6750 section 3 (`WWW-Authenticate`).
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.runtime.rule import Refused
from libs.text import said

from . import sign_in
from .body import BodyLimit
from .faults import fault_words
from .language import Language
from .openapi import MEDIA_TYPE, document_problems, responses
from .pages import Pages, spoken, wants_page
from .reference import reference_of
from .tokens import IssuerUnreachable

RETRY_AFTER_S = 5
MAX_BODY_BYTES = 1024 * 1024
MAX_FIELD_ERRORS = 100

_TITLES = {
    404: said("There is no such page."),
    405: said("This page cannot be used like that."),
}

log = structlog.get_logger()

__all__ = ["MEDIA_TYPE", "BodyLimit", "ProblemResponse", "install", "problem", "responses"]


class ProblemResponse(Response):
    """`application/problem+json`; half a surrogate pair that a client sent cannot break it."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def problem(
    status: int,
    slug: str,
    title: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    language: Language | None = None,
) -> ProblemResponse:
    """The answer for one problem; `more` goes in beside the standard members.

    With a language it is said in that one, else in English as it stands.
    """
    content: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status}
    content |= {name: value for name, value in (more or {}).items() if name not in content}
    told = dict(headers or {})
    if language is not None:
        content |= _in(language, content)
        told |= {"Content-Language": language.code, "Vary": "Cookie"}
    return ProblemResponse(jsonable_encoder(content), status_code=status, headers=told)


def _in(language: Language, content: Mapping[str, Any]) -> dict[str, Any]:
    """What a person reads of a problem, in a language."""
    title, errors = content["title"], content.get("errors")
    told: dict[str, Any] = {"title": language.text(title)}
    if errors:
        words = [one["message"] for one in errors]
        told["errors"] = [
            {**one, "message": language.text(word)} for one, word in zip(errors, words, strict=True)
        ]
    return told


def install(
    app: FastAPI,
    *,
    unavailable: Iterable[type[Exception]] = (),
    max_body_bytes: int = MAX_BODY_BYTES,
    uploads: Mapping[str, int] | None = None,
) -> None:
    """Make `app` answer every error with a problem document, and say so in its OpenAPI.

    `unavailable` are the exceptions that mean "later": 503 with Retry-After. Bodies over
    `max_body_bytes` get 413, but for paths that end as one of `uploads` says. What nobody
    foresaw is a 500 without content; its log line has the kind of error and where it arose,
    never its words, which may be a citizen's.
    """
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    laters: list[type[Exception]] = [IssuerUnreachable, *unavailable]
    for later in laters:
        app.add_exception_handler(later, _later)
    app.add_middleware(
        BodyLimit, max_bytes=max_body_bytes, answer=TooLarge(max_body_bytes), uploads=uploads
    )
    app.add_middleware(Failures)
    document_problems(app)


class TooLarge:
    """The answer to a body over the limit."""

    def __init__(self, max_bytes: int) -> None:
        self._title = said("This is too large: more than %(bytes)s bytes.", bytes=max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language, headers = spoken(Request(scope)), {"Connection": "close"}
        answer = problem(413, "body-too-large", self._title, headers=headers, language=language)
        await answer(scope, receive, send)


class Failures:
    """Answers 500 for what nobody foresaw, and keeps the error's words out of the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            log.error(
                "request_failed",
                method=scope["method"],
                error=type(error).__name__,
                reference=reference_of(scope),
                at=[
                    f"{frame.filename}:{frame.lineno}:{frame.name}"
                    for frame in traceback.extract_tb(error.__traceback__)[-6:]
                ],
            )
            if started:
                raise ConnectionAbortedError("the answer broke off") from None
            title = said("Something went wrong on our side.")
            request = Request(scope, receive)
            page = _page(request, Refused("internal-error", title, 500))
            answer = page or problem(500, "internal-error", title, language=spoken(request))
            await answer(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    page = _page(request, error)
    if page is not None:
        return page
    headers = None
    if error.status == 401:
        invalid = "" if error.slug == "token-missing" else ' error="invalid_token"'
        headers = {"WWW-Authenticate": f"Bearer{invalid}"}
    return problem(
        error.status,
        error.slug,
        error.title,
        headers=headers,
        more=error.more,
        language=spoken(request),
    )


def _page(request: Request, refused: Refused) -> Response | None:
    """The refusal as a page, where a person's browser waits for one."""
    pages: Pages | None = getattr(request.app.state, "pages", None)
    if pages is None or not wants_page(request):
        return None
    return sign_in.required(request, refused) or pages.problem(request, refused)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    page = _page(request, Refused("invalid", "Some fields are not valid.", 422))
    if page is not None:
        return page
    language = spoken(request)
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(400, "body-not-json", said("The body is not JSON."), language=language)
    errors = [
        {"field": _field(fault["loc"]), "message": fault_words(fault, language)}
        for fault in faults[:MAX_FIELD_ERRORS]
    ]
    title = said("Some fields are not valid.")
    return problem(422, "invalid", title, more={"errors": errors}, language=language)


def _field(loc: tuple[Any, ...]) -> str:
    """`("body", "point", "lat")` is `point.lat` to the caller; a fault of the whole is `body`."""
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    try:
        phrase = HTTPStatus(error.status_code).phrase
    except ValueError:
        phrase = "Error"
    slug = phrase.lower().replace(" ", "-").replace("'", "")
    language = spoken(request)
    told = _TITLES.get(error.status_code, f"{phrase}.")
    page = _page(request, Refused(slug, told, error.status_code))
    if page is not None:
        return page
    more = {"detail": error.detail} if error.detail and error.detail != phrase else None
    title = told if language else f"{phrase}."
    return problem(
        error.status_code, slug, title, headers=error.headers, more=more, language=language
    )


async def _later(request: Request, error: Exception) -> Response:
    title = said("This cannot be done at the moment. Please try again shortly.")
    page = _page(request, Refused("unavailable", title, 503))
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if page is not None:
        page.headers.update(headers)
        return page
    return problem(503, "unavailable", title, headers=headers, language=spoken(request))
