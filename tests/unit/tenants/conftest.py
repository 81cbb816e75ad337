"""A small tenant that is sound, for tests to change."""

from __future__ import annotations

from typing import Any

import pytest

from libs.tenants import Tenant


def names(text: str) -> dict[str, str]:
    return {"tr": text, "en": text}


def square(west: float, south: float, size: float = 1.0) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def document(**changes: Any) -> dict[str, Any]:
    office = [["08:30", "12:30"], ["13:30", "17:30"]]
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {
        "slug": "ornek",
        "names": names("Örnek"),
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": square(32, 39),
        "neighbourhoods": [
            {"code": "w", "name": "Batı", "geometry": square(32, 39, 0.5)},
            {"code": "n", "name": "Adsız"},
        ],
        "working_hours": dict.fromkeys(weekdays, office),
        "holidays": [
            {"date": "2026-10-28", "name": names("Arife"), "half": True},
            {"date": "2026-10-29", "name": names("Bayram")},
        ],
        "departments": [
            {"code": "DESK", "names": names("Masa")},
            {"code": "WORKS", "names": names("Fen"), "teams": [{"code": "A", "names": names("A")}]},
        ],
        "triage_department": "DESK",
        "forwarding_department": "DESK",
        "categories": [
            {"code": "ROADS", "names": names("Yol"), "department": "WORKS"},
            {"code": "HOLE", "names": names("Çukur"), "parent": "ROADS", "tier_rule": "avenue"},
            {"code": "WATER", "names": names("Su"), "body": "water"},
            {"code": "UNSORTED", "names": names("Belirsiz")},
        ],
        "unsorted_category": "UNSORTED",
        "bodies": [{"code": "water", "names": names("Su idaresi")}],
        "tier_rules": [
            {
                "code": "avenue",
                "when": {"address_contains": ["Caddesi"]},
                "body": "water",
                "reason": names("Neden"),
            }
        ],
        "assignment_rules": [
            {"code": "r", "when": {"categories": ["HOLE"]}, "department": "WORKS", "team": "A"}
        ],
    } | changes


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.checked(document())
