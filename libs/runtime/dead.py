"""Dead letters, and how they go on: replay, repair, discard."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic_core import to_json

from libs.events import EVENTS
from libs.text import said

from .clock import now
from .consume import BEHIND, GAP, Chain
from .letters import Letters
from .mongo import Conflict, Document
from .record import loggable, parked_record, read
from .replay import Replay
from .rule import Refused
from .store import Held
from .unit import Unit

log = structlog.get_logger()

LOOKED_AT = 200
"""Parked records that one pass over those that may go on looks at, for each reason."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a replay would apply and leave under its key, and why it would stop."""

    applied: int
    left: int
    reason: str | None


class DeadLetters(Letters):
    """The parked records of one service, and how they go on."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain)
        self._replay = Replay(chain)
        self._looked: dict[str, str] = {}

    async def repair(self, id: str, headers: Mapping[str, str], data: Any, by: str) -> None:
        """Keep a corrected form beside the original; a replay uses it.

        `data` becomes the value, and `headers` replace those of the same names; one whose name is
        not text goes, as nobody can name it.
        """
        try:
            value = None if data is None else to_json(data)
        except ValueError:
            errors = [{"field": "data", "message": said("Not what JSON can say")}]
            raise Refused("data-invalid", "This cannot be kept.", 422, errors=errors) from None
        new = [[name, text.encode()] for name, text in headers.items()]

        async def keep(unit: Unit, held: Held[Any], row: Document) -> int:
            named = [one for one in row["record"]["headers"] if isinstance(one[0], str)]
            kept = [one for one in named if one[0] not in headers]
            repaired = {"headers": [*kept, *new], "value": value}
            outcome = {"repaired": repaired, "repaired_by": by, "repaired_at": unit.now}
            unit.updates.append((self._chain.dead, id, {"$set": outcome}))
            held.version += 1  # a replay must not go on with the form that it read before
            return 0

        await self._settle(id, keep)
        log.info("dead_letter_repaired", service=self._chain.service, place=id, by=by)

    async def replay(self, id: str, by: str, *, accept_gap: bool = False) -> int:
        """Send the key's parked records through the ordinary path, in order; how many went.

        It stops at one that still cannot be applied. `accept_gap` gives up waiting for the
        event that the first of them waits for, where it is not among them.
        """
        row = self.replayable(await self.parked(id))
        return await self.replay_key(row["key"], by, accept_gap=accept_gap)

    async def try_out(self, id: str) -> Trial:
        """What a replay would do now, without doing it: the rules run, nothing is stored."""
        row = self.replayable(await self.parked(id))
        unit, held = await self._hold(row["key"])
        waiting = held.parked
        went, _ = await self._replay.some(unit, held, "trial")
        noted = [change["$set"].get("reason") for _, _, change in unit.updates]
        stays = next((reason for reason in reversed(noted) if reason), row["reason"])
        return Trial(went, waiting - went, stays if waiting > went else None)

    async def fault_of(self, id: str, data: Any) -> str | None:
        """Why a value in a corrected form could not be read by its schema; None where it could."""
        row = self.replayable(await self.parked(id))
        form = {**row, "repaired": {"headers": row["record"]["headers"], "value": to_json(data)}}
        return read(parked_record(form), EVENTS).fault

    async def replay_group(self, group: str, by: str, why: str) -> int:
        """Replay every key that has a record parked for this reason; how many records went."""
        went = 0
        rows = await self.of_group(group)
        for row in rows:
            await self.note(row["_id"], "replayed", by, why)
        for key in dict.fromkeys(row["key"] for row in rows):
            went += await self.replay_key(key, by)
        return went

    async def discard_group(self, group: str, by: str, why: str) -> int:
        """Give up all that is parked for this reason; how many were."""
        ids = [row["_id"] for row in await self.of_group(group)]
        for id in ids:
            await self.note(id, "discarded", by, why)
        discarded, _ = await self.discard_many(ids, by, why)
        return discarded

    async def discard(self, id: str, by: str, reason: str) -> int:
        """Give a record up; those behind it go on. Its bytes stay stored."""

        async def give_up(unit: Unit, held: Held[Any], row: Document) -> int:
            self._give_up(unit, held, row, by, reason, twin=await self.has_twin(row))
            went, _ = await self._replay.some(unit, held, by, without=id)
            return went

        row = await self.parked(id)
        if row["record"]["topic"] not in self._chain.rules.topics:
            # The table of tenants put it aside; nothing waits behind it.
            outcome = {"status": "discarded", "resolved_by": by, "resolved_at": now()}
            update = {"$set": {**outcome, "why": reason, "passed_over": False}}
            await self._rows.update_one({"_id": id, "status": "parked"}, update)
            return 0
        went = await self._settle(id, give_up)
        log.info("dead_letter_discarded", service=self._chain.service, place=id, by=by)
        return went + await self.replay_key(row["key"], by)

    async def discard_many(self, ids: Collection[str], by: str, reason: str) -> tuple[int, int]:
        """Give many up; how many were, and how many behind them were applied.

        Those alone under their keys share one commit. Passed by is what is not parked any more.
        """
        wanted = {"_id": {"$in": list(ids)}, "status": "parked"}
        together = await self._discard_those_alone(wanted, by, reason)
        discarded, applied = together, 0
        for row in await self._rows.find(wanted, ["_id"]).to_list(None):
            try:
                applied += await self.discard(row["_id"], by, reason)
            except Refused:  # somebody else was quicker
                continue
            discarded += 1
        log.info("dead_letters_discarded", service=self._chain.service, count=discarded, by=by)
        return discarded, applied

    async def _discard_those_alone(self, wanted: Document, by: str, reason: str) -> int:
        while True:
            unit = Unit(self._chain.service, now(), careful=True)
            keys = [row["key"] async for row in self._rows.find(wanted, ["key"])]
            await self._chain.load(unit, keys)
            count = 0
            async for row in self._rows.find(wanted):
                held = unit.hold(self._chain.aggregate, row["key"])
                if held.parked == 1 and row["record"]["topic"] in self._chain.rules.topics:
                    self._give_up(unit, held, row, by, reason, twin=False)
                    held.gap = None
                    count += 1
            try:
                await self._chain.write(unit)
            except Conflict:
                await _a_moment()
                continue
            return count

    def _give_up(
        self, unit: Unit, held: Held[Any], row: Document, by: str, reason: str, *, twin: bool
    ) -> None:
        passed_over = not twin and self._chain.pass_over(held, row)
        held.parked -= 1
        held.version += 1
        self._replay.resolve(unit, row, "discarded", by, why=reason, passed_over=passed_over)

    async def replay_key(self, key: str, by: str, *, accept_gap: bool = False) -> int:
        """Replay what is parked under one key."""
        went = 0
        while True:
            unit, held = await self._hold(key)
            progress, more = await self._replay.some(unit, held, by, accept_gap=accept_gap)
            try:
                await self._chain.write(unit)
            except Conflict:
                await _a_moment()
                continue
            went += progress
            accept_gap = False
            if not (progress and more):
                break
        if went:
            log.info(
                "dead_letters_replayed", service=self._chain.service, id=loggable(key), count=went
            )
        return went

    async def release_gaps(self) -> None:
        """Try keys that may go on: a process may have died before it did this.

        So many at a time, and the others the next times.
        """
        keys = await self._waiting(GAP)
        behind = await self._waiting(BEHIND) - keys
        if behind:
            faulty = {"status": "parked", "reason": {"$nin": [GAP, BEHIND]}}
            asked = {**faulty, "key": {"$in": sorted(behind)}}
            keys |= behind - set(await self._rows.distinct("key", asked))
        for key in sorted(keys):
            await self.replay_key(key, "system")

    async def _waiting(self, reason: str) -> set[str]:
        """The next keys of those with a record parked for this reason."""
        wanted: Document = {"status": "parked", "reason": reason}
        if after := self._looked.get(reason):
            wanted["key"] = {"$gt": after}
        rows = self._rows.find(wanted, ["key"]).sort("key", 1).limit(LOOKED_AT)
        keys = [row["key"] async for row in rows]
        self._looked[reason] = keys[-1] if len(keys) == LOOKED_AT else ""
        return set(keys)

    async def _settle(
        self, id: str, decide: Callable[[Unit, Held[Any], Document], Awaitable[int]]
    ) -> int:
        """Decide on a parked record and its document, in one commit.

        The document is read before the row: whoever deals with a row changes its document too,
        so what is decided on an old row meets another version of the document.
        """
        key = (await self.parked(id))["key"]
        while True:
            unit, held = await self._hold(key)
            went = await decide(unit, held, self.replayable(await self.parked(id)))
            try:
                await self._chain.write(unit)
            except Conflict:
                await _a_moment()
                continue
            return went

    async def _hold(self, key: str) -> tuple[Unit, Held[Any]]:
        unit = Unit(self._chain.service, now(), careful=True)
        await self._chain.load(unit, [key])
        return unit, unit.hold(self._chain.aggregate, key)


async def _a_moment() -> None:
    await asyncio.sleep(random.uniform(0.001, 0.05))
