"""All public requests of a window as CSV, in the columns of the bulk proposal; streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.bulk import pieces
from libs.web.language import Code

from ..queries import Found
from ..standing import status_of
from .formats import plain, when
from .search import Search, by_numbers, walk
from .shown import request_out


async def rows(
    service: Service, tenant: Tenant, search: Search, language: Code, base: str
) -> AsyncIterator[bytes]:
    """The file, a piece at a time."""

    async def each() -> AsyncIterator[dict[str, object]]:
        async for found in _all(service, tenant, search):
            yield _row(found, tenant, language, base)

    async for piece in pieces(each()):
        yield piece


async def _all(service: Service, tenant: Tenant, search: Search) -> AsyncIterator[Found]:
    if search.ids:
        for found in await by_numbers(service, tenant, search.ids, None):
            yield found
        return
    async for found in walk(service, tenant, search):
        yield found


def _row(found: Found, tenant: Tenant, language: Code, base: str) -> dict[str, object]:
    _, request = found
    closed = request.progress.closed_at if request.closed else None
    row: dict[str, object] = plain(request_out(request, tenant, language, base))
    return row | {
        "closed_date": when(closed),
        "status_description": status_of(request),
        "source": request.channel,
        "service_subtype": None,
    }
