"""Tasks reached by behaviour, and the events that bring them there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.events import (
    Authority,
    Category,
    Department,
    Event,
    History,
    Names,
    Neighbourhood,
    Point,
    RequestRouted,
    RequestSubmitted,
    RequestText,
    RequestWithdrawn,
    TaskStatus,
)
from libs.events.common import Wording
from libs.runtime.rule import Change, Context
from libs.tenants import Tenant
from services.crm import work
from services.crm.consumers import RULES
from services.crm.status import NEEDS, Need
from services.crm.task import Task

ID = "01997d2c-0000-7000-8000-000000000001"
OTHER_ID = "01997d2c-0000-7000-8000-000000000002"

MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
"""09:00 in Ankara, a working hour; what happens later is given in minutes after it."""


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def worked(minutes: int) -> datetime:
    """The moment by which so many minutes have been worked, eight hours a day."""
    days, rest = divmod(minutes - 1, 480)
    return at(days * 24 * 60 + rest + 1)


def names(word: str) -> Names:
    return Names(tr=word, en=word)


TENANT = Tenant.model_validate(
    {
        "slug": "kecioren",
        "version": 3,
        "names": {"tr": "Keçiören", "en": "Keçiören"},
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {
            "type": "Polygon",
            "coordinates": [[[32.8, 39.9], [32.9, 39.9], [32.9, 40.1], [32.8, 40.1], [32.8, 39.9]]],
        },
        "working_hours": {
            "monday": [("09:00", "17:00")],
            "tuesday": [("09:00", "17:00")],
            "wednesday": [("09:00", "17:00")],
            "thursday": [("09:00", "17:00")],
            "friday": [("09:00", "17:00")],
        },
        "departments": [
            {"code": "FEN", "names": {"tr": "Fen İşleri", "en": "Public works"}, "teams": [
                {"code": "YOL", "names": {"tr": "Yol", "en": "Roads"}}
            ]},
            {"code": "PARK", "names": {"tr": "Park", "en": "Parks"}},
            {"code": "BEYAZ", "names": {"tr": "Beyaz Masa", "en": "Front desk"}},
        ],
        "triage_department": "BEYAZ",
        "forwarding_department": "BEYAZ",
        "categories": [
            {"code": "pothole", "names": {"tr": "Çukur", "en": "Pothole"},
             "department": "FEN", "sla_minutes": 960},
            {"code": "tree", "names": {"tr": "Ağaç", "en": "Tree"},
             "department": "PARK", "sla_minutes": 480},
            {"code": "unsorted", "names": {"tr": "Sınıflandırılacak", "en": "To be sorted"},
             "sla_minutes": 2400},
        ],
        "unsorted_category": "unsorted",
    }
)  # fmt: skip


def category(code: str) -> Category:
    known = TENANT.category(code)
    assert known is not None
    return known.value


def department(code: str) -> Department:
    known = TENANT.department(code)
    assert known is not None
    return known.value


def context(minutes: float = 0, tenant: Tenant | None = TENANT, id: str = ID) -> Context:
    return Context(id=id, now=at(minutes), tenant=tenant)


def submitted(**changes: Any) -> RequestSubmitted:
    return RequestSubmitted(
        **{
            "tenant": "kecioren",
            "tracking_number": "7F3K9QHXM",
            "request_type": "complaint",
            "channel": "web",
            "occurred_at": MONDAY,
            "citizen_ref": "c1",
            "point": Point(lat=39.98, lon=32.86),
            "neighbourhood": Neighbourhood(code="aktepe", name="Aktepe"),
            "time_zone": "Europe/Istanbul",
        }
        | changes
    )


def routed(minutes: float = 1, **changes: Any) -> RequestRouted:
    return RequestRouted(
        **{
            "occurred_at": at(minutes),
            "authority": Authority(kind="own", body="own", names=names("Keçiören")),
            "category": category("pothole"),
            "category_source": "classifier",
            "confidence": 0.8,
            "department": department("FEN"),
            "sla_minutes": 960,
            "reasons": (Wording(tr="“çukur” geçiyor", en="It says “çukur”"),),
        }
        | changes
    )


def routed_outside(minutes: float = 1, **changes: Any) -> RequestRouted:
    aski = Authority(kind="external", body="aski", names=names("ASKİ"))
    return routed(minutes, authority=aski, department=department("BEYAZ"), **changes)


def imported(**changes: Any) -> RequestSubmitted:
    history = {
        "source": "old-crm",
        "source_number": "4711",
        "opened_at": MONDAY - timedelta(days=365),
        "closed_at": MONDAY - timedelta(days=360),
        "status": "resolved",
        "department": "PARK",
    }
    opened_at = history["opened_at"]
    return submitted(occurred_at=opened_at, history=History(**(history | changes)))


def words(text: str = "Yolda ÇUKUR var", **changes: Any) -> RequestText:
    return RequestText(text=text, address="Fatih Cad. 5", **changes)


def after(*events: Event, state: Task | None = None, now: float = 5) -> Task:
    """The task after these events."""
    return told(*events, state=state, now=now)[0]


def told(
    *events: Event, state: Task | None = None, now: float = 5, tenant: Tenant | None = TENANT
) -> tuple[Task, tuple[Event, ...]]:
    """The task after these events, and what the others hear of it."""
    heard: list[Event] = []
    for event in events:
        change: Change[Task] = RULES[type(event)](state, event, context(now, tenant))
        state = change.state
        heard += change.events
    assert state is not None
    return state, tuple(heard)


def command(
    rule: Callable[..., Change[Task]],
    state: Task | None,
    minutes: float = 10,
    /,
    **values: Any,
) -> Change[Task]:
    """What an operator does, at a time."""
    given = {"tenant": "kecioren", "by": "ayse"} | values
    return rule(state, context(minutes), **given)


def what_it_needs(status: TaskStatus) -> dict[str, str]:
    """The least that a status needs."""
    need = NEEDS.get(status, Need())
    given: dict[str, str] = {}
    if need.reasons:
        given["reason"] = need.reasons[0]
    if need.message:
        given["message"] = "Ekibimiz ilgileniyor."
    if need.duplicate_of:
        given["duplicate_of"] = OTHER_ID
    return given


def step(state: Task, status: TaskStatus, minutes: float = 10) -> Task:
    """The task after an operator has given it a status."""
    given = what_it_needs(status)
    return command(work.change_status, state, minutes, status=status, **given).state


def a_new_task() -> Task:
    return after(submitted(), words())


def an_assigned_task() -> Task:
    return after(submitted(), words(), routed())


def a_task_in(status: TaskStatus) -> Task:
    """An assigned task that was brought to a status by those who can."""
    task = an_assigned_task()
    if status == "new":
        return a_new_task()
    if status == "assigned":
        return task
    if status == "withdrawn":
        return after(RequestWithdrawn(occurred_at=at(4)), state=task)
    if status == "reopened":
        return step(step(task, "resolved", 6), "reopened", 8)
    return step(task, status, 6)
