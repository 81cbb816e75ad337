"""Any interleaving of batches, repeats, poison and replays ends as the plain order does."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import pytest

from libs.events import Event
from libs.runtime.clock import new_id
from libs.runtime.mongo import Document
from libs.runtime.record import Record
from libs.runtime.rule import Refused
from tests.integration.runtime.things import LETTERS, TOLD, Service, Tape, command

KEYS = ("a", "b", "c")
EACH = 7


@dataclass
class Bus:
    """What Kafka holds of three topics, with a group's offsets, and what is false in it.

    `repairs` are the true forms of spoilt records by place; `forged` are places of records
    that nobody should have sent.
    """

    chance: Random
    tape: Tape = field(default_factory=Tape)
    topics: dict[str, list[Record]] = field(default_factory=dict)
    repairs: dict[str, Event] = field(default_factory=dict)
    forged: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    def fill(self) -> None:
        """Each key's history in each topic, in order, with all that can be wrong with it."""
        for topic in LETTERS:
            histories = {key: self._history(topic, key) for key in KEYS}
            records: list[Record] = []
            while histories:
                key = self.chance.choice(sorted(histories))
                records.append(histories[key].pop(0))
                if not histories[key]:
                    del histories[key]
            self.topics[topic] = records

    def _history(self, topic: str, key: str) -> list[Record]:
        numbers, late = list(range(1, EACH + 1)), -1
        if topic != "request_texts" and self.chance.random() < 0.5:  # one comes late: a hole
            late = self.chance.randrange(EACH - 1)
            numbers.insert(self.chance.randrange(late + 1, EACH), numbers.pop(late))
        records: list[Record] = []
        true: list[Record] = []
        for number in numbers:
            luck = self.chance.random()
            record = self.tape(topic, key, number)
            if luck < 0.1:
                spoilt = self.tape.poison(key, number, topic)
                self.repairs[spoilt.place] = TOLD[topic]
                record = spoilt
            records.append(record)
            true.append(record)
            if 0.1 < luck < 0.2:
                again = self.chance.choice(true)
                records.append(self.tape.again(again))
                if again.place in self.repairs:  # one of them is repaired, and the other given up
                    self.forged.add(records[-1].place)
            if 0.2 < luck < 0.28:
                records.append(self._forgery(topic, key, number, late + 1))
        return records

    def _forgery(self, topic: str, key: str, number: int, late: int) -> Record:
        """A false record of a place in the history.

        Not of one that comes after the next of it: which of the two is true, no one can say.
        """
        place = number + self.chance.randrange(3)
        if topic == "request_texts" or (self.chance.random() < 0.5 and place != late):
            forged = self.tape.poison(key, place, topic)
        else:
            forged = self.tape(topic, key, 900 + number)
        self.forged.add(forged.place)
        return forged

    def batch(self) -> dict[str, list[Record]]:
        """Some of what has not been acknowledged yet, of some topics."""
        topics = self.chance.sample(sorted(LETTERS), self.chance.randint(1, 3))
        return {
            topic: self.topics[topic][self.done[topic] :][: self.chance.randint(1, 9)]
            for topic in topics
        }

    def acknowledge(self, batch: dict[str, list[Record]]) -> None:
        """Move on, or, where the answer is lost, stay or go back a little."""
        for topic, records in batch.items():
            self.done[topic] += len(records)
            if self.chance.random() < 0.3:
                self.done[topic] = max(0, self.done[topic] - self.chance.randint(0, 6))

    @property
    def left(self) -> bool:
        return any(self.done[topic] < len(records) for topic, records in self.topics.items())


def merged(chance: Random, batch: dict[str, list[Record]]) -> list[Record]:
    """One batch in the order of each topic, the topics mixed."""
    queues = [list(records) for records in batch.values() if records]
    mixed = []
    while queues:
        queue = chance.choice(queues)
        mixed.append(queue.pop(0))
        queues = [one for one in queues if one]
    return mixed


async def operate(service: Service, bus: Bus, row: Document) -> None:
    """What an operator does who knows what is false."""
    place = row["_id"]
    with suppress(Refused):  # another one has dealt with it meanwhile
        if place in bus.forged:
            await service.dead.discard(place, "op", "forged")
        elif place in bus.repairs:
            form = bus.repairs[place].model_dump(mode="json", exclude_none=True)
            await service.dead.repair(place, {}, form, "op")
            await service.dead.replay(place, "op")
        else:
            await service.dead.replay(place, "op")


async def live(chance: Random, bus: Bus, services: tuple[Service, Service]) -> int:
    """Let all of it happen at once until everything is consumed; how many words were said."""
    words = 0
    while bus.left:
        batch = bus.batch()
        records = merged(chance, batch)
        work = [chance.choice(services).consume(*records)]
        if chance.random() < 0.2:
            work.append(services[1].consume(*records))
        if chance.random() < 0.4:
            words += 1
            word = command(chance.choice(KEYS), f"w{words}", id=new_id())
            work.append(chance.choice(services).commands.execute(word))
        if chance.random() < 0.5 and (rows := await services[0].parked()):
            work.append(operate(chance.choice(services), bus, chance.choice(rows)))
        if chance.random() < 0.2:
            work.append(services[1].dead.release_gaps())
        for service in services:
            service.broken = {f"{chance.choice(KEYS)}:q3", "r5"} if chance.random() < 0.5 else set()
        await asyncio.gather(*work)
        bus.acknowledge(batch)
    return words


async def settle(service: Service, bus: Bus) -> None:
    """The rules are mended, and the operator goes through what is left."""
    service.broken = set()
    for _ in range(100):
        rows = await service.parked()
        if not rows:
            return
        for row in rows:
            await operate(service, bus, row)
    raise AssertionError([(row["_id"], row["reason"]) for row in await service.parked()])


@pytest.mark.parametrize("seed", range(16))
async def test_every_interleaving_ends_as_the_plain_order_does(
    service: Service, other: Service, seed: int
) -> None:
    chance = Random(seed)
    bus = Bus(chance)
    bus.fill()
    serving = [asyncio.ensure_future(one.commands.run()) for one in (service, other)]
    words = await live(chance, bus, (service, other))
    await settle(service, bus)
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)

    said = 0
    for key in KEYS:
        heard = await service.heard(key)
        for letter in LETTERS.values():
            of_topic = [label for label in heard if label[0] == letter]
            assert of_topic == [f"{letter}{n}" for n in range(1, EACH + 1)], (key, heard)
        said += len([label for label in heard if label[0] == "w"])
        told = [one for one in await service.told() if one[0] == key]
        assert [words for _, _, words in told] == heard
        assert [number for _, number, _ in told] == list(range(1, len(heard) + 1))
        document = await service.document(key)
        assert document["parked"] == 0
        assert document["gap"] is None
    assert said == words
    before = [await service.document(key) for key in KEYS]
    for records in bus.topics.values():
        await service.consume(*records)
    assert [await service.document(key) for key in KEYS] == before
