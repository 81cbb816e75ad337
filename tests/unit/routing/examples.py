"""A small municipality and its requests, for the rules of routing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from libs.events import (
    Category,
    Event,
    History,
    Names,
    Point,
    RequestSubmitted,
    RequestText,
    RequestType,
)
from libs.runtime.rule import Change, Context
from libs.tenants import Tenant
from services.routing.consumers import RULES
from services.routing.decision import Decision

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def names(text: str) -> dict[str, str]:
    return {"tr": text, "en": f"{text} (en)"}


def document(**changes: Any) -> dict[str, Any]:
    """A tenant as data: three departments, seven categories, two other bodies."""
    day = [["08:30", "12:30"], ["13:30", "17:30"]]
    week = ("monday", "tuesday", "wednesday", "thursday", "friday")
    square = [[32.8, 39.9], [32.9, 39.9], [32.9, 40.0], [32.8, 40.0], [32.8, 39.9]]
    return {
        "slug": "ornek",
        "version": 3,
        "names": names("Örnek Belediyesi"),
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {"type": "Polygon", "coordinates": [square]},
        "neighbourhoods": [{"code": "1", "name": "Merkez"}, {"code": "2", "name": "Bağlar"}],
        "working_hours": dict.fromkeys(week, day),
        "departments": [
            {
                "code": "FEN",
                "names": names("Fen İşleri"),
                "teams": [{"code": "YOL", "names": names("Yol ekibi")}],
            },
            {"code": "PRK", "names": names("Park ve Bahçeler")},
            {"code": "BYH", "names": names("Halkla İlişkiler")},
            {"code": "YON", "names": names("Yönlendirme Masası")},
        ],
        "triage_department": "BYH",
        "forwarding_department": "YON",
        "categories": [
            {"code": "ROADS", "names": names("Yol ve kaldırım"), "department": "FEN"},
            {
                "code": "POTHOLE",
                "names": names("Çukur onarımı"),
                "parent": "ROADS",
                "sla_minutes": 1440,
                "keywords": ["çukur", "asfalt", "yol çök"],
                "tier_rule": "road_class",
            },
            {
                "code": "PARK",
                "names": names("Park bakımı"),
                "department": "PRK",
                "sla_minutes": 2400,
                "keywords": ["bank kırık", "çim biç", "parkta"],
            },
            {
                "code": "WATER",
                "names": names("Su kesintisi"),
                "body": "aski",
                "sla_minutes": 480,
                "keywords": ["su kesinti", "sular kesik"],
            },
            {
                "code": "BUS",
                "names": names("Otobüs"),
                "body": "abb",
                "keywords": ["otobüs", "durak"],
            },
            {"code": "ORPHAN", "names": names("Sahipsiz konu")},
            {"code": "UNSORTED", "names": names("Ayrılacak")},
        ],
        "unsorted_category": "UNSORTED",
        "bodies": [
            {"code": "abb", "names": names("Büyükşehir"), "tenant": "buyuksehir"},
            {"code": "aski", "names": names("Su İdaresi"), "contact": "185"},
        ],
        "tier_rules": [
            {
                "code": "road_class",
                "body": "abb",
                "reason": names("Ana yollar büyükşehrindir."),
                "when": {"address_contains": ["Bulvarı", "Caddesi"]},
            },
        ],
        "assignment_rules": [
            {
                "code": "thanks",
                "when": {"types": ["thanks"]},
                "department": "BYH",
                "priority": "low",
            },
            {
                "code": "urgent-road",
                "when": {"categories": ["POTHOLE"], "neighbourhoods": ["2"]},
                "department": "FEN",
                "team": "YOL",
                "priority": "high",
                "reason": names("Bağlar yollarına özel ekip bakar."),
            },
        ],
        **changes,
    }


TENANT = Tenant.checked(document())


def named(code: str) -> Category:
    return Category(code=code, names=Names(tr=code, en=code))


def submitted(
    *,
    category: str | None = None,
    neighbourhood: str | None = None,
    request_type: RequestType = "request",
    history: History | None = None,
    tenant: str = "ornek",
) -> RequestSubmitted:
    return RequestSubmitted.model_validate(
        {
            "tenant": tenant,
            "tracking_number": "7F3K9QHXM",
            "request_type": request_type,
            "channel": "web",
            "occurred_at": NOW,
            "category": named(category) if category else None,
            "point": Point(lat=39.95, lon=32.85),
            "neighbourhood": {"code": neighbourhood, "name": "x"} if neighbourhood else None,
            "time_zone": "Europe/Istanbul",
            "history": history,
        }
    )


def said(text: str, address: str | None = None) -> RequestText:
    return RequestText(text=text, address=address)


def lived(
    *events: Event, tenant: Tenant | None = TENANT, state: Decision | None = None
) -> tuple[Decision, list[Event]]:
    """What becomes of a request by these events, and all that is told about it."""
    told: list[Event] = []
    for number, event in enumerate(events):
        context = Context(id=ID, now=NOW + timedelta(seconds=number), tenant=tenant)
        change: Change[Decision] = RULES[type(event)](state, event, context)
        state = change.state
        told.extend(change.events)
    assert state is not None
    return state, told
