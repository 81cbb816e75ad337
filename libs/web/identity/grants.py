"""What the development provider has given out: codes and refresh tokens, each good once.

Source: RFC 6749, RFC 7636 (PKCE), RFC 9700 (single use, rotation, reuse ends the family).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .people import Person

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MOST_KEPT = 10_000


class OAuthError(Exception):
    """An error of the protocol: its code, and a sentence for the developer."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's consent to a client. `family` is the sign-in it goes back to."""

    person: Person
    client: str
    scope: str
    family: str
    expires_at: float
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str | None = None


class Grants:
    """Grants by their one-time secrets, in memory: a restart forgets them.

    A secret that comes a second time ends every grant of its family, since one of the two
    who had it must have stolen it.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._open: dict[str, Grant] = {}
        self._used: dict[str, str] = {}

    def issue(self, grant: Grant) -> str:
        """A new one-time secret for a grant."""
        secret = secrets.token_urlsafe(32)
        self._open[secret] = grant
        if len(self._open) > MOST_KEPT:
            self._open.pop(next(iter(self._open)))
        return secret

    def redeem(self, secret: str, client: str) -> Grant:
        """The grant of a secret, which is used up by this."""
        grant = self._open.pop(secret, None)
        if grant is None:
            self._end(self._used.get(secret))
            raise OAuthError("invalid_grant", "It is unknown, or was used before.")
        self._used[secret] = grant.family
        if len(self._used) > MOST_KEPT:
            self._used.pop(next(iter(self._used)))
        if grant.client != client:
            self._end(grant.family)
            raise OAuthError("invalid_grant", "It was given to another client.")
        if grant.expires_at <= self._now():
            raise OAuthError("invalid_grant", "It has expired.")
        return grant

    def refreshed(self, grant: Grant, lifetime_s: int) -> Grant:
        """The same consent with a new expiry."""
        return replace(grant, expires_at=self._now() + lifetime_s)

    def _end(self, family: str | None) -> None:
        for secret in [key for key, grant in self._open.items() if grant.family == family]:
            del self._open[secret]


def check_pkce(challenge: str, verifier: str) -> None:
    """OAuthError unless `verifier` is what `challenge` (S256) was made from."""
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not VERIFIER.fullmatch(verifier) or not hmac.compare_digest(made, challenge):
        raise OAuthError("invalid_grant", "code_verifier does not fit the code_challenge.")
