"""From a decision about an integrator to Kafka, and what a failure between the two leaves.

The store is written first and says that the account is changing; then the broker; then the store
says what became of it. Who breaks off in between leaves `changing`: asking again repairs it, and
what nobody asks for again is shut after a while, since nobody knows its password. Those of a
municipality that has left are shut out by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog

from libs.events import public_topic
from libs.runtime.accounts import Account, Accounts, NoAccount
from libs.runtime.clock import new_id
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.text import said

from . import integrator as rules
from .integrator import Integrator, Standing, document_id, user_of
from .store import INTEGRATORS

log = structlog.get_logger()

SWEEP_S = 60.0

Decide = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Admitted:
    """An integrator as it then is; `opened` where the account has the password that was given."""

    state: Integrator
    opened: bool = False


class Admission:
    """Lets integrators in, also on Kafka, and shuts them out."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._accounts = Accounts(service.settings.kafka)
        self._sweep_at = 0.0

    async def change(
        self, tenant: str, name: str, decide: Decide, password: str | None = None
    ) -> Admitted:
        """Carry out what a rule decides of an integrator, on the broker too.

        Refused (503) where Kafka has not done it: ask again.
        """
        state = await self._decided(tenant, name, decide)
        if state.account != "changing" or state.begun_at is None:
            return Admitted(state)
        opens = password is not None and state.subscribes
        try:
            if password is not None and opens:
                await self._accounts.open(account_of(state), password)
            else:
                await self._accounts.close(account_of(state))
        except NoAccount as error:
            await self._settled(state, state.begun_at, "changing")
            log.warning("account_not_changed", service=self.service.name, error=str(error))
            raise _not_done(state, str(error)) from None
        standing: Standing = "open" if opens else "shut"
        tells = password is not None
        return Admitted(await self._settled(state, state.begun_at, standing, tells), opens)

    async def sweep(self) -> None:
        """Shut out whoever was let in by one that has left, and shut the accounts that somebody
        left half changed; every copy may do it.
        """
        await self._shut_out_of_departed()
        if monotonic() < self._sweep_at:
            return
        self._sweep_at = monotonic() + SWEEP_S
        left = self.service.database[INTEGRATORS.collection].find({"account": "changing"})
        async for document in left:
            state = INTEGRATORS.state_of(document)
            if state is not None and not await self._shut(state):
                return

    async def _shut_out_of_departed(self) -> None:
        """What Kafka does not do now is done later, as with every account that is half changed."""
        departed = sorted(self.service.tenants.departed)
        if not departed:
            return
        still_in = {"tenant": {"$in": departed}, "removed_at": None}
        async for document in self.service.database[INTEGRATORS.collection].find(still_in):
            state = INTEGRATORS.state_of(document)
            if state is None:
                continue
            user = user_of(state.tenant, state.name)
            try:
                await self.change(state.tenant, state.name, rules.remove)
            except Refused as refused:
                if refused.slug == "account-not-changed":
                    return  # the key is out; so are others' as soon as Kafka answers
                continue  # somebody is at work on it, or was faster
            log.info("integrator_shut_out", service=self.service.name, user=user)

    async def _shut(self, state: Integrator) -> bool:
        """Whether the broker did it; not so of all others either, where it is away."""
        resume = _command(state.tenant, state.name, rules.resume)
        begun: datetime | None = await self.service.execute(resume)
        if begun is None:
            return True
        try:
            await self._accounts.close(account_of(state))
        except NoAccount:
            await self._settled(state, begun, "changing")
            return False
        await self._settled(state, begun, "shut")
        log.info("account_shut", service=self.service.name, user=account_of(state).user)
        return True

    async def _decided(self, tenant: str, name: str, decide: Decide) -> Integrator:
        state: Integrator | None = (await self.service.change(_command(tenant, name, decide))).state
        assert state is not None
        return state

    async def _settled(
        self, state: Integrator, begun: datetime, standing: Standing, tells: bool = False
    ) -> Integrator:
        settle = partial(rules.settle, begun=begun, standing=standing, tells=tells)
        now = await self._decided(state.tenant, state.name, settle)
        if now.account != standing:
            title = said("Somebody else has changed this integrator meanwhile. Ask again.")
            raise Refused("integrator-changing", title, 409)
        return now


def account_of(state: Integrator) -> Account:
    """The account of an integrator: its tenant's public topic, and groups of its own."""
    user = user_of(state.tenant, state.name)
    return Account(user, public_topic(state.tenant).name, f"{user}.")


def _command(tenant: str, name: str, decide: Decide) -> Command:
    return Command(
        id=new_id(),
        target=document_id(tenant, name),
        tenant=tenant,
        decide=decide,
        aggregate=INTEGRATORS.collection,
    )


def _not_done(state: Integrator, reason: str) -> Refused:
    if state.removed_at is not None:
        title = said(
            "The key is out, but Kafka has not deleted the account. "
            "That is tried again every minute; or ask again."
        )
    elif not state.subscribes and not state.untold:
        title = said(
            "It may subscribe no more, but Kafka has not deleted the account. "
            "That is tried again every minute; or ask again."
        )
    else:
        title = said("Kafka has not made the account, so there are no secrets. Ask again.")
    return Refused("account-not-changed", title, 503, reason=reason)
