"""The step for a municipality's colours, with a check of contrast and a preview."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from libs.tenants import Look as Colours
from libs.tenants.contrast import LEAST_CONTRAST, contrast, letters_on
from libs.web.theme import sheet_of

from ..rights import Reader
from .frame import Frame, Read, View, texts

SOKAKS = {"accent": "#0a5d5c", "plate": "#123f4b", "ground": "72"}
"""What tokens.css has for a municipality without colours of its own."""

WHITE = "#ffffff"


class Look:
    """Three colours; everything else is made from them."""

    code = "look"

    def told(self, view: View) -> Mapping[str, Any]:
        """The draft's colours, else those of Sokak."""
        look = view.document.get("look")
        return {name: str(look[name]) for name in SOKAKS} if look else SOKAKS

    async def read(self, view: View, form: FormData) -> Read:
        """The colours that were sent; none where Sokak's are asked for."""
        told = texts(form)
        if told.get("do") == "none":
            return Read(SOKAKS, {"look": None})
        look = {
            "accent": told.get("accent", "").lower(),
            "plate": told.get("plate", "").lower(),
            "ground": told.get("ground", ""),
        }
        return Read(told, {"look": look})

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
