"""Integrators: programs of others that send requests for citizens or follow what is public.

Each has a key of its own, `tenant.name.secret`. The secret has 256 random bits, so its plain digest
is enough to know it by, and all that is kept of it. Who may subscribe has an account on Kafka too,
whose password is kept by nobody: the document says only whether the broker has the account.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.runtime.rule import Change, Context, Refused, replace
from libs.text import said

Scope = Literal["submit", "updates", "subscribe"]
SCOPES: tuple[Scope, ...] = ("submit", "updates", "subscribe")
"""`submit` sends requests; `updates` reads and writes what happens to one's own ones later;
`subscribe` reads the tenant's public topic on Kafka.
"""

Standing = Literal["none", "changing", "open", "shut"]
"""How the account on Kafka stands: `open` it lets in who has the password that was told; `changing`
nobody knows what the broker has, `shut` it had one and has none.
"""

AT_WORK = timedelta(seconds=30)
"""For how long he who has begun to change an account has it for himself; longer than he takes."""


@dataclass(frozen=True)
class Integrator:
    """One of a tenant's. `id` is another one each time the name is given, so that who gets a name
    anew does not get what was sent under it before. `rate` is calls a second. `begun_at` is whose
    change of the account the standing is; None while nobody is at work on a changing one. `untold`
    are secrets of which nobody was told, as Kafka did not do its part.
    """

    tenant: str
    name: str
    id: str
    digest: str
    scopes: tuple[Scope, ...]
    rate: float
    by: str
    added_at: datetime
    rotated_at: datetime | None = None
    removed_at: datetime | None = None
    account: Standing = "none"
    begun_at: datetime | None = None
    untold: bool = False

    @property
    def subscribes(self) -> bool:
        """Whether it is to have an account."""
        return self.removed_at is None and "subscribe" in self.scopes

    def at_work(self, now: datetime) -> bool:
        """Whether somebody is changing the account."""
        begun = self.begun_at if self.account == "changing" else None
        return begun is not None and now - begun < AT_WORK


def key_of(tenant: str, name: str, secret: str) -> str:
    """What the integrator shows."""
    return f"{tenant}.{name}.{secret}"


def parts_of(key: str) -> tuple[str, str, str] | None:
    """Tenant, name and secret of a key; None where it is none."""
    parts = key.split(".")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def user_of(tenant: str, name: str) -> str:
    """The user of the account on Kafka; neither part has a dot."""
    return f"{tenant}.{name}"


def document_id(tenant: str, name: str) -> str:
    """Of the integrator's document."""
    return f"{tenant}:{name}"


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def knows(integrator: Integrator | None, secret: str) -> bool:
    """Whether the secret is that of an integrator who was not removed; in constant time."""
    if integrator is None or integrator.removed_at is not None:
        return False
    return hmac.compare_digest(integrator.digest, digest_of(secret))


def add(
    state: Integrator | None, context: Context, *, integrator: Integrator
) -> Change[Integrator]:
    """Let one in. Refused (409) while the name is taken, which it is not by one who was never told
    his secrets, as Kafka did not make the account: asking again gives him others.
    """
    if state is not None and state.removed_at is None and not _never_told(state):
        raise Refused("integrator-exists", "There is an integrator of this name.", 409)
    left = state is not None and state.account in ("changing", "open")
    return Change(_anew(state, integrator, context, integrator.subscribes or left))


def rotate(state: Integrator | None, context: Context, *, digest: str) -> Change[Integrator]:
    """Other secrets; the old key ends now, the old password when Kafka has the new one."""
    present = _present(state)
    rotated = replace(present, digest=digest, rotated_at=context.now)
    return Change(_anew(state, rotated, context, present.subscribes))


def change(
    state: Integrator | None,
    context: Context,
    *,
    scopes: tuple[Scope, ...] | None = None,
    rate: float | None = None,
) -> Change[Integrator]:
    """Other scopes or another rate; the key stays. Who gets to subscribe gets an account, who no
    longer may loses it; asked for again, either is finished where Kafka had not done it. Refused
    (409) while nobody was told the key.
    """
    present = _present(state)
    changed = replace(present, scopes=scopes or present.scopes, rate=rate or present.rate)
    done = ("open",) if changed.subscribes else ("none", "shut")
    begun = _begun(present, changed, context, changed.account not in done)
    if present.untold:
        title = said("Nobody was told the secrets of this integrator. Give it other ones first.")
        raise Refused("integrator-untold", title, 409)
    return Change(begun)


def remove(state: Integrator | None, context: Context) -> Change[Integrator]:
    """Let one in no longer; what was sent stays. Of a removed one whose account may still be
    there, the account alone.
    """
    if state is not None and state.removed_at is not None and state.account == "changing":
        return Change(_begun(state, state, context, True))
    removed = replace(_present(state), removed_at=context.now)
    return Change(_begun(state, removed, context, removed.account not in ("none", "shut")))


def resume(state: Integrator | None, context: Context) -> Change[Integrator]:
    """Take an account in hand that somebody left half changed; the answer is when, for `settle`,
    or None where there is nothing to do.
    """
    assert state is not None
    if state.account != "changing" or state.at_work(context.now):
        return Change(state)
    return Change(replace(state, begun_at=context.now), answer=context.now)


def settle(
    state: Integrator | None,
    context: Context,
    *,
    begun: datetime,
    standing: Standing,
    tells: bool = False,
) -> Change[Integrator]:
    """What has become of the account that was begun to be changed then, by one who `tells` the
    secrets now or not. Who comes after another one has begun cannot know which of the two the
    broker heard last: it is changing again.
    """
    assert state is not None
    at = state.begun_at
    if at != begun or state.account != "changing":
        return Change(replace(state, account="changing", begun_at=None))
    if standing == "changing":
        return Change(replace(state, begun_at=None))
    return Change(replace(state, account=standing, untold=state.untold and not tells))


def _anew(
    before: Integrator | None, after: Integrator, context: Context, changes_account: bool
) -> Integrator:
    """With other secrets, which are told once the account has them too."""
    return replace(_begun(before, after, context, changes_account), untold=changes_account)


def _begun(
    before: Integrator | None, after: Integrator, context: Context, changes_account: bool
) -> Integrator:
    if before is not None and before.at_work(context.now):
        title = said("Somebody else is changing this integrator. Ask again in half a minute.")
        raise Refused("integrator-changing", title, 409)
    if not changes_account:
        return after
    return replace(after, account="changing", begun_at=context.now)


def _never_told(state: Integrator) -> bool:
    return state.rotated_at is None and state.untold


def _present(state: Integrator | None) -> Integrator:
    if state is None or state.removed_at is not None:
        raise Refused("integrator-unknown", "There is no integrator of this name.", 404)
    return state
