"""HTTP: a citizen, or for him an administrator of the municipality, has his words erased."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused
from libs.web.openapi import responses

from .answers import OwnRequest, whole
from .followup import Anyone, Number, Secret
from .photos import Photos
from .queries import find_request
from .tracking import shown


def router(photos: Photos) -> APIRouter:
    """`/api/requests/<number>/erase`, and `/requests/…` for pages."""
    routes = APIRouter()
    counter = photos.counter

    @routes.post(
        "/api/requests/{number}/erase", tags=["requests"], responses=responses(403, 404, 409)
    )
    async def erase(
        number: Number, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Forget text, address, answers, photos and contact for good; that there was a request
        stays. An open one is withdrawn. Its citizen may, and an administrator of its municipality.
        """
        id, state = await find_request(counter.service, number)
        if caller is None or not caller.administers(state.tenant):
            id, state = await counter.own(request, caller, number, secret)
        return whole(await photos.erase(id, state))

    @routes.post("/requests/{number}/erase", include_in_schema=False)
    async def erase_by_form(
        number: Number,
        request: Request,
        caller: Anyone,
        sure: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        """The same from the page of the request."""
        if caller is None:
            await counter.site.pages.sessions.check_form(request)
        id, state = await counter.own(request, caller, number)
        if not sure:
            raise Refused("erasure-unsure", "Tick that you are sure: it cannot be undone.", 422)
        await photos.erase(id, state)
        return RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)

    return routes
