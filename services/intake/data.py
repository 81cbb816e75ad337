"""HTTP: what intake holds of a tenant, to be taken along: requests, photos, integrators."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

import tarfile
from collections.abc import AsyncGenerator, Iterator

from fastapi import APIRouter
from fastapi.responses import Response

from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.web.export import JSON_LINES, TAR, Export, Row, Taker, streams

from .request import Request
from .shelf import Shelf
from .store import INTEGRATORS, REQUESTS

OF_SOKAK = ("citizen", "supporters", "cell", "changed", "phone")
"""Left out of a request: the account by which its citizen is known to every municipality, and
what is only there to find it by. The tenant's own pseudonym, `citizen_ref`, stays.
"""

TOGETHER = 1000
"""Integrators in memory at a time."""

LINES = streams(JSON_LINES)


def router(service: Service, shelf: Shelf) -> APIRouter:
    """The routes of `/api/requests/data`, for a tenant's administrators."""
    routes = APIRouter(prefix="/api/requests/data", tags=["data"])
    export = Export(service)

    @routes.get("/requests", response_class=Response, responses=LINES)
    async def requests(access: Taker) -> Response:
        """Every request of the tenant as its citizen wrote it, as JSON lines: words, answers,
        contact, photos by their ids, and what the citizen was told.
        """
        return export.lines(access, "requests", export.rows(access, REQUESTS, OF_SOKAK))

    @routes.get("/photos", response_class=Response, responses=streams(TAR))
    async def photos(access: Taker) -> Response:
        """Every photo of these requests, as a tar: `<request>/<photo>.jpg`."""
        return export.tar(access, "photos", _photos(service, shelf, access.tenant))

    @routes.get("/integrators", response_class=Response, responses=LINES)
    async def integrators(access: Taker) -> Response:
        """Everybody who was ever let in as an integrator, without secrets, as JSON lines."""
        return export.lines(access, "integrators", _integrators(service, access.tenant))

    return routes


async def _integrators(service: Service, tenant: str) -> AsyncGenerator[Row, None]:
    async for some in service.scoped(tenant, INTEGRATORS.collection).portions({}, TOGETHER):
        for row in some:
            state = Stored.of(INTEGRATORS, row).state
            if state is not None:
                yield INTEGRATORS.adapter.dump_python(state, mode="json", exclude={"digest"})


async def _photos(service: Service, shelf: Shelf, tenant: str) -> AsyncGenerator[bytes, None]:
    """One photo in memory at a time; a tar needs no list at its end."""
    async for page in service.scoped(tenant, REQUESTS.collection).pages():
        for row in page:
            request = REQUESTS.state_of(row)
            for photo in request.attachments if request else ():
                found = await shelf.read(photo.id, small=False)
                if request is not None and found is not None:
                    for piece in _member(row["_id"], photo.id, request, found[1]):
                        yield piece
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member(id: str, photo: str, request: Request, content: bytes) -> Iterator[bytes]:
    member = tarfile.TarInfo(f"{id}/{photo}.jpg")
    member.size, member.mtime = len(content), int(request.submitted_at.timestamp())
    yield member.tobuf(tarfile.USTAR_FORMAT)
    yield content
    yield bytes(-len(content) % tarfile.BLOCKSIZE)
