"""HTTP: photos of a request come in, and go out to those who may see them."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import asyncio
import hashlib
from datetime import timedelta
from time import monotonic
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile as Upload

from libs.events import Attachment
from libs.runtime.rule import Refused
from libs.web.access import Public
from libs.web.caller import Caller
from libs.web.openapi import responses

from . import erasure, later
from .disclosed import shown_photos
from .followup import Anyone, Counter, Number, Secret
from .request import Request as State
from .shelf import Shelf
from .shrunk import MEDIA_TYPE, Photo, shrunk
from .tracking import shown

log = structlog.get_logger()

MOST_BYTES = 10 * 1024 * 1024
BODY_BYTES = MOST_BYTES + 64 * 1024
"""With what a form has around the file."""

TOGETHER = 2
"""Photos that a process decodes at the same time: each takes some dozens of megabytes."""

LOOSE = timedelta(days=1)
"""How long a photo may be kept that no request names."""

SWEEP_S = 600.0
SWEPT_TOGETHER = 50


class AttachmentOut(BaseModel):
    """A photo that is kept."""

    id: str
    media_type: str
    size: int


class Photos:
    """Takes and gives photos."""

    def __init__(self, counter: Counter, shelf: Shelf) -> None:
        self.counter = counter
        self._shelf = shelf
        self._decoding = asyncio.Semaphore(TOGETHER)
        self._sweep_at = 0.0

    async def add(self, id: str, state: State, content: bytes) -> Attachment:
        """Keep a photo of a request and tell of it. Its id comes from its bytes, so that a
        repeat after a lost answer adds nothing.
        """
        return await self.keep(id, state, content, await self.decoded(content))

    async def decoded(self, content: bytes) -> Photo:
        """A photo as it would be kept. Refused (422) where it is none."""
        async with self._decoding:
            return await run_in_threadpool(shrunk, content)

    async def keep(self, id: str, state: State, content: bytes, photo: Photo) -> Attachment:
        """Keep one that was decoded before."""
        name = hashlib.sha256(id.encode() + b"\0" + content).hexdigest()[:32]
        attachment = Attachment(id=name, media_type=MEDIA_TYPE, size=len(photo.large))
        await self._shelf.keep(name, id, photo)
        await self.counter.decide(id, state, later.attach, attachment=attachment)
        return attachment

    async def erase(self, id: str, state: State) -> State:
        """Forget a request's words, and throw its photos away.

        They are loose before and after, so that whoever sweeps drops them if this process ends
        between.
        """
        for photo in state.attachments:
            await self._shelf.loosen(photo.id)
        erased = await self.counter.decide(id, state, erasure.erase)
        for photo in state.attachments:
            await self._shelf.loosen(photo.id)
            await self._shelf.drop(photo.id, self.counter.service.now())
        return erased

    async def sweep(self) -> None:
        """Throw away what was sent a day ago and came to no request; a few each time.

        Every copy may do it: what another one has done is not there any more.
        """
        if monotonic() < self._sweep_at:
            return
        before = self.counter.service.now() - LOOSE
        found = await self._shelf.loose(before, SWEPT_TOGETHER)
        dropped = 0
        for id, request in found:
            state: State | None = await self.counter.service.get(request)
            if state and any(one.id == id for one in state.attachments):
                await self._shelf.settle(id)
            else:
                dropped += await self._shelf.drop(id, before)
        if dropped:
            log.info("photos_dropped", service=self.counter.service.name, count=dropped)
        if len(found) < SWEPT_TOGETHER:
            self._sweep_at = monotonic() + SWEEP_S

    async def seen_by(
        self, request: Request, caller: Caller | None, name: str, small: bool
    ) -> tuple[bytes, bool]:
        """A photo's bytes for its citizen, for the people of its municipality, and for everybody
        where these show it (404); and whether he who asks may see it whatever these decide.
        """
        found = await self._shelf.read(name, small)
        state = await self.counter.service.get(found[0]) if found else None
        if found is None or state is None:
            raise _unknown()
        kept = any(one.id == name for one in state.attachments)
        staff = caller is not None and (caller.platform or bool(caller.roles(state.tenant)))
        shown = name in shown_photos(state, self.counter.service.tenants.get(state.tenant))
        own = self.counter.site.is_own(request, caller, found[0], state)
        if not kept or not (staff or shown or own):
            raise _unknown()
        return found[1], staff or own


def router(photos: Photos) -> APIRouter:
    """`/api/requests/<number>/attachments`, `/requests/…` for pages, and `/attachments/<id>`."""
    routes = APIRouter()

    @routes.post(
        "/api/requests/{number}/attachments",
        status_code=201,
        tags=["requests"],
        responses=responses(403, 404, 409),
    )
    async def add(
        number: Number,
        photo: Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 10 MB.")],
        request: Request,
        caller: Anyone,
        secret: Secret = None,
    ) -> AttachmentOut:
        """Add a photo, at most 5. Place, time and camera are taken out of it."""
        id, state = await photos.counter.own(request, caller, number, secret)
        added = await photos.add(id, state, await content_of(photo))
        return AttachmentOut(id=added.id, media_type=added.media_type, size=added.size)

    @routes.post("/requests/{number}/attachments", include_in_schema=False)
    async def add_by_form(
        number: Number, photo: Annotated[UploadFile, File()], request: Request, caller: Anyone
    ) -> Response:
        """The same from the page of the request, where scripts do not run."""
        if caller is None:
            await photos.counter.site.pages.sessions.check_form(request)
        id, state = await photos.counter.own(request, caller, number)
        await photos.add(id, state, await content_of(photo))
        return RedirectResponse(f"/requests/{shown(state.tracking_number)}#photos", 303)

    @routes.get("/attachments/{name}", include_in_schema=False)
    async def one(
        name: str,
        request: Request,
        caller: Annotated[Caller | None, Depends(Public())],
        size: Annotated[Literal["small", "large"], Query()] = "large",
    ) -> Response:
        """A photo, to those alone who may see it."""
        if not (len(name) == 32 and name.isalnum()):
            raise _unknown()
        content, always = await photos.seen_by(request, caller, name, size == "small")
        headers = {
            "Cache-Control": "private, max-age=86400, immutable" if always else "no-store",
            "Content-Disposition": f'inline; filename="{name}.jpg"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(content, media_type=MEDIA_TYPE, headers=headers)

    return routes


async def content_of(photo: Upload) -> bytes:
    """The bytes of a photo that was sent. Refused (422) where they are too many."""
    if photo.size is None or photo.size > MOST_BYTES:
        raise Refused("photo-too-large", "A photo may have at most 10 MB.", 422)
    await photo.seek(0)
    return await photo.read()


def _unknown() -> Refused:
    return Refused("attachment-unknown", "There is no such photo.", 404)
