"""`/reports/webhooks`: the same as a page, for a municipality's administrators."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused
from libs.text import said
from libs.web.access import Access
from libs.web.pages import Pages, link

from . import webhook as rules
from .attempt import Answer
from .shown import Service
from .webhook import Webhook
from .webhook_api import Administrator, Reader, RequestId, WebhookId, shown
from .webhooks import Begin, Webhooks

ROOT = "/reports/webhooks"

ERRORS = {
    "too-slow": said("It did not answer within 10 seconds."),
    "not-reachable": said("There was no connection."),
    "connection-lost": said("The connection broke off."),
    "name-unknown": said("Nobody knows this name."),
    "certificate-invalid": said("Its certificate is not valid."),
    "tls": said("There was no secure connection."),
    "address-not-public": said("The name leads to an address that is not on the public internet."),
    "port-not-allowed": said("The port is not allowed."),
    "url-not-https": said("The address does not begin with https://."),
    "url-invalid": said("The address is not valid."),
}
"""Why a receiver could not be asked, in words."""


def router(service: Service, pages: Pages, webhooks: Webhooks) -> APIRouter:
    """The pages, and the forms on them."""
    routes = APIRouter(prefix=ROOT, include_in_schema=False)

    def common(access: Access) -> dict[str, Any]:
        tenant = service.tenants.get(access.tenant)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        return {
            "surface": "reports",
            "tenant": tenant,
            "errors_known": ERRORS,
            "root": ROOT,
            "may_change": access.caller.administers(access.tenant),
        }

    async def overview(
        request: Request, access: Access, status: int = 200, **more: Any
    ) -> Response:
        found = await webhooks.all(access.tenant)
        told = {"errors": [], "asked": {}, **more}
        return pages.render(
            request, "webhooks.html", status=status, webhooks=found, **common(access), **told
        )

    async def page(
        request: Request,
        access: Access,
        id: str,
        *,
        status: int = 200,
        secret: str | None = None,
        tested: Answer | None = None,
    ) -> Response:
        webhook, progress = await webhooks.one(access.tenant, id)
        return pages.render(
            request,
            "webhook.html",
            status=status,
            webhook=webhook,
            progress=progress,
            deliveries=list(shown(await webhooks.kept(access.tenant, id), progress)),
            secret=secret,
            tested=tested,
            **common(access),
        )

    def back(access: Access, id: str = "") -> Response:
        there = f"{ROOT}/{id}" if id else ROOT
        return RedirectResponse(link(there, {"tenant": access.tenant}), 303)

    @routes.get("")
    async def all_(request: Request, access: Reader) -> Response:
        """Where this municipality's public states are sent, and a form for one more."""
        return await overview(request, access)

    @routes.post("")
    async def add(
        request: Request,
        access: Administrator,
        url: Annotated[str, Form(max_length=1000)] = "",
        note: Annotated[str, Form(max_length=200)] = "",
        begin: Annotated[Begin, Form()] = "now",
    ) -> Response:
        """Begin to send; the page that follows shows the secret, this once."""
        try:
            added = await webhooks.add(
                access.tenant, url.strip(), note.strip(), begin, access.caller.subject
            )
        except Refused as no:
            told = pages.language(request).text(no.title)
            asked = {"url": url, "note": note, "begin": begin}
            faults = [{"field": "url", "message": told}]
            return await overview(request, access, no.status, errors=faults, asked=asked)
        return await page(request, access, added.id, status=201, secret=webhooks.secret(added))

    @routes.get("/{id}")
    async def one(request: Request, id: WebhookId, access: Reader) -> Response:
        """How one fares: what was delivered, what waits, what was parked."""
        return await page(request, access, id)

    @routes.post("/{id}/pause")
    async def pause(id: WebhookId, access: Administrator) -> Response:
        """Send nothing for a while."""
        await webhooks.change(access.tenant, id, rules.pause)
        return back(access, id)

    @routes.post("/{id}/resume")
    async def resume(id: WebhookId, access: Administrator) -> Response:
        """Send again."""
        await webhooks.change(access.tenant, id, rules.resume)
        return back(access, id)

    @routes.post("/{id}/rotate")
    async def rotate(request: Request, id: WebhookId, access: Administrator) -> Response:
        """Another secret, shown this once."""
        rotated: Webhook = await webhooks.change(access.tenant, id, rules.rotate)
        return await page(request, access, id, secret=webhooks.secret(rotated))

    @routes.post("/{id}/test")
    async def test(request: Request, id: WebhookId, access: Administrator) -> Response:
        """Send something now, and show what came back."""
        return await page(request, access, id, tested=await webhooks.test(access.tenant, id))

    @routes.post("/{id}/remove")
    async def remove(id: WebhookId, access: Administrator) -> Response:
        """Send nothing ever again."""
        await webhooks.remove(access.tenant, id)
        return back(access)

    @routes.post("/{id}/redeliver")
    async def redeliver_parked(id: WebhookId, access: Administrator) -> Response:
        """Send all again that was parked."""
        await webhooks.redeliver_parked(access.tenant, id)
        return back(access, id)

    @routes.post("/{id}/deliveries/{request_id}/redeliver")
    async def redeliver(id: WebhookId, request_id: RequestId, access: Administrator) -> Response:
        """Send one again."""
        await webhooks.redeliver(access.tenant, id, request_id)
        return back(access, id)

    return routes
