"""The development provider over HTTP, under the path of its issuer address.

Source: OpenID Connect Core and Discovery 1.0, RFC 6749, RFC 7636, RFC 9207.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from .. import problems
from ..access import Open
from ..tokens import BadToken
from .grants import OAuthError
from .page import picker, refusal
from .provider import Provider, UntrustedRedirect
from .settings import IdentitySettings

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
)


def build(settings: IdentitySettings) -> FastAPI:
    """The provider as an app of its own; its routes begin with the issuer's path."""
    app = FastAPI(title="Sokak development identity", openapi_url=None)
    problems.install(app, max_body_bytes=64 * 1024)
    app.include_router(router(settings))
    return app


def router(settings: IdentitySettings) -> APIRouter:
    """The provider's routes, to stand beside the services' in one process."""
    provider = Provider(settings)
    verifier = provider.signer.verifier()
    issuer = settings.issuer
    routes = APIRouter(
        prefix=urlsplit(issuer).path,
        tags=["identity"],
        include_in_schema=False,
        dependencies=[Depends(Open())],
    )

    @routes.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
            ],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "scopes_supported": ["openid", "profile"],
            "claims_supported": ["sub", "name", "groups", "citizen"],
            "authorization_response_iss_parameter_supported": True,
        }

    @routes.get("/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(provider.signer.published().as_dict())

    @routes.get("/authorize")
    async def pick(request: Request) -> Response:
        query = dict(request.query_params)
        try:
            provider.authorization(query)
        except UntrustedRedirect:
            return _html(refusal, 400)
        except OAuthError as error:
            return _back(query, issuer, error=error.code, error_description=error.description)
        hidden = {name: query[name] for name in ASKED if name in query}

        people = [
            person
            for person in provider.people.values()
            if person.citizen is (query.get("login_hint") == "citizens")
            or query.get("login_hint") not in ("citizens", "staff")
        ]

        def page(nonce: str) -> str:
            return picker(people, hidden, nonce)

        return _html(page, 200, query["redirect_uri"])

    @routes.post("/authorize")
    async def picked(request: Request) -> Response:
        try:
            form = await _form(request)
        except OAuthError:
            return _html(refusal, 400)
        try:
            code = provider.code(provider.authorization(form), form.get("subject", ""))
        except UntrustedRedirect:
            return _html(refusal, 400)
        except OAuthError as error:
            return _back(form, issuer, error=error.code, error_description=error.description)
        return _back(form, issuer, code=code)

    @routes.post("/token")
    async def token(request: Request) -> JSONResponse:
        try:
            form = await _form(request)
            answer = provider.tokens(form, request.headers.get("authorization"))
        except OAuthError as error:
            headers = NO_STORE | ({"WWW-Authenticate": "Basic"} if error.status == 401 else {})
            content = {"error": error.code, "error_description": error.description}
            return JSONResponse(content, error.status, headers)
        return JSONResponse(answer, headers=NO_STORE)

    @routes.get("/userinfo")
    async def userinfo(request: Request) -> JSONResponse:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise BadToken("missing")
            claims = await verifier.verify(bearer)
        except BadToken as error:
            headers = NO_STORE | {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token", "reason": str(error)}, 401, headers)
        told = {key: claims[key] for key in ("sub", "name", "groups", "citizen") if key in claims}
        return JSONResponse(told, headers=NO_STORE)

    return routes


async def _form(request: Request) -> dict[str, str]:
    """The form's fields; the protocol forbids one that comes twice."""
    pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    if len({name for name, _ in pairs}) != len(pairs):
        raise OAuthError("invalid_request", "A parameter came twice.")
    return dict(pairs)


def _back(asked: Mapping[str, str], issuer: str, **answer: str) -> RedirectResponse:
    """Send the browser back to the client, with its state and who answers (RFC 9207)."""
    uri = asked["redirect_uri"]
    if "state" in asked:
        answer["state"] = asked["state"]
    mark = "&" if urlsplit(uri).query else "?"
    address = f"{uri}{mark}{urlencode(answer | {'iss': issuer})}"
    return RedirectResponse(address, 303, NO_STORE)


def _html(page: Any, status: int, redirect_uri: str = "") -> HTMLResponse:
    """A page under a strict policy; browsers apply form-action to the redirect after it too."""
    nonce = secrets.token_urlsafe(16)
    target = urlsplit(redirect_uri)
    back = f" {target.scheme}://{target.netloc}" if redirect_uri else ""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{back}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = NO_STORE | {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(page(nonce), status, headers)
