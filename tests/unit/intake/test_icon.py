"""A municipality's icon on a home screen."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from libs.tenants import Logo, Tenant
from libs.web import access, problems
from libs.web.identity.signer import Signer
from services.intake import icon
from tests.unit.tenants.conftest import document
from tests.unit.tenants.test_logo import logo_of, picture

LOOK = {"accent": "#0a5d5c", "plate": "#123f4b"}


def a_site(*tenants: Tenant) -> TestClient:
    app = FastAPI()
    problems.install(app, unavailable=())
    access.install(app, Signer.new().verifier())
    app.include_router(icon.router({one.slug: one for one in tenants}.get))
    return TestClient(app)


def image(site: TestClient, address: str) -> Image.Image:
    answer = site.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return Image.open(BytesIO(answer.content)).convert("RGBA")


@pytest.mark.parametrize("kind", list(icon.PX))
def test_an_icon_is_a_square_of_its_size_and_colour(kind: icon.Kind):
    tenant = Tenant.checked(document(look=LOOK))
    drawn = image(a_site(tenant), icon.address(tenant, kind))
    assert drawn.size == (icon.PX[kind], icon.PX[kind])
    corner, near = drawn.getpixel((0, 0)), drawn.getpixel((drawn.width // 2, 4))
    assert near == (0x12, 0x3F, 0x4B, 255)
    assert corner == (near if kind in icon.FILLING else (0, 0, 0, 0))
    assert drawn.getpixel((drawn.width // 2, drawn.height // 2)) == (255, 255, 255, 255)


@pytest.mark.parametrize("kind", icon.FILLING)
def test_what_matters_is_within_the_circle_that_is_always_left(kind: icon.Kind):
    for more in ({"look": LOOK}, {"logo": logo_of(picture()).model_dump()}):
        tenant = Tenant.checked(document(**more))
        drawn = image(a_site(tenant), icon.address(tenant, kind))
        ground, middle = drawn.getpixel((0, 0)), (drawn.width - 1) / 2
        for x in range(0, drawn.width, 2):
            for y in range(0, drawn.height, 2):
                if ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 > 0.4 * drawn.width:
                    assert drawn.getpixel((x, y)) == ground, (x, y)


def test_a_logo_stands_on_white_and_another_one_has_another_address():
    plain = Tenant.checked(document())
    logo = Tenant.checked(document(logo=logo_of(picture()).model_dump()))
    drawn = image(a_site(logo), icon.address(logo, "touch"))
    assert drawn.getpixel((0, 0)) == (255, 255, 255, 255)
    assert drawn.getcolors() != [(drawn.width * drawn.height, (255, 255, 255, 255))]
    assert icon.address(plain, "touch") != icon.address(logo, "touch")


def test_an_icon_is_kept_by_its_content_and_old_addresses_still_answer():
    tenant = Tenant.checked(document(look=LOOK))
    site = a_site(tenant)
    now = site.get(icon.address(tenant, "192"))
    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    old = site.get(f"/icon/{tenant.slug}/192-00000000.png")
    assert (old.content, old.headers["cache-control"]) == (now.content, "no-cache")
    assert site.get("/icon/nobody/192-00000000.png").status_code == 404
    assert site.get("/icon/999-00000000.png").status_code == 422
    assert image(site, icon.address(None, "512")).size == (512, 512)


def test_a_logo_whose_pixels_are_broken_leaves_the_plate():
    whole = logo_of(picture()).content
    at = whole.index(b"IDAT") + 4
    broken = whole[:at] + bytes(len(whole) - at - 16) + whole[-16:]
    told = Logo.model_construct(png=base64.b64encode(broken).decode())
    tenant = Tenant.checked(document(look=LOOK)).model_copy(update={"logo": told})
    drawn = image(a_site(tenant), icon.address(tenant, "touch"))
    assert drawn.getpixel((0, 0)) == (0x12, 0x3F, 0x4B, 255)


def test_the_manifest_lists_what_a_telephone_asks_for():
    told = {(one["sizes"], one["purpose"]) for one in icon.listed(None)}
    assert told == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
