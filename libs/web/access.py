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
from libs.text import said

from .caller import ROLES, Caller, caller_of
from .session import Sessions
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


Tenants = Annotated[
    list[str] | None,
    Query(alias="tenant", max_length=60, description="Slugs; all that one works for by default."),
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


@dataclass(frozen=True, slots=True)
class Several:
    """A caller and tenants that he may read side by side: those named, else all that he works for.

    For those who run the platform these are none until they name some; `may` tells of any other.
    """

    caller: Caller
    tenants: tuple[str, ...]
    roles: frozenset[str]

    def may(self, tenant: str) -> bool:
        """Whether the call may be about this tenant, too."""
        return self.caller.platform or bool(self.caller.roles(tenant) & self.roles)


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
        _let_in(caller, chosen, self.roles_for(request.method))
        return Access(caller, chosen)


class StaffOfSome(Staff):
    """As `Staff`, for what shows several tenants beside each other: each of them is looked at."""

    async def __call__(  # type: ignore[override]
        self, request: Request, bearer: Bearer, tenant: Tenants = None
    ) -> Several:
        caller = await _known(request)
        allowed = self.roles_for(request.method)
        if not caller.memberships and not caller.platform:
            raise Refused("not-a-member", "You do not work for any tenant.", 403)
        chosen = tenant or sorted(slug for slug, has in caller.memberships.items() if has & allowed)
        for one in chosen or caller.memberships:
            _let_in(caller, one, allowed)
        return Several(caller, tuple(dict.fromkeys(chosen)), allowed)


def _let_in(caller: Caller, tenant: str, allowed: frozenset[str]) -> None:
    """Refused (403) unless the caller has one of these roles in the tenant."""
    if caller.platform:
        return
    roles = caller.roles(tenant)
    if not roles:
        raise Refused("not-a-member", "You do not work for this tenant.", 403)
    if not roles & allowed:
        title = said("Your role does not allow this.")
        raise Refused("role-missing", title, 403, needed=sorted(allowed))


def install(app: FastAPI, verifier: Verifier, sessions: Sessions | None = None) -> None:
    """Tell `app` by what its callers are known: their tokens, or a browser's session."""
    app.state.verifier = verifier
    app.state.sessions = sessions
    app.state.limits = None


async def caller_from(request: Request) -> Caller | None:
    """The caller by the request's bearer token or session; None without either.

    Refused (401) if the token is bad, (403) if a session's change comes from elsewhere.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return await _of_session(request)
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
        title = said("The bearer token is not valid.")
        raise Refused("token-invalid", title, 401, reason=str(error)) from None
    if limits is not None:
        limits.take_caller(caller)
    return caller


async def _of_session(request: Request) -> Caller | None:
    sessions: Sessions | None = request.app.state.sessions
    claims = sessions.claims(request) if sessions else None
    if sessions is None or claims is None:
        return None
    await sessions.check_form(request)
    caller = caller_of(claims)
    if request.app.state.limits is not None:
        request.app.state.limits.take_caller(caller)
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
        errors=[{"field": "tenant", "message": said("Field required")}],
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
