"""One webhook at work: reads its tenant's public topic as any subscriber does, and sends it on.

In the order of each request: of one there is at most one delivery at a time, and a newer state
takes the place of one that waits, as a state is whole. Different requests go side by side. What
fails is kept and tried again, while others go on; a receiver that takes nothing at all is asked
rarely, and then the topic is what waits.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from libs.events import STRUCTURED, Malformed, public_topic, structured
from libs.runtime.clock import now
from libs.runtime.commands import Unavailable
from libs.runtime.feed import BegunAnew, Feed, Following
from libs.runtime.mongo import Conflict, is_infrastructure
from libs.runtime.record import Record, loggable

from .attempt import Answer, asked_pause, pause
from .deliveries import Deliveries, Delivery, Progress, TakenOver
from .metrics import ATTEMPTS
from .sending import Sender
from .signing import Secrets, signed
from .webhook import Webhook, Why

log = structlog.get_logger()

AT_ONCE = 8
DOWN_AFTER = 5
"""Failures in a row after which a receiver is taken to be away: then one event at a time."""

ASKED_EVERY = timedelta(minutes=15)
"""The longest pause of a receiver that is away, besides what it asks for itself."""

MOST_KEPT = 1000
DISABLED_AFTER = 2
"""Times what is given up after: a receiver that took nothing for so long is not asked any more."""

LOOKS_S = 1.0

AWAY = (None, 429, 502, 503, 504)
"""Statuses that say nothing about the event; None is that there was no answer."""


class Outlet:
    """Sends for one webhook until it is cancelled, taken over or disabled."""

    def __init__(
        self,
        webhook: Webhook,
        feed: Feed,
        sender: Sender,
        store: Deliveries,
        secrets: Secrets,
        holder: str,
        retry: timedelta,
        give_up: timedelta,
        disable: Callable[[str, Why], Awaitable[Any]],
    ) -> None:
        self.webhook = webhook
        self._feed = feed
        self._sender = sender
        self._store = store
        self._secrets = secrets
        self._holder = holder
        self._retry = retry
        self._give_up = give_up
        self._disable = disable
        self._kept: dict[str, Delivery] = {}
        self._ahead: dict[str, tuple[int, Delivery]] = {}
        self._progress = Progress(webhook.begin)
        self._not_before = now()

    async def run(self) -> None:
        """Serve; what is away is waited for."""
        while True:
            try:
                await self._begin()
                await self._serve()
                return
            except TakenOver:
                return
            except (Unavailable, Conflict):
                pass
            except Exception as error:
                if not is_infrastructure(error):
                    log.exception("webhook_failed", webhook=self.webhook.id)
            await asyncio.sleep(LOOKS_S)

    async def _begin(self) -> None:
        one = self.webhook
        self._progress = await self._store.take(one.id, one.tenant, one.begin, self._holder)
        self._kept = {each.key: each for each in await self._store.kept(one.id, one.tenant)}
        self._ahead.clear()
        since = self._progress.failing_since
        if since is not None and since < one.changed_at:  # somebody wants it to be tried anew
            self._progress.failing_since, self._progress.failed = None, 0

    async def _serve(self) -> None:
        topic = public_topic(self.webhook.tenant).name
        try:
            async with self._feed.follow(topic, self._progress.position) as following:
                while not await self._turn(following):
                    pass
        except BegunAnew:
            log.warning("topic_begun_anew", topic=topic, webhook=self.webhook.id)
            self._progress.position = 0
            await self._store.write(self.webhook.id, self._holder, self._progress)

    async def _turn(self, following: Following) -> bool:
        """What is due once more, else what is new; whether that was the end."""
        at = now()
        if at < self._not_before:
            await asyncio.sleep(min(LOOKS_S, (self._not_before - at).total_seconds()))
            return False
        size = 1 if self._is_down else AT_ONCE
        wanted = sorted(self._due(at), key=lambda one: one.next_at)[:size]
        if not wanted:
            if not self._ahead:
                self._take(await following.some(self._until_due(at)))
            wanted = [self._ahead.pop(key)[1] for key in list(self._ahead)[:size]]
        if not wanted:
            return False
        first = next(iter(self._ahead.values()), None)
        self._progress.position = first[0] if first else following.position
        return await self._deliver(wanted)

    def _due(self, at: datetime) -> Iterator[Delivery]:
        for one in self._kept.values():
            if one.state == "waiting" and one.next_at <= at and one.key not in self._ahead:
                yield one

    @property
    def _is_down(self) -> bool:
        return self._progress.failed >= DOWN_AFTER

    def _until_due(self, at: datetime) -> float:
        waiting = [one.next_at for one in self._kept.values() if one.state == "waiting"]
        return max(0.0, min([LOOKS_S, *((one - at).total_seconds() for one in waiting)]))

    def _take(self, records: Iterable[Record]) -> None:
        """Of each request its newest state, in the place of the first that was not sent."""
        for record in records:
            made = self._made(record)
            if made is not None:
                offset, _ = self._ahead.get(made.key, (made.offset, None))
                self._ahead[made.key] = offset, made

    def _made(self, record: Record) -> Delivery | None:
        try:
            body = structured(record.headers, record.value)
        except Malformed as fault:
            log.warning("record_skipped", place=record.place, reason=str(fault))
            return None
        told = {name: raw.decode() for name, raw in record.headers if raw is not None}
        at = now()
        return Delivery(
            webhook=self.webhook.id,
            tenant=self.webhook.tenant,
            key=record.aggregate_id,
            id=told["ce_id"],
            type=told["ce_type"],
            sequence=int(told.get("ce_sequence", 0)),
            offset=record.offset,
            body=body,
            first_at=at,
            next_at=at,
        )

    # -- sending

    async def _deliver(self, wanted: Sequence[Delivery]) -> bool:
        """Send side by side, and keep how it went; whether that was the end."""
        answers = await asyncio.gather(*(self._attempt(one) for one in wanted))
        if any(answer.verdict == "gone" for answer in answers):
            await self._disable(self.webhook.id, "gone")  # its place stays, nothing is missed
            return True
        kept, done = [], []
        for one, answer in zip(wanted, answers, strict=True):
            told = one.told(answer, now())
            if answer.verdict == "delivered":
                done += [told] if self._kept.pop(one.key, None) else []
                self._progress.recent.insert(0, told.listed(now()))
            else:
                self._kept[one.key] = self._later(told)
                kept.append(self._kept[one.key])
        states = Counter(one.state for one in self._kept.values())
        self._progress.waiting, self._progress.parked = states["waiting"], states["parked"]
        await self._store.write(self.webhook.id, self._holder, self._progress, kept, done)
        return await self._is_given_up()

    async def _attempt(self, one: Delivery) -> Answer:
        at = now()
        secrets = [self._secrets.of(one.webhook, key) for key in self.webhook.keys(at)]
        headers = {"content-type": STRUCTURED, **signed(one.id, at, one.body, secrets)}
        answer = await self._sender.post(self.webhook.url, one.body, headers)
        ATTEMPTS.labels("reporting", answer.verdict).inc()
        self._hear(answer)
        return answer

    def _hear(self, answer: Answer) -> None:
        """What an answer says about the receiver as a whole."""
        at, progress = now(), self._progress
        if answer.verdict == "delivered":
            if self._is_down:
                self._is_back(at)
            progress.failed, progress.failing_since = 0, None
            progress.delivered, progress.delivered_at = progress.delivered + 1, at
            return
        progress.failed += 1
        progress.failing_since = progress.failing_since or at
        waits = asked_pause(answer, at) or timedelta()
        if self._is_down:
            away = pause(progress.failed - DOWN_AFTER + 1, self._retry, random.uniform)
            waits = max(waits, min(away, ASKED_EVERY))
        self._not_before = max(self._not_before, at + waits)

    def _is_back(self, at: datetime) -> None:
        """What failed only because nobody was there need not wait any longer."""
        self._not_before = at
        for key, one in self._kept.items():
            if one.state == "waiting" and one.answer.get("status") in AWAY:
                self._kept[key] = replace(one, next_at=at)

    def _later(self, one: Delivery) -> Delivery:
        """Tried again after a pause, or given up where it would be too late by then."""
        next_at = now() + pause(one.attempts, self._retry, random.uniform)
        if next_at - one.first_at > self._give_up:
            log.warning("delivery_parked", webhook=one.webhook, key=loggable(one.key))
            return replace(one, state="parked")
        return replace(one, next_at=max(next_at, self._not_before))

    async def _is_given_up(self) -> bool:
        """Whether the receiver is not to be asked any more; then it is disabled."""
        since = self._progress.failing_since
        if since is not None and now() - since > DISABLED_AFTER * self._give_up:
            await self._disable(self.webhook.id, "failing")
        elif len(self._kept) > MOST_KEPT:
            await self._disable(self.webhook.id, "parked")
        else:
            return False
        return True
