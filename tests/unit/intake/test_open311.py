"""What of Open311 needs no server: formats, times, languages, statuses, places, errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, get_args
from xml.etree import ElementTree as Xml

import httpx
import pytest
from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st

from libs.events import CLOSED_STATUSES, OPEN_STATUSES, Point, TaskStatus
from libs.runtime.commands import Unavailable
from libs.runtime.rule import Change, Refused, replace
from libs.tenants import Tenant
from libs.web import access, limits, problems
from libs.web.access import Open
from libs.web.identity.signer import Signer
from libs.web.limits import Limit, TooMany
from services.intake import integrator as keys
from services.intake import later
from services.intake.integrator import Integrator, knows, parts_of
from services.intake.open311.area import Box, Circle
from services.intake.open311.arguments import Arguments, decimal
from services.intake.open311.errors import Open311Errors, fault, refused
from services.intake.open311.formats import answer, as_json, as_xml, when
from services.intake.open311.jurisdiction import jurisdiction
from services.intake.open311.language import language_of
from services.intake.open311.search import search_of
from services.intake.open311.shown import CITYSDK, open_or_closed, updated_at
from services.intake.open311.updates import CLOSED, OPEN, SAID, said
from services.intake.open311.window import LONGEST, Window, window_of
from services.intake.place import cell_of, coarse
from services.intake.request import Progress
from tests.integration.api.open311.speaking import in_words, spark
from tests.unit.intake.scenarios import (
    NOW,
    a_request,
    assigned,
    at,
    context,
    known,
    moved,
    shown,
    withdrawn,
)
from tests.unit.intake.scenarios import said as commented
from tests.unit.routing.examples import document

STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)

text = st.text(max_size=30)
item = st.fixed_dictionaries(
    {
        "service_code": text,
        "description": st.none() | text,
        "metadata": st.booleans(),
        "lat": st.none() | st.floats(-90, 90),
        "attributes": st.lists(st.fixed_dictionaries({"code": text}), max_size=2),
    }
)


@given(st.lists(item, max_size=3))
def test_both_formats_say_the_same_of_anything(value: list[dict[str, Any]]) -> None:
    xml = Xml.fromstring(as_xml("services", value))
    said_in_json = json.loads(as_json(value))
    assert spark(xml) == in_words(said_in_json)


def test_what_is_empty_is_null_and_line_breaks_stay() -> None:
    told = {"a": "", "b": None, "c": "one\r\ntwo\x0bthree", "attributes": []}
    assert json.loads(as_json(told)) == {"a": None, "b": None, "c": "one\ntwothree"} | {
        "attributes": []
    }
    xml = Xml.fromstring(as_xml("request", told))
    assert [xml.find(name).text for name in "abc"] == [None, None, "one\ntwothree"]  # type: ignore[union-attr]


def test_a_time_is_told_in_utc_to_the_second() -> None:
    told = datetime.fromisoformat("2026-03-01T10:00:00.987+03:00")
    assert (when(told), when(None)) == ("2026-03-01T07:00:00Z", None)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-03-01T10:00:00Z", 10),
        ("2026-03-01T10:00:00+03:00", 7),
        ("2026-03-01T10:00:00+0300", 7),
        ("2026-03-01T10:00:00 03:00", 7),
        ("2026-03-01T10:00:00.5-02:00", 12),
        ("2026-03-01T10:00Z", None),
        ("2026-03-01T10:00:00", None),
        ("2026-02-30T10:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("２０２６-03-01T10:00:00Z", None),
    ],
)
def test_times_are_read_as_they_must_be_written(written: str, hour: int | None) -> None:
    arguments = Arguments([("start_date", written)])
    found = arguments.moment("start_date")
    assert (found.hour if found else None) == hour
    assert bool(arguments.faults) == (hour is None)


@pytest.mark.parametrize("word", ["", "nan", "inf", "1e3", "٣", "1_0", " 1", "0x1", "+1", "--1"])
def test_what_is_no_number_is_none(word: str) -> None:
    assert decimal(word) is None


def test_empty_values_are_absent_and_lists_are_read_once() -> None:
    arguments = Arguments([("a", " "), ("a", "x, y,,x"), ("a", "z"), ("b", "")])
    assert (arguments.listed("a"), arguments.one("b")) == (("x", "y", "z"), None)
    assert arguments.whole("b", 1, 5, 3) == 3
    assert not arguments.faults


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def _window(start: datetime | None = None, end: datetime | None = None) -> Window | None:
    pairs = [("start_date", when(start) or ""), ("end_date", when(end) or "")]
    arguments = Arguments(pairs)
    window = window_of(arguments, NOW)
    return None if arguments.faults else window


def test_the_window_is_90_days_at_most_and_usually() -> None:
    assert _window() == Window(NOW - LONGEST, NOW)
    assert _window(start=NEW_YEAR) == Window(NEW_YEAR, NEW_YEAR + LONGEST)
    assert _window(end=NEW_YEAR) == Window(NEW_YEAR - LONGEST, NEW_YEAR)
    assert _window(NEW_YEAR, NEW_YEAR + LONGEST) == Window(NEW_YEAR, NEW_YEAR + LONGEST)
    assert _window(NEW_YEAR, NEW_YEAR + LONGEST + timedelta(seconds=1)) is None
    assert _window(NEW_YEAR + DAY, NEW_YEAR) is None


@given(st.integers(0, 90 * 86_400_000))
def test_the_slices_of_a_window_are_all_of_it_and_do_not_overlap(milliseconds: int) -> None:
    window = Window(NEW_YEAR, NEW_YEAR + timedelta(milliseconds=milliseconds))
    slices = list(window.slices())
    assert (slices[0].end, slices[-1].start) == (window.end, window.start)
    gaps = {newer.start - older.end for newer, older in pairwise(slices)}
    assert gaps <= {timedelta(milliseconds=1)}
    assert len(slices) <= 10


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "tr"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("tr,en;q=0.9", "tr"),
        ("de,en;q=0.1", "en"),
        ("*", "tr"),
        ("en;q=0", "tr"),
        ("en;q=x", "tr"),
    ],
)
def test_who_would_rather_have_english_has_it(accepted: str, code: str) -> None:
    assert language_of(accepted) == code


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_open_or_closed_and_nothing_else(status: TaskStatus) -> None:
    request = known(a_request(), assigned(), moved(status, minutes=3))
    assert open_or_closed(request) == ("open" if status in OPEN_STATUSES else "closed")
    assert updated_at(request) == at(3 if status in CLOSED_STATUSES else 2)


def test_a_closed_one_was_last_changed_when_it_was_closed() -> None:
    closed = known(a_request(), assigned(), moved("resolved", minutes=3))
    later_on = known(closed, commented("Bir söz"), shown(True), minutes=30)
    assert updated_at(later_on) == updated_at(closed) == at(3)
    assert open_or_closed(withdrawn(a_request()).state) == "closed"


def test_every_status_has_a_word_of_the_extension() -> None:
    assert set(SAID) == set(CITYSDK) == set(STATUSES)
    for status, word in SAID.items():
        assert (word in OPEN) == (status in OPEN_STATUSES), status
        assert (word in CLOSED) == (status in CLOSED_STATUSES), status
    why = known(a_request(), moved("rejected", reason="not_responsible")).updates[-1]
    assert said(why) == "NOT_COUNCILS_RESPONSIBILITY"
    assert said(known(a_request(), moved("rejected")).updates[-1]) == "NO_FURTHER_ACTION"


def test_a_comment_is_added_on_a_closed_request_too_and_moves_nothing() -> None:
    closed = known(a_request(), assigned(), moved("resolved"))
    change: Change[Any] = later.comment(closed, context(9), words="Teşekkürler")
    assert (change.state.progress, change.state.remarks[-1].text) == (
        closed.progress,
        "Teşekkürler",
    )
    assert [type(event).__name__ for event in change.events] == ["RequestAmended", "RequestText"]


GRIDS = st.sampled_from((100, 250, 1000, 10_000))


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(0, 3000), GRIDS)
def test_a_circle_is_looked_for_wherever_its_requests_may_be(
    lat: float, lon: float, metres: float, grid_m: int
) -> None:
    """The public knows a place to a hundred metres or less well, and is asked for by that; the
    store looks by the true one.
    """
    true = Point(lat=lat, lon=lon)
    near = coarse(true, grid_m)
    circle = Circle(near, metres)
    assert circle.holds(near)
    assert cell_of(true) in circle.cells(grid_m)


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(0.001, 0.05), GRIDS)
def test_a_box_is_looked_for_wherever_its_requests_may_be(
    lat: float, lon: float, size: float, grid_m: int
) -> None:
    true = Point(lat=lat, lon=lon)
    near = coarse(true, grid_m)
    box = Box(near.lon, near.lat, near.lon + size, near.lat + size)
    assert box.holds(near)
    assert cell_of(true) in (box.cells(grid_m) or [cell_of(true)])
    assert box.wider(grid_m).holds(true)


def test_a_list_looks_by_place_only_where_one_is_named() -> None:
    def cells(*pairs: tuple[str, str]) -> list[str] | None:
        return search_of(Arguments(pairs), NOW).cells()

    assert cells() is None
    assert cells(("bbox", "20,30,40,50")) is None
    assert cells(("bbox", "32.80,39.90,32.81,39.91"))
    assert cells(("lat", "39.9"), ("long", "32.8"), ("radius", "200"))


@pytest.mark.parametrize(
    ("changes", "listed", "told"),
    [
        ({}, True, True),
        ({"private": True}, False, False),
        ({"erased": True, "withdrawn": True}, False, False),
        ({"progress": Progress(public=False)}, False, False),
        ({"progress": Progress(status="duplicate", public=False)}, False, False),
        ({"withdrawn": True}, False, True),
        ({"progress": Progress(status="withdrawn")}, False, True),
        ({"progress": Progress(status="duplicate")}, False, True),
        ({"progress": Progress(status="cancelled")}, False, True),
        ({"progress": Progress(status="rejected")}, True, True),
    ],
)
def test_what_is_hidden_is_not_told_and_what_is_closed_is(
    changes: dict[str, Any], listed: bool, told: bool
) -> None:
    request = replace(a_request(submitted_at=NOW), **changes)
    tenant = Tenant.checked(document())
    assert search_of(Arguments([]), NOW).fits(request, tenant) == told
    assert request.public == listed, "in the citizens' lists"


def test_a_key_is_known_until_it_is_turned_or_taken_away() -> None:
    new = Integrator(
        tenant="kecioren",
        name="app",
        id="1",
        digest=keys.digest_of("secret"),
        scopes=("submit",),
        rate=1.0,
        by="ayse",
        added_at=NOW,
    )
    added = keys.add(None, context(), integrator=new).state
    assert knows(added, "secret")
    assert not knows(added, "secrets")
    assert not knows(None, "secret")
    with pytest.raises(Refused):
        keys.add(added, context(), integrator=new)
    turned = keys.rotate(added, context(), digest=keys.digest_of("other")).state
    assert (knows(turned, "secret"), knows(turned, "other")) == (False, True)
    removed = keys.remove(turned, context()).state
    assert not knows(removed, "other")
    for rule in (keys.remove, lambda state, now: keys.rotate(state, now, digest="x")):
        with pytest.raises(Refused):
            rule(removed, context())
    assert knows(keys.add(removed, context(), integrator=replace(new, id="2")).state, "secret")
    assert parts_of("a.b.c") == ("a", "b", "c")
    assert [parts_of(key) for key in ("", "a.b", "a.b.c.d", "a..c")] == [None] * 4


class _Tenants:
    """Two municipalities, one of which takes requests no longer."""

    jurisdictions = None
    _known = (
        Tenant.checked(document(domain="ornek.bel.tr")),
        Tenant.checked(document(slug="gitmis", state="left")),
    )

    def get(self, slug: str) -> Tenant | None:
        return next((one for one in self._known if one.slug == slug), None)

    def all(self) -> tuple[Tenant, ...]:
        return self._known


@pytest.mark.parametrize(
    ("host", "told", "found"),
    [
        ("ornek.example", None, "ornek"),
        ("ornek.example", "ornek", "ornek"),
        ("ornek.example", "gitmis", 400),
        ("elsewhere.example", None, 400),
        ("elsewhere.example", "Ornek.bel.tr", "ornek"),
        ("elsewhere.example", "www.ornek.bel.tr", 404),
        ("gitmis.example", None, "gitmis"),
        ("gitmis.example", "ornek", 400),
        (None, "ornek", "ornek"),
    ],
)
def test_a_host_that_is_a_municipality_s_stands_for_its_id(
    host: str | None, told: str | None, found: str | int
) -> None:
    hosts = {"ornek.example": "ornek", "gitmis.example": "gitmis"}
    service: Any = SimpleNamespace(tenants=_Tenants(), settings=SimpleNamespace(hosts=hosts))
    arguments = Arguments([("jurisdiction_id", told)] if told else [])
    try:
        answered: str | int = jurisdiction(service, host, arguments).slug
    except Refused as refused:
        answered = refused.status
    assert answered == found


def _failing() -> FastAPI:
    """An application whose routes fail in every way there is."""
    app = FastAPI()
    problems.install(app, unavailable=[Unavailable])
    access.install(app, Signer.new().verifier())
    app.add_exception_handler(TooMany, limits._too_many)

    def raising(path: str, error: Exception) -> None:
        @app.get(f"/open311/v2/{path}.{{format}}", dependencies=[Depends(Open())])
        async def fail(format: str) -> None:
            raise error

    raising("broken", RuntimeError("a citizen's words"))
    raising("away", Unavailable())
    raising("hasty", TooMany(Limit("integrator", 1.0, 10), 3.2))
    raising("known", Refused("photo-unreadable", "English.", 422))
    raising("strange", Refused("strange", "Only in English.", 409))
    raising("two", refused(fault(400, "bir", "one"), fault(404, "iki", "two")))

    @app.get("/open311/v2/good.json", dependencies=[Depends(Open())])
    async def good() -> Any:
        return answer("json", "services", [])

    app.add_middleware(Open311Errors)
    return app


@pytest.mark.parametrize("format", ["xml", "json"])
@pytest.mark.parametrize(
    ("path", "status", "codes", "headers"),
    [
        ("broken", 500, ["500"], {}),
        ("away", 503, ["503"], {"retry-after": "5"}),
        ("hasty", 429, ["429"], {"retry-after": "4"}),
        ("known", 400, ["400"], {}),
        ("strange", 400, ["400"], {}),
        ("two", 404, ["400", "404"], {}),
    ],
)
async def test_a_failure_inside_is_an_error_in_the_format_asked_for(
    format: str, path: str, status: int, codes: list[str], headers: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(_failing(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sokak.test") as client:
        said = await client.get(
            f"/open311/v2/{path}.{format}", headers={"Accept": "text/html,application/xhtml+xml"}
        )
        assert (await client.get("/open311/v2/good.json")).json() == []
        elsewhere = await client.get("/open311/v3")
    assert said.status_code == status
    value = (
        spark(Xml.fromstring(said.content)) if format == "xml" else in_words(json.loads(said.text))
    )
    assert [one["code"] for one in value] == codes
    assert "citizen" not in said.text
    assert headers.items() <= dict(said.headers).items()
    assert elsewhere.headers["content-type"] == "application/problem+json"
