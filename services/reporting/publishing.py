"""What became public, written in the same commit as the facts that it follows from.

Each tenant's entries are in one collection outside the generations, under `<tenant>|<request>`,
and beside them, under the tenant's own name, which of its rules are in force.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from libs.events import Envelope, Event, encode, public_topic
from libs.runtime.clock import new_id
from libs.runtime.mongo import Database
from libs.runtime.record import is_id
from libs.runtime.store import Aggregate, Held
from libs.runtime.table import TenantsBehind
from libs.runtime.unit import Outgoing, Unit
from libs.tenants import Tenant

from .fact import Fact
from .public import Entry, follow, known, told
from .store import ENTRIES, RULES, InForce, entry_id

TenantOf = Callable[[str], Tenant | None]


@dataclass(frozen=True, slots=True)
class Publishing:
    """Follows the facts of one generation, whose aggregate is `facts`."""

    facts: Aggregate[Fact]
    generation: int

    async def __call__(self, unit: Unit, database: Database, tenant_of: TenantOf) -> None:
        """Tell the differences. Two copies that tell the same meet in the entry's version."""
        changed = [held for held in unit.changed if self._shows(held)]
        if changed:
            await load(unit, database, changed)
            self.tell(unit, changed, tenant_of)

    def _shows(self, held: Held[Fact]) -> bool:
        """Whether an outsider could see the change under some rules.

        What none could see leaves the entry alone; all else bumps its version, so that whoever
        publishes by other rules meanwhile looks again.
        """
        return is_id(held.id) and known(held.before) != known(held.state)

    def tell(
        self,
        unit: Unit,
        facts: Iterable[Held[Fact]],
        tenant_of: TenantOf,
        *,
        only_differences: bool = False,
    ) -> None:
        """Bring the entries of these facts up to date. Raises TenantsBehind where other rules are
        in force than are known here. Entries that stay as they are get another version too, unless
        `only_differences` are to be written.
        """
        for fact in facts:
            assert fact.state is not None
            slug = fact.state.tenant
            tenant = tenant_of(slug)
            in_force = unit.hold(RULES, slug).state
            if in_force and _is_behind(tenant, in_force):
                raise TenantsBehind
            entry, seen = unit.hold(ENTRIES, entry_id(slug, fact.id)), known(fact.state)
            if seen is None and not entry.loaded:
                continue
            of = fact.last_seen("requests", fact.id), fact.last_seen("tasks", fact.id)
            before = entry.state or Entry(slug)
            after, event = follow(before, told(seen, tenant), of, self.generation)
            if event is None and only_differences:
                continue
            entry.state = after
            entry.version += 1
            if event is not None:
                entry.told = True
                unit.outgoing.append(_outgoing(unit, fact.id, after, event, tenant))


def _is_behind(tenant: Tenant | None, in_force: InForce) -> bool:
    """Whether others know more of it than is known here."""
    return not in_force.gone if tenant is None else tenant.version < in_force.since


async def load(unit: Unit, database: Database, facts: Collection[Held[Fact]]) -> None:
    """Take the entries of these facts in hand, and which rules are in force."""
    tenants = {fact.state.tenant for fact in facts if fact.state}
    ids = [entry_id(fact.state.tenant, fact.id) for fact in facts if fact.state]
    rows = await database[ENTRIES.collection].find({"_id": {"$in": [*ids, *tenants]}}).to_list(None)
    unit.take(ENTRIES, [row for row in rows if row["_id"] not in tenants])
    unit.take(RULES, [row for row in rows if row["_id"] in tenants])


def _outgoing(unit: Unit, id: str, entry: Entry, event: Event, tenant: Tenant | None) -> Outgoing:
    envelope = Envelope(
        id=new_id(),
        source=f"/sokak/{unit.service}",
        type=event.type,
        subject=id,
        time=unit.now,
        sequence=entry.number,
        tenant=entry.tenant,
        tenant_version=(tenant and tenant.version) or None,
    )
    encoded = encode(event, envelope)
    return Outgoing(public_topic(entry.tenant).name, id, encoded.headers, encoded.value)
