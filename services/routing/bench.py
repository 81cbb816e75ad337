"""The test bench of rules: what would be decided about words at a place, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.events import Neighbourhood, Point, RequestRouted, RequestType
from libs.tenants import AssignmentRule, Jurisdictions, Located, Tenant, WorkingTime

from .classify import Fit
from .outcome import Submission, assignment, decide, read


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that nobody sends. The place is a point, or a neighbourhood's code, or nowhere."""

    text: str
    address: str | None = None
    type: RequestType = "request"
    category: str | None = None
    neighbourhood: str | None = None
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What would be decided. `rule` is the one that is true, `place` its number in the list.

    `outside` tells that the point is not in the tenant's area: the request would be another's.
    """

    routed: RequestRouted
    fits: tuple[Fit, ...]
    neighbourhood: Neighbourhood | None
    outside: bool
    rule: AssignmentRule | None
    place: int
    due_at: datetime


def tried(tenant: Tenant, trial: Trial, now: datetime) -> Tried:
    """Decide as routing would, by this tenant and no other."""
    neighbourhood, outside = _where(tenant, trial)
    submission = Submission(
        request_type=trial.type,
        category=trial.category,
        neighbourhood=neighbourhood.code if neighbourhood else None,
    )
    reading = read(tenant, trial.text, trial.address)
    routed = decide(tenant, submission, reading, now)
    rule = assignment(tenant, routed.category.code, submission, reading)
    return Tried(
        routed=routed,
        fits=reading.fits,
        neighbourhood=neighbourhood,
        outside=outside,
        rule=rule,
        place=tenant.assignment_rules.index(rule) + 1 if rule else 0,
        due_at=WorkingTime(tenant).due_at(now, routed.sla_minutes),
    )


def _where(tenant: Tenant, trial: Trial) -> tuple[Neighbourhood | None, bool]:
    if trial.point is None:
        known = tenant.neighbourhood(trial.neighbourhood) if trial.neighbourhood else None
        return known.value if known else None, False
    areas = Jurisdictions([tenant])
    found = areas.locate(trial.point.lat, trial.point.lon, include_closed=True)
    return (found.neighbourhood, False) if isinstance(found, Located) else (None, True)
