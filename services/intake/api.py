"""HTTP: hand in a request, look at it, correct it, withdraw it, take over old ones."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request

from libs.runtime.clock import new_id
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.web.access import Bearer, Public, Rule, caller_from
from libs.web.caller import Caller
from libs.web.openapi import responses

from . import request as rules
from .answers import Imported, OwnRequest, RequestOut, Submitted, public_part, whole
from .asked import Key, ToAmend, ToImport, ToSubmit, ToWithdraw, chosen_category, located
from .desk import Desk, Secrets
from .queries import find_request

Anyone = Annotated[Caller | None, Depends(Public())]
TrackingSecret = Annotated[
    str | None,
    Header(
        alias="Sokak-Secret",
        description="The secret that was given at submission.",
        max_length=64,
    ),
]
Number = Annotated[
    str,
    Path(
        description="The tracking number, with or without dashes.",
        examples=["7F3K-9QHX-M"],
        max_length=32,
    ),
]


class Importer(Rule):
    """The platform's people, and administrators for their own tenants (401, 403)."""

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        caller = await caller_from(request)
        if caller is None:
            raise Refused("token-missing", "This needs a bearer token.", 401)
        if not (caller.platform or _administered(caller)):
            raise Refused("role-missing", "Your role does not allow this.", 403, needed=["admin"])
        return caller


def _administered(caller: Caller) -> frozenset[str]:
    return frozenset(slug for slug, roles in caller.memberships.items() if "admin" in roles)


def router(service: Service) -> APIRouter:
    """The routes of `/api/requests`."""
    routes = APIRouter(prefix="/api/requests", tags=["requests"])
    secrets = Secrets(service.settings.secret.encode())
    desk = Desk(service, secrets)

    @routes.post("", status_code=201, responses=responses(403))
    async def submit(
        asked: ToSubmit,
        caller: Anyone,
        idempotency_key: Annotated[Key | None, Header()] = None,
    ) -> Submitted:
        """Hand in a request. It goes to the most specific jurisdiction that covers the point.

        Sent again with the same Idempotency-Key and body, it gives the first answer again.
        """
        return await desk.submit(asked, caller, idempotency_key)

    @routes.post("/import")
    async def take_over(
        asked: ToImport,
        caller: Annotated[Caller, Depends(Importer())],
        idempotency_key: Annotated[Key | None, Header()] = None,
    ) -> Imported:
        """Take over a municipality's old requests with their own times. Harmless to repeat.

        What comes again is `already` there, but for what the same Idempotency-Key has brought.
        """
        allowed = None if caller.platform else _administered(caller)
        rows = await desk.take_over(asked.source, asked.rows, allowed, idempotency_key)
        return Imported(rows=rows)

    @routes.get("/{number}", responses=responses(404))
    async def one(
        number: Number, caller: Anyone, secret: TrackingSecret = None
    ) -> OwnRequest | RequestOut:
        """Where a request stands; with its secret or its citizen's token, all of it."""
        id, found = await find_request(service, number)
        if _is_own(found, caller) or secrets.shows(secret, id):
            return whole(found)
        return public_part(found)

    @routes.patch("/{number}", responses=responses(403, 404, 409))
    async def amend(
        number: Number, asked: ToAmend, caller: Anyone, secret: TrackingSecret = None
    ) -> OwnRequest:
        """Correct an open request. The point must stay in the same municipality."""
        jurisdictions = service.tenants.jurisdictions  # raises as long as no tenant is known
        id, found = await _own(number, caller, secret)
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
                errors=[{"field": "point", "message": "In another jurisdiction"}],
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
        number: Number, asked: ToWithdraw, caller: Anyone, secret: TrackingSecret = None
    ) -> OwnRequest:
        """Say that it is no longer wanted."""
        id, found = await _own(number, caller, secret)
        decide = partial(rules.withdraw, reason=asked.reason)
        await service.execute(Command(new_id(), id, found.tenant, decide))
        return whole((await find_request(service, number))[1])

    async def _own(
        number: str, caller: Caller | None, secret: str | None
    ) -> tuple[str, rules.Request]:
        id, found = await find_request(service, number)
        if not (_is_own(found, caller) or secrets.shows(secret, id)):
            raise Refused("request-not-yours", "This needs the request's secret.", 403)
        return id, found

    return routes


def _is_own(request: rules.Request, caller: Caller | None) -> bool:
    return bool(caller and caller.citizen and caller.subject == request.citizen)
