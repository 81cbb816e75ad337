"""How the console shows a task: words, silhouettes, clocks."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from libs.events import Actor, TaskStatus
from libs.text import dashed, said
from libs.web.language import Language

from .filter import SOON
from .queries import Document
from .status import CLOSED, PAUSING

SILHOUETTES: dict[str, str] = {
    "new": "new",
    "reopened": "new",
    "assigned": "assigned",
    "in_progress": "progress",
    "scheduled": "progress",
    "on_hold": "waiting",
    "awaiting_citizen": "waiting",
    "with_external": "waiting",
    "handover_offered": "waiting",
    "resolved": "resolved",
}


STATUS: dict[TaskStatus, str] = {
    "new": said("New"),
    "assigned": said("With the department"),
    "in_progress": said("In progress"),
    "scheduled": said("Day given"),
    "on_hold": said("On hold"),
    "awaiting_citizen": said("Awaiting the citizen"),
    "with_external": said("With an external body"),
    "handover_offered": said("Handover offered"),
    "reopened": said("Reopened"),
    "resolved": said("Resolved"),
    "rejected": said("Not accepted"),
    "duplicate": said("Merged"),
    "handed_over": said("Handed over"),
    "withdrawn": said("Withdrawn"),
    "cancelled": said("Cancelled"),
}

REASONS: dict[str, str] = {
    "material": said("Waiting for material"),
    "weather": said("Weather"),
    "budget": said("Waiting for budget"),
    "permission": said("Waiting for permission"),
    "erased": said("The words were erased"),
    "other": said("Another reason"),
    "not_solved": said("It is not solved"),
    "new_information": said("There is something new"),
    "mistake": said("A mistake"),
    "not_responsible": said("Not our responsibility"),
    "no_further_action": said("Nothing more to do"),
    "invalid": said("Not a valid request"),
    "test": said("A test"),
    "spam": said("Spam"),
    "came_back": said("It came back"),
    "wrong_answer": said("The answer is wrong"),
    "solved": said("It is solved"),
    "duplicate": said("Reported twice"),
    "answered": said("The citizen answered"),
    "authority_external": said("Another body is responsible"),
    "authority_own": said("It is ours again"),
    "authority_tenant": said("Another municipality’s matter"),
    "tenant_left": said("The municipality has left"),
    "tenant_unknown": said("The municipality is not known"),
    "personal_data": said("It shows personal data"),
    "offensive": said("It offends"),
    "sensitive": said("A sensitive matter"),
}

CHANNELS: dict[str, str] = {
    "web": said("web"),
    "call_centre": said("call centre"),
    "sms": said("SMS"),
    "email": said("e-mail"),
    "whatsapp": "WhatsApp",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "x": "X",
    "telegram": "Telegram",
    "open311": "Open311",
}

PRIORITIES: dict[str, str] = {
    "low": said("Low"),
    "normal": said("Normal"),
    "high": said("High"),
    "urgent": said("Urgent"),
}

GROUPS = {
    "late": said("Past due"),
    "today": said("Due today"),
    "week": said("This week"),
    "later": said("Later"),
    "stands": said("Clock stopped"),
    "none": said("Without a date"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """A person in a circle: two letters and one of a few colours."""

    subject: str
    name: str
    letters: str
    hue: int


@dataclass(frozen=True, slots=True)
class Clock:
    """How much of the promised time is left."""

    state: str
    words: str
    share: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A task in the queue."""

    id: str
    version: int
    number: str
    title: str | None
    status: str
    st: str
    word: str
    category: str
    neighbourhood: str
    department: str
    opened_at: datetime
    voices: int
    photos: bool
    clock: Clock
    who: Face | None
    group: str
    point: tuple[float, float] | None
    fresh: bool
    hidden: bool


