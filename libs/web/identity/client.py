"""Fetching a token for trying out and for tests, by client credentials."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from .signer import groups

CLIENT_ID = "sokak-cli"
CLIENT_SECRET = "development"  # the development provider's own, and no secret at all


class TokenRefused(Exception):
    """The issuer gave no token; the text is for the person who asked."""


async def fetch_token(
    issuer: str,
    *,
    tenant: str | None = None,
    role: str | None = None,
    departments: Iterable[str] = (),
    platform: bool = False,
    citizen: str | None = None,
    subject: str | None = None,
    client_id: str = CLIENT_ID,
    client_secret: str = CLIENT_SECRET,
    http: httpx.AsyncClient | None = None,
) -> str:
    """An access token with these rights from the issuer's token endpoint.

    Raises TokenRefused with a sentence if the issuer is away or says no.
    """
    if citizen:
        scope, subject = "citizen", subject or citizen
    else:
        scope = " ".join(groups(tenant, role, departments, platform))
        subject = subject or ("demo-platform" if platform else f"demo-{role}-{tenant}")
    form = {"grant_type": "client_credentials", "scope": scope, "subject": subject}
    form |= {"client_id": client_id, "client_secret": client_secret}
    try:
        if http is not None:
            return await _fetch(http, issuer, form)
        async with httpx.AsyncClient(timeout=10) as own:
            return await _fetch(own, issuer, form)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TokenRefused(f"{issuer} does not answer: {error!r}") from error


async def _fetch(http: httpx.AsyncClient, issuer: str, form: dict[str, str]) -> str:
    answer = await http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if answer.status_code != 200:
        raise TokenRefused(f"{issuer} is no OpenID provider (HTTP {answer.status_code})")
    answer = await http.post(answer.json()["token_endpoint"], data=form)
    body = answer.json()
    if answer.status_code != 200:
        reason = body.get("error_description") or body.get("error")
        raise TokenRefused(f"{issuer} refused: {reason}")
    return str(body["access_token"])
