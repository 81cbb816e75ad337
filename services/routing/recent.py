"""What a tenant's rules would decide about its last requests, as far as that can still be known.

The words of a request are gone once they are read. What stays (`Reading`) is which keywords and
phrases of that time were in them, so that a phrase or keyword that has come since may or may not
have been there. Whatever hangs on one is told apart and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from libs.events import RequestRouted
from libs.tenants import Tenant

from .decision import Decision
from .outcome import NOTHING_READ, applies, assignment, decide

IN_FORCE_AFTER = timedelta(minutes=1)
"""How long after its publication a version may not yet be the one that requests are read by."""

Doubt = Literal["keywords", "phrases"]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What was looked for in citizens' words: phrases of rules, in the text and in the address,
    and the categories' keywords and names (None where these were not always the same).
    """

    said: frozenset[str] = frozenset()
    addressed: frozenset[str] = frozenset()
    keywords: frozenset[tuple[Any, ...]] | None = None

    def shared(self, other: Vocabulary) -> Vocabulary:
        """What was looked for by the one and by the other."""
        same = self.keywords == other.keywords
        return Vocabulary(
            self.said & other.said,
            self.addressed & other.addressed,
            self.keywords if same else None,
        )


NOTHING_SOUGHT = Vocabulary()


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a request goes, by codes."""

    authority: str
    department: str
    team: str | None
    category: str
    priority: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A request that would go elsewhere: how it was decided, and how it would be. `rule` is the
    place of the rule that would be true, 0 where none is.
    """

    id: str
    at: datetime
    request_type: str
    neighbourhood: str | None
    before: RequestRouted
    after: RequestRouted
    rule: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a trial. `doubts` counts what cannot be known, by what it hangs on."""

    looked_at: int
    moved: tuple[Moved, ...]
    doubts: Mapping[Doubt, int]
    since: datetime | None

    @property
    def same(self) -> int:
        """How many would be decided as they were."""
        return self.looked_at - len(self.moved) - sum(self.doubts.values())


def arrived(id: str) -> datetime:
    """When a request came, by its id (RFC 9562, version 7)."""
    return datetime.fromtimestamp((UUID(id).int >> 80) / 1000, UTC)


def first_since(moment: datetime) -> str:
    """What every id of a request that came then or later is greater than."""
    told = f"{round(moment.timestamp() * 1000):012x}"
    return f"{told[:8]}-{told[8:]}-"


def vocabulary(document: Document) -> Vocabulary:
    """What a tenant's document looks for."""
    rules = [one.get("when") or {} for one in document.get("assignment_rules") or ()]
    tiers = [one.get("when") or {} for one in document.get("tier_rules") or ()]
    categories = document.get("categories") or ()
    parents = {one.get("parent") for one in categories}
    return Vocabulary(
        said=frozenset(_all([*rules, *tiers], "text_contains")),
        addressed=frozenset(_all(tiers, "address_contains")),
        keywords=frozenset(
            (one["code"], *sorted(one["names"].items()), *(one.get("keywords") or ()))
            for one in categories
            if one["code"] not in parents
        ),
    )


def sought_since(editions: Sequence[tuple[datetime, Vocabulary]], moment: datetime) -> Vocabulary:
    """What has been looked for in every version since then, the one in force then among them.

    Words may be read later than they came, and anew, so by any of them. `editions` are newest
    first; nothing is known of a request that is older than all of them.
    """
    found: Vocabulary | None = None
    for at, its in editions:
        found = its if found is None else found.shared(its)
        if at + IN_FORCE_AFTER <= moment:
            return found
    return NOTHING_SOUGHT


def tried_on(
    tenant: Tenant,
    past: Iterable[tuple[str, Decision]],
    editions: Sequence[tuple[datetime, Vocabulary]],
    now: datetime,
) -> Tally:
    """Decide the last requests by this tenant; newest first."""
    own = vocabulary(tenant.model_dump(mode="json"))
    moved: list[Moved] = []
    doubts: dict[Doubt, int] = {"keywords": 0, "phrases": 0}
    looked_at, since = 0, None
    for id, decision in past:
        submission, before = decision.submission, decision.routed
        if submission is None or before is None:
            continue
        looked_at, since = looked_at + 1, arrived(id)
        known = sought_since(editions, since)
        after = decide(tenant, submission, decision.reading or NOTHING_READ, now)
        if after.category_source in ("classifier", "unsorted") and known.keywords != own.keywords:
            doubts["keywords"] += 1
        elif not _certain(tenant, decision, own, known, now):
            doubts["phrases"] += 1
        elif goal_of(after) != goal_of(before):
            kind, place = submission.request_type, submission.neighbourhood
            rule = _place(tenant, after.category.code, decision)
            moved.append(Moved(id, since, kind, place, before, after, rule))
    return Tally(looked_at, tuple(moved), doubts, since)


def goal_of(routed: RequestRouted) -> Goal:
    """Where a decision sends a request."""
    return Goal(
        authority=routed.authority.body,
        department=routed.department.code,
        team=routed.team,
        category=routed.category.code,
        priority=routed.priority,
    )


def _place(tenant: Tenant, category: str, decision: Decision) -> int:
    submission = decision.submission
    assert submission is not None
    if submission.department and tenant.department(submission.department):
        return 0  # an old record's department wins
    rule = assignment(tenant, category, submission, decision.reading or NOTHING_READ)
    return tenant.assignment_rules.index(rule) + 1 if rule else 0


def _certain(
    tenant: Tenant, decision: Decision, own: Vocabulary, known: Vocabulary, now: datetime
) -> bool:
    """Whether every decision that may be made has the same goal, whichever of the phrases that
    nobody looked for were there.

    One phrase at a time for the rules of departments and one for that of another body is enough:
    the first rule that is true holds by one of its phrases, and no rule before it by that one.
    """
    submission, reading = decision.submission, decision.reading or NOTHING_READ
    assert submission is not None
    decided = decide(tenant, submission, reading, now)
    code = decided.category.code
    texts = own.said - known.said - set(reading.said)
    of_rules = {
        phrase
        for rule in tenant.assignment_rules
        if applies(rule, code, submission)
        for phrase in rule.when.text_contains
        if phrase in texts
    }
    worlds = [reading]
    category = tenant.category(code)
    tier = tenant.tier_rule(category.tier_rule) if category and category.tier_rule else None
    if tier is not None and tier.when is not None:
        addresses = own.addressed - known.addressed - set(reading.addressed)
        if unseen := next((one for one in tier.when.address_contains if one in addresses), None):
            worlds.append(replace(reading, addressed=(*reading.addressed, unseen)))
        of_tier = (one for one in tier.when.text_contains if one in texts)
        worlds += [replace(reading, said=(*reading.said, one)) for one in of_tier]
    goal = goal_of(decided)
    return all(
        goal_of(decide(tenant, submission, replace(world, said=(*world.said, *more)), now)) == goal
        for world in worlds
        for more in ((), *((one,) for one in sorted(of_rules)))
    )


def _all(conditions: Iterable[Document], name: str) -> Iterator[str]:
    return (phrase for when in conditions for phrase in when.get(name) or ())
