"""POST: a request of a citizen's that an integrator sends, and tokens for requests to come."""

from __future__ import annotations

import re
from typing import Any

from starlette.datastructures import UploadFile

from libs.runtime.service import Service
from libs.tenants import Tenant

from ..desk import Desk
from ..photos import Photos, content_of
from ..request import Request, Through
from ..shrunk import Photo
from ..tracking import shown
from .asked import asked_of
from .errors import fault, refused
from .keys import Sent

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Object = dict[str, Any]


class Posting:
    """Where integrators hand requests in."""

    def __init__(self, service: Service, desk: Desk, photos: Photos) -> None:
        self._service = service
        self._desk = desk
        self._photos = photos

    async def post(self, sent: Sent) -> list[Object]:
        """Accept a request with its photos. The answer names its number, a token for the number,
        or nothing, as its category says.

        Everything is looked at first, the photos too, so that nothing is kept of what is refused.
        Of the photos as they came there is one in memory at a time.
        """
        asked = asked_of(self._service.tenants, sent.tenant, sent.arguments)
        pictures = [await self._decoded(file) for file in sent.files]
        kind = asked.category.open311
        through = Through(sent.integrator.id, kind == "batch", asked.exact)
        done = await self._desk.submit_through(
            asked.request, asked.place, asked.category, through, asked.account
        )
        for file, photo in zip(sent.files, pictures, strict=True):
            state: Request | None = await self._service.get(done.id)
            if state is not None and not state.closed:
                await self._photos.keep(done.id, state, await content_of(file), photo)
        match kind:
            case "realtime":
                return [{"service_request_id": done.tracking_number, **_NOTHING_MORE}]
            case "batch":
                return [{"token": done.id, **_NOTHING_MORE}]
            case "blackbox":
                return [_NOTHING_MORE]

    async def _decoded(self, file: UploadFile) -> Photo:
        return await self._photos.decoded(await content_of(file))


_NOTHING_MORE: Object = {"service_notice": None, "account_id": None}


async def by_token(service: Service, tenant: Tenant, token: str) -> list[Object]:
    """The number for a token, once the municipality has a task for the request; until then none.

    Refused (404) where nobody was given this token.
    """
    id = token.lower()
    state: Request | None = await service.get(id) if _ID.fullmatch(id) else None
    given = state is not None and state.through is not None and state.through.token
    if state is None or not given or state.tenant != tenant.slug:
        raise refused(fault(404, "Böyle bir token yok.", "There is no such token."))
    number = shown(state.tracking_number) if state.progress.task else None
    return [{"service_request_id": number, "token": token}]
