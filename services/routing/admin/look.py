"""The step for a municipality's logo and colours, with a check of contrast and a preview."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData

from libs.tenants import Look as Colours
from libs.tenants.contrast import LEAST_CONTRAST, contrast, letters_on
from libs.tenants.redrawn import UnfitLogo, logo_of
from libs.text import said
from libs.web.theme import sheet_of

from ..rights import Reader
from ..worded import SENTENCES
from .frame import Frame, Read, View, Wrong, texts, uploaded

SOKAKS = {"accent": "#0a5d5c", "plate": "#123f4b", "ground": "72"}
"""What tokens.css has for a municipality without colours of its own."""

WHITE = "#ffffff"


class Look:
    """A logo, and three colours from which everything else is made."""

    code = "look"

    def told(self, view: View) -> Mapping[str, Any]:
        """The draft's logo, and its colours, else those of Sokak."""
        look = view.document.get("look")
        colours = {name: str(look[name]) for name in SOKAKS} if look else SOKAKS
        return {**colours, "logo": view.document.get("logo")}

    async def read(self, view: View, form: FormData) -> Read:
        """The logo or the colours that were sent; none where they are given up."""
        told = texts(form)
        match told.get("do"):
            case "none":
                return Read({**self.told(view), **SOKAKS}, {"look": None})
            case "no-logo":
                return Read({**self.told(view), "logo": None}, {"logo": None})
            case "logo":
                return await self._logo(view, await uploaded(form) or _kept(told))
        look = {
            "accent": told.get("accent", "").lower(),
            "plate": told.get("plate", "").lower(),
            "ground": told.get("ground", ""),
        }
        return Read({**self.told(view), **told}, {"look": look})

    async def more(self, view: View) -> Mapping[str, Any]:
        """How far the draft's colours stand out."""
        told = self.told(view)
        return {
            "own": bool(view.document.get("look")),
            "on_white": contrast(told["accent"], WHITE),
            "on_accent": contrast(told["accent"], letters_on(told["accent"])),
            "on_plate": contrast(told["plate"], letters_on(told["plate"])),
            "least": LEAST_CONTRAST,
        }

    async def _logo(self, view: View, content: bytes) -> Read:
        shown = self.told(view)
        if not content:
            words = view.language.text(said("Choose a picture."))
            return Read(shown, wrong=(Wrong("file", words),))
        try:
            logo = (await run_in_threadpool(logo_of, content)).model_dump()
        except UnfitLogo as unfit:
            words = view.language.text(SENTENCES[unfit.slug], **unfit.words)
            return Read(shown, wrong=(Wrong("file", words),))
        return Read({**shown, "logo": logo, "kept": logo["png"]}, {"logo": logo})


def _kept(told: Mapping[str, str]) -> bytes:
    """The picture that was sent before somebody else's change was shown."""
    try:
        return base64.b64decode(told.get("kept", ""), validate=True)
    except (binascii.Error, ValueError):
        return b""


def router(frame: Frame) -> APIRouter:
    """The draft's colours as a style sheet, for the preview."""
    routes = APIRouter(prefix="/admin/{slug}", include_in_schema=False)

    @routes.get("/look.css")
    async def sheet(request: Request, access: Reader) -> Response:
        """As `/theme` has them once they are published; Sokak's where the draft has none."""
        view = await frame.view(request, access)
        found = sheet_of(Colours.model_validate(view.document.get("look") or SOKAKS))
        return Response(found, media_type="text/css", headers={"Cache-Control": "no-store"})

    return routes
