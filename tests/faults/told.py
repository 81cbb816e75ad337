"""What the topics tell: every event once, in order, and what they make of each request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.events import CLOSED_STATUSES, TOPICS
from libs.runtime.kafka import partition_of
from tests.e2e import bus
from tests.faults.findings import Findings

READ = ("requests", "request_texts", "routing", "tasks")

Json = dict[str, Any]
Named = tuple[str, str, str]
"""Code, and name in Turkish and English."""


@dataclass(slots=True)
class Told:
    """One request, as its events tell it.

    `events` are the marks of its events by topic; `acts` count task events by type and who.
    `due_at` is what a figure counts by, `due_told` what the citizen is told.
    """

    events: dict[str, list[int]] = field(default_factory=dict)
    acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)
    tenant: str = ""
    type: str = ""
    channel: str = ""
    time_zone: str = ""
    opened_at: datetime | None = None
    wished: Named | None = None
    neighbourhood: Named | None = None
    point: tuple[float, float] | None = None
    voices: int = 0
    joined: list[str] = field(default_factory=list)
    rated: tuple[datetime, int] | None = None
    again_at: datetime | None = None
    terms: tuple[str, ...] = ()
    routed: tuple[Named, Named] | None = None
    public: bool = True
    private: bool = False
    merged_into: str | None = None
    reopened: bool = False
    status: str = "new"
    status_at: datetime | None = None
    category: Named | None = None
    department: Named | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    due_told: datetime | None = None

    @property
    def rating(self) -> int | None:
        """The citizen's last judgement."""
        return self.rated[1] if self.rated else None

    def length(self, topic: str) -> int:
        """How many events there are in a topic."""
        return len(self.events.get(topic, ()))


