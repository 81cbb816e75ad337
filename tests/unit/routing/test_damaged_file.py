"""A tenant's file that was damaged on the way is refused in words, wherever the damage is."""

from __future__ import annotations

import io
import zipfile

import pytest

from libs.tenants.file import TenantFileError
from services.routing.admin.files import unpacked

CONTENT = b"slug: kecioren\nname: {tr: Ke\xc3\xa7i\xc3\xb6ren Belediyesi}\n" * 3


def packed(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr("tenant.yaml", CONTENT)
    return out.getvalue()


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_one_damaged_byte_is_told_and_is_no_failure(method: int):
    whole = packed(method)
    assert unpacked(whole) == {"tenant.yaml": CONTENT}
    refused = 0
    for place in range(len(whole)):
        for damage in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= damage
            try:
                unpacked(bytes(damaged))
            except TenantFileError:
                refused += 1
    assert refused > len(whole)


def test_a_file_that_breaks_off_is_told():
    whole = packed(zipfile.ZIP_DEFLATED)
    for length in range(len(whole)):
        with pytest.raises(TenantFileError):
            unpacked(whole[:length])
