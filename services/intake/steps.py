"""What happened to a request, as lines of its page: newest first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.events import Names
from libs.text import said

from .request import Request, Update
from .standing import standing
from .tracking import shown

_TITLES = {
    "received": ("new", said("Received")),
    "routed": ("route", said("Passed on")),
    "message": ("message", said("The municipality wrote")),
    "recategorised": ("route", said("Sorted anew")),
    "joined": ("merge", said("Joined to another request")),
    "amended": ("pen", said("You corrected it")),
    "withdrawn": ("close", said("You withdrew it")),
    "answered": ("message", said("You answered")),
    "photo": ("camera", said("You added a photo")),
    "feedback": ("voice", said("You said how it was")),
    "reopen_requested": ("again", said("You asked to look again")),
    "erased": ("close", said("You had your words erased")),
}
_PRIVATE = frozenset(
    ("message", "amended", "answered", "photo", "feedback", "reopen_requested", "erased")
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `sign` is a status's, else `icon` is a symbol's name."""

    at: datetime
    title: str
    sign: str | None = None
    icon: str | None = None
    department: Names | None = None
    words: str | None = None
    number: str | None = None
    own: bool = False


def steps_of(request: Request, *, own: bool) -> list[Step]:
    """All that its citizen is told; others read no words and not what the citizen did later."""
    shown_ones = [one for one in request.updates if own or one.kind not in _PRIVATE]
    steps: list[Step] = []
    for update in shown_ones:
        step = _step(update, own)
        if steps and update.kind == "photo" and steps[-1].title == step.title:
            steps.pop()
        steps.append(step)
    return steps[::-1]


def answers_of(request: Request) -> list[Step]:
    """What the municipality wrote, newest first."""
    told = ("message", "status")
    return [
        _step(one, True) for one in reversed(request.updates) if one.kind in told and one.message
    ]


def _step(update: Update, own: bool) -> Step:
    words = update.message if own else None
    if update.kind in ("status", "assigned") and update.status is not None:
        known = standing(update.status)
        return Step(
            update.at, known.word, sign=known.sign, department=update.department, words=words
        )
    symbol, title = _TITLES.get(update.kind, ("clock", said("Changed")))
    return Step(
        at=update.at,
        title=title,
        sign="new" if symbol == "new" else None,
        icon=None if symbol == "new" else symbol,
        department=update.department,
        words=words,
        number=shown(update.number) if update.number else None,
        own=update.kind in _PRIVATE - {"message"},
    )
