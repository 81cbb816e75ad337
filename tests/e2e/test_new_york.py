"""Eleven weeks of a city's real requests: what the reports say is what the file says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from typing import Any

import pytest

from tests.e2e import bus, new_york
from tests.e2e.harness import SERVICES, Sokak
from tests.e2e.new_york import BOROUGHS, PERIOD, Imported

TOPICS = ("requests", "request_texts", "routing", "tasks")


def test_what_lies_inside_is_taken_and_what_lies_in_the_water_is_not(
    sokak: Sokak, history: Imported
) -> None:
    assert history.done.code == 0, history.done
    assert _tally(history.done.out) == {"accepted": 19_995, "already": 0, "refused": 5}
    with (sokak.directory / "first.refused.csv").open(newline="") as file:
        refused = list(csv.DictReader(file))
    assert {row["unique_key"] for row in refused} == {
        row.number for row in new_york.rows() if row.borough is None
    }
    reasons = [value for row in refused for value in row.values() if "outside" in value]
    assert reasons == ["outside-every-jurisdiction"] * 5


async def test_each_request_is_one_task_of_the_borough_that_it_lies_in(
    sokak: Sokak, history: Imported
) -> None:
    tasks = sokak.collection("crm", "tasks")
    found = tasks.find({"tenant": {"$in": list(BOROUGHS)}}, ["tenant", "origin.source_number"])
    places = [(row["origin"]["source_number"], row["tenant"]) async for row in found]
    assert len(places) == 19_995
    inside = [row for row in new_york.rows() if row.borough]
    assert dict(places) == {row.number: row.borough for row in inside}
    assert sum(row.borough == row.named for row in inside) == 19_949


@pytest.mark.parametrize("borough", BOROUGHS)
async def test_counts_of_each_agency_equal_the_files(
    sokak: Sokak, history: Imported, borough: str
) -> None:
    told = await _told(sokak, borough)
    counted = {
        agency: new_york.counts(group) for agency, group in new_york.by_agency(borough).items()
    }
    assert {
        agency: {name: figures[name] for name in ("opened", "closed", "open_now")}
        for agency, figures in told.items()
    } == counted


@pytest.mark.parametrize("borough", BOROUGHS)
async def test_durations_of_each_agency_are_the_files_within_five_per_cent(
    sokak: Sokak, history: Imported, borough: str
) -> None:
    told = await _told(sokak, borough)
    for agency, group in new_york.by_agency(borough).items():
        true, resolution = new_york.durations(group), told[agency]["resolution"]
        assert resolution["count"] == len(true), agency
        for share, name in ((0.5, "median_seconds"), (0.9, "p90_seconds")):
            if true:
                expected = new_york.quantile(true, share)
                assert new_york.is_close(resolution[name], expected), (agency, name, expected)
            else:
                assert resolution[name] is None


@pytest.mark.parametrize("borough", BOROUGHS)
async def test_each_day_has_the_requests_that_were_opened_on_it(
    sokak: Sokak, history: Imported, borough: str
) -> None:
    path = f"/api/reports/series?tenant={borough}&{PERIOD}"
    series = await sokak.get("reporting", path, await sokak.platform())
    told = {row["day"]: row["figures"]["opened"] for row in series["days"]}
    counted = new_york.opened_each_day(borough)
    assert {day: count for day, count in told.items() if count} == {
        day.isoformat(): count for day, count in counted.items()
    }


async def test_importing_again_changes_nothing(sokak: Sokak, history: Imported) -> None:
    await sokak.settled()
    before = await _everything(sokak)
    again = await new_york.imported(sokak, "again.refused.csv")
    assert again.code == 0, again
    assert _tally(again.out) == {"accepted": 0, "already": 19_995, "refused": 5}
    await sokak.settled()
    assert await _everything(sokak) == before


async def _told(sokak: Sokak, borough: str) -> dict[str, dict[str, Any]]:
    path = f"/api/reports/breakdown?tenant={borough}&by=department&{PERIOD}"
    report = await sokak.get("reporting", path, await sokak.platform())
    return {row["code"]: row["figures"] for row in report["rows"]}


async def _everything(sokak: Sokak) -> tuple[str, dict[str, int], Counter[str]]:
    """Reports, how much stands in the topics, and how many documents there are."""
    ends = await bus.ends(sokak.kafka.address, TOPICS)
    reports = [await _told(sokak, borough) for borough in BOROUGHS]
    documents: Counter[str] = Counter()
    facts = f"facts_{(await sokak.group('reporting')).rpartition('-')[2]}"
    for service, collection in zip(
        SERVICES, ("requests", "decisions", "tasks", facts), strict=True
    ):
        documents[service] = await sokak.collection(service, collection).count_documents({})
    return json.dumps(reports), {str(one): end for one, end in ends.items()}, documents


def _tally(out: str) -> dict[str, int]:
    """What the command counted: `19,995 accepted, 0 already, 5 refused`."""
    first = out.splitlines()[0]
    return {
        name: int(count.replace(",", ""))
        for count, name in re.findall(r"(\d[\d,]*) ([a-z]+)", first)
    }
