"""The rule of forgetting: what a citizen wrote goes, that there was a request stays."""

from __future__ import annotations

import dataclasses

from libs.events import RequestTextErased, RequestWithdrawn
from libs.events.common import Event
from libs.runtime.rule import Change, Context, replace

from .request import Request, Update, found, told

OWN_WORDS = frozenset(("answered", "amended", "feedback", "reopen_requested"))
"""Kinds of updates whose message is the citizen's."""


def erase(state: Request | None, context: Context) -> Change[Request]:
    """Forget words, address, answers, photos and how its citizen is reached, here and, by a
    tombstone, wherever they went. One that is open is withdrawn: nobody could work on it.

    What the municipality wrote stays, as does whose request it is, so that he still finds it.
    """
    known = found(state)
    if known.erased:
        return Change(known)
    forgotten = replace(
        known,
        text="",
        address=None,
        answers={},
        contact=None,
        phone=None,
        attachments=(),
        remarks=(),
        erased=True,
        withdrawn=known.withdrawn or not known.closed,
        updates=tuple(
            dataclasses.replace(update, message=None) if update.kind in OWN_WORDS else update
            for update in known.updates
        ),
    )
    events: tuple[Event, ...] = (RequestTextErased(),)
    if not known.closed:
        events = (RequestWithdrawn(occurred_at=context.now, reason="other"), *events)
    return Change(told(forgotten, Update(context.now, "erased")), events)
