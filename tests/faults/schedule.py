"""The schedule: which fault, at what, when and for how long. The same seed, the same schedule."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.e2e.harness import COPIES, SERVICES
from tests.faults.lab import JOINING, SERVERS

Kind = Literal[
    "kill",
    "freeze",
    "terminate",
    "clock ahead",
    "join and leave",
    "kill kafka",
    "pause kafka",
    "kill mongo",
    "pause mongo",
    "cut",
    "silence",
    "delay",
]

LASTS: dict[Kind, tuple[float, float]] = {
    "kill": (0.0, 4.0),
    "freeze": (1.0, 20.0),
    "terminate": (0.0, 4.0),
    "clock ahead": (15.0, 40.0),
    "join and leave": (5.0, 30.0),
    "kill kafka": (0.0, 8.0),
    "pause kafka": (1.0, 10.0),
    "kill mongo": (0.0, 5.0),
    "pause mongo": (1.0, 8.0),
    "cut": (1.0, 12.0),
    "silence": (1.0, 15.0),
    "delay": (5.0, 20.0),
}
"""Between how many seconds each lasts: until what was killed is started again, and so on."""

OFTEN: dict[Kind, int] = {
    "kill": 16,
    "freeze": 14,
    "terminate": 12,
    "clock ahead": 4,
    "join and leave": 8,
    "kill kafka": 4,
    "pause kafka": 4,
    "kill mongo": 4,
    "pause mongo": 4,
    "cut": 10,
    "silence": 10,
    "delay": 10,
}
"""How often among a hundred; each kind comes at least once in every dozen at the beginning."""

PAUSE = (3.0, 8.0)
"""Seconds between the beginnings of two: they overlap."""

DELAYS = (0.02, 0.4)
"""Seconds by which everything is late, each way."""


@dataclass(frozen=True)
class Fault:
    """One fault. `at` is in seconds from the beginning, `late` is what a delay adds."""

    at: float
    kind: Kind
    target: str
    lasts: float
    late: float = 0.0

    def __str__(self) -> str:
        late = f", {self.late * 1000:.0f} ms" if self.late else ""
        return f"{self.at:7.1f} s  {self.kind} {self.target}, {self.lasts:.1f} s{late}"


def planned(count: int, seed: int, shortest: float = 1.0) -> Iterator[Fault]:
    """So many faults; `shortest` multiplies how long they last."""
    dice = random.Random(seed)
    first = dice.sample(list(LASTS), len(LASTS))
    at = 0.0
    for number in range(count):
        at += dice.uniform(*PAUSE)
        if number < len(first):
            kind = first[number]
        else:
            kind = dice.choices(list(OFTEN), list(OFTEN.values()))[0]
        lasts = dice.uniform(*LASTS[kind]) * shortest
        late = dice.uniform(*DELAYS) if kind == "delay" else 0.0
        yield Fault(at, kind, _target(kind, dice), lasts, late)


def _target(kind: Kind, dice: random.Random) -> str:
    service, number = dice.choice(SERVICES), dice.randint(1, COPIES)
    server = dice.choice(SERVERS)
    match kind:
        case "kill kafka" | "pause kafka":
            return "kafka"
        case "kill mongo" | "pause mongo":
            return "mongo"
        case "join and leave":
            return f"{service}-{JOINING}"
        case "cut" | "silence" | "delay":
            return f"{service}-{number} {server}"
        case _:
            return f"{service}-{number}"
