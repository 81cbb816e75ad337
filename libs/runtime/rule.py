"""What a rule is: `(state or None, event or command, context) -> Change`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from libs.events import Envelope, Event
from libs.tenants import Tenant

S = TypeVar("S")

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(state, /, **changes):
        """`dataclasses.replace` for frozen states without slots, at a seventh of its price.

        Rules copy a state several times for each event. TypeError for a field that is not there.
        """
        fields = state.__dict__
        if not changes.keys() <= fields.keys():
            raise TypeError(f"no such fields: {sorted(changes.keys() - fields.keys())}")
        copy = object.__new__(state.__class__)
        copy.__dict__.update(fields, **changes)
        return copy


class Context(NamedTuple):
    """What a rule may know besides the state and the event.

    `id` is the aggregate's id, `now` the time of the decision (UTC, whole milliseconds),
    `tenant` the newest known version of the document's tenant (None in projections and where
    the tenant is not known), `cause` the envelope of the event (None for a command),
    `partition` the Kafka partition that the event came from (-1 for a command).
    """

    id: str
    now: datetime
    tenant: Tenant | None = None
    cause: Envelope | None = None


class Change(NamedTuple, Generic[S]):
    """What a rule decided: the new state, what the others must hear, what the caller is told.

    A rule that changes nothing returns the state it was given and no events.
    """

    state: S
    events: tuple[Event, ...] = ()
    answer: Any = None


Rule = Callable[[Any, Any, Context], Change[Any]]
"""A rule of any state and event; the tables in `consumers.py` hold these."""


class Refused(Exception):
    """A command that cannot be carried out, with a reason its caller reads.

    `slug` is stable (`task-already-closed`), `title` a plain sentence, `status` the HTTP
    status. `more` goes into the problem document: field errors, the current state.
    """

    def __init__(self, slug: str, title: str, status: int = 409, **more: Any) -> None:
        super().__init__(slug)
        self.slug = slug
        self.title = title
        self.status = status
        self.more = more


@dataclass(frozen=True, slots=True)
class Command:
    """One change that a caller wants of one aggregate.

    `id` makes a retry harmless: the aggregate remembers its recent commands with their
    answers. `decide` is a rule with the command's own values already bound. `expects` is the
    version that the caller saw; another one refuses with `conflict`. `aggregate` names the
    collection where a service has more than one.

    `beside` is another document of the same collection that is written and guarded too: `decide`
    then takes both states and gives a change for each, `target`'s first. Both should change, as
    only what is written is guarded.

    `answers` makes the answer, which is kept, of the state before, the state after and its version;
    where it is left out, or nothing was changed, the answer is the change's.
    """

    id: str
    target: str
    tenant: str
    decide: Callable[..., Any]
    expects: int | None = None
    aggregate: str | None = None
    claims: tuple[Claim, ...] = ()
    beside: str | None = None
    answers: Callable[[Any, Any, int], Any] | None = None

    def changes(self, state: Any, beside: Any, context: Context) -> tuple[Change[Any], ...]:
        """What it decides of its document, and of the one beside it."""
        if self.beside is None:
            return (self.decide(state, context),)
        return tuple(self.decide(state, beside, context))


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that may be taken once, in the same commit: a tracking number, for example."""

    collection: str
    id: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Increment:
    """A projection's addition to one cell, made in the same commit as the fact it comes from.

    The cell is stored as `{_id, **labels, amounts: {name: count}}`; an amount that comes to
    zero vanishes, and so does a cell without amounts.
    """

    collection: str
    id: str
    labels: dict[str, Any]
    amounts: dict[str, int]
