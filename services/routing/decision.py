"""The routing decision of one request: what is known of it, and the rules that make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.events import (
    RequestAmended,
    RequestRouted,
    RequestSubmitted,
    RequestText,
    RequestTextErased,
    RequestUnroutable,
    RequestWithdrawn,
)
from libs.runtime.rule import Change, Context, replace
from libs.tenants import Tenant

from .outcome import NOTHING_READ, Reading, Submission, decide, read


@dataclass(frozen=True, slots=True)
class Words:
    """The citizen's words, as long as deciding needs them."""

    text: str
    address: str | None = None


@dataclass(frozen=True)
class Decision:
    """What routing knows of one request.

    The words are here only until they have been read; what they told (`reading`: codes and the
    tenant's own keywords) stays, so that an amendment can be decided without them. `tenant` is
    empty until the submission has come.
    """

    tenant: str = ""
    submission: Submission | None = None
    words: Words | None = None
    reading: Reading | None = None
    withdrawn: bool = False
    routed: RequestRouted | None = None
    unroutable: RequestUnroutable | None = None


def submit(state: Decision | None, event: RequestSubmitted, context: Context) -> Change[Decision]:
    """The submission has come; with the words it is decided."""
    history = event.history
    submission = Submission(
        request_type=event.request_type,
        category=event.category.code if event.category else None,
        neighbourhood=event.neighbourhood.code if event.neighbourhood else None,
        opened_at=history.opened_at if history else None,
        department=history.department if history else None,
    )
    known = replace(state or Decision(), tenant=event.tenant, submission=submission)
    return _decided(known, context)


def amend(state: Decision | None, event: RequestAmended, context: Context) -> Change[Decision]:
    """The citizen corrected it: decide again. New words come in an event of their own.

    A new point brings its own neighbourhood, or none.
    """
    if state is None or state.submission is None:
        return Change(state or Decision())
    was = state.submission
    place = event.neighbourhood.code if event.neighbourhood else None
    submission = replace(
        was,
        request_type=event.request_type or was.request_type,
        category=event.category.code if event.category else was.category,
        neighbourhood=place if event.point or place else was.neighbourhood,
    )
    return _decided(replace(state, submission=submission), context)


def withdraw(state: Decision | None, event: RequestWithdrawn, context: Context) -> Change[Decision]:
    """Nothing is decided any more, and the words are not needed."""
    return Change(replace(state or Decision(), withdrawn=True, words=None))


def hear(state: Decision | None, event: RequestText, context: Context) -> Change[Decision]:
    """The words have come, or newer ones; with the submission it is decided."""
    known = state or Decision()
    if known.withdrawn:
        return Change(known)
    return _decided(replace(known, words=Words(event.text, event.address)), context)


def forget(state: Decision | None, event: RequestTextErased, context: Context) -> Change[Decision]:
    """The words are erased: what nobody has read yet counts as nothing said.

    A decision stands: it holds codes and keywords only. A request whose words went before they
    were read is decided without them, since its task needs a department all the same.
    """
    known = state or Decision()
    return _decided(replace(known, words=None, reading=known.reading or NOTHING_READ), context)


def _decided(state: Decision, context: Context) -> Change[Decision]:
    submission = state.submission
    if submission is None or state.withdrawn or not (state.words or state.reading):
        return Change(state)
    tenant = context.tenant
    if tenant is None or tenant.slug != state.tenant or tenant.state == "left":
        return _unroutable(state, tenant, context.now)
    reading = state.reading or NOTHING_READ
    if state.words is not None:
        reading = read(tenant, state.words.text, state.words.address)
    routed = decide(tenant, submission, reading, context.now)
    settled = replace(state, words=None, reading=reading, unroutable=None)
    if state.routed is not None and _same(state.routed, routed) and state.unroutable is None:
        return Change(settled)
    return Change(replace(settled, routed=routed), (routed,))


def _unroutable(state: Decision, tenant: Tenant | None, now: datetime) -> Change[Decision]:
    left = tenant is not None and tenant.slug == state.tenant
    told = RequestUnroutable(occurred_at=now, reason="tenant_left" if left else "tenant_unknown")
    settled = replace(state, words=None, reading=state.reading or NOTHING_READ)
    if state.unroutable is not None and state.unroutable.reason == told.reason:
        return Change(settled)
    return Change(replace(settled, routed=None, unroutable=told), (told,))


def _same(one: RequestRouted, other: RequestRouted) -> bool:
    return one.model_copy(update={"occurred_at": other.occurred_at}) == other