class Reader:
    """Reads the topics of a system at rest, of the keys that `wanted` takes."""

    def __init__(self, findings: Findings, wanted: Callable[[str], bool]) -> None:
        self._told: dict[str, Told] = {}
        self._last: dict[str, int] = {}
        self._names: dict[Named, Named] = {}
        self._findings = findings
        self._wanted = wanted

    async def read(self, servers: str) -> dict[str, Told]:
        """Everything, by request."""
        for topic in READ:
            self._last = {}
            async for record in bus.each(servers, topic):
                self._take(record)
            if TOPICS[topic].compacted:
                self._check_last(topic)
        return self._told

    def _take(self, record: bus.Seen) -> None:
        key = (record.key or b"").decode(errors="replace")
        if not self._wanted(key):
            return
        place, number = record.place, int(record.text("ce_sequence"))
        self._findings.equal("partition-wrong", place, record.partition, partition_of(key))
        self._findings.equal("subject-wrong", place, record.text("ce_subject"), key)
        told = self._told.setdefault(key, Told())
        history = told.events.setdefault(record.topic, [])
        mark = hash((tuple(record.headers.items()), record.value))
        self._last[key] = number
        if number <= len(history):
            if history[number - 1] != mark:
                self._findings.add("event-twice-and-different", f"{place}: {key} {number}")
        elif number > len(history) + 1:
            self._findings.add("hole-on-the-wire", f"{place}: {key} {number} after {len(history)}")
        else:
            history.append(mark)
            self._apply(told, record.text("ce_type"), json.loads(record.value or b"{}"))

    def _check_last(self, topic: str) -> None:
        """Compaction keeps the last record of a key, so that must be its newest."""
        for key, number in self._last.items():
            newest = self._told[key].length(topic)
            self._findings.equal("old-record-last", f"{topic} {key}", number, newest)

    def _apply(self, told: Told, type: str, data: Json) -> None:
        match type:
            case "request.submitted.v1":
                told.tenant, told.type = data["tenant"], data["request_type"]
                told.channel, told.time_zone = data["channel"], data["time_zone"]
                told.opened_at = _at(data)
                told.wished = self._named(data.get("category"))
                told.neighbourhood = self._named(data.get("neighbourhood"))
                told.point = _point(data)
                told.private = data["private"]
            case "request.amended.v1":
                told.acts["answered" if data.get("answered") else "amended", "citizen"] += 1
                told.type = data.get("request_type", told.type)
                told.wished = self._named(data.get("category")) or told.wished
                if "point" in data or "neighbourhood" in data:
                    told.neighbourhood = self._named(data.get("neighbourhood"))
                told.point = _point(data) or told.point
            case "request.supported.v1":
                told.acts["supported", "citizen"] += 1
                told.voices = data["voices"]
            case "request.feedback_given.v1":
                told.acts["judged", "citizen"] += 1
                at = _at(data)
                assert at is not None
                told.rated = at, data["rating"]
            case "request.reopen_requested.v1":
                told.acts["reopen_requested", "citizen"] += 1
                told.again_at = _at(data)
            case "request.withdrawn.v1":
                told.acts["withdrawn", "citizen"] += 1
            case "request.text_erased.v1":
                told.acts["text_erased", "citizen"] += 1
            case "request.attachment_added.v1":
                told.acts["photo", "citizen"] += 1
            case "request.routed.v1":
                category, department = self._named(data["category"]), data["department"]
                assert category is not None
                told.routed = category, self._named(department) or category
                told.terms = tuple(data.get("terms", ()))
            case "task.created.v1":
                told.acts["created", "citizen"] += 1
                told.status_at = _at(data)
            case "task.assigned.v1":
                self._assigned(told, data)
            case "task.status_changed.v1":
                self._moved(told, data)
            case "task.commented.v1":
                told.acts["commented", data["by"]["kind"]] += 1
                if data["public"]:
                    told.messages.append(data["message"])
            case "task.recategorised.v1":
                told.acts["recategorised", data["by"]["kind"]] += 1
                told.category = self._named(data["category"])
                due_at = _at(data, "due_at")
                told.due_told, told.due_at = due_at or told.due_told, due_at or told.due_at
            case "task.merged.v1":
                told.acts["merged", data["by"]["kind"]] += 1
                if data["direction"] == "from":
                    told.joined.append(data["other"])
                else:
                    told.merged_into = None if data["other_private"] else data["other_number"]
            case "task.visibility_changed.v1":
                told.acts["visibility_changed", data["by"]["kind"]] += 1
                told.public = data["public"]

    def _assigned(self, told: Told, data: Json) -> None:
        told.acts["assigned", data["by"]["kind"]] += 1
        _status(told, data)
        told.category = self._named(data["category"])
        told.department = self._named(data["department"])
        told.assigned_at = told.assigned_at or _at(data)
        told.due_told = _at(data, "due_at")
        told.due_at = told.due_told or told.due_at

    def _moved(self, told: Told, data: Json) -> None:
        told.acts["status_changed", data["by"]["kind"]] += 1
        _status(told, data)
        due_at = _at(data, "due_at")
        told.due_told = due_at or told.due_told
        told.due_at = due_at or told.due_at
        if data.get("message"):
            told.messages.append(data["message"])

    def _named(self, value: Mapping[str, Any] | None) -> Named | None:
        if value is None:
            return None
        names = value.get("names") or {"tr": value["name"], "en": value["name"]}
        named = (value["code"], names["tr"], names["en"])
        return self._names.setdefault(named, named)


def _status(told: Told, data: Json) -> None:
    """Closed is a task from when it first became so, until it is open again."""
    status, at = data["status"], _at(data)
    if status == told.status:
        return
    if status not in CLOSED_STATUSES and told.closed_at is not None:
        told.reopened = True
    if status != "duplicate":
        told.merged_into = None
    told.status, told.status_at = status, at
    told.closed_at = (told.closed_at or at) if status in CLOSED_STATUSES else None


def _point(data: Json) -> tuple[float, float] | None:
    point = data.get("point")
    return (point["lat"], point["lon"]) if point else None


def _at(data: Json, name: str = "occurred_at") -> datetime | None:
    return datetime.fromisoformat(data[name]) if data.get(name) else None
