"""A logo: what is taken, what is left of it, and what is refused in which words."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pydantic import ValidationError

from libs.tenants import Logo, Tenant
from libs.tenants.file import TenantFileError, files_of, load_tenant, read_files
from libs.tenants.logo import MOST_BYTES, SIGNATURE, plain_size
from libs.tenants.redrawn import LIGHT_BYTES, MOST_SENT_BYTES, UnfitLogo, logo_of
from libs.tenants.unfinished import faults_of

from .conftest import document


def picture(
    size: tuple[int, int] = (600, 400), kind: str = "PNG", ink: str = "#123f4b", **saved: Any
) -> bytes:
    """A disc with a transparent margin; on white where the kind knows no transparency."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    width, height = size
    ImageDraw.Draw(image).ellipse((width / 6, height / 6, width * 5 / 6, height * 5 / 6), ink)
    if kind == "JPEG":
        white = Image.new("RGB", size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    out = BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    image = Image.frombytes("RGB", size, Random(7).randbytes(3 * size[0] * size[1]))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def opened(logo: Logo) -> Image.Image:
    return Image.open(BytesIO(logo.content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_small_without_its_margin(kind: str) -> None:
    logo = logo_of(picture(kind=kind))
    assert max(logo.size) == 384
    assert logo.size == opened(logo).size
    assert (logo.size == (384, 256)) == (kind == "JPEG")
    assert len(logo.content) <= LIGHT_BYTES


def test_nothing_of_the_file_is_left_but_its_pixels() -> None:
    said = PngInfo()
    said.add_text("Author", "MARK-7")
    exif = Image.Exif()
    exif[0x010F] = "MARK-7"
    for content in (
        picture(pnginfo=said),
        picture(exif=exif, icc_profile=b"MARK-7" * 40),
        picture(kind="JPEG", exif=exif, comment=b"MARK-7"),
        picture(kind="WEBP", exif=exif, lossless=True),
        picture((300, 300)) + b"MARK-7",
    ):
        assert b"MARK-7" in content
        assert plain_size(content) is None
        assert b"MARK-7" not in logo_of(content).content


def test_a_camera_s_turn_is_kept() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert logo_of(picture((600, 300), "JPEG", exif=exif)).size == (192, 384)


def test_one_that_was_drawn_before_stays_as_it_is() -> None:
    for content in (picture(), noise((900, 900)), picture((600, 130))):
        logo = logo_of(content)
        assert logo_of(logo.content) == logo
        assert Logo.model_validate(logo.model_dump()) == logo


def test_the_worst_picture_fits() -> None:
    logo = logo_of(noise((1000, 1000)))
    assert len(logo.content) <= MOST_BYTES
    assert logo.size == (192, 192)


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "logo_unreadable"),
        (b"GIF89a" + b"\0" * 90, "logo_unreadable"),
        (picture()[:200], "logo_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "logo_svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE svg><svg/>', "logo_svg"),
        (b"\0" * (MOST_SENT_BYTES + 1), "logo_heavy"),
        (picture((30, 30)), "logo_shape"),
        (picture((2400, 300)), "logo_shape"),
        (picture(ink="#ffffff"), "logo_unseen"),
        (picture(ink="#fdfdf4"), "logo_unseen"),
        (picture(ink="#ffffff00"), "logo_unseen"),
    ],
)
def test_what_cannot_be_a_logo_is_refused(content: bytes, slug: str) -> None:
    with pytest.raises(UnfitLogo) as refusal:
        logo_of(content)
    assert refusal.value.slug == slug


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert plain_size(bomb) is None
    with pytest.raises(UnfitLogo) as refusal:
        logo_of(bomb)
    assert refusal.value.slug in ("logo_many_pixels", "logo_unreadable")


def test_a_document_takes_only_what_was_drawn() -> None:
    said = PngInfo()
    said.add_text("Author", "somebody")
    plain = logo_of(picture()).png
    assert Tenant.checked(document(logo={"png": plain})).logo is not None
    for wrong in (
        "no base64!",
        base64.b64encode(picture((100, 100), pnginfo=said)).decode(),
        base64.b64encode(picture((600, 600))).decode(),
        base64.b64encode(picture(kind="JPEG")).decode(),
        base64.b64encode(base64.b64decode(plain)[:-9]).decode(),
        base64.b64encode(base64.b64decode(plain) + b"<script>").decode(),
    ):
        faults = faults_of(document(logo={"png": wrong}))
        assert [(fault.place, fault.slug) for fault in faults] == [
            (("logo", "png"), "logo_not_plain")
        ]
    with pytest.raises(ValidationError):
        Logo(png="A" * 90_000)


def test_a_logo_lies_beside_the_file_and_comes_back_the_same(tmp_path: Path) -> None:
    tenant = Tenant.checked(document(logo=logo_of(picture()).model_dump()))
    files = files_of(tenant.model_dump(mode="json"))
    assert b"logo: ornek.png" in files["ornek.yaml"]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert load_tenant(tmp_path / "ornek.yaml") == tenant
    assert Tenant.checked(read_files(files)) == tenant
    (tmp_path / "ornek.png").write_bytes(picture(kind="WEBP"))
    redrawn = load_tenant(tmp_path / "ornek.yaml").logo
    assert redrawn is not None
    assert opened(redrawn).format == "PNG"


def test_a_logo_s_fault_is_told_with_its_file(tmp_path: Path) -> None:
    files = files_of(Tenant.checked(document(logo=logo_of(picture()).model_dump())).model_dump())
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "ornek.png"
    path.write_bytes(b"<svg/>")
    with pytest.raises(TenantFileError) as refusal:
        load_tenant(tmp_path / "ornek.yaml")
    (fault,) = refusal.value.errors
    assert (fault.where, fault.place) == (str(path), "logo")
    assert "SVG" in fault.message
    path.unlink()
    with pytest.raises(TenantFileError, match=r"logo: .*ornek\.png cannot be read"):
        load_tenant(tmp_path / "ornek.yaml")
    del files["ornek.png"]
    with pytest.raises(TenantFileError, match=r"names ornek\.png, which was not sent with it"):
        read_files(files)
