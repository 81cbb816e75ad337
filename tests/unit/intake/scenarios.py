"""Requests reached by what their citizens and the municipality do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from libs.events import (
    Actor,
    Authority,
    Category,
    Department,
    Envelope,
    Event,
    Names,
    Neighbourhood,
    Point,
    RequestRouted,
    RequestUnroutable,
    TaskAssigned,
    TaskCommented,
    TaskCreated,
    TaskMerged,
    TaskRecategorised,
    TaskStatus,
    TaskStatusChanged,
    TaskVisibilityChanged,
    TaskWordsShown,
)
from libs.events.common import Wording
from libs.events.task import Span
from libs.runtime.rule import Change, Context
from services.intake import request as rules
from services.intake.consumers import RULES
from services.intake.request import Request

ID = "01997d2c-0000-7000-8000-000000000001"
OTHER_ID = "01997d2c-0000-7000-8000-000000000002"
NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
BY = Actor(kind="operator", id="ayse")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def names(word: str) -> Names:
    return Names(tr=word, en=f"{word} (en)")


ROADS = Department(code="FEN", names=names("Fen İşleri"))
PARKS = Department(code="PRK", names=names("Parklar"))
POTHOLE = Category(code="POTHOLE", names=names("Çukur"))
TREE = Category(code="TREE", names=names("Ağaç"))


def context(minutes: float = 0, cause: Event | None = None) -> Context:
    """Something that happens now; with a cause it was heard from the bus, told at that time."""
    envelope = Envelope("e", "/sokak/crm", cause.type, ID, at(minutes), 1) if cause else None
    return Context(ID, at(minutes), cause=envelope)


def draft(**changes: Any) -> Request:
    """What the desk makes of a body, before any rule has seen it."""
    usual: dict[str, Any] = {
        "tenant": "kecioren",
        "tracking_number": "7F3K9QHXM",
        "request_type": "complaint",
        "channel": "web",
        "submitted_at": NOW,
        "time_zone": "Europe/Istanbul",
        "text": "Yolda çukur var",
        "point": Point(lat=39.98, lon=32.86),
        "address": "Aktepe 12",
        "neighbourhood": Neighbourhood(code="aktepe", name="Aktepe"),
    }
    return Request(**(usual | changes))


def submitted(**changes: Any) -> Change[Request]:
    return rules.submit(draft(**changes), None, None, context())


def a_request(**changes: Any) -> Request:
    return submitted(**changes).state


def heard(state: Request | None, *events: Event, minutes: float = 1) -> Request | None:
    """The state after these events, a minute between any two."""
    for number, event in enumerate(events):
        rule: Callable[..., Change[Any]] = RULES[type(event)]
        state = rule(state, event, context(minutes + number, event)).state
    return state


def known(state: Request, *events: Event, minutes: float = 1) -> Request:
    found = heard(state, *events, minutes=minutes)
    assert found is not None
    return found


def routed(department: Department = ROADS, minutes: float = 1) -> RequestRouted:
    return RequestRouted(
        occurred_at=at(minutes),
        authority=Authority(kind="own", body="kecioren", names=names("Keçiören")),
        category=POTHOLE,
        category_source="classifier",
        department=department,
        sla_minutes=1440,
        reasons=(Wording(tr="Çünkü", en="Because"),),
    )


def created() -> TaskCreated:
    return TaskCreated(
        occurred_at=NOW,
        tenant="kecioren",
        request_id=ID,
        tracking_number="7F3K9QHXM",
        request_type="complaint",
        channel="web",
        time_zone="Europe/Istanbul",
    )


def assigned(department: Department = ROADS, minutes: float = 2) -> TaskAssigned:
    return TaskAssigned(
        occurred_at=at(minutes),
        status="assigned",
        department=department,
        category=TREE,
        sla_minutes=1440,
        due_at=at(1440),
        reason="routing",
        by=Actor(kind="system"),
    )


def moved(
    status: TaskStatus, minutes: float = 3, message: str | None = None, **changes: Any
) -> TaskStatusChanged:
    return TaskStatusChanged(
        occurred_at=at(minutes), previous="new", status=status, message=message, by=BY, **changes
    )


def recategorised(category: Category = TREE) -> TaskRecategorised:
    """An operator corrected what it is about."""
    return TaskRecategorised(occurred_at=at(8), category=category, sla_minutes=4800, by=BY)


def merged(direction: Literal["into", "from"] = "into") -> TaskMerged:
    """It was joined to another request, or another to it."""
    return TaskMerged(
        occurred_at=at(8), direction=direction, other=OTHER_ID, other_number="9C2VK7NB4", by=BY
    )


def shown(public: bool) -> TaskVisibilityChanged:
    """The municipality lets the public see it, or not."""
    return TaskVisibilityChanged(occurred_at=at(8), public=public, by=BY)


def read_by_all(*, edition: int = 1, photos: tuple[str, ...] = ()) -> TaskWordsShown:
    """The municipality shows everybody the first word and what comes after the second."""
    parts = (Span(start=0, end=6), Span(start=13, end=28))
    return TaskWordsShown(occurred_at=at(9), edition=edition, parts=parts, photos=photos, by=BY)


def taken_back() -> TaskWordsShown:
    """The municipality shows nobody anything of it any more."""
    return TaskWordsShown(occurred_at=at(10), edition=1, by=BY)


def said(message: str | None, *, public: bool = True, declines: bool = False) -> TaskCommented:
    return TaskCommented(
        occurred_at=at(4), public=public, message=message, declines_reopening=declines, by=BY
    )


def unroutable() -> RequestUnroutable:
    return RequestUnroutable(occurred_at=at(1), reason="tenant_left")


def withdrawn(state: Request, minutes: float = 5) -> Change[Request]:
    return rules.withdraw(state, context(minutes), reason="solved")


def amended(state: Request, minutes: float = 5, **changes: Any) -> Change[Request]:
    return partial(rules.amend, state, context(minutes))(**changes)
