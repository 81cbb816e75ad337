"""The whole tenant as a file: taken from the pages to `sokak tenant apply`, and back."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import io
import json
import lzma
import struct
import zipfile
import zlib
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused
from libs.tenants.file import FileFault, TenantFileError, files_of, read_files

from ..drafts import Unsound
from ..publishing import found_or_refused
from ..rights import Admin, Reader
from .frame import Frame, View, Wrong, guarded, uploaded

MOST_FILES = 10
MOST_BYTES = 16 * 1024 * 1024
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError),
    *(NotImplementedError, ValueError, struct.error),
)
"""What `zipfile` raises for bytes that are no sound ZIP."""


def router(frame: Frame) -> APIRouter:
    """The page of the file."""
    routes = APIRouter(prefix="/admin/{slug}/file", include_in_schema=False)

    @routes.get("")
    async def page(request: Request, access: Reader) -> Response:
        """To take it, and to bring it."""
        return _page(frame, await frame.view(request, access))

    @routes.get("/{which}")
    async def take(
        request: Request, access: Reader, which: Literal["draft.zip", "published.zip"]
    ) -> Response:
        """All files in one, as `sokak tenant export` writes them."""
        view = await frame.view(request, access)
        document = view.document if which == "draft.zip" else view.seen.published
        content = await run_in_threadpool(_packed, dict(found_or_refused(document)))
        name = f"{view.slug}-{which}"
        return Response(
            content,
            media_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    @routes.post("")
    async def bring(request: Request, access: Admin) -> Response:
        """Put a file in the draft's place."""
        view, form = await frame.view(request, access), await request.form()
        content = await uploaded(form)
        revision, _ = guarded(form)
        try:
            document = await run_in_threadpool(_read, content)
            await frame.drafts.put(access, document, revision)
        except TenantFileError as error:
            return _page(frame, view, tuple(_wrong(one) for one in error.errors))
        except Unsound as unsound:
            found = (
                Wrong("file", f"{view.way(one.place, document)}: {view.said(one)}")
                for one in unsound.faults
            )
            return _page(frame, view, tuple(found))
        except Refused as refused:
            if refused.status not in (409, 422):
                raise
            return _page(frame, view, (Wrong("file", view.language.text(refused.title)),))
        return RedirectResponse(f"/admin/{view.slug}/check", 303)

    return routes


def _page(frame: Frame, view: View, wrong: tuple[Wrong, ...] = ()) -> Response:
    return frame.render(view, "file.html", status=422 if wrong else 200, errors=wrong[:50])


def _wrong(fault: FileFault) -> Wrong:
    return Wrong("file", str(fault))


def _packed(document: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files_of(document).items():
            packed.writestr(name, content)
    return out.getvalue()


def _read(content: bytes) -> dict[str, Any]:
    """A document: of a ZIP as one takes it here, of YAML or JSON with its areas in it."""
    if content.startswith(b"PK"):
        return read_files(unpacked(content))
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return read_files({"file.yaml": content})
    if not isinstance(document, dict):
        raise TenantFileError((FileFault("", "", "must be a mapping: lines of `field: value`"),))
    return document


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files in a ZIP by name. Raises TenantFileError where it is too large or damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [one for one in packed.infolist() if not one.is_dir()]
            if len(inside) > MOST_FILES or sum(one.file_size for one in inside) > MOST_BYTES:
                raise TenantFileError((FileFault("", "", "is larger than a tenant can be"),))
            return {one.filename: packed.read(one) for one in inside}
    except _DAMAGED:
        raise TenantFileError((FileFault("", "", "is no sound ZIP"),)) from None
