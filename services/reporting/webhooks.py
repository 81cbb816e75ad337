"""What can be done with a tenant's webhooks, by its administrators over HTTP or on a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Literal

import structlog

from libs.events import STRUCTURED, public_topic, structured
from libs.runtime.clock import new_id
from libs.runtime.commands import Taken
from libs.runtime.feed import Feed
from libs.runtime.rule import Claim, Command, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import said

from . import webhook as rules
from .attempt import Answer
from .deliveries import CLAIMS, DELIVERIES, PROGRESS, Deliveries, Delivery, Progress
from .sending import Sender
from .signing import Secrets, signed
from .store import WEBHOOKS
from .target import NotAllowed
from .webhook import Webhook

log = structlog.get_logger()

MOST = 20
"""Webhooks of a tenant."""

TEST = "webhook.test.v1"
Begin = Literal["now", "start"]

WHY_NOT = {
    "url-invalid": said("This is not the address of a receiver."),
    "url-too-long": said("This address is too long."),
    "url-not-https": said("The address must begin with https://."),
    "port-not-allowed": said("The address has a port that is not allowed: use 443 or 8443."),
    "address-not-public": said("The address is not on the public internet."),
}


class Webhooks:
    """A tenant's webhooks; each call names the tenant, and finds nothing of another's."""

    def __init__(self, service: Service, feed: Feed, sender: Sender, secrets: Secrets) -> None:
        self._service = service
        self._feed = feed
        self._sender = sender
        self._secrets = secrets
        self._deliveries = Deliveries(service.database)

    def secret(self, webhook: Webhook) -> str:
        """The newest secret, to be shown once."""
        return self._secrets.shown(webhook.id, webhook.key)

    async def all(self, tenant: str) -> list[tuple[Webhook, Progress]]:
        """Those that were not removed, the oldest first, and how far each is."""
        there = {"state": {"$ne": "removed"}}
        rows = await self._service.scoped(tenant, WEBHOOKS.collection).find(there, limit=2 * MOST)
        states = [Stored.of(WEBHOOKS, row).state for row in rows]
        found = [one for one in states if one is not None and one.state != "removed"]
        found.sort(key=lambda one: one.added_at)
        return [(one, await self._progress(one)) for one in found]

    async def one(self, tenant: str, id: str) -> tuple[Webhook, Progress]:
        """One of them. Refused (404) where it is not this tenant's."""
        found = await self._own(tenant, id)
        return found, await self._progress(found)

    async def add(self, tenant: str, url: str, note: str, begin: Begin, by: str) -> Webhook:
        """Begin to send. Raises Unavailable where nobody can say where the topic ends.

        Two at the same time claim the same, so that only one of them is first.
        """
        of = self._service.tenants.get(tenant)
        if of is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        if of.state == "left":
            raise Refused("tenant-has-left", "The municipality has left.", 409)
        try:
            url = self._sender.allowed.checked(url)
        except NotAllowed as no:
            title = WHY_NOT[str(no)]
            raise Refused(
                str(no), title, 422, errors=[{"field": "url", "message": title}]
            ) from None
        now = self._service.now()
        webhook = Webhook(
            tenant=tenant,
            id=new_id(),
            url=url,
            note=note,
            begin=await self._feed.end(public_topic(tenant).name) if begin == "now" else 0,
            by=by,
            added_at=now,
            changed_at=now,
        )
        rule = partial(rules.add, webhook=webhook)
        for _ in range(MOST):
            claims = await self._claims(webhook)
            with suppress(Taken):
                return await self._changed(tenant, webhook.id, rule, claims)
        raise Refused("conflict", "Somebody else changed this meanwhile.", 409)

    async def _claims(self, webhook: Webhook) -> tuple[Claim, ...]:
        """Its address and a place. Refused (409) where the address or every place is taken."""
        tenant = webhook.tenant
        claimed = await self._service.scoped(tenant, CLAIMS).find({}, limit=4 * MOST)
        known = [one for one, _ in await self.all(tenant)]
        if any(one.url == webhook.url for one in known):
            raise Refused("webhook-exists", "There is a webhook to this address.", 409)
        if len(known) >= MOST:
            raise Refused("too-many-webhooks", "There are too many webhooks; remove some.", 409)
        there = {one.id for one in known}
        for row in claimed:
            if row["webhook"] not in there:  # it was removed, and whoever did that broke off
                mine = {"_id": row["_id"], "webhook": row["webhook"]}
                await self._service.database[CLAIMS].delete_one(mine)
        kept = {row["_id"] for row in claimed if row["webhook"] in there}
        places = (f"{tenant}|{number}" for number in range(MOST))
        address = f"{tenant}|{hashlib.sha256(webhook.url.encode()).hexdigest()}"
        document = {"tenant": tenant, "webhook": webhook.id}
        free = next(place for place in places if place not in kept)
        return tuple(Claim(CLAIMS, name, document) for name in (address, free))

    async def change(self, tenant: str, id: str, rule: Callable[..., Any]) -> Webhook:
        """Pause, resume, rotate. Refused (404) where it is not this tenant's."""
        await self._own(tenant, id)
        return await self._changed(tenant, id, rule)

    async def remove(self, tenant: str, id: str) -> Webhook:
        """Send nothing ever again, and forget what waited."""
        removed = await self.change(tenant, id, rules.remove)
        await self._deliveries.forget(id, tenant)
        return removed

    async def sweep(self) -> None:
        """Remove those of municipalities that have left; every copy may do it."""
        departed = sorted(self._service.tenants.departed)
        if not departed:
            return
        rows = self._service.database[WEBHOOKS.collection].find({"tenant": {"$in": departed}})
        async for row in rows:
            id, tenant = row["_id"], row["tenant"]
            with suppress(Refused):  # another copy was faster, or broke off before it forgot
                await self.change(tenant, id, rules.remove)
            await self._deliveries.forget(id, tenant)
            log.info("webhook_removed", service=self._service.name, tenant=tenant, webhook=id)

    async def test(self, tenant: str, id: str) -> Answer:
        """Send an event that says nothing, now, and tell what came back."""
        webhook = await self._own(tenant, id)
        event, now = new_id(), self._service.now()
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": event,
            "ce_source": f"/sokak/{self._service.name}",
            "ce_type": TEST,
            "ce_subject": webhook.id,
            "ce_time": now.isoformat(),
            "ce_tenant": tenant,
        }
        headers = [(name, text.encode()) for name, text in attributes.items()]
        body = structured([*headers, ("content-type", b"application/json")], b"{}")
        secrets = [self._secrets.of(webhook.id, key) for key in webhook.keys(now)]
        told = {"content-type": STRUCTURED, **signed(event, now, body, secrets)}
        return await self._sender.post(webhook.url, body, told)

    async def kept(self, tenant: str, id: str) -> list[Delivery]:
        """What waits or was parked, the parked first, then what comes next."""
        await self._own(tenant, id)
        rows = await self._service.scoped(tenant, DELIVERIES).find({"webhook": id}, limit=2000)
        found = [Delivery.of(row) for row in rows]
        return sorted(found, key=lambda one: (one.state != "parked", one.next_at))

    async def redeliver(self, tenant: str, id: str, request: str) -> None:
        """Send the last state of a request again: at once, and from its first attempt on.

        Refused (404) where nothing of it is known, (410) where the topic has a newer one.
        """
        _, progress = await self.one(tenant, id)
        now = self._service.now()
        if not await self._deliveries.again(id, tenant, request, now):
            last = next((one for one in progress.recent if one["key"] == request), None)
            if last is None:
                raise Refused("delivery-unknown", "Nothing is known of such a delivery.", 404)
            body = await self._body_at(tenant, last["offset"])
            told = {name: last[name] for name in ("key", "id", "type", "sequence", "offset")}
            await self._deliveries.add(
                Delivery(webhook=id, tenant=tenant, **told, body=body, first_at=now, next_at=now)
            )
        await self._changed(tenant, id, rules.touch)

    async def redeliver_parked(self, tenant: str, id: str) -> int:
        """Send all again that was parked; how many those are."""
        parked = [one for one in await self.kept(tenant, id) if one.state == "parked"]
        for one in parked:
            await self._deliveries.again(id, tenant, one.key, self._service.now())
        if parked:
            await self._changed(tenant, id, rules.touch)
        return len(parked)

    async def _body_at(self, tenant: str, offset: int) -> bytes:
        records, _ = await self._feed.page(public_topic(tenant).name, offset)
        if not records or records[0].offset != offset:
            raise Refused("delivery-superseded", "A newer state has taken its place.", 410)
        return structured(records[0].headers, records[0].value)

    async def _own(self, tenant: str, id: str) -> Webhook:
        rows = self._service.scoped(tenant, WEBHOOKS.collection)
        row = await rows.find_one({"_id": id})
        return rules.present(Stored.of(WEBHOOKS, row).state if row else None)

    async def _progress(self, webhook: Webhook) -> Progress:
        row = await self._service.scoped(webhook.tenant, PROGRESS).find_one({"_id": webhook.id})
        return Progress.of(row) if row else Progress(webhook.begin)

    async def _changed(
        self, tenant: str, id: str, rule: Callable[..., Any], claims: tuple[Claim, ...] = ()
    ) -> Webhook:
        command = Command(
            id=new_id(),
            target=id,
            tenant=tenant,
            decide=rule,
            aggregate=WEBHOOKS.collection,
            claims=claims,
        )
        state: Webhook | None = (await self._service.change(command)).state
        assert state is not None
        return state
