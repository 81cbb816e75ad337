"""A request as its citizen knows it, and the rules of what the citizen does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from libs.events import (
    CLOSED_STATUSES,
    Category,
    Channel,
    History,
    Names,
    Neighbourhood,
    Point,
    RequestAmended,
    RequestSubmitted,
    RequestText,
    RequestType,
    RequestWithdrawn,
    TaskStatus,
)
from libs.events.common import Event
from libs.runtime.rule import Change, Context, Refused, replace

MOST_UPDATES = 500
"""An account that its citizen may still add to; it keeps a document far below 16 MB."""

Reason = Literal["solved", "mistake", "duplicate", "other"]


@dataclass(frozen=True, slots=True)
class Contact:
    """How the citizen wants to be reached. It stays in intake."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened, as the citizen is told it."""

    at: datetime
    kind: Literal["received", "routed", "assigned", "status", "message", "amended", "withdrawn"]
    status: TaskStatus | None = None
    department: Names | None = None
    message: str | None = None


@dataclass(frozen=True)
class Progress:
    """What the municipality says of it. `as_of` is the time of the newest thing heard."""

    status: TaskStatus = "new"
    department: Names | None = None
    category: Category | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    as_of: datetime | None = None
    task: bool = False


@dataclass(frozen=True)
class Request:
    """The state of one request. `citizen` is a token's subject; None for a guest.

    `withdrawn` holds from the citizen's withdrawal until the municipality has closed its task.
    """

    tenant: str
    tracking_number: str
    request_type: RequestType
    channel: Channel
    submitted_at: datetime
    time_zone: str
    text: str
    point: Point
    address: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    category: Category | None = None
    neighbourhood: Neighbourhood | None = None
    contact: Contact | None = None
    citizen: str | None = None
    citizen_ref: str | None = None
    simulated: bool = False
    history: History | None = None
    withdrawn: bool = False
    progress: Progress = Progress()
    updates: tuple[Update, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be done about it, as far as we know here."""
        return self.withdrawn or self.progress.status in CLOSED_STATUSES


def submit(
    request: Request, usually_by: datetime | None, state: Request | None, context: Context
) -> Change[Request]:
    """Take a new request, or one of a municipality's old ones.

    The answer is kept whole, as a retry must hear the same: also the usual promise.
    """
    if state is not None:
        raise Refused("request-exists", "There is such a request already.", 409)
    opened = request.history.opened_at if request.history else request.submitted_at
    return Change(
        replace(request, updates=(Update(opened, "received"),)),
        (_submitted(request), _words(request)),
        {
            "id": context.id,
            "tracking_number": request.tracking_number,
            "tenant": request.tenant,
            "neighbourhood": request.neighbourhood and request.neighbourhood.name,
            "submitted_at": request.submitted_at,
            "usually_by": usually_by,
        },
    )


def amend(
    state: Request | None,
    context: Context,
    *,
    request_type: RequestType | None = None,
    category: Category | None = None,
    text: str | None = None,
    address: str | None = None,
    point: Point | None = None,
    neighbourhood: Neighbourhood | None = None,
) -> Change[Request]:
    """Correct a request that is still open; what is None stays as it is.

    With a point comes its neighbourhood, or none.
    """
    known = _open(state)
    changed = replace(
        known,
        request_type=request_type or known.request_type,
        category=category or known.category,
        text=text or known.text,
        address=address if address is not None else known.address,
        point=point or known.point,
        neighbourhood=neighbourhood if point else known.neighbourhood,
    )
    if changed == known:
        return Change(known)
    if len(known.updates) >= MOST_UPDATES:
        raise Refused("request-full", "This request was changed too often.", 409)
    words_changed = (changed.text, changed.address) != (known.text, known.address)
    amended = RequestAmended(
        occurred_at=context.now,
        request_type=request_type,
        category=category,
        point=point,
        neighbourhood=neighbourhood,
        text_changed=words_changed,
    )
    events: tuple[Event, ...] = (amended, _words(changed)) if words_changed else (amended,)
    return Change(_told(changed, Update(context.now, "amended")), events)


def withdraw(state: Request | None, context: Context, *, reason: Reason) -> Change[Request]:
    """The citizen no longer wants it."""
    known = _open(state)
    update = Update(context.now, "withdrawn", status="withdrawn")
    return Change(
        _told(replace(known, withdrawn=True), update),
        (RequestWithdrawn(occurred_at=context.now, reason=reason),),
    )


def _open(state: Request | None) -> Request:
    if state is None:
        raise Refused("request-unknown", "There is no such request.", 404)
    if state.closed:
        raise Refused("request-closed", "This request is closed; nothing was changed.", 409)
    return state


def _told(request: Request, update: Update) -> Request:
    return replace(request, updates=(*request.updates, update))


def _submitted(request: Request) -> RequestSubmitted:
    return RequestSubmitted(
        tenant=request.tenant,
        tracking_number=request.tracking_number,
        request_type=request.request_type,
        channel=request.channel,
        occurred_at=request.history.opened_at if request.history else request.submitted_at,
        citizen_ref=request.citizen_ref,
        category=request.category,
        point=request.point,
        neighbourhood=request.neighbourhood,
        time_zone=request.time_zone,
        simulated=request.simulated,
        history=request.history,
    )


def _words(request: Request) -> RequestText:
    return RequestText(text=request.text, address=request.address, answers=request.answers)
