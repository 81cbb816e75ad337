"""The oracle: keeps what the APIs answered, and knows what must be in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uuid_utils

from libs.events import CLOSED_STATUSES
from tests.e2e.lives import ENDS, NEIGHBOURS, RATING, Life
from tests.faults.cells import Cells, added_up
from tests.faults.findings import Findings
from tests.faults.told import Named, Reader, Told
from tests.http import Answer
from tests.scenarios import Submitted

ACTS = {
    "assign": "assigned",
    "status": "status_changed",
    "comments": "commented",
    "category": "recategorised",
    "visibility": "visibility_changed",
    "merge": "merged",
}
"""A path's last part, and what crm's event and history call it."""

_TASK = re.compile(r"/api/tasks/(?P<id>[^/]+)/(?P<what>[a-z]+)")
_REQUEST = re.compile(r"/api/requests/(?P<number>[^/]+)(/(?P<what>[a-z]+))?")

SAID = {
    None: "amended",
    "withdraw": "withdrawn",
    "support": "supported",
    "feedback": "judged",
    "reopen": "reopen_requested",
    "answer": "answered",
    "attachments": "photo",
    "erase": "text_erased",
}
"""The same of what citizens do."""

ONCE = {
    "judged": "judged",
    "asked for again": "reopen_requested",
    "answered": "answered",
    "photographed": "photo",
    "erased": "text_erased",
}
"""What a citizen does once in such a life, and in no other."""


@dataclass(slots=True)
class Kept:
    """A request that was accepted, and what was accepted about it since."""

    request: Submitted
    life: Life | None = None
    acts: Counter[str] = field(default_factory=Counter)
    version: int = 0
    entries: int = 0
    told: Told = field(default_factory=Told)


class Oracle:
    """Hears every answer. `tenants` are those that nobody else acts for meanwhile."""

    def __init__(self, tenants: tuple[str, ...]) -> None:
        self.tenants = tenants
        self.kept: dict[str, Kept] = {}
        self.findings = Findings()
        self._by_number: dict[str, Kept] = {}
        self._since = str(uuid_utils.uuid7())

    def hear(self, method: str, path: str, answer: Answer) -> None:
        """Keep a good answer to a call that changes something."""
        if method == "GET" or answer.status_code not in (200, 201):
            return
        body = answer.json()
        if path == "/api/requests":
            self._accepted(body)
        elif path == "/api/tasks/bulk":  # comments, in these lives
            for outcome in body["outcomes"]:
                self.kept[outcome["id"]].acts["commented"] += outcome["ok"]
        elif found := _TASK.fullmatch(path):
            self._acted(self.kept[found["id"]], ACTS[found["what"]], body)
        elif found := _REQUEST.fullmatch(path):
            kept = self._by_number[found["number"]]
            kept.acts[SAID[found["what"]]] += 1

    def _accepted(self, body: dict[str, Any]) -> None:
        number = body["tracking_number"]
        request = Submitted(body["id"], number, body["secret"], body["tenant"]["slug"])
        if request.id in self.kept or number in self._by_number:
            self.findings.add("one-request-for-two", number)
        self.kept[request.id] = self._by_number[number] = Kept(request)

    def _acted(self, kept: Kept, what: str, body: dict[str, Any]) -> None:
        """What one was told is there, later ones must find there."""
        kept.acts[what] += 1
        told = f"{kept.request.id} {what}"
        if body["version"] < kept.version or len(body["history"]) < kept.entries:
            self.findings.add("answer-older-than-the-last", told)
        kept.version, kept.entries = body["version"], len(body["history"])
        if what == "merged":
            kept.acts["status_changed"] += 1
            self.kept[body["duplicate_of"]].acts["merged"] += 1

    def repeated(self, what: str, first: Answer, again: Answer) -> None:
        """A call came again with its key: its answer is the first one's."""
        self.findings.equal("repeat-answered-otherwise", what, _gist(again), _gist(first))

    def is_own(self, id: str) -> bool:
        """Whether a key is one of this oracle's time: ids grow with time."""
        return id > self._since

    # -- what must be

    async def read(self, kafka: str) -> None:
        """Read the topics, and compare them with what was accepted."""
        told = await Reader(self.findings, self.is_own).read(kafka)
        for id, kept in self.kept.items():
            kept.told = told.pop(id, kept.told)
            self._check_events(id, kept)
        for id, events in told.items():
            if events.tenant in self.tenants:
                self.findings.add("nobody-asked-for-it", f"{id}: {dict(events.acts)}")

    def _check_events(self, id: str, kept: Kept) -> None:
        told, life, acts = kept.told, kept.life, kept.acts
        if not told.length("requests"):
            self.findings.add("accepted-and-lost", f"{id}: no event tells of it")
            return
        self.findings.equal("not-one-task", id, told.acts["created", "citizen"], 1)
        wanted = {what: acts[what] for what in ACTS.values()}
        found = {what: told.acts[what, "operator"] for what in ACTS.values()}
        self.findings.equal("acts-differ", id, found, wanted)
        if life is None:
            return
        self.findings.equal("tenant-wrong", id, told.tenant, life.tenant)
        self.findings.equal("channel-wrong", id, told.channel, life.channel)
        self.findings.equal("type-wrong", id, told.type, life.last_type)
        self.findings.equal("status-wrong", id, told.status, _status(life, told))
        amended = life.turn == "amended"
        self.findings.equal("amended-wrong", id, told.acts["amended", "citizen"], amended)
        voices = len(NEIGHBOURS) if life.turn == "supported" else 0
        self.findings.equal("voices-wrong", id, told.voices, voices)
        self.findings.equal("voices-wrong", id, told.acts["supported", "citizen"], voices)
        rating = RATING if life.turn == "judged" else None
        self.findings.equal("rating-wrong", id, told.rating, rating)
        for turn, what in ONCE.items():
            self.findings.equal(f"{what}-wrong", id, told.acts[what, "citizen"], life.turn == turn)
        withdrawn = life.turn.startswith("withdrawn") or life.turn == "erased"
        self.findings.equal("withdrawn-wrong", id, told.acts["withdrawn", "citizen"], withdrawn)
        if life.last_category and told.category:
            self.findings.equal("category-wrong", id, told.category[0], life.last_category)

    def check_task(self, id: str, row: Mapping[str, Any]) -> None:
        """A task as operators see it in their list."""
        told = self.kept[id].told
        add = self.findings.equal
        add("task-differs", f"{id} status", row["status"], told.status)
        add("task-differs", f"{id} type", row["request_type"], told.type)
        add("task-differs", f"{id} voices", row["voices"], self._wanted_by(told))
        add("task-differs", f"{id} department", _code(row["department"]), _first(told.department))
        category = told.category or (told.routed and told.routed[0]) or told.wished
        add("task-differs", f"{id} category", _code(row["category"]), _first(category))
        if row["version"] < self.kept[id].version:
            self.findings.add("task-older-than-answered", id)

    def check_view(self, kept: Kept, read: Mapping[str, Any]) -> None:
        """A request as its citizen reads it."""
        id, told, add = kept.request.id, kept.told, self.findings.equal
        withdrawn = told.status not in CLOSED_STATUSES and told.acts["withdrawn", "citizen"]
        status = "withdrawn" if withdrawn else told.status
        add("view-differs", f"{id} status", read["status"], status)
        add("view-differs", f"{id} open", read["open"], status not in CLOSED_STATUSES)
        add("view-differs", f"{id} type", read["type"], told.type)
        add("view-differs", f"{id} due", _at(read["due_at"]), told.due_told)
        category = told.category or (told.routed and told.routed[0]) or told.wished
        add("view-differs", f"{id} category", _code(read["category"]), _first(category))
        department = told.department or (told.routed and told.routed[1])
        names = read["department"] and (read["department"]["tr"], read["department"]["en"])
        add("view-differs", f"{id} department", names, department and department[1:])
        add("view-differs", f"{id} voices", read["voices"], self._wanted_by(told))
        add("view-differs", f"{id} rating", read["rating"], told.rating)
        municipality = [one for one in read["updates"] if one["kind"] in ("status", "message")]
        messages = [update["message"] for update in municipality if update["message"]]
        add("view-differs", f"{id} messages", messages, told.messages)
        if kept.life is not None:
            text = "" if kept.life.turn == "erased" else kept.life.text
            add("view-differs", f"{id} text", read["text"][: len(text) or None], text)

    def _wanted_by(self, told: Told) -> int:
        """Its voices, and those of what was merged into it; each merge brings a citizen, too."""
        return told.voices + sum(1 + self._wanted_by(self.kept[one].told) for one in told.joined)

    def cells(self) -> Cells:
        """What the cubes must hold of the oracle's tenants."""
        return added_up((id, kept.told) for id, kept in self.kept.items() if kept.told.tenant)


def _status(life: Life, told: Told) -> str:
    """The status in the end: what its people made of it, else what routing did."""
    if life.turn in ENDS:
        return ENDS[life.turn]
    if life.turn == "withdrawn while being resolved":
        return "withdrawn"
    return told.status if told.status in ("assigned", "with_external") else "assigned"


def _gist(answer: Answer) -> tuple[int, Any]:
    body = answer.json()
    told = ("id", "tracking_number", "secret", "outcomes")
    return answer.status_code, [body.get(name) for name in told]


def _code(value: Mapping[str, Any] | None) -> str | None:
    return value["code"] if value else None


def _first(named: Named | None) -> str | None:
    return named[0] if named else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
