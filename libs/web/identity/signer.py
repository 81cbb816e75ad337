"""Signs tokens: the development provider's, and those of tests that need no provider."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from uuid_utils import uuid7

from ..tokens import TokenVerifier

ALGORITHM = "RS256"


class Signer:
    """A key with an issuer's and an audience's name; makes tokens and verifies them."""

    def __init__(
        self, key: RSAKey, issuer: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        key.ensure_kid()
        self.key = key
        self.issuer = issuer
        self.audience = audience
        self.now = now

    @classmethod
    def new(cls, issuer: str = "http://issuer.test", audience: str = "sokak") -> Signer:
        """One with a fresh key, for a test."""
        return cls(RSAKey.generate_key(2048), issuer, audience)

    def token(
        self,
        subject: str = "demo",
        *,
        groups: Iterable[str] = (),
        citizen: bool = False,
        lifetime_s: int = 900,
        **claims: object,
    ) -> str:
        """An access token; further claims are put over the usual ones."""
        own = {"citizen": True} if citizen else {"groups": list(groups)}
        return self.signed("at+jwt", self.audience, subject, lifetime_s, own | claims)

    def staff(self, tenant: str, role: str, *, departments: Iterable[str] = ()) -> dict[str, str]:
        """The header of a request by somebody who works for a tenant."""
        return self.header(self.token(f"{role}@{tenant}", groups=groups(tenant, role, departments)))

    def platform(self) -> dict[str, str]:
        """The header of a request by somebody who runs the platform."""
        return self.header(self.token("platform", groups=["platform"]))

    def citizen(self, name: str = "citizen") -> dict[str, str]:
        """The header of a request by a citizen."""
        return self.header(self.token(name, citizen=True))

    @staticmethod
    def header(token: str) -> dict[str, str]:
        """The request header that carries a token."""
        return {"Authorization": f"Bearer {token}"}

    def signed(
        self,
        type: str | None,
        audience: str,
        subject: str,
        lifetime_s: int,
        claims: dict[str, object],
    ) -> str:
        """Any token: header type if any, audience, subject, seconds to live, other claims."""
        now = int(self.now())
        standard: dict[str, object] = {
            "iss": self.issuer,
            "aud": audience,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_s,
            "jti": str(uuid7()),
        }
        header = {"alg": ALGORITHM, "kid": self.key.kid}
        told = standard | claims
        return jwt.encode(header, told, self.key, algorithms=[ALGORITHM], default_type=type)

    def published(self) -> KeySet:
        """The public half, as an issuer publishes it."""
        public = self.key.as_dict(private=False, use="sig", alg=ALGORITHM)
        return KeySet([RSAKey.import_key(public)])

    def verifier(self) -> TokenVerifier:
        """A verifier of this signer's tokens that asks nobody."""
        return TokenVerifier(self.issuer, self.audience, _Held(self.published()), self.now)


class _Held:
    """Keys that are at hand."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def current(self) -> KeySet:
        return self._keys

    async def renewed(self) -> KeySet:
        return self._keys


def groups(
    tenant: str | None = None,
    role: str | None = None,
    departments: Iterable[str] = (),
    platform: bool = False,
) -> tuple[str, ...]:
    """The group claims of somebody with these rights."""
    found = [f"{tenant}/{role}"] if tenant and role else []
    found += [f"{tenant}/department/{code}" for code in departments] if tenant else []
    return (*found, "platform") if platform else tuple(found)


def key_from(file: Path) -> RSAKey:
    """The key kept in a file, made there if there is none; readable by its owner alone.

    Processes that start at the same time end with the same key.
    """
    with contextlib.suppress(FileNotFoundError):
        return RSAKey.import_key(json.loads(file.read_text()))
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{uuid7()}")
    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        json.dump(key.as_dict(private=True), out)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
    return RSAKey.import_key(json.loads(file.read_text()))
