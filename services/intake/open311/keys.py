"""Who calls by a key, and what a call has brought with it."""

# No `from __future__ import annotations`: FastAPI reads a rule's parameters from the annotations.

from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.access import Rule
from libs.web.limits import Limit

from ..asked import takes_none
from ..integrator import Integrator, Scope, document_id, knows, parts_of
from ..store import INTEGRATORS
from .arguments import Arguments
from .errors import fault, refused
from .jurisdiction import jurisdiction

WINDOW_S = 10
MOST_FIELDS = 300
MOST_FILES = 5
FIELD_BYTES = 64 * 1024
FORM_BYTES = 1024 * 1024
"""Of a form without files, which is read into memory whole."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that was let in: for whom, by whom, with which fields and files."""

    tenant: Tenant
    integrator: Integrator
    arguments: Arguments
    files: tuple[UploadFile, ...]


class IntegratorKey(Rule):
    """An integrator of the tenant that the call is about, with a key for this (400, 403, 404).

    Requests are for those alone that take any (400); what they have can still be added to.
    """

    def __init__(self, service: Service, scope: Scope) -> None:
        self.service = service
        self.scope = scope

    def __repr__(self) -> str:
        return f"IntegratorKey({self.scope})"

    async def __call__(self, request: Request) -> Sent:
        pairs, files = await _body(request)
        arguments = Arguments([*pairs, *request.query_params.multi_items()])
        tenant = jurisdiction(self.service, request.url.hostname, arguments)
        if self.scope == "submit" and tenant.state != "active":
            raise takes_none(tenant)
        integrator = await integrator_of(self.service, request, arguments, tenant, self.scope)
        if integrator is None:
            raise refused(fault(403, "api_key gerekli.", "An api_key is required."))
        return Sent(tenant, integrator, arguments, files)


async def integrator_of(
    service: Service,
    request: Request,
    arguments: Arguments,
    tenant: Tenant,
    scope: Scope | None = None,
) -> Integrator | None:
    """Whose the key is, counted against its rate (429); None where there is none. Refused (403)
    where it is not this tenant's, or not for this.
    """
    key = arguments.one("api_key")
    if key is None:
        return None
    parts = parts_of(key)
    found: Integrator | None = None
    if parts and parts[0] == tenant.slug:
        found = await service.get(document_id(*parts[:2]), INTEGRATORS)
    if parts is None or found is None or not knows(found, parts[2]):
        raise refused(
            fault(403, "Bu api_key burada geçerli değil.", "This api_key is not valid here.")
        )
    limits = request.app.state.limits
    limits.take(Limit("integrator", found.rate, WINDOW_S), found.id)
    if scope is not None and scope not in found.scopes:
        raise refused(
            fault(403, "Bu api_key buna izin vermiyor.", "This api_key does not allow this.")
        )
    return found


async def _body(request: Request) -> tuple[list[tuple[str, str]], tuple[UploadFile, ...]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            form = await request.form(
                max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES
            )
        except HTTPException:
            raise _unreadable() from None
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        files = tuple(
            value
            for name, value in form.multi_items()
            if name.removesuffix("[]") == "media" and not isinstance(value, str)
        )
        return pairs, files
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise _unreadable()
    try:
        pairs = parse_qsl(
            (await _form(request)).decode(),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise _unreadable() from None
    return pairs, ()


async def _form(request: Request) -> bytes:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > FORM_BYTES:
            raise Refused("body-too-large", "The body is too large.", 413)
    return content


def _unreadable() -> Exception:
    return refused(
        fault(
            400,
            "Veri application/x-www-form-urlencoded (UTF-8) veya multipart/form-data olmalı.",
            "The body must be application/x-www-form-urlencoded in UTF-8 or multipart/form-data.",
        )
    )
