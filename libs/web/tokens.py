"""Bearer tokens, verified by the keys that the issuer publishes.

Source: RFC 7519 (JWT), RFC 9068 (`at+jwt`), OpenID Connect Discovery 1.0, RFC 7517 (JWKS).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Set
from typing import Any, Protocol

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import (
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA", "Ed25519"})
TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
ID_TYPES = TYPES | {""}
"""Of ID tokens, which need not tell their type: RFC 7519 section 5.1 leaves it open."""

LEEWAY_S = 10
FIRST_COOLDOWN_S = 1
MAX_SUBJECT = 200
KEPT = 1024
"""Tokens whose signature need not be proven again as long as the issuer's keys are the same."""

log = structlog.get_logger()


class BadToken(Exception):
    """A token that proves nothing. Its text is one word or two for its owner."""


class IssuerUnreachable(Exception):
    """The issuer's keys cannot be had now, so nothing can be said about a token."""


class Verifier(Protocol):
    """Judges tokens. `verify` gives the claims, or raises BadToken or IssuerUnreachable."""

    async def verify(self, token: str) -> Mapping[str, object]: ...


class PinnedRegistry(JWSRegistry):
    """Our algorithms and no others; header members that we do not know are ignored."""

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Keys(Protocol):
    """The issuer's public keys. `renewed` may fetch them for the sake of an unknown one."""

    async def current(self) -> KeySet: ...

    async def renewed(self) -> KeySet: ...


class TokenVerifier:
    """Verifies signature, type, issuer, audience and times of a token."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        keys: Keys,
        now: Callable[[], float] = time.time,
        types: Set[str] = TYPES,
    ) -> None:
        self._keys = keys
        self._types = types
        self._registry = PinnedRegistry()
        self._proven_by: KeySet | None = None
        self._proven: dict[str, jwt.Token] = {}
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def verify(self, token: str) -> Mapping[str, object]:
        """The claims of a valid token."""
        try:
            try:
                decoded = self._decoded(token, await self._keys.current())
            except InvalidKeyIdError:
                decoded = self._decoded(token, await self._keys.renewed())
            if str(decoded.header.get("typ", "")).lower() not in self._types:
                raise BadToken("wrong type")
            self._claims.validate(decoded.claims)
        except ExpiredTokenError:
            raise BadToken("expired") from None
        except JoseError as error:
            raise BadToken(error.error.replace("_", " ")) from None
        except (ValueError, TypeError, RecursionError):
            raise BadToken("malformed") from None
        if len(decoded.claims["sub"]) > MAX_SUBJECT:
            raise BadToken("subject too long")
        return decoded.claims

    def _decoded(self, token: str, keys: KeySet) -> jwt.Token:
        """Its content, proven by a signature; whether it is valid now is looked at each time."""
        if keys is not self._proven_by or len(self._proven) >= KEPT:
            self._proven_by, self._proven = keys, {}
        if token not in self._proven:
            self._proven[token] = jwt.decode(token, keys, registry=self._registry)
        return self._proven[token]


def discovered(
    issuer: str, audience: str, http: httpx.AsyncClient, types: Set[str] = TYPES
) -> TokenVerifier:
    """A verifier of an issuer's tokens; it asks nobody before the first token comes."""
    return TokenVerifier(issuer, audience, IssuerKeys(issuer, http), types=types)


class IssuerKeys:
    """The keys that an issuer publishes, found by discovery and kept.

    They are fetched anew when older than `max_age_s` and when a token names a key that is
    not among them, but not more often than every `cooldown_s`, so that made-up key names
    cannot be turned into load on the issuer. Keys once fetched go on while it is away.
    """

    def __init__(
        self,
        issuer: str,
        http: httpx.AsyncClient,
        *,
        cooldown_s: float = 10,
        max_age_s: float = 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._http = http
        self._cooldown_s = cooldown_s
        self._max_age_s = max_age_s
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> KeySet:
        """The keys, fetched if there are none yet or they are old."""
        fresh = self._clock() - self._fetched_at < self._max_age_s
        if self._keys is not None and (fresh or self._lock.locked()):
            return self._keys
        return await self.renewed()

    async def renewed(self) -> KeySet:
        """The keys, fetched anew unless that was tried a moment ago."""
        asked_at = self._clock()
        async with self._lock:
            pause = self._cooldown_s if self._keys else min(self._cooldown_s, FIRST_COOLDOWN_S)
            if self._clock() - self._tried_at >= pause and self._tried_at <= asked_at:
                self._tried_at = self._clock()
                await self._fetch()
        if self._keys is None:
            raise IssuerUnreachable(self._issuer)
        return self._keys

    async def _fetch(self) -> None:
        try:
            base = self._issuer.rstrip("/")
            metadata = await self._json(f"{base}/.well-known/openid-configuration")
            if metadata.get("issuer") != self._issuer:
                raise ValueError("the discovery document is another issuer's")
            address = str(metadata["jwks_uri"])
            if self._issuer.startswith("https:") and not address.startswith("https:"):
                raise ValueError("jwks_uri is not https")
            self._keys = _key_set(await self._json(address))
            self._fetched_at = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            log.warning("issuer_keys_not_fetched", issuer=self._issuer, error=repr(error))

    async def _json(self, address: str) -> dict[str, Any]:
        response = await self._http.get(address)
        response.raise_for_status()
        body = response.json()
        if not isinstance(body, dict):
            raise TypeError("not a JSON object")
        return body


def _key_set(document: dict[str, Any]) -> KeySet:
    """The signing keys that we can use; one that we cannot read does not spoil the others."""
    keys: list[Key] = []
    for entry in document["keys"]:
        if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        if entry.get("use", "sig") != "sig":
            continue
        try:
            keys.append(JWKRegistry.import_key(entry))
        except (JoseError, ValueError, KeyError, TypeError):
            log.warning("issuer_key_not_read", kty=entry["kty"])
    if not keys:
        raise ValueError("no usable keys")
    return KeySet(keys)
