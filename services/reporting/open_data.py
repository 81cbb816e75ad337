"""Open data: the public state of all of a tenant's requests, as CSV, GeoJSON and RSS.

It is read from what the public topic tells, so both say the same, and nothing that the topic may
not. CSV and GeoJSON are streamed, a page in memory at a time, in the order in which requests came.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.access import Open
from libs.web.bulk import pieces
from libs.web.downloads import Downloads
from libs.web.etag import marked
from libs.web.limits import address_of
from libs.web.pages import Pages
from libs.web.rss import MEDIA_TYPE

from .entries import Told, newest_told, told_requests
from .feed import feature, row, rss

FEED = 200
FRESH = {"Cache-Control": "no-cache", "Vary": "Cookie"}


def router(service: Service, pages: Pages) -> APIRouter:
    """The routes of `/open-data`."""
    routes = APIRouter(prefix="/open-data", include_in_schema=False, dependencies=[Depends(Open())])
    downloads = Downloads()

    def tenant_named(slug: Annotated[Slug, Path(alias="tenant")]) -> Tenant:
        tenant = service.tenants.get(slug)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        return tenant

    named = Annotated[Tenant, Depends(tenant_named)]

    def streamed(
        request: Request, body: AsyncGenerator[bytes, None], media_type: str, name: str
    ) -> Response:
        return downloads.sent(body, media_type, name, FRESH, address_of(request))

    @routes.get("")
    async def about(request: Request) -> Response:
        """Who publishes what, and how to read it."""
        found = [one for one in service.tenants.all() if one.publication.published]
        return pages.render(request, "open_data.html", surface="reports", tenants=found)

    @routes.get("/{tenant}/requests.csv")
    async def csv(request: Request, tenant: named) -> Response:
        """In the columns of Open311's bulk proposal."""
        language = pages.language(request)

        async def rows() -> AsyncIterator[dict[str, object]]:
            async for told in told_requests(service, tenant.slug):
                yield row(told, tenant, language.code)

        body = pieces(rows())
        return streamed(request, body, "text/csv; charset=utf-8", f"{tenant.slug}-requests.csv")

    @routes.get("/{tenant}/requests.geojson")
    async def geojson(request: Request, tenant: named) -> Response:
        """What the topic tells, as features; one's id is its key there."""
        body = _features(told_requests(service, tenant.slug), tenant)
        name = f"{tenant.slug}-requests.geojson"
        return streamed(request, body, "application/geo+json", name)

    @routes.get("/{tenant}/requests.rss")
    async def newest(request: Request, tenant: named) -> Response:
        """The newest of the last 30 days, for a feed reader."""
        found = await newest_told(service, tenant, FEED)
        base = (service.settings.public_url or str(request.base_url)).rstrip("/")
        body = rss(found, tenant, pages.language(request), base)
        return marked(request, body, MEDIA_TYPE, FRESH)

    return routes


async def _features(found: AsyncIterator[Told], tenant: Tenant) -> AsyncGenerator[bytes, None]:
    yield b'{"type":"FeatureCollection","features":['
    between = b"\n"
    async for told in found:
        yield between + feature(told, tenant)
        between = b",\n"
    yield b"\n]}\n"
