"""A tenant's icon on a home screen: its logo on white, else the plate in its colour; square PNGs.

`/icon/<tenant>/<kind>-<hash>.png`, and `/icon/<kind>-<hash>.png` for a site that is nobody's; kept
by browsers for ever. `touch` and `maskable` fill the square, as a telephone cuts its own shape out
of it; what matters is within the circle of 80 % that is always left.

Source: W3C Web Application Manifest, "Icon masks and safe zone".
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import hashlib
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Literal

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from PIL import Image, ImageDraw

from libs.events.common import Slug
from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.tenants.contrast import letters_on
from libs.web.access import Open

Kind = Literal["192", "512", "maskable", "touch"]
PX: dict[Kind, int] = {"192": 192, "512": 512, "maskable": 512, "touch": 180}
FILLING = ("maskable", "touch")
SAFE = 0.56
"""A square of so much of the side is within that circle."""

PLATE = "#123f4b"
_FINER = 2
"""Drawn so many times as large, so that edges are smooth."""


def router(find: Callable[[str], Tenant | None]) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/icon/{kind}-{hash}.png")
    def common(kind: Kind, hash: str) -> Response:
        return _answer(None, kind, hash)

    @routes.get("/icon/{slug}/{kind}-{hash}.png")
    def picture(slug: Slug, kind: Kind, hash: str) -> Response:
        tenant = find(slug)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        return _answer(tenant, kind, hash)

    return routes


def address(tenant: Tenant | None, kind: Kind) -> str:
    """Where it is."""
    of = f"{tenant.slug}/" if tenant else ""
    return f"/icon/{of}{kind}-{_hash(tenant)}.png"


def listed(tenant: Tenant | None) -> list[dict[str, str]]:
    """The PNGs of a web application's manifest."""
    return [
        {
            "src": address(tenant, kind),
            "sizes": f"{PX[kind]}x{PX[kind]}",
            "type": "image/png",
            "purpose": "maskable" if kind in FILLING else "any",
        }
        for kind in PX
        if kind != "touch"
    ]


def _answer(tenant: Tenant | None, kind: Kind, hash: str) -> Response:
    keep = "public, max-age=31536000, immutable" if hash == _hash(tenant) else "no-cache"
    headers = {"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
    return Response(_drawn(kind, *_of(tenant)), media_type="image/png", headers=headers)


def _of(tenant: Tenant | None) -> tuple[str, bytes | None]:
    plate = tenant.look.plate if tenant and tenant.look else PLATE
    return plate, tenant.logo.content if tenant and tenant.logo else None


def _hash(tenant: Tenant | None) -> str:
    plate, logo = _of(tenant)
    return hashlib.sha256(plate.encode() + (logo or b"")).hexdigest()[:8]


@lru_cache(maxsize=64)
def _drawn(kind: Kind, plate: str, logo: bytes | None) -> bytes:
    side = PX[kind] * _FINER
    emblem = _emblem(logo)
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    corner = 0 if kind in FILLING else side // 5
    ground = "#ffffff" if emblem else plate
    ImageDraw.Draw(image).rounded_rectangle((0, 0, side - 1, side - 1), corner, fill=ground)
    width = round(side * (SAFE if kind in FILLING else 0.76))
    if emblem:
        _put(image, emblem, width)
    else:
        _draw_plate(image, width, letters_on(plate))
    out = BytesIO()
    image.resize((PX[kind], PX[kind]), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _emblem(logo: bytes | None) -> Image.Image | None:
    """The logo's pixels; None where there are none, or a file brought some that are broken."""
    try:
        return Image.open(BytesIO(logo), formats=("PNG",)).convert("RGBA") if logo else None
    except (OSError, SyntaxError, ValueError):
        return None


def _put(image: Image.Image, emblem: Image.Image, width: int) -> None:
    scale = width / max(emblem.size)
    size = (max(1, round(emblem.width * scale)), max(1, round(emblem.height * scale)))
    fitting = emblem.resize(size, Image.Resampling.LANCZOS)
    at = ((image.width - size[0]) // 2, (image.height - size[1]) // 2)
    image.alpha_composite(fitting, at)


def _draw_plate(image: Image.Image, width: int, ink: str) -> None:
    """The street plate of icon.svg: a frame, and a line in it."""
    middle, unit = image.width // 2, width / 26
    half, tall = width / 2, 8 * unit
    draw = ImageDraw.Draw(image)
    frame = (middle - half, middle - tall, middle + half, middle + tall)
    draw.rounded_rectangle(frame, 3 * unit, outline=ink, width=round(1.5 * unit))
    line = (middle - 7 * unit, middle - 1.5 * unit, middle + 7 * unit, middle + 1.5 * unit)
    draw.rectangle(line, fill=ink)
