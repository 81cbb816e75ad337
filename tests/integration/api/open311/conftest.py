"""Two municipalities that speak Open311, and integrators with keys."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.api.open311 import table
from tests.integration.api.open311.speaking import FORMATS, Caller
from tests.integration.api.system import Json, System, names, point_in, town

HARD = "Işık <b>&\"'\x01 🕳 ğüşiöç İI"
"""What a name may hold, and formats must survive; but for the control character it comes out."""

SHOWN = HARD.replace("\x01", "")


def _choice(code: str, **more: Any) -> Json:
    options = [{"code": key, "names": names(key)} for key in ("plate", "wheel", "larger")]
    return {"code": code, "names": names(code), "kind": "choice", "options": options, **more}


CATEGORIES: list[Json] = [
    {"code": "ROADS", "names": names("Yol"), "department": "FEN"},
    {
        "code": "POTHOLE",
        "names": names("Çukur"),
        "parent": "ROADS",
        "keywords": ["çukur", "asfalt"],
        "questions": [
            _choice("size", required=True),
            _choice("seen", multiple=True),
            {"code": "count", "names": names("Kaç tane?"), "kind": "number"},
            {"code": "wires", "names": names("Tel var mı?"), "kind": "boolean"},
            {"code": "pole", "names": names(HARD), "kind": "text"},
        ],
    },
    {"code": "LAMP", "names": names(HARD), "department": "FEN"},
    {"code": "BENCH.2", "names": names("Bank"), "department": "FEN"},
    {"code": "SLOW", "names": names("Toplu"), "department": "FEN", "open311": "batch"},
    {"code": "BOX", "names": names("Kutu"), "department": "FEN", "open311": "blackbox"},
    {"code": "UNSORTED", "names": names("Ayrılacak")},
]


@dataclass(frozen=True)
class Here:
    """A municipality with a domain, its neighbour without, and a key for each."""

    system: System
    document: Json
    other: Json
    key: str
    other_key: str
    reading_key: str

    def caller(self, format: str, key: str | None = None) -> Caller:
        """Somebody who speaks with the municipality, by its integrator's key where none is told."""
        return Caller(self.system, format, "akyurt.bel.tr", key or self.key)

    def anybody(self, format: str) -> Caller:
        """Somebody without a key."""
        return Caller(self.system, format, "akyurt.bel.tr")

    @property
    def place(self) -> Json:
        """A point of its neighbourhood."""
        point = point_in(self.document)
        return {"lat": point["lat"], "long": point["lon"]}

    @property
    def away(self) -> Json:
        """A point of the neighbour's."""
        point = point_in(self.other)
        return {"lat": point["lat"], "long": point["lon"]}


@pytest.fixture(scope="session")
def here(system: System) -> Here:
    document = town("akyurt", 33.40, domain="akyurt.bel.tr", categories=CATEGORIES)
    other = town("cubuk", 33.45)
    system.admit(document, other)
    keys = [
        add_key(system, "akyurt", "app"),
        add_key(system, "cubuk", "app"),
        add_key(system, "akyurt", "reader", scopes=["updates"]),
    ]
    return Here(system, document, other, *keys)


def add_key(system: System, tenant: str, name: str, **more: Any) -> str:
    """Let an integrator in; its key."""
    who = system.staff(tenant, "admin")
    body = {"name": name, "rate": 1000, **more}
    added = system.call("POST", f"/api/integrators?tenant={tenant}", who, json=body)
    key: str = added["api_key"]
    return key


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record for the table of conformance how a test ended: in the format that it was made with, or
    else in those that it has heard.
    """
    report = yield
    if isinstance(item, pytest.Function):
        made_with = item.callspec.params.get("format") if hasattr(item, "callspec") else None
        formats = {str(made_with)} if made_with else set(table.SPOKEN)
        table.record(item.originalname, report, formats)
        if call.when == "teardown":
            table.SPOKEN.clear()
    return report


@pytest.fixture(params=FORMATS)
def format(request: pytest.FixtureRequest) -> str:
    """Each of the two formats."""
    wanted: str = request.param
    return wanted


@pytest.fixture
def caller(here: Here, format: str) -> Caller:
    """The municipality's integrator."""
    return here.caller(format)


@pytest.fixture
def anybody(here: Here, format: str) -> Caller:
    """Somebody without a key."""
    return here.anybody(format)
