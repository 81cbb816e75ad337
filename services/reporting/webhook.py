"""Webhooks: addresses of others to which a tenant's public states are sent, as they change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.runtime.rule import Change, Context, Refused, replace

State = Literal["active", "paused", "disabled", "removed"]
Why = Literal["gone", "failing", "parked"]
"""Why one was disabled: it answered 410, failed for days, or refused too many events."""

BOTH_SECRETS_FOR = timedelta(hours=24)
"""After a rotation both secrets sign, so that a receiver can change his in peace."""


@dataclass(frozen=True)
class Webhook:
    """One of a tenant's. `begin` is the place in the topic from which it is sent what is there;
    `key` counts its secrets, which are derived and not stored.
    """

    tenant: str
    id: str
    url: str
    note: str
    begin: int
    by: str
    added_at: datetime
    changed_at: datetime
    state: State = "active"
    why: Why | None = None
    key: int = 1
    rotated_at: datetime | None = None

    def keys(self, now: datetime) -> tuple[int, ...]:
        """The numbers of the secrets that sign now, the newest first."""
        until = self.former_until
        return (self.key, self.key - 1) if until and now < until else (self.key,)

    @property
    def former_until(self) -> datetime | None:
        """Until when the secret before this one signs too; None where there was none."""
        return self.rotated_at + BOTH_SECRETS_FOR if self.rotated_at else None


def add(state: Webhook | None, context: Context, *, webhook: Webhook) -> Change[Webhook]:
    """Begin to send to an address."""
    if state is not None:
        raise Refused("webhook-exists", "There is a webhook of this id.", 409)
    return Change(webhook)


def pause(state: Webhook | None, context: Context) -> Change[Webhook]:
    """Send nothing for a while; what changes meanwhile is sent after."""
    known = present(state)
    if known.state == "disabled":
        raise Refused("webhook-disabled", "This webhook is disabled already.", 409)
    return Change(replace(known, state="paused", changed_at=context.now))


def resume(state: Webhook | None, context: Context) -> Change[Webhook]:
    """Send again, from where it stopped, also what was disabled."""
    return Change(replace(present(state), state="active", why=None, changed_at=context.now))


def disable(state: Webhook | None, context: Context, *, why: Why) -> Change[Webhook]:
    """Send nothing until somebody resumes it."""
    known = present(state)
    if known.state != "active":
        return Change(known)
    return Change(replace(known, state="disabled", why=why, changed_at=context.now))


def rotate(state: Webhook | None, context: Context) -> Change[Webhook]:
    """Another secret; the one before it signs too for a day."""
    known = present(state)
    return Change(replace(known, key=known.key + 1, rotated_at=context.now))


def touch(state: Webhook | None, context: Context) -> Change[Webhook]:
    """Whoever delivers looks anew what waits."""
    return Change(replace(present(state), changed_at=context.now))


def remove(state: Webhook | None, context: Context) -> Change[Webhook]:
    """Send nothing ever again."""
    return Change(replace(present(state), state="removed", why=None, changed_at=context.now))


def present(state: Webhook | None) -> Webhook:
    """One that is there. Refused (404) where there is none, or no longer."""
    if state is None or state.state == "removed":
        raise Refused("webhook-unknown", "There is no such webhook.", 404)
    return state
