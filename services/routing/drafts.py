"""Drafts of tenants: read, changed, published and given up, by the API and the pages alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi.concurrency import run_in_threadpool

from libs.runtime.clock import new_id
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.tenants.unfinished import Fault, faults_of, read_parts
from libs.text import said
from libs.web.access import Access

from . import draft, queries
from .difference import Difference, differences
from .draft import Base, Draft
from .publishing import checked, found_or_refused, published, removed
from .store import DRAFTS, TENANT_HISTORY, TENANTS

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A tenant as its administrators see it: what is published, and the draft if one is open.

    `revision` and `base` guard a change: the draft's state, and the version that it stands on.
    """

    slug: str
    draft: Draft | None
    revision: int
    published: Fields | None
    number: int

    @property
    def document(self) -> Fields:
        """What is edited: the draft's, else what is published."""
        if self.draft is not None and self.draft.document is not None:
            return self.draft.document
        return self.published or {"slug": self.slug}

    @property
    def base(self) -> int:
        """The version that the document was made from."""
        return self.draft.based_on if self.draft else self.number

    @property
    def behind(self) -> bool:
        """Whether another version was published since the draft was begun."""
        return self.draft is not None and self.draft.based_on != self.number

    def differences(self) -> tuple[Difference, ...]:
        """What publishing the draft would change."""
        return differences(self.published or {}, self.document) if self.draft else ()


class Unsound(Refused):
    """Parts that are wrong in themselves, with every fault; `errors` tells them to programs."""

    def __init__(self, faults: list[Fault]) -> None:
        errors = [
            {"field": ".".join(map(str, fault.place)), "message": fault.message}
            for fault in faults[:100]
        ]
        super().__init__("invalid", "Some fields are not valid.", 422, errors=errors)
        self.faults = faults


