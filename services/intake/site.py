"""What every page of the citizen site knows: whose site it is, and which requests this browser
has shown the secret of.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response

from libs.events.common import Code
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.caller import Caller
from libs.web.language import CODES, Language, alphabetical
from libs.web.language import Code as Spoken
from libs.web.pages import Pages

from . import icon
from .queries import Filter
from .request import Request as State

TENANT = "sokak_tenant"
OWN = "sokak_own"
FOLLOWED = "sokak_followed"
YEAR_S = 365 * 24 * 3600
MOST_KEPT = 20
"""Requests that a browser's cookie names: about 900 bytes."""


Chosen = Annotated[Code | Literal[""], Query()]


def narrowed(
    state: Annotated[Literal["open", "closed", ""], Query()] = "",
    category: Chosen = "",
    neighbourhood: Chosen = "",
) -> Filter:
    """What the public list is narrowed to by an address; a form sends the empty ones too."""
    return Filter(state or None, category or None, neighbourhood or None)


Narrowed = Annotated[Filter, Depends(narrowed)]


def offered_by(tenant: Tenant | None) -> Sequence[Spoken]:
    """The languages that a tenant's citizens may choose from; all where it is nobody's site."""
    return tenant.languages if tenant else CODES


class Site:
    """The citizen site of one process."""

    def __init__(self, service: Service, pages: Pages) -> None:
        self.service = service
        self.pages = pages
        self._hosts = service.settings.hosts

    def tenants(self) -> list[Tenant]:
        """Those that take requests now."""
        return [one for one in self.service.tenants.all() if one.state == "active"]

    def tenant(self, request: Request) -> Tenant | None:
        """Whose site it is: by its host, by `?tenant=`, by the cookie; None for everybody's."""
        fixed = self._hosts.get(request.url.hostname or "")
        told = fixed or request.query_params.get("tenant") or request.cookies.get(TENANT)
        tenant = self.service.tenants.get(told) if told else None
        if tenant is not None and tenant.state == "active":
            return tenant
        active = self.tenants()
        return active[0] if len(active) == 1 else None

    def by_name(self) -> list[Tenant]:
        """The same, in the order of the alphabet."""
        return sorted(self.tenants(), key=lambda one: alphabetical(one.names.tr))

    def language(self, request: Request) -> Language:
        """How the site speaks to this reader: in one of the languages that its tenant offers."""
        return self.pages.language(request, offered_by(self.tenant(request)))

    def fixed(self, request: Request) -> bool:
        """Whether the host has decided."""
        return (request.url.hostname or "") in self._hosts

    def render(self, request: Request, template: str, **values: Any) -> Response:
        """A page with the frame of the site; remembers a municipality that was asked for."""
        tenant = values.pop("tenant", None) or self.tenant(request)
        offered = offered_by(tenant)
        values["touch_icon"] = icon.address(tenant, "touch")
        response = self.pages.render(request, template, tenant=tenant, offered=offered, **values)
        asked = request.query_params.get("tenant")
        if asked is not None and not self.fixed(request):
            kept = tenant.slug if tenant and asked == tenant.slug else ""
            response.set_cookie(TENANT, kept, max_age=YEAR_S, path="/", samesite="lax")
        return response

    def fragment(self, request: Request, template: str, **values: Any) -> Response:
        """A part of a page, in the page's language, whoever's place it tells of."""
        offered = offered_by(self.tenant(request))
        return self.pages.render(request, template, offered=offered, **values)

    # ---- what this browser may see without signing in

    def known(self, request: Request, name: str = OWN) -> list[str]:
        """Ids of the requests whose secret this browser has shown, newest first."""
        told = (self.pages.sessions.passed(request, name) or {}).get("ids")
        return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []

    def remember(self, request: Request, response: Response, id: str, name: str = OWN) -> None:
        """Let this browser see a request from now on."""
        ids = [id, *(one for one in self.known(request, name) if one != id)][:MOST_KEPT]
        self.pages.sessions.passing(response, name, {"ids": ids}, YEAR_S)

    def forget(self, request: Request, response: Response, id: str) -> None:
        """Let it see that one no longer."""
        ids = [one for one in self.known(request) if one != id]
        self.pages.sessions.passing(response, OWN, {"ids": ids}, YEAR_S)

    def is_own(self, request: Request, caller: Caller | None, id: str, state: State) -> bool:
        """Whether the request is his who looks: by account, or by its secret shown before."""
        signed_in = caller is not None and caller.citizen and caller.subject == state.citizen
        return signed_in or id in self.known(request)
