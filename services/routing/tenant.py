"""A tenant as routing keeps it: one document, a version for each change, and who made it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from libs.events import TenantPublished
from libs.runtime.rule import Change, Context, Refused
from libs.tenants import Tenant

FOR_PLATFORM = ("kind", "parent", "jurisdiction", "state", "domain")
"""What decides whose requests a tenant receives; its own administrators cannot change it."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One published version: when, by whom (a token's subject), and the digest of its content."""

    number: int
    at: datetime
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """A tenant and its history. `tenant` is the slug, `document` the whole of it."""

    tenant: str
    state: Literal["active", "suspended", "left"]
    document: dict[str, Any]
    editions: tuple[Edition, ...]

    @property
    def number(self) -> int:
        """The published version."""
        return self.editions[-1].number

    @property
    def digest(self) -> str:
        """The digest of the published content."""
        return self.editions[-1].digest


def content_of(tenant: Tenant) -> dict[str, Any]:
    """The tenant as data, without the version, which publishing gives."""
    return tenant.model_dump(mode="json", exclude={"version"})


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the content, the same however its keys are ordered."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def answer(slug: str, number: int, *, changed: bool) -> dict[str, Any]:
    """What the publisher is told."""
    return {"slug": slug, "version": number, "changed": changed}


def publish(
    state: TenantRecord | None,
    context: Context,
    *,
    tenant: Tenant,
    by: str,
    platform: bool,
) -> Change[TenantRecord]:
    """Publish a tenant. The content that is published already changes nothing.

    Refused: another slug than the document's own (422); an administrator of the tenant who
    founds one or changes what decides whose requests it receives (403); a document made from
    another version than the published one (409; version 0 says nothing of where it came from).
    """
    if tenant.slug != context.id:
        raise Refused("tenant-slug-differs", "The tenant's slug is not the one addressed.", 422)
    content = content_of(tenant)
    digest = digest_of(content)
    if state is not None and state.digest == digest:
        return Change(state, answer=answer(state.tenant, state.number, changed=False))
    if tenant.version and (state is None or tenant.version != state.number):
        raise Refused(
            "tenant-changed-meanwhile",
            "The document was made from another version than the published one.",
            409,
            version=state.number if state else 0,
        )
    if not platform:
        _refuse_to_administrators(state, content)
    number = state.number + 1 if state else 1
    edition = Edition(number, context.now, by, digest)
    document = content | {"version": number}
    record = TenantRecord(
        tenant=tenant.slug,
        state=tenant.state,
        document=document,
        editions=(*(state.editions if state else ()), edition),
    )
    told = TenantPublished(
        occurred_at=context.now,
        slug=tenant.slug,
        version=number,
        state=tenant.state,
        tenant=document,
    )
    return Change(record, (told,), answer(tenant.slug, number, changed=True))


def _refuse_to_administrators(state: TenantRecord | None, content: dict[str, Any]) -> None:
    if state is None:
        raise Refused("tenant-unknown", "Only the platform admits a new tenant.", 403)
    fields = [name for name in FOR_PLATFORM if content[name] != state.document.get(name)]
    if fields:
        raise Refused(
            "tenant-change-needs-platform",
            "Only the platform changes a tenant's kind, parent, jurisdiction, state or domain.",
            403,
            fields=fields,
        )
