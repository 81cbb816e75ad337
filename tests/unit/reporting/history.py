"""What three services tell of one request, in the order of each topic."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from libs.events import (
    Actor,
    Authority,
    Category,
    Channel,
    Department,
    Envelope,
    Event,
    History,
    Names,
    Neighbourhood,
    Point,
    RequestAmended,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestRouted,
    RequestSubmitted,
    RequestSupported,
    RequestType,
    TaskAssigned,
    TaskCreated,
    TaskMerged,
    TaskRecategorised,
    TaskStatus,
    TaskStatusChanged,
    TaskVisibilityChanged,
)
from libs.runtime.rule import Context, Increment
from services.reporting.consumers import RULES
from services.reporting.cube import delta
from services.reporting.fact import Fact

OPENED = datetime(2026, 11, 2, 21, 30, tzinfo=UTC)
"""Half past midnight on 3 November in Ankara."""

SYSTEM = Actor(kind="system")


def category(code: str) -> Category:
    """A category called by its code."""
    return Category(code=code, names=Names(tr=f"{code} (tr)", en=f"{code} (en)"))


def department(code: str) -> Department:
    """A department called by its code."""
    return Department(code=code, names=Names(tr=f"{code} (tr)", en=f"{code} (en)"))


@dataclass
class Told:
    """Events of one request by topic; times are minutes after its submission."""

    opened_at: datetime = OPENED
    tenant: str = "kecioren"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: list[Event] = field(default_factory=list)
    number: str = "7F3K9QHXM"

    def submitted(
        self,
        chosen: str | None = None,
        place: str | None = "etlik",
        channel: Channel = "web",
        kind: RequestType = "complaint",
        time_zone: str = "Europe/Istanbul",
        imported: bool = False,
        private: bool = False,
    ) -> Told:
        """The request itself."""
        history = History(
            source="old", source_number="1", opened_at=self.opened_at, status="resolved"
        )
        return self._and(
            RequestSubmitted(
                tenant=self.tenant,
                tracking_number=self.number,
                request_type=kind,
                channel=channel,
                occurred_at=self.opened_at,
                category=category(chosen) if chosen else None,
                point=Point(lat=39.98, lon=32.86),
                neighbourhood=Neighbourhood(code=place, name=place.title()) if place else None,
                time_zone=time_zone,
                history=history if imported else None,
                private=private,
            )
        )

    def amended(self, minutes: float, chosen: str | None = None, place: str | None = None) -> Told:
        """The citizen's correction."""
        return self._and(
            RequestAmended(
                occurred_at=self._at(minutes),
                category=category(chosen) if chosen else None,
                point=Point(lat=39.99, lon=32.87) if place else None,
                neighbourhood=Neighbourhood(code=place, name=place.title()) if place else None,
            )
        )

    def supported(self, minutes: float, voices: int = 1) -> Told:
        """One more with the same wish."""
        return self._and(RequestSupported(occurred_at=self._at(minutes), voices=voices))

    def rated(self, minutes: float, rating: int) -> Told:
        """How content the citizen is."""
        return self._and(RequestFeedbackGiven(occurred_at=self._at(minutes), rating=rating))

    def asked_again(self, minutes: float) -> Told:
        """The citizen says that it is not solved."""
        return self._and(RequestReopenRequested(occurred_at=self._at(minutes)))

    def routed(
        self,
        minutes: float,
        to: str = "FEN",
        about: str = "pothole",
        terms: tuple[str, ...] = ("çukur",),
    ) -> Told:
        """Routing's decision."""
        return self._and(
            RequestRouted(
                occurred_at=self._at(minutes),
                authority=Authority(kind="own", body="own", names=Names(tr="b", en="b")),
                category=category(about),
                category_source="classifier",
                department=department(to),
                sla_minutes=480,
                reasons=(Names(tr="n", en="n"),),
                terms=terms,
            )
        )

    def created(self, minutes: float = 0) -> Told:
        """The task."""
        return self._and(
            TaskCreated(
                occurred_at=self._at(minutes),
                tenant=self.tenant,
                request_id=self.id,
                tracking_number="7F3K9QHXM",
                request_type="complaint",
                channel="web",
                time_zone="Europe/Istanbul",
            )
        )

    def assigned(
        self,
        minutes: float,
        to: str = "FEN",
        about: str = "pothole",
        due: float | None = 600,
        status: TaskStatus = "assigned",
    ) -> Told:
        """The task is a department's."""
        return self._and(
            TaskAssigned(
                occurred_at=self._at(minutes),
                status=status,
                department=department(to),
                category=category(about),
                sla_minutes=480,
                due_at=None if due is None else self._at(due),
                reason="routing",
                by=SYSTEM,
            )
        )

    def moved(self, minutes: float, status: TaskStatus, due: float | None = None) -> Told:
        """The task has another status."""
        return self._and(
            TaskStatusChanged(
                occurred_at=self._at(minutes),
                previous="assigned",
                status=status,
                due_at=None if due is None else self._at(due),
                by=SYSTEM,
            )
        )

    def recategorised(self, minutes: float, about: str) -> Told:
        """It is about something else."""
        return self._and(
            TaskRecategorised(
                occurred_at=self._at(minutes), category=category(about), sla_minutes=480, by=SYSTEM
            )
        )

    def shown(self, minutes: float, public: bool) -> Told:
        """Who may know of it."""
        at = self._at(minutes)
        return self._and(TaskVisibilityChanged(occurred_at=at, public=public, by=SYSTEM))

    def joined(self, minutes: float, number: str, private: bool = False) -> Told:
        """It went into another one."""
        other = str(uuid.uuid4())
        merged = TaskMerged(
            occurred_at=self._at(minutes),
            direction="into",
            other=other,
            other_number=number,
            other_private=private,
            by=SYSTEM,
        )
        return self._and(merged).moved(minutes, "duplicate")

    def _at(self, minutes: float) -> datetime:
        return self.opened_at + timedelta(minutes=minutes)

    def _and(self, event: Event) -> Told:
        self.events.append(event)
        return self

    def topic(self, name: str) -> list[Event]:
        """The events of one topic, in their order."""
        return [event for event in self.events if event.topic == name]


