"""Where people sign in: OpenID providers by configuration, asked by code with PKCE.

Source: OpenID Connect Core and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog

from libs.runtime.rule import Refused
from libs.runtime.settings import Provider, Settings

from .caller import understood
from .session import alike
from .tokens import ID_TYPES, BadToken, IssuerUnreachable, discovered

SCOPE = "openid profile"

log = structlog.get_logger()

DEVELOPMENT = (
    Provider(code="google", name="Google", people="citizens"),
    Provider(code="apple", name="Apple", people="citizens"),
    Provider(code="facebook", name="Facebook", people="citizens"),
    Provider(code="x", name="X", people="citizens"),
    Provider(code="municipality", name="Sokak", people="staff"),
)
"""All of them are the development provider, and look like what is usual."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to send the browser, and what to remember until it is back."""

    address: str
    remembered: dict[str, Any]


class Providers:
    """The providers of an installation."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        known = settings.providers
        if not known and settings.environment == "development":
            known = DEVELOPMENT
        self._known = {one.code: one for one in known}
        self._issuer = settings.issuer
        self._http = http
        self._endpoints: dict[str, dict[str, str]] = {}
        self._verifiers = {
            one.code: discovered(self._issuer_of(one), one.client_id, http, ID_TYPES)
            for one in known
        }

    def of(self, people: str) -> list[Provider]:
        """Those for citizens, or for staff."""
        return [one for one in self._known.values() if one.people == people]

    async def start(self, code: str, redirect_uri: str) -> Start:
        """Begin to sign in. Raises Refused (404) for an unknown provider, IssuerUnreachable."""
        provider = self._provider(code)
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": provider.people,
        }
        endpoint = (await self._metadata(provider))["authorization_endpoint"]
        remembered = {"provider": code, "state": state, "nonce": nonce, "verifier": verifier}
        return Start(f"{endpoint}?{urlencode(asked)}", {**remembered, "uri": redirect_uri})

    async def finish(
        self, remembered: Mapping[str, Any], told: Mapping[str, str]
    ) -> dict[str, Any]:
        """Who has signed in, as claims of a session. Raises Refused (400), IssuerUnreachable."""
        provider = self._provider(str(remembered["provider"]))
        if told.get("iss", self._issuer_of(provider)) != self._issuer_of(provider):
            raise _failed()
        if not alike(told.get("state", ""), str(remembered["state"])):
            raise _failed()
        claims = await self._redeem(provider, remembered, told.get("code", ""))
        if claims.get("nonce") != remembered["nonce"]:
            raise _failed()
        subject = str(claims["sub"])
        if self._issuer_of(provider) != self._issuer:
            subject = f"{provider.code}:{subject}"
        session = {"sub": subject, "name": str(claims.get("name", ""))[:100]}
        if provider.people == "citizens":
            return {**session, "citizen": True}
        return {**session, "groups": understood(claims.get("groups"))}

    async def _redeem(
        self, provider: Provider, remembered: Mapping[str, Any], code: str
    ) -> Mapping[str, object]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": str(remembered["uri"]),
            "client_id": provider.client_id,
            "code_verifier": str(remembered["verifier"]),
        }
        if provider.client_secret:
            form["client_secret"] = provider.client_secret
        endpoint = (await self._metadata(provider))["token_endpoint"]
        try:
            answer = await self._http.post(endpoint, data=form)
            if answer.is_server_error:
                raise IssuerUnreachable(provider.code)
            token = str(_members(answer).get("id_token", "")) if answer.is_success else ""
            return await self._verifiers[provider.code].verify(token)
        except httpx.HTTPError:
            raise IssuerUnreachable(provider.code) from None
        except (BadToken, ValueError):
            log.warning("sign_in_failed", provider=provider.code, status=answer.status_code)
            raise _failed() from None

    async def _metadata(self, provider: Provider) -> dict[str, str]:
        """Where to send people and where to redeem their code; asked once and kept."""
        if provider.code not in self._endpoints:
            self._endpoints[provider.code] = await self._discovered(provider)
        return self._endpoints[provider.code]

    async def _discovered(self, provider: Provider) -> dict[str, str]:
        address = f"{self._issuer_of(provider).rstrip('/')}/.well-known/openid-configuration"
        try:
            answer = await self._http.get(address)
            answer.raise_for_status()
            told = _members(answer)
            return {name: str(told[name]) for name in ("authorization_endpoint", "token_endpoint")}
        except (httpx.HTTPError, ValueError, KeyError):
            raise IssuerUnreachable(provider.code) from None

    def _provider(self, code: str) -> Provider:
        known = self._known.get(code)
        if known is None:
            raise Refused("provider-unknown", "There is no such way to sign in.", 404)
        return known

    def _issuer_of(self, provider: Provider) -> str:
        return provider.issuer or self._issuer


def _members(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ValueError where it is none."""
    told = answer.json()
    if not isinstance(told, dict):
        raise ValueError("not a JSON object")
    return told


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _failed() -> Refused:
    return Refused("sign-in-failed", "Signing in did not work. Please try again.", 400)
