"""The citizen site: home, what is around, my requests, and the pages of plain words."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from libs.events import Point
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.text import fold
from libs.web import assets
from libs.web.access import Open, Public
from libs.web.caller import Caller
from libs.web.pages import link

from . import icon, queries, tracking
from .gazetteer import named
from .queries import Filter
from .shown import Row, row, rows
from .site import FOLLOWED, Narrowed, Site

Anyone = Annotated[Caller | None, Depends(Public())]
HOME_ROWS = 8
HOME_PINS = 200
PAGE_ROWS = 50
MOST_PLACES = 30
NEAR_M = 1_000


def router(site: Site) -> APIRouter:
    """The pages at `/`, `/requests`, `/mine` and those of plain words."""
    routes = APIRouter(include_in_schema=False)
    service = site.service

    @routes.get("/")
    async def home(request: Request, caller: Anyone) -> Response:
        """What can be done here, what is around, and what became of one's own."""
        tenant = site.tenant(request)
        around = await _around(service, tenant, HOME_PINS)
        mine = _mine(site, await _own(site, request, caller))
        return site.render(
            request,
            "home.html",
            around=around,
            rows_shown=HOME_ROWS,
            most=HOME_PINS,
            mine=mine,
            municipalities=site.by_name(),
            pins=_pins(site, request, around),
        )

    @routes.get("/requests")
    async def recent(
        request: Request,
        caller: Anyone,
        filter: Narrowed,
        page: Annotated[int, Query(ge=1, le=100)] = 1,
    ) -> Response:
        """Recent requests as a list and as a map of the same; the address says which."""
        tenant = site.tenant(request)
        found: list[Row] = []
        if tenant is not None:
            skip = (page - 1) * PAGE_ROWS
            some = await queries.recent(service, tenant, filter, limit=PAGE_ROWS + 1, skip=skip)
            found = rows(some, tenant, service.now())
        shown = found[:PAGE_ROWS]
        return site.render(
            request,
            "requests.html",
            filter=filter,
            rows=shown,
            more=len(found) > PAGE_ROWS,
            page=page,
            municipalities=site.by_name(),
            pins=_pins(site, request, shown),
        )

    @routes.get("/near")
    async def around_here(
        request: Request,
        caller: Anyone,
        lat: Annotated[float, Query(ge=-90, le=90)],
        lon: Annotated[float, Query(ge=-180, le=180)],
    ) -> Response:
        """What is near a place: the home page's list and pins for somebody who was located."""
        here = Point(lat=round(lat, 4), lon=round(lon, 4))
        since = service.now() - queries.RECENT
        some = await queries.near(service, here, NEAR_M, since, limit=HOME_PINS, words=False)
        around = [
            row(one, service.tenants.get(one.tenant), service.now(), metres=metres)
            for metres, _, one in some
        ]
        return site.render(
            request,
            "home.html",
            block="near",
            around=around,
            rows_shown=HOME_ROWS,
            most=HOME_PINS,
            here=here,
            pins=_pins(site, request, around),
        )

    @routes.get("/search")
    async def search(
        request: Request, caller: Anyone, q: Annotated[str, Query(max_length=100)] = ""
    ) -> Response:
        """To a request by its number, or to a neighbourhood by its name."""
        if number := tracking.parse(q):
            return RedirectResponse(f"/requests/{tracking.shown(number)}", 303)
        tenant = site.tenant(request)
        found = named(q, [tenant] if tenant else [])
        if not found and not site.fixed(request):
            found = named(q, site.by_name())
        wanted = fold(q)
        exact = [one for one in found if fold(one.place.name) == wanted]
        places = [
            (None if its is tenant else its, place) for its, place in exact or found[:MOST_PLACES]
        ]
        if len(places) == 1:
            [(other, place)] = places
            whose = other.slug if other else None
            return RedirectResponse(link("/requests", tenant=whose, neighbourhood=place.code), 303)
        return site.render(request, "search.html", asked=q, places=places)

    @routes.get("/mine")
    async def mine(
        request: Request,
        caller: Anyone,
        state: Annotated[Literal["open", "closed", "followed", ""], Query()] = "",
    ) -> Response:
        """One's own requests: by account, and those that this browser has sent."""
        sent = await _own(site, request, caller)
        own = _mine(site, sent)
        followed = await _followed(site, request, sent)
        return site.render(request, "mine.html", mine=own, followed=followed, state=state)

    for name in ("help", "privacy", "accessibility"):
        _add_words(routes, site, name)

    @routes.get("/offline", dependencies=[Depends(Open())])
    async def offline(request: Request) -> Response:
        """What the service worker shows where there is no net."""
        return site.render(request, "offline.html", caller=None, session=None)

    @routes.get("/manifest.webmanifest", dependencies=[Depends(Open())])
    async def manifest(request: Request) -> Response:
        """What a phone needs to put it on its home screen."""
        tenant = site.tenant(request)
        language = site.language(request)
        name = language.of(tenant.names) if tenant else "Sokak"
        content = {
            "name": name,
            "short_name": language.short(tenant.names) if tenant else name,
            "lang": language.code,
            "start_url": "/",
            "id": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbf9f6",
            "theme_color": tenant.look.plate if tenant and tenant.look else icon.PLATE,
            "icons": [
                *icon.listed(tenant),
                {"src": assets.address("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            ],
            "shortcuts": [{"name": language.text("Report"), "url": "/report"}],
        }
        headers = {"Cache-Control": "no-cache", "Vary": "Cookie"}
        return JSONResponse(content, media_type="application/manifest+json", headers=headers)

    return routes


def _add_words(routes: APIRouter, site: Site, name: str) -> None:
    @routes.get(f"/{name}", name=name)
    async def words(request: Request, caller: Anyone) -> Response:
        return site.render(request, f"{name}.html")


async def _around(service: Service, tenant: Tenant | None, limit: int) -> list[Row]:
    if tenant is None:
        return []
    found = await queries.recent(service, tenant, Filter(), limit=limit)
    return rows(found, tenant, service.now())


def _mine(site: Site, own: Sequence[queries.Found]) -> list[tuple[Row, str]]:
    """Own requests, each with its first words."""
    now, tenant_of = site.service.now(), site.service.tenants.get
    return [
        (row(one, tenant_of(one.tenant), now, own=True), _beginning(one.text)) for _, one in own
    ]


async def _followed(
    site: Site, request: Request, own: Sequence[queries.Found]
) -> list[tuple[Row, str]]:
    """Others' requests that one has given one's voice to, or that one's own was merged into."""
    followed = await queries.own(site.service, None, site.known(request, FOLLOWED))
    merged = [found for found in own if found[1].progress.joined_to]
    now, tenant_of = site.service.now(), site.service.tenants.get
    known = {id for id, _ in own}
    return [
        (row(one, tenant_of(one.tenant), now), "")
        for id, one in await queries.led_on(site.service, [*followed, *merged])
        if id not in known
    ]


async def _own(site: Site, request: Request, caller: Caller | None) -> list[queries.Found]:
    citizen = caller.subject if caller and caller.citizen else None
    return await queries.own(site.service, citizen, site.known(request))


def _beginning(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 120 else f"{short[:119].rsplit(' ', 1)[0]}…"


def _pins(site: Site, request: Request, found: list[Row]) -> list[dict[str, object]]:
    language = site.language(request)
    return [one.pin(language) for one in found]
