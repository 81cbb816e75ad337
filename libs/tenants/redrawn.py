"""A picture that somebody brought as a logo: decoded, made small, drawn anew."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .contrast import contrast
from .logo import LONGEST_PX, Logo, plain_size

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_SENT_BYTES = 4 * 1024 * 1024
MOST_PIXELS = 24_000_000
SHORTEST_PX = 32
MOST_TIMES = 6

LADDER = ((LONGEST_PX, 0), (LONGEST_PX, 256), (256, 256), (192, 128))
"""Longest side and colours (0: all), tried until the file is light enough for every page."""

LIGHT_BYTES = 24 * 1024

LEAST_SEEN = 1.5
"""Contrast with white paper from which a pixel counts as seen, and the share that must be."""
LEAST_SHARE = 0.005


class UnfitLogo(Exception):
    """Why a picture cannot be a logo: `slug`, a sentence, and what is filled in."""

    def __init__(self, slug: str, message: str, **words: Any) -> None:
        super().__init__(message % words)
        self.slug = slug
        self.words: Mapping[str, Any] = words


def logo_of(content: bytes) -> Logo:
    """The picture as a logo: without its margin, without what the file says beside its pixels.

    One that can be published as it is stays so, to the byte: what this has drawn before.
    Raises UnfitLogo.
    """
    if len(content) > MOST_SENT_BYTES:
        raise UnfitLogo("logo_heavy", "A logo's file has at most 4 MB.")
    if _is_vector(content):
        raise UnfitLogo(
            "logo_svg", "An SVG can hold programs and is not taken: save it as PNG (512 pixels)."
        )
    image = _trimmed(_decoded(content))
    shorter, longer = sorted(image.size)
    if shorter < SHORTEST_PX or longer > MOST_TIMES * shorter:
        told = "A logo has at least %(least)s pixels each way and is at most %(times)s times as"
        raise UnfitLogo("logo_shape", f"{told} long.", least=SHORTEST_PX, times=MOST_TIMES)
    if not _is_seen(image):
        raise UnfitLogo("logo_unseen", "It stands on white, and nobody would see it there.")
    plain = content if plain_size(content) else _drawn(image)
    return Logo(png=base64.b64encode(plain).decode())


def _decoded(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise UnfitLogo("logo_many_pixels", "This picture has too many pixels.")
            return ImageOps.exif_transpose(image).convert("RGBA")
    except (
        *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
        *(OSError, ValueError, SyntaxError),
    ):
        told = "This is no picture that can be read. Bring a PNG, JPEG or WebP."
        raise UnfitLogo("logo_unreadable", told) from None


def _is_vector(content: bytes) -> bool:
    beginning = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return beginning.startswith(b"<") and (b"<svg" in beginning or b"<?xml" in beginning)


def _trimmed(image: Image.Image) -> Image.Image:
    """Without the transparent margin, which would only make it small."""
    return image.crop(image.getchannel("A").getbbox() or (0, 0, *image.size))


def _is_seen(image: Image.Image) -> bool:
    """Whether enough of it stands out from the white that it is shown on."""
    small = image.copy()
    small.thumbnail((64, 64))
    white = Image.new("RGB", small.size, "white")
    white.paste(small, mask=small.getchannel("A"))
    told = white.tobytes().hex()
    pixels = [f"#{told[at : at + 6]}" for at in range(0, len(told), 6)]
    seen = sum(contrast(pixel, "#ffffff") >= LEAST_SEEN for pixel in pixels)
    return seen >= LEAST_SHARE * len(pixels)


def _drawn(image: Image.Image) -> bytes:
    found = b""
    for side, colours in LADDER:
        small = image.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        small.info = {}
        if colours:
            small = small.quantize(colours, Image.Quantize.FASTOCTREE)
        out = BytesIO()
        small.save(out, "PNG", optimize=True)
        found = out.getvalue()
        if len(found) <= LIGHT_BYTES:
            break
    return found