class Shown:
    """Shows tasks of one tenant to one reader."""

    def __init__(
        self, language: Language, zone: str, now: datetime, people: Mapping[str, str]
    ) -> None:
        self.language = language
        self.zone = zone
        self.now = now
        self.people = people
        local = now.astimezone(ZoneInfo(zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self._today = midnight + timedelta(days=1)
        self._week = midnight + timedelta(days=7 - local.weekday())

    def row(self, task: Document) -> Row:
        """A stored task in the queue."""
        point = task.get("point")
        joined = task.get("joined") or ()
        return Row(
            id=task["_id"],
            version=task["version"],
            number=dashed(task["tracking_number"]),
            title=one_line(task.get("text")),
            status=task["status"],
            st=SILHOUETTES.get(task["status"], "rejected"),
            word=self.status(task["status"]),
            category=self.names(task.get("category")),
            neighbourhood=(task.get("neighbourhood") or {}).get("name", ""),
            department=self.names(task.get("department")),
            opened_at=task["opened_at"],
            voices=task.get("voices", 0) + sum(1 + one["voices"] for one in joined),
            photos=bool(task.get("attachments")),
            clock=self.clock(task),
            who=self.face(task["operator"]) if task.get("operator") else None,
            group=self._group(task),
            point=(point["lat"], point["lon"]) if point else None,
            fresh=task["status"] in ("new", "reopened"),
            hidden=not task.get("public", True),
        )

    def grouped(self, rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
        """Rows under headings: what is past due first, what stands behind all that runs."""
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row.group, []).append(row)
        return [
            (self.language.text(GROUPS[group]), of)
            for group, of in sorted(found.items(), key=_place)
        ]

    def status(self, status: str) -> str:
        """A status in a word or three."""
        return self.language.text(STATUS[status])  # type: ignore[index]

    def reason(self, reason: str | None) -> str:
        """A reason as a person says it; a code that nobody has named stays."""
        return self.language.text(REASONS[reason]) if reason in REASONS else reason or ""

    def names(self, named: Mapping[str, Any] | None) -> str:
        """The name of a stored category or department."""
        return str(named["names"][self.language.code]) if named else ""

    def face(self, subject: str) -> Face:
        """A person of the municipality."""
        name = self.people.get(subject, subject)
        return Face(subject, name, letters(name), zlib.crc32(subject.encode()) % 360)

    def clock(self, task: Document) -> Clock:
        """The clock of a stored task."""
        due_at: datetime | None = task.get("due_at")
        if task["status"] in CLOSED:
            late = due_at and task.get("closed_at") and task["closed_at"] > due_at
            word = self.language.text("Late") if late else self.language.text("Kept")
            if task["status"] != "resolved" or due_at is None:
                return Clock("ok", "", 0, None)
            return Clock("late" if late else "met", word, 0, None)
        if task["status"] in PAUSING:
            return Clock("paused", self.language.text("Stopped"), 0, None)
        if due_at is None:
            return Clock("ok", self.language.text("No date"), 100, None)
        left = due_at - self.now
        whole = due_at - task["opened_at"]
        share = max(0, min(100, round(100 * left / whole))) if whole > timedelta(0) else 0
        if left < timedelta(0):
            words = self.language.text("%(time)s late", time=self.span(-left))
            return Clock("late", words, 0, due_at)
        return Clock("soon" if left < SOON else "ok", self.span(left), share, due_at)

    def span(self, span: timedelta) -> str:
        """`1 g 4 sa`, `2 h 58 min`: the two largest parts."""
        minutes = int(span.total_seconds() // 60)
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        text = self.language.text
        if days:
            told = text("%(n)s d", n=days)
            return f"{told} {text('%(n)s h', n=hours)}" if hours and days < 10 else told
        if hours:
            told = text("%(n)s h", n=hours)
            return f"{told} {text('%(n)s min', n=rest)}" if rest else told
        return text("%(n)s min", n=rest)

    def actor(self, by: Actor) -> str:
        """Who did it."""
        if by.kind == "operator":
            return self.people.get(by.id or "", by.id or "")
        return {
            "citizen": self.language.text("Citizen"),
            "system": self.language.text("Sokak"),
            "import": self.language.text("Import"),
        }.get(by.kind, by.kind)

    def _group(self, task: Document) -> str:
        due_at = task.get("due_at")
        if due_at is None or task["status"] in CLOSED:
            return "none"
        if task["status"] in PAUSING:
            return "stands"
        if due_at < self.now:
            return "late"
        if due_at < self._today:
            return "today"
        return "week" if due_at < self._week else "later"


def _place(group: tuple[str, list[Row]]) -> int:
    return list(GROUPS).index(group[0])


def one_line(text: str | None) -> str | None:
    """The beginning of somebody's words on one line."""
    return " ".join(text[:240].split()) if text else None


def letters(name: str) -> str:
    """Two letters for a name."""
    parts = [part for part in name.replace("(", " ").split() if part[:1].isalpha()]
    chosen: Sequence[str] = (parts[0], parts[-1]) if len(parts) > 1 else parts or ["?"]
    return "".join(part[0] for part in chosen).replace("i", "İ").upper()
