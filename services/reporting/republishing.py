"""What was told before is told anew where it would be another thing today.

Whenever a tenant's rules of publication change, or it is gone and nothing may be told of it any
more, or another generation of the projection is shown, one copy walks through the facts and tells
the differences. How far it is stands in the commits that tell them, so that it, or another copy,
goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from libs.runtime.clock import now
from libs.runtime.lease import Lease
from libs.runtime.mongo import Conflict, Document, is_infrastructure
from libs.runtime.record import is_id
from libs.runtime.rule import replace
from libs.runtime.service import Service
from libs.runtime.store import Aggregate, Held
from libs.runtime.table import TenantsBehind
from libs.runtime.unit import Unit
from libs.runtime.walk import PAGE, pages
from libs.tenants import Tenant

from .projection import followed
from .publishing import Publishing, load
from .store import PUBLIC, RULES, InForce

log = structlog.get_logger()

WALK_ID = "|walk"


@dataclass(frozen=True)
class Walk:
    """A walk through the facts of a generation for the sake of these tenants, and behind which
    fact it is. `rules` says that theirs have changed, and not only the generation.
    """

    tenant: str = ""
    generation: int = 0
    tenants: tuple[str, ...] = ()
    rules: bool = False
    after: str = ""
    done: bool = True


WALK = Aggregate(PUBLIC, Walk)


class Republishing:
    """Looks now and then whether there is something to tell anew, which then goes on by itself.

    `page` is how many facts are in memory, and share a commit.
    """

    def __init__(self, service: Service, page: int = PAGE) -> None:
        self._service = service
        self._page = page
        self._lease = Lease(service.database, "republishing")
        self._task: asyncio.Task[None] | None = None
        self._in_force: dict[str, int] = {}

    async def __call__(self) -> None:
        """Look, and begin or go on."""
        if self._task is not None and not self._task.done():
            if not await self._left():
                return
            await self.stop()
        publishing = self._service.parts.rules.follow
        if isinstance(publishing, Publishing) and await self._is_due(publishing):
            self._task = asyncio.create_task(self._work(publishing))

    async def stop(self) -> None:
        """Leave the rest to another copy."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _work(self, publishing: Publishing) -> None:
        try:
            await self.walk(publishing)
        except (Conflict, TenantsBehind):
            log.info("republishing_waits", service=self._service.name)
        except Exception as error:
            if not is_infrastructure(error):
                log.exception("republishing_failed", service=self._service.name)

    async def _is_due(self, publishing: Publishing) -> bool:
        changed = [*await self._left(), *await self._changed()]
        walk = (await self._unit())[1].state or Walk()
        if walk.done and walk.generation == publishing.generation and not changed:
            return False
        if not await followed(self._service.database, publishing.generation):
            return False
        return await self._lease.hold() and await self.begin(publishing, changed)

    async def _left(self) -> list[InForce]:
        """The rule that nothing is told of a tenant, where it is gone and that is not in force:
        what happens to its requests waits meanwhile, so this is never put off.
        """
        newer = {
            slug: version
            for slug, version in self._service.tenants.gone.items()
            if self._in_force.get(slug) != version
        }
        known = {row["_id"]: row for row in await self._rows(list(newer))} if newer else {}
        left = []
        for slug, version in newer.items():
            row = known.get(slug)
            if row is None or row["since"] < version:
                left.append(InForce(slug, version, gone=True))
            else:
                self._in_force[slug] = version
        return left

    async def _changed(self) -> list[InForce]:
        """The rules of tenants where they are not those that are in force."""
        newer = {
            tenant.slug: tenant
            for tenant in self._service.tenants.all()
            if self._in_force.get(tenant.slug) != tenant.version
        }
        known = {row["_id"]: row for row in await self._rows(list(newer))} if newer else {}
        changed = []
        for slug, tenant in newer.items():
            row = known.get(slug)
            if row is None or (
                row["since"] < tenant.version and row["mark"] != tenant.publication_mark
            ):
                changed.append(in_force(tenant))
            else:
                self._in_force[slug] = tenant.version
        return changed

    async def begin(self, publishing: Publishing, changed: Sequence[InForce]) -> bool:
        """Note what is in force from now on, and the walk that follows; whether there is one."""
        unit, held = await self._unit()
        unit.take(RULES, await self._rows([one.tenant for one in changed]))
        for one in changed:
            rules = unit.hold(RULES, one.tenant)
            rules.state = one
            rules.version += 1
        walk = held.state or Walk()
        concerned = {one.tenant for one in changed if await self._has_facts(publishing, one.tenant)}
        rules_too = bool(concerned) or (walk.rules and not walk.done)
        if walk.generation != publishing.generation:
            tenants = self._service.tenants
            concerned = {*(tenant.slug for tenant in tenants.all()), *tenants.gone}
        if concerned:
            concerned |= set() if walk.done else set(walk.tenants)
            slugs = tuple(sorted(concerned))
            walk = Walk("", publishing.generation, slugs, rules_too, done=False)
            held.state = walk
            held.version += 1
        await self._service.chain.commit(unit)
        return not walk.done

    async def walk(self, publishing: Publishing) -> None:
        """Go on to the end, for as long as nobody else does or begins anew."""
        walk = (await self._unit())[1].state
        if walk is None or walk.done:
            return
        facts = self._service.database[publishing.facts.collection]
        left_out = ("counted", "routing")
        async for page in pages(facts, after=walk.after, page=self._page, without=left_out):
            if not await self._lease.hold():
                return
            further = replace(walk, after=page[-1]["_id"])
            if not await self._tell(publishing, walk, further, page):
                return
            walk = further
        if await self._tell(publishing, walk, replace(walk, done=True), []):
            await self._lease.give_up()
            log.info("republished", service=self._service.name, tenants=len(walk.tenants))

    async def _tell(
        self, publishing: Publishing, walk: Walk, further: Walk, page: list[Document]
    ) -> bool:
        """Tell the differences of a page of facts; False where the walk is not ours any more."""
        facts = [
            Held.of(publishing.facts, row)
            for row in page
            if row.get("tenant") in walk.tenants and is_id(row["_id"])
        ]
        while True:
            unit, held = await self._unit()
            if held.state != walk:
                return False
            held.state = further
            held.version += 1
            await load(unit, self._service.database, facts)
            publishing.tell(unit, facts, self._service.tenants.get, only_differences=not walk.rules)
            try:
                await self._service.chain.commit(unit)
            except Conflict:  # somebody followed an event meanwhile: what he told is newer
                continue
            return True

    async def _unit(self) -> tuple[Unit, Held[Walk]]:
        unit = Unit(self._service.name, now())
        unit.take(WALK, await self._rows([WALK_ID]))
        return unit, unit.hold(WALK, WALK_ID)

    async def _rows(self, ids: list[str]) -> list[Document]:
        found = self._service.database[PUBLIC].find({"_id": {"$in": ids}})
        return await found.to_list(None)

    async def _has_facts(self, publishing: Publishing, slug: str) -> bool:
        facts = self._service.database[publishing.facts.collection]
        return await facts.find_one({"tenant": slug}, ["_id"]) is not None


def in_force(tenant: Tenant) -> InForce:
    """The rules of a tenant."""
    return InForce(tenant.slug, tenant.version, tenant.publication_mark)
