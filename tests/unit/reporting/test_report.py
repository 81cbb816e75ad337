from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from libs.events import Names
from libs.tenants import Tenant
from services.reporting.asked import Period, Split
from services.reporting.cube import AREA, WORK, Cube
from services.reporting.figures import Backlog
from services.reporting.report import Report
from services.reporting.rising import Daily

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)


def names(code: str, when: str) -> Names:
    return Names(tr=f"{code} {when}", en=f"{code} {when}")


TENANT = Tenant.model_validate(
    {
        "slug": "kecioren",
        "names": names("Keçiören", "today"),
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {
            "type": "Polygon",
            "coordinates": [[[32.8, 39.9], [32.9, 39.9], [32.9, 40.0], [32.8, 39.9]]],
        },
        "neighbourhoods": [{"code": "etlik", "name": "etlik today"}],
        "working_hours": {"monday": [["08:00", "17:00"]]},
        "departments": [{"code": "FEN", "names": names("FEN", "today")}],
        "triage_department": "FEN",
        "forwarding_department": "FEN",
        "categories": [{"code": "tree", "names": names("tree", "today")}],
        "unsorted_category": "tree",
    }
)


class Sums:
    """One request for each code, in cells that call it by its name of then."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    async def flow(
        self, cube: Cube, first: date, last: date, filters: Mapping[str, str], split: str | None
    ) -> dict[str, dict[str, int]]:
        return {code: {"opened": 1} for code in self.codes}

    async def backlog(
        self, cube: Cube, now: datetime, filters: Mapping[str, str], split: str | None
    ) -> dict[str, Backlog]:
        return {}

    async def total(self, kind: str, first: date, last: date) -> dict[str, int]:
        return {}

    async def sums(
        self, cube: Cube, fields: object, first: date, last: date, filters: object
    ) -> dict[tuple[str, ...], dict[str, int]]:
        return {}

    async def daily(self, kind: str, field: str, first: date, last: date) -> Daily:
        return {}

    async def names(self, kind: str) -> dict[str, Names]:
        return {code: names(code, "then") for code in self.codes if code}


def report(*codes: str, cube: Cube = WORK, tenant: Tenant | None = TENANT) -> Report:
    period = Period(DAY, DAY, "Europe/Istanbul")
    return Report(Sums(*codes), cube, period, {}, tenant, NOW)


@pytest.mark.parametrize(
    ("by", "cube", "code"),
    [("department", WORK, "FEN"), ("category", WORK, "tree"), ("neighbourhood", AREA, "etlik")],
)
async def test_a_row_is_called_what_the_tenant_calls_it_today(
    by: Split, cube: Cube, code: str
) -> None:
    (row,) = await report(code, cube=cube).rows(by)
    assert row.names == names(code, "today")


async def test_what_the_tenant_has_no_more_is_called_what_it_was_called_then() -> None:
    (row,) = await report("gone").rows("department")
    assert row.names == names("gone", "then")
    (row,) = await report("FEN", tenant=None).rows("department")
    assert row.names == names("FEN", "then")


async def test_what_has_no_department_yet_is_a_row_without_code() -> None:
    (row,) = await report("").rows("department")
    assert (row.code, row.names, row.figures.opened) == (None, None, 1)


async def test_a_day_without_anything_is_in_the_series() -> None:
    (day,) = await report().days()
    assert (day.day, day.figures.opened, day.figures.on_time_rate) == (DAY, 0, None)
