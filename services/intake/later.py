"""What citizens do about a request later: rules that can be refused."""

from __future__ import annotations

from typing import Literal

from libs.events import (
    CLOSED_STATUSES,
    Attachment,
    Remark,
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestSupported,
)
from libs.runtime.rule import Change, Context, Refused, replace

from .request import MOST_UPDATES, Request, Update, existing, still_open, told, words_of

MOST_SUPPORTERS = 500
"""Pseudonyms that are remembered; of more voices only the number is."""

MOST_ATTACHMENTS = 5
MOST_REMARKS = 50

ReopenReason = Literal["not_solved", "came_back", "wrong_answer", "other"]


def support(state: Request | None, context: Context, *, by: str) -> Change[Request]:
    """Somebody wants it too, once each; `by` is his pseudonym for this one request."""
    known = still_open(state)
    if by in known.supporters:
        return Change(known, answer=known.voices)
    voices = known.voices + 1
    supporters = (*known.supporters, by)[-MOST_SUPPORTERS:]
    return Change(
        replace(known, voices=voices, supporters=supporters),
        (RequestSupported(occurred_at=context.now, voices=voices),),
        voices,
    )


def give_feedback(
    state: Request | None, context: Context, *, rating: int, words: str | None
) -> Change[Request]:
    """How content its citizen is with what was done; a later word replaces it."""
    known = _answered(state)
    if rating == known.rating and not words:
        return Change(known)
    update = Update(context.now, "feedback", message=words)
    changed = _remarked(replace(known, rating=rating), "feedback", words, context)
    event = RequestFeedbackGiven(occurred_at=context.now, rating=rating)
    return Change(told(changed, update), (event, words_of(changed)) if words else (event,))


def request_reopening(
    state: Request | None, context: Context, *, reason: ReopenReason, words: str | None
) -> Change[Request]:
    """It is not solved, its citizen says; a person of the municipality decides."""
    known = _answered(state)
    if known.reopen_requested_at is not None:
        return Change(known)
    update = Update(context.now, "reopen_requested", message=words)
    asked = replace(known, reopen_requested_at=context.now)
    changed = _remarked(asked, "reopen", words, context)
    event = RequestReopenRequested(occurred_at=context.now, reason=reason)
    return Change(told(changed, update), (event, words_of(changed)) if words else (event,))


def answer(state: Request | None, context: Context, *, words: str) -> Change[Request]:
    """The citizen answers what the municipality asked."""
    known = still_open(state)
    if not is_asked(known):
        raise Refused("nothing-asked", "The municipality has asked nothing, or was answered.", 409)
    changed = _remarked(known, "answer", words, context)
    event = RequestAmended(occurred_at=context.now, answered=True)
    update = Update(context.now, "answered", message=words)
    return Change(told(changed, update), (event, words_of(changed)))


def comment(state: Request | None, context: Context, *, words: str) -> Change[Request]:
    """The citizen has something to add, asked or not; on a closed request it changes no status."""
    known = existing(state)
    changed = _remarked(known, "answer", words, context)
    event = RequestAmended(occurred_at=context.now, text_changed=True)
    update = Update(context.now, "amended", message=words)
    return Change(told(changed, update), (event, words_of(changed)))


def attach(state: Request | None, context: Context, *, attachment: Attachment) -> Change[Request]:
    """A photo was added; the same one again changes nothing."""
    known = still_open(state)
    if any(one.id == attachment.id for one in known.attachments):
        return Change(known)
    if len(known.attachments) >= MOST_ATTACHMENTS:
        raise Refused("too-many-attachments", "A request has at most 5 photos.", 409)
    changed = replace(_roomy(known), attachments=(*known.attachments, attachment))
    event = RequestAttachmentAdded(occurred_at=context.now, attachments=len(changed.attachments))
    return Change(told(changed, Update(context.now, "photo")), (event, words_of(changed)))


def claim(
    state: Request | None, context: Context, *, citizen: str, citizen_ref: str
) -> Change[Request]:
    """A guest's request becomes his who has its secret and has signed in."""
    known = existing(state)
    if known.citizen == citizen:
        return Change(known)
    if known.citizen is not None:
        raise Refused("request-claimed", "This request belongs to another account.", 409)
    return Change(replace(known, citizen=citizen, citizen_ref=citizen_ref))


def is_asked(request: Request) -> bool:
    """Whether the municipality waits for an answer that has not been given."""
    if request.withdrawn or request.progress.status != "awaiting_citizen":
        return False
    for update in reversed(request.updates):
        if update.kind == "answered":
            return False
        if update.kind == "status" and update.status == "awaiting_citizen":
            return True
    return True


def is_answered(request: Request) -> bool:
    """Whether the municipality has closed it, so that its citizen may judge that."""
    closed = request.progress.status in CLOSED_STATUSES
    return closed and not request.withdrawn and request.progress.status != "withdrawn"


def is_to_judge(request: Request) -> bool:
    """Whether its citizen is asked how it was: of one that was joined to another, that one is."""
    return is_answered(request) and request.progress.status != "duplicate"


def _answered(state: Request | None) -> Request:
    known = existing(state)
    if not is_answered(known):
        raise Refused("request-still-open", "The municipality has not closed this request.", 409)
    return known


def _remarked(
    request: Request,
    kind: Literal["feedback", "reopen", "answer"],
    words: str | None,
    context: Context,
) -> Request:
    known = _roomy(request)
    if not words:
        return known
    if len(known.remarks) >= MOST_REMARKS:
        raise Refused("request-full", "This request was changed too often.", 409)
    return replace(known, remarks=(*known.remarks, Remark(kind=kind, at=context.now, text=words)))


def _roomy(request: Request) -> Request:
    if len(request.updates) >= MOST_UPDATES:
        raise Refused("request-full", "This request was changed too often.", 409)
    return request
