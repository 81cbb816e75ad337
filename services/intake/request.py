"""A request as its citizen knows it, and the rules of what the citizen does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from libs.events import (
    CLOSED_STATUSES,
    Attachment,
    Category,
    Channel,
    History,
    Names,
    Neighbourhood,
    Point,
    Remark,
    RequestAmended,
    RequestSubmitted,
    RequestText,
    RequestType,
    RequestWithdrawn,
    TaskStatus,
)
from libs.events.common import Event
from libs.events.task import Span
from libs.runtime.rule import Change, Context, Refused, replace

from .place import cell_of

MOST_UPDATES = 500
"""An account that its citizen may still add to; it keeps a document far below 16 MB."""

UNSHOWN: tuple[TaskStatus, ...] = ("duplicate", "withdrawn", "cancelled")
"""What the citizens' lists and maps leave out."""

UpdateKind = Literal[
    "received",
    "routed",
    "assigned",
    "status",
    "message",
    "recategorised",
    "joined",
    "amended",
    "withdrawn",
    "answered",
    "photo",
    "feedback",
    "reopen_requested",
    "erased",
]

Reason = Literal["solved", "mistake", "duplicate", "other"]


@dataclass(frozen=True, slots=True)
class Contact:
    """How the citizen wants to be reached. It stays in intake."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened, as the citizen is told it. `number` is another request's, `reason`
    the code of why the municipality moved it.
    """

    at: datetime
    kind: UpdateKind
    status: TaskStatus | None = None
    department: Names | None = None
    message: str | None = None
    number: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """The integrator who sent it for a citizen. With `token` its number is not told before the
    municipality has a task; where it is not `exact`, the point stands for an address in words.
    """

    integrator: str
    token: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class WordsShown:
    """What the municipality shows everybody of the text of that edition, and which photos."""

    edition: int
    parts: tuple[Span, ...] = ()
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """What the municipality says of it. `as_of` is the time of the newest thing heard.

    `joined_to` is the tracking number of the request that it was merged into.
    """

    status: TaskStatus = "new"
    department: Names | None = None
    category: Category | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    as_of: datetime | None = None
    task: bool = False
    joined_to: str | None = None
    public: bool = True
    shown: WordsShown | None = None


@dataclass(frozen=True)
class Request:
    """The state of one request. `citizen` is a token's subject; None for a guest.

    `private` keeps it from every list and map, whatever the municipality says to that. Of one that
    is `erased` nothing is kept that its citizen wrote or is reached by.
    `withdrawn` holds from the citizen's withdrawal until the municipality has closed its task.
    `cell` is where it is looked for, `voices` how many others have said that they want it too,
    `supporters` the pseudonyms of the latest of them, `phone` the contact's number as it is looked
    for. `joined` are the ids of the requests that were merged into it; one of them that is worked
    on by itself again has no `joined_to`, which decides. `changed` is the hour of its last change,
    by which changes are looked for: what many events within an hour leave as it is costs an index
    little. `showable` says that its citizen was told that the municipality may show words and
    photos; `edition` counts the changes of `text`.
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
    phone: str | None = None
    simulated: bool = False
    private: bool = False
    erased: bool = False
    showable: bool = False
    edition: int = 1
    through: Through | None = None
    history: History | None = None
    changed: datetime | None = None
    withdrawn: bool = False
    cell: str = ""
    voices: int = 0
    supporters: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    rating: int | None = None
    reopen_requested_at: datetime | None = None
    progress: Progress = Progress()
    updates: tuple[Update, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be done about it, as far as we know here."""
        return self.withdrawn or self.progress.status in CLOSED_STATUSES

    @property
    def hidden(self) -> bool:
        """Whether nobody but its citizen may know that there is such a request."""
        return self.private or self.erased or not self.progress.public

    @property
    def public(self) -> bool:
        """Whether the citizens' lists and maps have it."""
        gone = self.withdrawn or self.progress.status in UNSHOWN
        return not self.hidden and not gone


def dialled(phone: str | None) -> str | None:
    """A number as it is looked for: its last ten digits; None where there are fewer than seven."""
    digits = "".join(sign for sign in phone or "" if sign in "0123456789")
    return digits[-10:] if len(digits) >= 7 else None


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
        replace(
            request,
            cell=cell_of(request.point),
            changed=hour_of(opened),
            updates=(Update(opened, "received"),),
        ),
        (_submitted(request), words_of(request)),
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
    """Correct a request that is still open; what is None stays as it is, and an empty address
    takes it away. With a point comes its neighbourhood, or none.
    """
    known = still_open(state)
    changed = replace(
        known,
        request_type=request_type or known.request_type,
        category=category or known.category,
        text=text or known.text,
        address=known.address if address is None else address or None,
        point=point or known.point,
        cell=cell_of(point) if point else known.cell,
        neighbourhood=neighbourhood if point else known.neighbourhood,
    )
    if changed == known:
        return Change(known)
    if changed.text != known.text:
        changed = replace(changed, edition=known.edition + 1)
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
    events: tuple[Event, ...] = (amended, words_of(changed)) if words_changed else (amended,)
    return Change(told(changed, Update(context.now, "amended")), events)


def withdraw(state: Request | None, context: Context, *, reason: Reason) -> Change[Request]:
    """The citizen no longer wants it."""
    known = still_open(state)
    update = Update(context.now, "withdrawn", status="withdrawn")
    return Change(
        told(replace(known, withdrawn=True), update),
        (RequestWithdrawn(occurred_at=context.now, reason=reason),),
    )


def found(state: Request | None) -> Request:
    """The request. Refused (404) where there is none."""
    if state is None:
        raise Refused("request-unknown", "There is no such request.", 404)
    return state


def existing(state: Request | None) -> Request:
    """The request, of which something is left. Refused (404, 409)."""
    known = found(state)
    if known.erased:
        raise Refused("request-erased", "What this request said was erased.", 409)
    return known


def still_open(state: Request | None) -> Request:
    """The request while something can be done about it. Refused (404, 409)."""
    known = existing(state)
    if known.closed:
        raise Refused("request-closed", "This request is closed; nothing was changed.", 409)
    return known


def told(request: Request, update: Update) -> Request:
    """The request with one more thing that its citizen is told."""
    return replace(request, changed=hour_of(update.at), updates=(*request.updates, update))


def hour_of(moment: datetime) -> datetime:
    """The hour that it is in."""
    return moment.replace(minute=0, second=0, microsecond=0)


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
        private=request.private,
        showable=request.showable,
        history=request.history,
    )


def words_of(request: Request) -> RequestText:
    """The citizen's words, whole, as they are now."""
    return RequestText(
        text=request.text,
        address=request.address,
        answers=request.answers,
        attachments=request.attachments,
        remarks=request.remarks,
        edition=request.edition,
    )
