"""HTTP: hand in a request, look at it, correct it, withdraw it, take over old ones."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response

from libs.runtime.clock import new_id
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.text import said
from libs.web.access import Bearer, Rule, caller_from
from libs.web.caller import Caller
from libs.web.openapi import responses

from . import request as rules
from .answers import (
    Imported,
    KeptRequest,
    OwnRequest,
    RequestOut,
    Submitted,
    kept,
    public_part,
    whole,
)
from .asked import Key, ToAmend, ToImport, ToSubmit, ToWithdraw, chosen_category, located
from .desk import Desk
from .disclosed import for_outsiders
from .followup import Anyone, Counter, Number, Secret, signed_in
from .queries import all_of, counted, find_request


class Importer(Rule):
    """The platform's people, and administrators for their own tenants (401, 403)."""

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        caller = await caller_from(request)
        if caller is None:
            raise Refused("token-missing", "This needs a bearer token.", 401)
        if not (caller.platform or caller.administered):
            raise Refused("role-missing", "Your role does not allow this.", 403, needed=["admin"])
        return caller


def router(service: Service, desk: Desk, counter: Counter) -> APIRouter:
    """The routes of `/api/requests`."""
    routes = APIRouter(prefix="/api/requests", tags=["requests"])
    site, secrets = counter.site, counter.secrets

    @routes.post("", status_code=201, responses=responses(403))
    async def submit(
        asked: ToSubmit,
        request: Request,
        response: Response,
        caller: Anyone,
        idempotency_key: Annotated[Key | None, Header()] = None,
    ) -> Submitted:
        """Hand in a request. It goes to the most specific jurisdiction that covers the point.

        Sent again with the same Idempotency-Key and body, it gives the first answer again.
        """
        browser = site.pages.sessions.browser(request)
        submitted = await desk.submit(asked, caller, idempotency_key, browser)
        if browser and caller is None:
            site.remember(request, response, submitted.id)
        return submitted

    @routes.post("/import")
    async def take_over(
        asked: ToImport,
        caller: Annotated[Caller, Depends(Importer())],
        idempotency_key: Annotated[Key | None, Header()] = None,
        dry_run: Annotated[
            bool, Query(description="Tell what would be, and store nothing.")
        ] = False,
    ) -> Imported:
        """Take over a municipality's old requests with their own times. Harmless to repeat.

        What comes again is `already` there, but for what the same Idempotency-Key has brought.
        """
        allowed = None if caller.platform else caller.administered
        if dry_run:
            return Imported(rows=await desk.look_over(asked.source, asked.rows, allowed))
        rows = await desk.take_over(asked.source, asked.rows, allowed, idempotency_key)
        return Imported(rows=rows)

    @routes.get("/mine", responses=responses(401))
    async def mine(response: Response, caller: Anyone) -> list[KeptRequest]:
        """All that whoever has signed in has handed in, newest first: what is kept of a citizen
        (law 6698, article 11). Photos are at `/attachments/<id>`.
        """
        citizen = signed_in(caller)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Disposition"] = 'attachment; filename="sokak.json"'
        return [kept(one) for one in await all_of(service, citizen)]

    @routes.get("/{number}", responses=responses(404))
    async def one(
        number: Number, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest | RequestOut:
        """Where a request stands; with its secret or its citizen's token, all of it."""
        id, found = await find_request(service, number)
        [(_, found)] = await counted(service, [(id, found)])
        if site.is_own(request, caller, id, found) or secrets.shows(secret, id):
            return whole(found)
        tenant = service.tenants.get(found.tenant)
        return public_part(for_outsiders(found, tenant))

    @routes.patch("/{number}", responses=responses(403, 404, 409))
    async def amend(
        number: Number, asked: ToAmend, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Correct an open request. The point must stay in the same municipality."""
        jurisdictions = service.tenants.jurisdictions  # raises as long as no tenant is known
        id, found = await counter.own(request, caller, number, secret)
        tenant = service.tenants.get(found.tenant)
        if tenant is None:
            raise Refused("tenant-unknown", "This municipality is no longer with us.", 409)
        category = chosen_category(tenant, asked.category)
        place = located(jurisdictions, asked.point) if asked.point else None
        if place and place.tenant.slug != found.tenant:
            raise Refused(
                "point-elsewhere",
                "This place is another municipality's; hand in a new request there.",
                422,
                errors=[{"field": "point", "message": said("In another jurisdiction")}],
            )
        decide = partial(
            rules.amend,
            request_type=asked.type,
            category=category.value if category else None,
            text=asked.text,
            address=asked.address,
            point=asked.point,
            neighbourhood=place.neighbourhood if place else None,
        )
        await service.execute(Command(new_id(), id, found.tenant, decide))
        return whole((await find_request(service, number))[1])

    @routes.post("/{number}/withdraw", responses=responses(403, 404, 409))
    async def withdraw(
        number: Number, asked: ToWithdraw, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Say that it is no longer wanted."""
        id, found = await counter.own(request, caller, number, secret)
        decide = partial(rules.withdraw, reason=asked.reason)
        await service.execute(Command(new_id(), id, found.tenant, decide))
        return whole((await find_request(service, number))[1])

    return routes