def context(id: str, event: Event, subject: str | None = None) -> Context:
    """The context of an event about a request, or about another `subject` with its key."""
    envelope = Envelope(
        id=str(uuid.uuid4()),
        source="/sokak/test",
        type=event.type,
        subject=subject or id,
        time=OPENED,
        sequence=1,
    )
    return Context(id=id, now=OPENED, cause=envelope)


def follow(id: str, events: Iterable[Event], state: Fact | None = None) -> Fact | None:
    """The fact after these events."""
    for event in events:
        state = RULES[type(event)](state, event, context(id, event)).state
    return state


def fact_of(told: Told) -> Fact:
    """The fact after all that was told."""
    fact = follow(told.id, told.events)
    assert fact is not None
    return fact


Cells = dict[tuple[str, str], dict[str, int]]


def add(cells: Cells, increments: Sequence[Increment]) -> None:
    """Add increments as the store does: what comes to zero vanishes."""
    for one in increments:
        place = str(one.labels["cube"]), one.id
        cell = cells.setdefault(place, {})
        for name, amount in one.amounts.items():
            cell[name] = cell.get(name, 0) + amount
            if not cell[name]:
                del cell[name]
        if not cell:
            del cells[place]


def grown(id: str, events: Iterable[Event], cells: Cells, partition: int = 3) -> Fact | None:
    """Follow events one by one, adding each step's difference to the cells."""
    state: Fact | None = None
    for event in events:
        before = state
        state = RULES[type(event)](before, event, context(id, event)).state
        if state is not None and state is not before:
            add(cells, delta(before, state, partition))
    return state
