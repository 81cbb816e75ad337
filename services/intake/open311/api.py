"""HTTP: the routes of `/open311/v2`, in XML and JSON."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.access import Open
from libs.web.language import Code

from ..desk import Desk
from ..photos import MOST_BYTES, Photos
from ..queries import Found, counted
from . import bulk
from .arguments import Arguments
from .discovery import discovery
from .errors import PREFIX, fault, refused
from .formats import Format, answer, format_of
from .jurisdiction import jurisdiction
from .keys import FORM_BYTES, MOST_FILES, IntegratorKey, Sent, integrator_of
from .language import language_of
from .posting import Posting, by_token
from .search import AT_ONCE, by_numbers, search_of, walk
from .services import service_definition, service_list
from .shown import request_out
from .updates import take_update, updates
from .window import window_of

UPLOAD_BYTES = MOST_FILES * MOST_BYTES + FORM_BYTES
UPLOADS = {f"{PREFIX}/requests.{format}": UPLOAD_BYTES for format in ("xml", "json")}
"""Where larger bodies are taken: as many photos as a request may have, which wait in files."""

MOST_PAGED = 10_000
DAY = timedelta(days=1)
_FORMATS: tuple[Format, ...] = ("xml", "json")


def router(service: Service, desk: Desk, photos: Photos) -> APIRouter:
    """Every route once for each format: the format is the end of the path."""
    routes = APIRouter(prefix=PREFIX, include_in_schema=False)
    posting = Posting(service, desk, photos)
    may_submit = Annotated[Sent, Depends(IntegratorKey(service, "submit"))]
    may_update = Annotated[Sent, Depends(IntegratorKey(service, "updates"))]

    @routes.get("/requests.csv", dependencies=[Depends(Open())])
    async def csv(request: Request) -> Response:
        """All public requests of a window, streamed."""
        arguments, tenant = _asked(service, request)
        search = search_of(arguments, service.now())
        arguments.check()
        return StreamingResponse(
            bulk.rows(service, tenant, search, _language(request), _base(service, request)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{tenant.slug}.csv"'},
        )

    for format in _FORMATS:
        _add_reading(routes, service, format)

        @routes.post(f"/requests.{format}")
        async def post(request: Request, sent: may_submit) -> Response:
            """A citizen's request."""
            return _answer(request, "service_requests", await posting.post(sent))

        @routes.post(f"/servicerequestupdates.{format}")
        async def tell(request: Request, sent: may_update) -> Response:
            """What a citizen adds to his request."""
            return _answer(request, "service_request_updates", await take_update(service, sent))

    return routes


def _add_reading(routes: APIRouter, service: Service, format: Format) -> None:
    def get(path: str) -> Callable[[Any], Any]:
        return routes.get(f"{path}.{format}", dependencies=[Depends(Open())])

    @get("/discovery")
    async def discover(request: Request) -> Response:
        """Where this server answers."""
        arguments = Arguments(request.query_params.multi_items())
        named = arguments.one("jurisdiction_id") is not None
        tenant = jurisdiction(service, request.url.hostname, arguments) if named else None
        told = discovery(service, _base(service, request), tenant, _language(request))
        return _answer(request, "discovery", told)

    @get("/services")
    async def services(request: Request) -> Response:
        """What can be asked of a municipality."""
        _, tenant = _asked(service, request)
        return _answer(request, "services", service_list(tenant, _language(request)))

    @get("/services/{service_code}")
    async def definition(request: Request, service_code: str) -> Response:
        """What is asked about one of them."""
        _, tenant = _asked(service, request)
        told = service_definition(tenant, service_code, _language(request))
        return _answer(request, "service_definition", told)

    @get("/tokens/{token}")
    async def token(request: Request, token: str) -> Response:
        """The number for a token."""
        _, tenant = _asked(service, request)
        return _answer(request, "service_requests", await by_token(service, tenant, token))

    @get("/requests")
    async def requests(request: Request) -> Response:
        """Public requests."""
        return await _requests(service, request)

    @get("/requests/{number}")
    async def one(request: Request, number: str) -> Response:
        """One public request; to the integrator who sent it also one that is not public."""
        arguments, tenant = _asked(service, request)
        by = await _by(service, request, arguments, tenant)
        found = await by_numbers(service, tenant, [number], by)
        if not found:
            raise refused(fault(404, "Böyle bir başvuru yok.", "There is no such request."))
        extended = arguments.told("extensions")
        found = await counted(service, found) if extended else found
        base = _base(service, request)
        language = _language(request)
        told = request_out(found[0][1], tenant, language, base, by=by, extended=extended)
        return _answer(request, "service_requests", [told])

    @get("/servicerequestupdates")
    async def heard(request: Request) -> Response:
        """What has happened to requests within a window, a day where none is named."""
        arguments, tenant = _asked(service, request)
        window = window_of(arguments, service.now(), DAY)
        arguments.check()
        by = await integrator_of(service, request, arguments, tenant)
        told = await updates(service, tenant, window, by)
        return _answer(request, "service_request_updates", told)


def _asked(service: Service, request: Request) -> tuple[Arguments, Tenant]:
    arguments = Arguments(request.query_params.multi_items())
    return arguments, jurisdiction(service, request.url.hostname, arguments)


async def _by(
    service: Service, request: Request, arguments: Arguments, tenant: Tenant
) -> str | None:
    """The id of the integrator whose key came with the call."""
    integrator = await integrator_of(service, request, arguments, tenant)
    return integrator.id if integrator else None


def _base(service: Service, request: Request) -> str:
    """Where this server is for those who ask."""
    return (service.settings.public_url or str(request.base_url)).rstrip("/")


async def _requests(service: Service, request: Request) -> Response:
    arguments, tenant = _asked(service, request)
    search = search_of(arguments, service.now())
    size = arguments.whole("page_size", 1, AT_ONCE, AT_ONCE)
    page = max(1, arguments.whole("page", 0, MOST_PAGED, 1))
    if page * size > MOST_PAGED:
        arguments.wrong(
            f"page × page_size en çok {MOST_PAGED}; start_date ve end_date ile daraltın.",
            f"page × page_size is at most {MOST_PAGED}; narrow it by start_date and end_date.",
        )
    extended = arguments.told("extensions")
    language = _language(request)
    by = await _by(service, request, arguments, tenant)
    if not search.ids:
        arguments.check()
    if search.ids:
        found = await by_numbers(service, tenant, search.ids, by)
        found = found[(page - 1) * size : page * size]
    else:
        all = walk(service, tenant, search, by, updates=extended, most=page * size)
        found = await _page(all, page, size)
    found = await counted(service, found) if extended else found
    base = _base(service, request)
    told = [request_out(one, tenant, language, base, by=by, extended=extended) for _, one in found]
    return _answer(request, "service_requests", told)


async def _page(all: AsyncIterator[Found], page: int, size: int) -> list[Found]:
    found: list[Found] = []
    skipped = 0
    async for one in all:
        if skipped < (page - 1) * size:
            skipped += 1
            continue
        found.append(one)
        if len(found) == size:
            break
    return found


def _answer(request: Request, root: str, value: Any) -> Response:
    return answer(format_of(request.url.path), root, value)


def _language(request: Request) -> Code:
    return language_of(request.headers.get("accept-language", ""))
