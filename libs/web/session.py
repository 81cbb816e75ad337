"""Who has signed in, in a signed cookie; and that a form was sent from our own page.

A session is proof of who somebody is for `LIFETIME_S`, or where its owner wants to stay for
`AT_MOST_S`, to every service that has the same secret; nothing of it is stored. It is not secret,
so it holds no contact data.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from libs.runtime.rule import Refused
from libs.text import said

COOKIE = "sokak_session"
BROWSER = "sokak_browser"
LIFETIME_S = 12 * 3600
AT_MOST_S = 24 * 3600
"""From signing in: what somebody may do is as his provider told it then."""

LONGEST = 3800
"""Signs of a session: browsers keep 4,096 bytes of a cookie with its name and attributes."""

BROWSER_S = 400 * 24 * 3600
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FIELD = "csrf"
HEADER = "x-csrf-token"
_SHORTEST_BROWSER = 22


@dataclass(frozen=True, slots=True)
class Stay:
    """For how many seconds somebody is still signed in, and whether he may stay `longer`.

    By `who` a page knows whether it is still the same person; it does not tell who that is.
    """

    left: int = 0
    longer: bool = False
    who: str = ""


class Sessions:
    """Makes and reads the cookies. All keys come from the service's one secret."""

    def __init__(
        self, secret: str, *, secure: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self._session_key = OctKey.import_key(_derived(secret, "session"))
        self._passing_key = OctKey.import_key(_derived(secret, "passing"))
        self._form_key = _derived(secret, "form")
        self._person_key = _derived(secret, "person")
        self._secure = secure
        self._now = now

    def start(self, response: Response, claims: Mapping[str, Any]) -> None:
        """Sign somebody in: `claims` are those that say who it is (`sub`, `groups`, `name`).

        Refused (403) where they are more than a cookie holds: browsers drop a larger one silently.
        """
        now = int(self._now())
        self._keep(response, {**claims, "iat": now, "exp": now + LIFETIME_S})

    def extend(self, request: Request, response: Response) -> Stay:
        """Stay signed in until `AT_MOST_S` after signing in, however often it is asked for.

        Refused (401) where the session is over.
        """
        claims = self.claims(request)
        if claims is None:
            raise Refused("signed-out", said("Your session has ended. Sign in again."), 401)
        longer = {**claims, "exp": claims["iat"] + AT_MOST_S}
        self._keep(response, longer)
        return self.stay(longer)

    def stay(self, claims: Mapping[str, Any] | None) -> Stay:
        """How long these claims hold."""
        if claims is None:
            return Stay()
        who = hmac.new(self._person_key, str(claims["sub"]).encode(), hashlib.sha256)
        left, longer = claims["exp"] - int(self._now()), claims["exp"] < claims["iat"] + AT_MOST_S
        return Stay(left, longer, who.hexdigest()[:16])

    def end(self, response: Response) -> None:
        """Sign out."""
        response.delete_cookie(COOKIE, path="/")

    def claims(self, request: Request) -> dict[str, Any] | None:
        """Who has signed in here; None for nobody, or when the session is over."""
        token = request.cookies.get(COOKIE)
        return self._read(token, self._session_key) if token else None

    def passing(
        self, response: Response, name: str, claims: Mapping[str, Any], seconds: int
    ) -> None:
        """Keep something in the browser, signed, as between two steps of signing in."""
        told = {**claims, "exp": int(self._now()) + seconds}
        self._set(response, name, _signed(told, self._passing_key), seconds)

    def passed(self, request: Request, name: str) -> dict[str, Any] | None:
        """What was kept by `passing`, if it is still good."""
        token = request.cookies.get(name)
        return self._read(token, self._passing_key) if token else None

    def browser(self, request: Request) -> str | None:
        """This browser's own random name."""
        told = request.cookies.get(BROWSER, "")
        return told if len(told) >= _SHORTEST_BROWSER and told.isascii() else None

    def know_browser(self, request: Request, response: Response) -> str:
        """This browser's name, given to it now where it has none."""
        known: str | None = getattr(request.state, "browser", None) or self.browser(request)
        if known is None:
            known = secrets.token_urlsafe(24)
            self._set(response, BROWSER, known, BROWSER_S)
        request.state.browser = known
        return known

    def form_token(self, browser: str) -> str:
        """What a form of this browser carries."""
        return hmac.new(self._form_key, browser.encode(), hashlib.sha256).hexdigest()[:32]

    async def check_form(self, request: Request) -> None:
        """That a page of ours in this browser sent this. Raises Refused (403)."""
        if request.method not in UNSAFE:
            return
        browser = self.browser(request)
        told = request.headers.get(HEADER) or await _field(request)
        wanted = self.form_token(browser) if browser else None
        if not (same_origin(request) and wanted and alike(told, wanted)):
            title = said(
                "This page was open for too long, or was sent from elsewhere. Load it again."
            )
            raise Refused("form-not-ours", title, 403)

    def _keep(self, response: Response, claims: Mapping[str, Any]) -> None:
        token = _signed(claims, self._session_key)
        if len(token) > LONGEST:
            title = said("You are in more groups than a sign-in can hold. Ask for fewer.")
            raise Refused("too-many-groups", title, 403)
        self._set(response, COOKIE, token, claims["exp"] - int(self._now()))

    def _read(self, token: str, key: OctKey) -> dict[str, Any] | None:
        try:
            claims = dict(jwt.decode(token, key, algorithms=["HS256"]).claims)
        except (JoseError, ValueError, TypeError):
            return None
        return claims if claims.get("exp", 0) > self._now() else None

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )


def same_origin(request: Request) -> bool:
    """Whether the browser says that our own page sent it; an old one says it by Origin alone.

    Source: W3C Fetch Metadata Request Headers; OWASP's cheat sheet on request forgery.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def alike(told: str, wanted: str) -> bool:
    """Whether two secrets are the same, in constant time and whatever signs were told."""
    return hmac.compare_digest(told.encode(errors="replace"), wanted.encode())


async def _field(request: Request) -> str:
    if "form" not in request.headers.get("content-type", ""):
        return ""
    told = (await request.form()).get(FIELD)
    return told if isinstance(told, str) else ""


def _signed(claims: Mapping[str, Any], key: OctKey) -> str:
    return jwt.encode({"alg": "HS256"}, dict(claims), key, algorithms=["HS256"])


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"sokak {purpose}".encode(), "sha256")
