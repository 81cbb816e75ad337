"""Two thousand lives of requests: planned by dice, lived through the APIs, remembered."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tests import scenarios
from tests.e2e.harness import ROOT
from tests.scenarios import Place, Running, Submitted

Turn = Literal[
    "left alone",
    "amended",
    "withdrawn",
    "commented",
    "resolved",
    "rejected",
    "reopened",
    "handed on",
    "withdrawn while being resolved",
    "supported",
    "recategorised",
    "hidden",
    "judged",
    "asked for again",
    "answered",
    "photographed",
    "merged",
    "written to together",
    "erased",
]

TURNS: dict[Turn, int] = {
    "left alone": 60,
    "amended": 12,
    "withdrawn": 10,
    "commented": 3,
    "resolved": 6,
    "rejected": 2,
    "reopened": 2,
    "handed on": 3,
    "withdrawn while being resolved": 2,
}
"""What becomes of a request, and how often among a hundred."""

ALL_TURNS: dict[Turn, int] = {
    **TURNS,
    "supported": 2,
    "recategorised": 2,
    "hidden": 1,
    "judged": 1,
    "asked for again": 1,
    "answered": 1,
    "photographed": 1,
    "merged": 1,
    "written to together": 1,
    "erased": 1,
}
"""The same with all that citizens and operators may do besides, for twelve more."""

ENDS: dict[Turn, str] = {
    "withdrawn": "withdrawn",
    "erased": "withdrawn",
    "resolved": "resolved",
    "rejected": "rejected",
    "reopened": "reopened",
    "judged": "resolved",
    "asked for again": "resolved",
    "answered": "in_progress",
    "merged": "duplicate",
}
"""The status in the end, where the turn alone decides it."""

TYPES = ("request", "suggestion", "complaint", "question", "notice", "thanks")
CHANNELS = ("web", "web", "web", "call_centre", "whatsapp", "email")
NEIGHBOURS = ("komşu 1", "komşu 2", "komşu 3")
"""Citizens who want the same."""

RATING = 4
QUESTION = "Hangi kapının önünde olduğunu yazar mısınız?"
OWN = ("WASTE_MISSED", "PARK_MAINT", "ABANDONED_CAR", "VENDOR", "ROAD_PAVEMENT", "ILLEGAL_BUILD")
OTHERS = ("WATER_CUT", "GAS", "SIGNAL")
"""Categories of the tenant itself, and of other bodies."""


@dataclass(frozen=True, slots=True)
class Life:
    """What is to be handed in, and what becomes of it."""

    tenant: str
    type: str
    channel: str
    category: str | None
    text: str
    place: Place
    turn: Turn
    amended_to: tuple[str, str]

    @property
    def last_type(self) -> str:
        """Its type in the end."""
        return self.amended_to[0] if self.turn == "amended" else self.type

    @property
    def last_category(self) -> str | None:
        """Its category in the end; None where it is routing that names it."""
        if self.turn in ("amended", "handed on", "recategorised"):
            return self.amended_to[1]
        return self.category


def planned(
    count: int,
    tenants: tuple[str, ...],
    seed: int = 20261,
    turns: Mapping[Turn, int] = TURNS,
) -> Iterator[Life]:
    """Mixed lives, always the same ones."""
    dice = random.Random(seed)
    samples = ROOT / "deploy" / "samples" / "tr_request_examples_synthetic.csv"
    with samples.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    for number in range(count):
        tenant = dice.choice(tenants)
        yield Life(
            tenant=tenant,
            type=dice.choice(TYPES),
            channel=dice.choice(CHANNELS),
            category=dice.choice((None, dice.choice(OWN), dice.choice(OWN), dice.choice(OTHERS))),
            text=f"{dice.choice(texts)} ({number})",
            place=scenarios.place_in(tenant, dice),
            turn=dice.choices(tuple(turns), tuple(turns.values()))[0],
            amended_to=(dice.choice(TYPES), dice.choice(OWN)),
        )


async def live(sokak: Running, life: Life) -> Submitted:
    """Hand the request in and let happen what is planned."""
    token = None if life.channel == "web" else await sokak.staff(life.tenant)
    request = await scenarios.a_request(
        sokak,
        token,
        type=life.type,
        text=life.text,
        category=life.category,
        channel=life.channel,
        point=life.place,
    )
    assert request.tenant == life.tenant
    await _turn(sokak, life, request)
    return request


async def _turn(sokak: Running, life: Life, request: Submitted) -> None:
    match life.turn:
        case "left alone":
            return
        case "amended":
            type, category = life.amended_to
            text = f"{life.text}, düzeltildi"
            await scenarios.amended(sokak, request, type=type, category=category, text=text)
        case "withdrawn":
            await scenarios.withdrawn(sokak, request)
        case "erased":
            await scenarios.erased(sokak, request)
        case "supported":
            for name in NEIGHBOURS:
                await scenarios.supported(sokak, request, name)
        case "photographed":
            await scenarios.photographed(sokak, request)
        case "withdrawn while being resolved":
            await scenarios.an_assigned_task(sokak, request)
            await scenarios.moved_to(sokak, request, "in_progress")
            await scenarios.withdrawn(sokak, request)
        case _:
            await scenarios.an_assigned_task(sokak, request)
            await _worked(sokak, life, request)


async def _worked(sokak: Running, life: Life, request: Submitted) -> None:
    match life.turn:
        case "commented":
            await scenarios.commented(sokak, request, "Ekip yarın gelecek.")
            await scenarios.commented(sokak, request, "Plaka not edildi.", public=False)
        case "resolved" | "reopened" | "judged" | "asked for again":
            await scenarios.moved_to(sokak, request, "in_progress")
            await scenarios.moved_to(sokak, request, "resolved", message="Yapıldı.")
            if life.turn == "reopened":
                await scenarios.moved_to(sokak, request, "reopened", reason="not_solved")
            elif life.turn == "judged":
                await scenarios.judged(sokak, request, RATING)
            elif life.turn == "asked for again":
                await scenarios.asked_again(sokak, request)
        case "answered":
            await scenarios.moved_to(sokak, request, "awaiting_citizen", message=QUESTION)
            await scenarios.answered(sokak, request, "Okulun önünde.")
        case "recategorised":
            category = life.amended_to[1]
            await scenarios.corrected(sokak, request, "category", category=category, reroute=False)
        case "hidden":
            await scenarios.corrected(sokak, request, "visibility", public=False, reason="other")
        case "merged":
            other = await scenarios.a_request(sokak, text=life.text, point=life.place)
            await scenarios.an_assigned_task(sokak, other)
            await scenarios.corrected(sokak, request, "merge", into=other.id)
        case "written to together":
            other = await scenarios.a_request(sokak, text=life.text, point=life.place)
            await scenarios.an_assigned_task(sokak, other)
            await scenarios.commented_together(sokak, (request, other), "Ekip yarın gelecek.")
        case "rejected":
            why = {"reason": "not_responsible", "message": "Bizim işimiz değil."}
            await scenarios.moved_to(sokak, request, "rejected", **why)
        case "handed on":
            category = life.amended_to[1]
            await scenarios.handed_to(sokak, request, department="ZAB", category=category)
