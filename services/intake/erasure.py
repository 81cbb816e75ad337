"""The rule of forgetting: what a citizen wrote goes, that there was a request stays."""

from __future__ import annotations

import dataclasses

from libs.events import RequestTextErased, RequestWithdrawn
from libs.events.common import Event
from libs.runtime.rule import Change, Context, Refused, replace

from .request import Request, Update, told

OWN_WORDS = frozenset(("answered", "amended", "feedback", "reopen_requested"))
"""Kinds of updates whose message is the citizen's."""


def erase(state: Request | None, context: Context) -> Change[Request]:
    """Forget words, address, answers, photos and how its citizen is reached, here and, by a
    tombstone, wherever they went. One that is open is withdrawn: nobody could work on it.

    What the municipality wrote stays, as does whose request it is, so that he still finds it.
    """
    if state is None:
        raise Refused("request-unknown", "There is no such request.", 404)
    if state.erased:
        return Change(state)
    forgotten = replace(
        state,
        text="",
        address=None,
        answers={},
        contact=None,
        phone=None,
        attachments=(),
        remarks=(),
        erased=True,
        withdrawn=state.withdrawn or not state.closed,
        updates=tuple(
            dataclasses.replace(update, message=None) if update.kind in OWN_WORDS else update
            for update in state.updates
        ),
    )
    erased: tuple[Event, ...] = (RequestTextErased(),)
    withdrawal = RequestWithdrawn(occurred_at=context.now, reason="other")
    return Change(
        told(forgotten, Update(context.now, "erased")),
        erased if state.closed else (withdrawal, *erased),
    )
