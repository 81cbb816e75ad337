"""Pages: templates with language, theme, navigation and a strict policy.

A service has one `Pages`; its templates are looked for in its own folder first, then in ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from libs.runtime.rule import Refused
from libs.tenants import Tenant, Texts

from . import assets, logo, outline, theme
from .caller import Caller, caller_of
from .language import CODES, COOKIE, Code, Language, languages
from .reference import reference_of
from .session import BROWSER, FIELD, Sessions
from .session import COOKIE as SESSION

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
EXTENSIONS = ("jinja2.ext.i18n", "jinja2.ext.do")
"""Of Jinja: what a template is rendered with, and read with for its messages."""

log = structlog.get_logger()

YEAR_S = 365 * 24 * 3600
_EMERGENCY = re.compile(r"(?<!\d)(11[02]|15[3-8]|177|18[4-8]|[39]11)(?!\d)")
"""Numbers of Türkiye's emergency and public services, and of New York's."""


class Pages:
    """Renders a service's pages."""

    def __init__(self, service: str, sessions: Sessions, folder: Path | None = None) -> None:
        here = Path(__file__).parent
        self.service = service
        self.sessions = sessions
        self.outline_of: Callable[[Tenant | None], str] = outline.address
        self._languages = languages(*([folder] if folder else []))
        folders = [folder / "templates"] if folder else []
        self._environments = {
            code: self._environment(language, [*folders, here / "templates"])
            for code, language in self._languages.items()
        }

    def language(self, request: Request, offered: Sequence[Code] = CODES) -> Language:
        """What the reader asked for, of those that are offered: `?lang=`, the cookie, Turkish."""
        for told in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
            if told in offered:
                return self._languages["en" if told == "en" else "tr"]
        return self._languages["tr"]

    def caller(self, request: Request) -> Caller | None:
        """Who has signed in in this browser; for what a page shows, not for what it may do."""
        claims = self.sessions.claims(request)
        return caller_of(claims) if claims else None

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        block: str | None = None,
        tenant: Tenant | None = None,
        offered: Sequence[Code] = CODES,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """A page, or one `block` of it where only a part was asked for.

        Templates know `language`, which are `offered`, `caller` and his `session`, `tenant`,
        `path`, `csrf()` and what `values` holds.
        """
        language = self.language(request, offered)
        response = HTMLResponse(status_code=status, headers=dict(headers or {}))
        browser = self.sessions.know_browser(request, response)
        token = self.sessions.form_token(browser)
        claims = self.sessions.claims(request)
        known = {
            "request": request,
            "language": language,
            "offered": offered,
            "caller": caller_of(claims) if claims else None,
            "session": asdict(self.sessions.stay(claims)),
            "tenant": tenant,
            "path": request.url.path,
            "csrf_token": token,
            "csrf": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(
                FIELD, token
            ),
            "other_language": _other(request, language.code),
            **values,
        }
        found = self._environments[language.code].get_template(template)
        if block is None:
            text = found.render(known)
        else:
            text = "".join(found.blocks[block](found.new_context(known)))
        response.body = response.render(text)
        response.headers["content-length"] = str(len(response.body))
        _guard(response)
        if request.query_params.get("lang") in offered:
            response.set_cookie(COOKIE, language.code, max_age=YEAR_S, path="/", samesite="lax")
        return response

    def problem(self, request: Request, refused: Refused) -> Response:
        """A refusal as a page, or as a fragment for the region that asked.

        Its reader finds a reference on it, under which the log has the moment.
        """
        reference = reference_of(request.scope)
        log.info("problem_shown", status=refused.status, problem=refused.slug, reference=reference)
        return self.render(
            request,
            "problem.html",
            status=refused.status,
            block="problem" if partial(request) else None,
            whole=not partial(request),
            problem=refused,
            reference=reference,
            retry=retry_of(request, refused),
        )

    def _environment(self, language: Language, folders: list[Path]) -> Environment:
        made = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=EXTENSIONS,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
        made.globals |= {
            "asset": assets.address,
            "preloads": assets.preloads,
            "theme_of": theme.address,
            "logo_of": logo.shown,
            "texts_of": _texts_of,
            "outline_of": lambda tenant: self.outline_of(tenant),
            "link": link,
        }
        made.filters |= {
            "name": language.of,
            "said": language.of,
            "short": language.short,
            "number": language.number,
            "percent": language.percent,
            "day": language.day,
            "short_day": language.short_day,
            "clock": language.clock,
            "moment": language.moment,
            "age": language.age,
            "alphabetical": language.sorted,
            "iso": _iso,
            "data": _data,
            "code": _code,
            "callable": _callable,
            "dialled": _dialled,
        }
        return made


def partial(request: Request) -> bool:
    """Whether htmx asks for a part of a page (htmx 4 asks for whole pages too)."""
    return request.headers.get("hx-request-type") == "partial"


def spoken(request: Request) -> Language | None:
    """How to answer what a page of ours asked; None for programs, which read English.

    A page's browser has one of our cookies from the page.
    """
    pages: Pages | None = getattr(request.app.state, "pages", None)
    ours = request.cookies.keys() & {COOKIE, SESSION, BROWSER}
    return pages.language(request) if pages and ours else None


def wants_page(request: Request) -> bool:
    """Whether a person's browser waits for a page, and not a program for an answer."""
    accepted = request.headers.get("accept", "")
    return ("text/html" in accepted or partial(request)) and not request.url.path.startswith(
        "/api/"
    )


def link(path: str, query: Mapping[str, Any] | None = None, **more: Any) -> str:
    """A path with its query; what is None or empty is left out, lists are told one by one."""
    told = {name: value for name, value in {**(query or {}), **more}.items() if value}
    return f"{path}?{urlencode(told, doseq=True)}" if told else path


def retry_of(request: Request, refused: Refused) -> str | None:
    """Where to try again what may well be done then: here, or on the page that sent a form."""
    if not (refused.status >= 500 or refused.slug == "form-not-ours"):
        return None
    url = urlsplit(str(request.url))
    if request.method not in ("GET", "HEAD"):
        sent_from = urlsplit(request.headers.get("referer", ""))
        if sent_from.netloc != url.netloc:
            return None
        url = sent_from
    path = "/" + url.path.lstrip("/")
    return f"{path}?{url.query}" if url.query else path


def _other(request: Request, code: Code) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', 'en' if code == 'tr' else 'tr')])}"


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _data(value: Any) -> str:
    """JSON for a `data-` attribute; the template escapes it as any other text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _code(text: str) -> Markup:
    """A name of programs' inside a sentence."""
    return Markup('<code translate="no">{}</code>').format(text)


def _texts_of(tenant: Tenant | None) -> Texts:
    """A municipality's own words; none of a site that is nobody's."""
    return tenant.texts if tenant else Texts()


def _callable(text: str) -> Markup:
    """A sentence whose emergency numbers can be tapped."""
    parts = _EMERGENCY.split(text)
    links = (Markup('<a href="tel:{0}">{0}</a>').format(number) for number in parts[1::2])
    return Markup("").join(one for pair in zip_longest(parts[::2], links) for one in pair if one)


def _dialled(number: str) -> str:
    """A telephone number as a telephone takes it."""
    return "".join(sign for sign in number if sign in "+0123456789")


def _guard(response: Response) -> None:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Vary"] = "HX-Request, HX-Request-Type, Cookie"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "geolocation=(self), microphone=(self), camera=(self)"
