"""A tenant as routing keeps it: one document, a version for each change, and who made it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from libs.events import TenantPublished, TenantRemoved
from libs.runtime.rule import Change, Context, Refused
from libs.tenants import Tenant

FOR_PLATFORM = ("kind", "parent", "jurisdiction", "state", "domain")
"""What decides whose requests a tenant receives; its own administrators cannot change it."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One version: when, by whom (a token's subject), and the digest of its content, which that
    of a removal has not.
    """

    number: int
    at: datetime
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """A tenant and its history. `tenant` is the slug, `document` the whole of it; empty once it
    was removed. Its earlier versions stay, and should it come again, its next goes on from them.
    """

    tenant: str
    state: Literal["active", "suspended", "left", "removed"]
    document: dict[str, Any]
    editions: tuple[Edition, ...]

    @property
    def number(self) -> int:
        """The published version."""
        return self.editions[-1].number

    @property
    def removed(self) -> bool:
        """Whether it is gone."""
        return self.state == "removed"

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
    another version than the published one (409; version 0 says nothing of where it came from, and
    of a tenant that was removed any version may come again).
    """
    if tenant.slug != context.id:
        raise Refused("tenant-slug-differs", "The tenant's slug is not the one addressed.", 422)
    content = content_of(tenant)
    digest = digest_of(content)
    if state is not None and state.digest == digest:
        return Change(state, answer=answer(state.tenant, state.number, changed=False))
    stands = state is None or not state.removed
    if stands and tenant.version and (state is None or tenant.version != state.number):
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


def remove(
    state: TenantRecord | None, context: Context, *, by: str, platform: bool
) -> Change[TenantRecord]:
    """Take a tenant that has left out of everybody's tables. Once more changes nothing.

    Refused: an unknown tenant (404), one that has not left (409), to all but the platform (403).
    """
    if state is None:
        raise Refused("tenant-unknown", "There is no such tenant, or no such version of it.", 404)
    if state.state not in ("left", "removed"):
        raise Refused("tenant-has-not-left", "Only one that has left can be removed.", 409)
    if not platform:
        raise Refused("tenant-change-needs-platform", "Only the platform removes a tenant.", 403)
    if state.removed:
        return Change(state, answer=answer(state.tenant, state.number, changed=False))
    number = state.number + 1
    edition = Edition(number, context.now, by, "")
    record = TenantRecord(state.tenant, "removed", {}, (*state.editions, edition))
    return Change(record, (TenantRemoved(),), answer(state.tenant, number, changed=True))


def _refuse_to_administrators(state: TenantRecord | None, content: dict[str, Any]) -> None:
    if state is None or state.removed:
        raise Refused("tenant-unknown", "Only the platform admits a new tenant.", 403)
    fields = [name for name in FOR_PLATFORM if content[name] != state.document.get(name)]
    if fields:
        raise Refused(
            "tenant-change-needs-platform",
            "Only the platform changes a tenant's kind, parent, jurisdiction, state or domain.",
            403,
            fields=fields,
        )