class Drafts:
    """The drafts of one running service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def seen(self, slug: str) -> Seen:
        """What its administrators see; refused (404) where there is neither draft nor version."""
        state = await self._state(slug)
        document = await queries.published(self.service.scoped(slug, TENANTS.collection))
        is_open = state is not None and state.document is not None
        if document is None and not is_open:
            found_or_refused(None)
        return Seen(
            slug=slug,
            draft=state if is_open else None,
            revision=state.revision if state else 0,
            published=None if document is None else sound(document),
            number=document["version"] if document else 0,
        )

    async def faults(self, document: Fields) -> list[Fault]:
        """Everything that keeps a document from being published."""
        return await run_in_threadpool(faults_of, document)

    async def begin(self, access: Access, document: Fields | None = None) -> int:
        """Open a draft: of what is published, or for a new municipality of `document`."""
        base = await self._base(access.tenant)
        if base is None:
            if not access.caller.platform:
                raise Refused("tenant-unknown", "Only the platform admits a new tenant.", 403)
            base = Base(await self._sound(access.tenant, document or {}), 0)
        elif document is not None:
            raise Refused("tenant-known", "There is a municipality of this name already.", 409)
        return await self._do(access, draft.begin, base=base)

    async def save(
        self, access: Access, fields: Fields, seen: int | None, base: int | None = None
    ) -> int:
        """Put parts into the draft, which is begun where none is open if `base` is told: the
        published version that the caller saw.
        """
        parts = await self._sound(access.tenant, fields, part=True)
        begun = await self._base(access.tenant) if base is not None else None
        if begun is not None and begun.version != base:
            begun = None
        return await self._do(access, draft.edit, fields=parts, seen=seen, base=begun)

    async def put(self, access: Access, document: Fields, seen: int | None) -> int:
        """Put a whole document, as from a file, in the draft's place; one is begun if needed."""
        parts = await self._sound(access.tenant, document)
        state = await self._state(access.tenant)
        if state is None or state.document is None:
            base = await self._base(access.tenant)
            if base is None:
                return await self.begin(access, document)
            await self._do(access, draft.begin, base=base)
            seen = None
        return await self._do(access, draft.replace_whole, document=parts, seen=seen)

    async def discard(self, access: Access, seen: int | None) -> int:
        """Give the draft up."""
        return await self._do(access, draft.close, seen=seen)

    async def rebase(self, access: Access, seen: int) -> tuple[str, ...]:
        """Put the draft's changes over what is published now; the parts that both changed.

        Where nothing is published any more the draft becomes a new municipality's.
        """
        its = await self.seen(access.tenant)
        open_draft = _opened(its)
        shelf = self.service.scoped(access.tenant, TENANT_HISTORY)
        old = await queries.edition(shelf, open_draft.based_on) if open_draft.based_on else {}
        document, both = (
            (dict(its.document), ())
            if its.published is None
            else draft.rebased(sound(old or {}), its.document, its.published)
        )
        await self._do(access, draft.rebase, document=document, version=its.number, seen=seen)
        return both

    async def publish(self, access: Access, seen: int) -> dict[str, Any]:
        """Publish the draft that the caller saw as the next version, and end it."""
        its = await self.seen(access.tenant)
        open_draft = _opened(its)
        if open_draft.revision != seen:
            title = said("Somebody else has changed this meanwhile.")
            raise Refused("draft-changed-meanwhile", title, 409, revision=open_draft.revision)
        if its.behind:
            title = said("The document was made from another version than the published one.")
            raise Refused("tenant-changed-meanwhile", title, 409, version=its.number)
        tenant = await checked({**its.document, "version": open_draft.based_on})
        told = await published(self.service, access, tenant)
        await self._do(access, draft.close, seen=seen, published=told["version"])
        return told

    async def restore(self, access: Access, number: int, now: int = 0) -> dict[str, Any]:
        """Publish what an older version held as a new version.

        `now` is the published version that the caller saw (409 for another one), 0 for any.
        """
        shelf = self.service.scoped(access.tenant, TENANT_HISTORY)
        old = found_or_refused(await queries.edition(shelf, number))
        return await published(self.service, access, _made_from(old, now))

    async def turn(self, access: Access, state: str, now: int = 0) -> dict[str, Any]:
        """Suspend a tenant, take it back, or let it leave: publish it in another state.

        `now` as for `restore`.
        """
        document = found_or_refused(
            await queries.published(self.service.scoped(access.tenant, TENANTS.collection))
        )
        return await published(self.service, access, _made_from({**document, "state": state}, now))

    async def remove(self, access: Access) -> dict[str, Any]:
        """Take a tenant that has left out of everybody's tables, and give up its draft."""
        told = await removed(self.service, access)
        state = await self._state(access.tenant)
        if state is not None and state.document is not None and state.based_on:
            await self.discard(access, state.revision)
        return told

    async def _state(self, slug: str) -> Draft | None:
        found = await self.service.scoped(slug, DRAFTS.collection).find_one({"_id": slug})
        return None if found is None else DRAFTS.state_of(found)

    async def _base(self, slug: str) -> Base | None:
        document = await queries.published(self.service.scoped(slug, TENANTS.collection))
        return None if document is None else Base(sound(document), document["version"])

    async def _sound(self, slug: str, fields: Fields, *, part: bool = False) -> dict[str, Any]:
        """The parts as they are stored. Raises Unsound; refused (422) under another slug."""
        parts, faults = await run_in_threadpool(read_parts, fields)
        if faults:
            raise Unsound(faults)
        if part:
            parts |= {name: None for name, value in fields.items() if value is None}
        else:
            parts.setdefault("slug", slug)
        if parts.get("slug", slug) != slug:
            title = said("The tenant's slug is not the one addressed.")
            raise Refused("tenant-slug-differs", title, 422)
        return parts

    async def _do(self, access: Access, rule: Callable[..., Any], **bound: Any) -> int:
        command = Command(
            id=new_id(),
            target=access.tenant,
            tenant=access.tenant,
            decide=partial(rule, by=access.caller.subject, **bound),
            aggregate=DRAFTS.collection,
        )
        return int((await self.service.execute(command))["revision"])


def sound(document: Fields) -> dict[str, Any]:
    """A published document as a draft holds it: of the fields that are known, without a version."""
    return read_parts(document)[0]


def _opened(seen: Seen) -> Draft:
    if seen.draft is None:
        raise Refused("draft-none", "There is no draft of this tenant any more.", 409)
    return seen.draft


def _made_from(document: Fields, version: int) -> Tenant:
    """A document as one that was made from that version; it is given the next number."""
    return Tenant.model_validate({**document, "version": version})
