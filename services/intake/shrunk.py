"""A photo as it is kept: turned upright, not larger than needed, told nothing but what it shows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from libs.runtime.rule import Refused
from libs.text import said

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"
LONGEST_PX = 2048
SMALL_PX = 400
MOST_PIXELS = 60_000_000
"""Of the photo that comes; a decoded one takes three bytes for each."""


@dataclass(frozen=True, slots=True)
class Photo:
    """Two JPEGs of one photo: `large` is at most 2,048 px long, `small` 400."""

    large: bytes
    small: bytes
    width: int
    height: int


def shrunk(content: bytes) -> Photo:
    """Decode and encode anew, so that nothing but the picture is left: no place, no camera.

    Refused (422) where it is no photo in one of FORMATS, or a bomb.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise _unreadable("This photo has too many pixels.")
            image.draft("RGB", (LONGEST_PX, LONGEST_PX))
            upright = ImageOps.exif_transpose(image)
            plain = _on_white(upright)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise _unreadable() from error
    except (ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise _unreadable() from error
    plain.thumbnail((LONGEST_PX, LONGEST_PX))
    small = plain.copy()
    small.thumbnail((SMALL_PX, SMALL_PX))
    return Photo(_encoded(plain, 82), _encoded(small, 75), *plain.size)


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which a JPEG does not have, and without what the file said besides."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGB", layered.size, "white")
        white.paste(layered, mask=layered.getchannel("A"))
        return white
    plain = image.convert("RGB")
    plain.info = {}
    return plain


def _encoded(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _unreadable(
    title: str = said("This is no photo that can be read. Send a JPEG, PNG or WebP."),
) -> Refused:
    errors = [{"field": "photo", "message": said("Not a readable photo")}]
    return Refused("photo-unreadable", title, 422, errors=errors)
