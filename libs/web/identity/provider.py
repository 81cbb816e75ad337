"""The development provider's decisions: who gets which token for which grant."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit

from uuid_utils import uuid7

from .grants import CHALLENGE, Grant, Grants, OAuthError, check_pkce
from .people import Person, citizen, people
from .settings import IdentitySettings
from .signer import Signer, key_from

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class UntrustedRedirect(Exception):
    """The client or its redirect URI is not ours: the browser must not be sent there."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str | None
    nonce: str | None
    code_challenge: str


class Provider:
    """Gives out tokens to demo people and to whoever asks for the rights of one."""

    def __init__(self, settings: IdentitySettings, now: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.people = people(settings.identity_tenants)
        key = key_from(settings.identity_key_file)
        self.signer = Signer(key, settings.issuer, settings.audience, now)
        self._now = now
        self._grants = Grants(now)

    def authorization(self, query: Mapping[str, str]) -> Authorization:
        """Check an authorization request.

        UntrustedRedirect where there is nobody to answer to, else OAuthError.
        """
        client, redirect_uri = query.get("client_id", ""), query.get("redirect_uri", "")
        if client not in self.settings.identity_clients or not _loopback(redirect_uri):
            raise UntrustedRedirect
        if query.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "Only response_type=code.")
        challenge = query.get("code_challenge", "")
        if query.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request", "PKCE with S256 is needed.")
        scope = query.get("scope", "")
        if "openid" not in scope.split():
            raise OAuthError("invalid_scope", "The scope openid is needed.")
        state, nonce = query.get("state"), query.get("nonce")
        return Authorization(client, redirect_uri, scope, state, nonce, challenge)

    def code(self, request: Authorization, subject: str) -> str:
        """The code with which the client fetches the tokens of the person picked."""
        person = self.people.get(subject)
        if person is None:
            raise OAuthError("access_denied", "There is no such demo person.")
        return self._grants.issue(
            Grant(
                person,
                request.client_id,
                request.scope,
                str(uuid7()),
                self._now() + self.settings.identity_code_s,
                request.redirect_uri,
                request.code_challenge,
                request.nonce,
            )
        )

    def tokens(self, form: Mapping[str, str], authorization: str | None) -> dict[str, object]:
        """The token endpoint: the answer to a form, or OAuthError."""
        client, has_secret = self._client(form, authorization)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._grants.redeem(form.get("code", ""), client)
                if form.get("redirect_uri") != grant.redirect_uri or not grant.challenge:
                    raise OAuthError("invalid_grant", "redirect_uri is not the code's.")
                check_pkce(grant.challenge, form.get("code_verifier", ""))
                return self._answer(grant)
            case "refresh_token":
                grant = self._grants.redeem(form.get("refresh_token", ""), client)
                if grant.challenge:
                    raise OAuthError("invalid_grant", "That is a code.")
                return self._answer(grant)
            case "client_credentials":
                if not has_secret:
                    raise OAuthError("unauthorized_client", "This client has no secret.")
                return self._direct(client, form)
            case _:
                raise OAuthError("unsupported_grant_type", "Code, refresh or client credentials.")

    def _client(self, form: Mapping[str, str], authorization: str | None) -> tuple[str, bool]:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization is not None:
            client, secret = _basic(authorization)
        known = self.settings.identity_clients
        wanted = known.get(client)
        if client not in known or (
            wanted is not None and not hmac.compare_digest(wanted.encode(), secret.encode())
        ):
            raise OAuthError("invalid_client", "The client is unknown, or its secret wrong.", 401)
        return client, wanted is not None

    def _direct(self, client: str, form: Mapping[str, str]) -> dict[str, object]:
        """Client credentials: the scope's words are the groups wanted, or `citizen`."""
        scope = form.get("scope", "")
        words = tuple(scope.split())
        subject = form.get("subject") or client
        if len(subject) > 200:
            raise OAuthError("invalid_request", "subject is longer than 200 characters.")
        if "citizen" in words:
            if len(words) > 1:
                raise OAuthError("invalid_scope", "A citizen has no groups.")
            person = citizen(subject)
        else:
            person = Person(subject, subject, subject, words)
        return self._access(person, client, scope)

    def _answer(self, grant: Grant) -> dict[str, object]:
        person = grant.person
        claims = profile(person) | ({"nonce": grant.nonce} if grant.nonce else {})
        lifetime = self.settings.identity_token_s
        kept = Grant(
            person,
            grant.client,
            grant.scope,
            grant.family,
            self._now() + self.settings.identity_refresh_s,
        )
        return self._access(person, grant.client, grant.scope) | {
            "id_token": self.signer.signed("JWT", grant.client, person.subject, lifetime, claims),
            "refresh_token": self._grants.issue(kept),
        }

    def _access(self, person: Person, client: str, scope: str) -> dict[str, object]:
        lifetime = self.settings.identity_token_s
        token = self.signer.token(
            person.subject,
            groups=person.groups,
            citizen=person.citizen,
            lifetime_s=lifetime,
            client_id=client,
            scope=scope,
            name=person.en,
        )
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": scope,
        }


def profile(person: Person) -> dict[str, object]:
    """What an ID token says of a person."""
    claims: dict[str, object] = {"name": person.en, "name#tr": person.tr}
    if person.citizen:
        return claims | {"citizen": True}
    return claims | {"groups": list(person.groups)}


def _loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.username is None and not parts.fragment and uri.isprintable()
    return plain and parts.scheme in ("http", "https") and host in LOOPBACK


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = secret = ""
    if scheme.lower() != "basic" or not user:
        raise OAuthError("invalid_client", "HTTP Basic is malformed.", 401)
    return unquote_plus(user), unquote_plus(secret)
