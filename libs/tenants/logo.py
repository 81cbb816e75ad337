"""A municipality's logo: a small PNG that holds its pixels and nothing else."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from functools import cached_property

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from .part import Part

MOST_BYTES = 64 * 1024
LONGEST_PX = 384
PLAIN_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""Of a PNG, those that draw it. Everything else tells of who made it when, and with what."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Logo(Part):
    """A logo as it is published: `png` is the file in base64, drawn anew by `redrawn.logo_of`."""

    png: str = Field(max_length=4 * MOST_BYTES // 3 + 4, repr=False)

    @property
    def content(self) -> bytes:
        """The file."""
        return base64.b64decode(self.png)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Its width and height in pixels."""
        size = plain_size(self.content)
        assert size is not None
        return size

    @field_validator("png")
    @classmethod
    def _is_plain(cls, png: str) -> str:
        try:
            size = plain_size(base64.b64decode(png, validate=True))
        except binascii.Error:
            size = None
        if size is None:
            raise PydanticCustomError(
                "logo_not_plain",
                "is no plain PNG of at most 64 KB and 384 pixels: put a picture beside the file"
                " and name it, or bring it by the pages, and it is drawn anew",
            )
        return png


def plain_size(content: bytes) -> tuple[int, int] | None:
    """The size of a PNG that can be published as it is; None for anything else.

    By its chunks (ISO/IEC 15948, section 5): the pixels themselves are not looked at.
    """
    if len(content) > MOST_BYTES or not content.startswith(SIGNATURE):
        return None
    at, kinds = len(SIGNATURE), list[bytes]()
    while at + 12 <= len(content) and kinds[-1:] != [b"IEND"]:
        (length,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 8 + length
        if kind not in PLAIN_CHUNKS or end + 4 > len(content):
            return None
        if struct.unpack_from(">I", content, end)[0] != zlib.crc32(content[at + 4 : end]):
            return None
        kinds.append(kind)
        at = end + 4
    if at != len(content) or kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"]:
        return None
    width, height = struct.unpack_from(">II", content, len(SIGNATURE) + 8)
    return (width, height) if 0 < min(width, height) <= max(width, height) <= LONGEST_PX else None
