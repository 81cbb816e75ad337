"""Who may call a route. Each route has exactly one of these rules, as a dependency:

    @router.get("/api/tasks")
    async def tasks(access: Annotated[Access, Depends(Staff("operator", "auditor"))]): ...

`Staff` decides the tenant too, so a handler never takes it from anywhere else.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.routing import BaseRoute, Mount

from libs.runtime.rule import Refused

from .caller import ROLES, Caller, caller_of
from .tokens import BadToken, Verifier

READING = frozenset({"GET", "HEAD", "OPTIONS"})
EXEMPT = re.compile(r"/[a-z]+/(live|ready|stuck|metrics)")
"""Health routes: asked by machines that have no token, and telling nothing of anybody."""

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(scheme_name="bearer", auto_error=False)),
]
"""Only tells OpenAPI that the route wants a token; the token is read by `caller_from`."""

Tenant = Annotated[
    str | None,
    Query(
        description="The tenant's slug; may be left out by who works for one tenant only.",
        examples=["kecioren"],
    ),
]


@dataclass(frozen=True, slots=True)
class Access:
    """A caller and the one tenant that this call is about."""

    caller: Caller
    tenant: str

    @property
    def roles(self) -> frozenset[str]:
        """The caller's roles in the tenant; none for the platform's people."""
        return self.caller.roles(self.tenant)

    @property
    def departments(self) -> frozenset[str]:
        """Codes of the caller's departments in the tenant."""
        return self.caller.departments.get(self.tenant, frozenset())


class Rule:
    """What all access rules are; equal rules are one dependency to FastAPI."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Open(Rule):
    """Anyone, and a token is not even looked at."""

    async def __call__(self) -> None:
        return None


class Public(Rule):
    """Anyone; who has a token is known by it, and a bad one is refused (401)."""

    async def __call__(self, request: Request) -> Caller | None:
        return await caller_from(request)


class Citizen(Rule):
    """A citizen with a token of his own (401, 403)."""

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        caller = await _known(request)
        if not caller.citizen:
            raise Refused("not-a-citizen", "This is for citizens.", 403)
        return caller


class Platform(Rule):
    """Those who run Sokak (401, 403)."""

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        caller = await _known(request)
        if not caller.platform:
            raise Refused("not-platform", "This is for those who run the platform.", 403)
        return caller


class Staff(Rule):
    """People of the tenant with one of `roles`, and the platform's people (401, 403).

    An auditor only reads: the role counts for nothing in a method that changes things,
    unless the route says that it `reads` all the same.
    """

    def __init__(self, *roles: str, reads: bool = False) -> None:
        unknown = set(roles) - ROLES
        if unknown or not roles:
            raise ValueError(f"not roles: {sorted(unknown)}" if unknown else "no roles")
        self.roles = frozenset(roles)
        self.reads = reads

    def __repr__(self) -> str:
        return f"Staff({', '.join(sorted(self.roles))})"

    def roles_for(self, method: str) -> frozenset[str]:
        """The roles that may call a route of this rule by this method."""
        return self.roles if self.reads or method in READING else self.roles - {"auditor"}

    async def __call__(self, request: Request, bearer: Bearer, tenant: Tenant = None) -> Access:
        caller = await _known(request)
        chosen = tenant or _only(caller)
        if caller.platform:
            return Access(caller, chosen)
        roles = caller.roles(chosen)
        if not roles:
            raise Refused("not-a-member", "You do not work for this tenant.", 403)
        allowed = self.roles_for(request.method)
        if not roles & allowed:
            title = "Your role does not allow this."
            raise Refused("role-missing", title, 403, needed=sorted(allowed))
        return Access(caller, chosen)


def install(app: FastAPI, verifier: Verifier) -> None:
    """Tell `app` by which verifier its callers' tokens are judged."""
    app.state.verifier = verifier
    app.state.limits = None


async def caller_from(request: Request) -> Caller | None:
    """The caller by the request's bearer token, None without one; Refused (401) if it is bad."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        raise Refused("token-invalid", "Only one bearer token is understood.", 401)
    verifier: Verifier = request.app.state.verifier
    limits = request.app.state.limits
    try:
        caller = caller_of(await verifier.verify(token.strip()))
    except BadToken as error:
        if limits is not None:
            limits.take(limits.anonymous, limits.address(request.scope))
        title = "The bearer token is not valid."
        raise Refused("token-invalid", title, 401, reason=str(error)) from None
    if limits is not None:
        limits.take_caller(caller)
    return caller


async def _known(request: Request) -> Caller:
    caller = await caller_from(request)
    if caller is None:
        raise Refused("token-missing", "This needs a bearer token.", 401)
    return caller


def _only(caller: Caller) -> str:
    if len(caller.memberships) == 1:
        return next(iter(caller.memberships))
    if not caller.memberships and not caller.platform:
        raise Refused("not-a-member", "You do not work for any tenant.", 403)
    raise Refused(
        "tenant-missing",
        "Say which tenant this is about.",
        422,
        errors=[{"field": "tenant", "message": "Field required"}],
    )


class RuleMissing(LookupError):
    """A route that does not say who may call it."""


def rule_of(route: BaseRoute | RouteContext) -> Rule | None:
    """A route's one access rule, None for a health route.

    Raises RuleMissing if it has none or several, so that a new route cannot be forgotten.
    """
    path = getattr(route, "path", None)
    dependant = getattr(route, "dependant", None)
    rules = set(_rules(dependant)) if isinstance(dependant, Dependant) else set()
    if len(rules) == 1:
        return rules.pop()
    if not rules and path is not None and EXEMPT.fullmatch(path):
        return None
    raise RuleMissing(f"{path} has {len(rules)} access rules, not one")


def routes_of(app: FastAPI) -> Iterator[RouteContext]:
    """Every API route of an app, those of included routers and mounted apps too."""
    yield from _contexts(app.routes)


def rule_in(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, Rule | None]]:
    """Path, method and rule of each API route, for the documents; a missing rule is None."""
    for route in iter_route_contexts(routes):
        if not hasattr(route, "dependant"):
            continue
        try:
            rule = rule_of(route)
        except RuleMissing:
            rule = None
        for method in route.methods or ():
            yield route.path_format or "", method, rule


def _contexts(routes: Sequence[BaseRoute]) -> Iterator[RouteContext]:
    for route in iter_route_contexts(routes):
        if isinstance(route.route, Mount):
            yield from _contexts(route.route.routes)
        elif hasattr(route, "dependant"):
            yield route


def _rules(dependant: Dependant) -> Iterable[Rule]:
    for inner in dependant.dependencies:
        call: Any = inner.call
        if isinstance(call, Rule):
            yield call
        yield from _rules(inner)
