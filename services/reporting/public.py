"""What an outsider may know of a request: derived from its fact and the tenant's rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from libs.events import (
    CLOSED_STATUSES,
    Category,
    Channel,
    Department,
    Event,
    Names,
    Neighbourhood,
    Point,
    RequestType,
    ServiceRequestChanged,
    ServiceRequestHidden,
    TaskStatus,
)
from libs.runtime.rule import replace
from libs.tenants import Tenant

from .fact import Fact
from .parts import Named


@dataclass(frozen=True)
class Public:
    """The public state of one request. Two are equal though something else was told last."""

    number: str
    type: RequestType
    channel: Channel
    status: TaskStatus
    opened_at: datetime
    updated_at: datetime = field(compare=False)
    closed_at: datetime | None
    due_at: datetime | None
    category: Named | None
    department: Named | None
    neighbourhood: Named | None
    place: tuple[float, float] | None
    voices: int
    merged_into: str | None
    reopened: bool


def known(fact: Fact | None) -> Public | None:
    """What could be told under the most generous rules; None of what nobody may know.

    What routing decided is not among it: crm takes it over a moment later, or a person does not.
    """
    if fact is None or fact.request is None:
        return None
    request, task = fact.request, fact.task
    if not request.number or request.private or (task and not task.public):
        return None
    told = [at for at in (request.told_at, task and task.told_at) if at]
    return Public(
        number=request.number,
        type=request.type,
        channel=request.channel,
        status=task.status if task else "new",
        opened_at=request.opened_at,
        updated_at=max(request.opened_at, *told),  # whichever clock was ahead
        closed_at=task.closed_at if task else None,
        due_at=task.due_at if task else None,
        category=(task and task.category) or request.category,
        department=task.department if task else None,
        neighbourhood=request.neighbourhood,
        place=request.place,
        voices=request.voices,
        merged_into=task.merged_into if task and task.status == "duplicate" else None,
        reopened=bool(task and task.reopened),
    )


def told(state: Public | None, tenant: Tenant | None) -> Public | None:
    """What the tenant's rules leave of it; None where they leave nothing."""
    if state is None or tenant is None:
        return None
    if not tenant.tells_of(state.category.code if state.category else None):
        return None
    rules = tenant.publication
    if state.place:
        near = rules.near(Point(lat=state.place[0], lon=state.place[1]))
        state = replace(state, place=(near.lat, near.lon))
    return replace(state, **rules.kept_back)


@dataclass(frozen=True)
class Entry:
    """What the world was told of a request by one tenant, and how often.

    `number` counts the changes. `public` is None where it is hidden, or was never shown. `of` are
    the numbers of the last events of `requests` and `tasks` that it was made of, `generation` the
    growth of the projection that they were followed by.
    """

    tenant: str = ""
    number: int = 0
    public: Public | None = None
    of: tuple[int, int] = (0, 0)
    generation: int = 0

    def tells_later(self, of: tuple[int, int], generation: int) -> bool:
        """Whether what it tells comes after these events, or the same by a later growth.

        While copies turn to a new generation both are followed, and neither is always ahead.
        """
        if self.of == of:
            return generation < self.generation
        return of[0] <= self.of[0] and of[1] <= self.of[1]


def follow(
    entry: Entry, state: Public | None, of: tuple[int, int], generation: int
) -> tuple[Entry, Event | None]:
    """The entry after its fact changed, or the rules did; and the event, where that shows."""
    if entry.tells_later(of, generation):
        return entry, None
    entry = replace(entry, of=of, generation=generation)
    if state == entry.public:
        return entry, None
    entry = replace(entry, number=entry.number + 1, public=state)
    return entry, changed(state, entry.tenant) if state else ServiceRequestHidden()


def changed(state: Public, tenant: str) -> ServiceRequestChanged:
    """The event that tells a public state."""
    category, department, place = state.category, state.department, state.neighbourhood
    return ServiceRequestChanged(
        tenant=tenant,
        tracking_number=state.number,
        request_type=state.type,
        channel=state.channel,
        status="closed" if state.status in CLOSED_STATUSES else "open",
        status_detail=state.status,
        opened_at=state.opened_at,
        updated_at=state.updated_at,
        closed_at=state.closed_at,
        due_at=state.due_at,
        category=category and Category(code=category.code, names=_names(category)),
        department=department and Department(code=department.code, names=_names(department)),
        neighbourhood=place and Neighbourhood(code=place.code, name=place.tr),
        point=Point(lat=state.place[0], lon=state.place[1]) if state.place else None,
        voices=state.voices,
        merged_into=state.merged_into,
        reopened=state.reopened,
    )


def _names(named: Named) -> Names:
    return Names(tr=named.tr, en=named.en)
