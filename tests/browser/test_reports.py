"""The dashboards in a browser: what they say equals what the API and the tables say."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture, weighed
from tests.browser.town import Town

SLUG = "altindag"
MANAGER = f"demo-supervisor-{SLUG}"
ROUTES = [
    "/reports",
    "/reports?days=7",
    "/reports?days=90",
    "/reports/tenants",
    "/reports/by/category",
    "/reports/by/neighbourhood",
    "/reports/by/department",
    "/reports/by/channel",
    "/reports/by/type",
    "/reports/topics",
    "/reports?category=ROAD_SURFACE&neighbourhood=nobody",
    "/reports?department=FEN&channel=web",
    "/reports/by/channel?category=ROAD_SURFACE",
    "/reports/topics?category=ROAD_SURFACE",
]
BUDGET = 130 * 1024
ROWS = 240
RARE = {"lat": 39.9897, "lon": 32.9808}
"""A corner of the tenant with two requests only."""


@pytest.fixture(scope="module")
def told(town: Town) -> Any:
    """Some weeks of old requests in Altındağ, counted; the figures of the API."""
    dice = random.Random(5)
    now = datetime.now(UTC).replace(microsecond=0)
    rows = [_row(dice, now, number) for number in range(ROWS)]
    for number in (0, 1):
        rows[number]["point"] = RARE
    admin = town.token("platform")
    for start in range(0, ROWS, 120):
        body = {"source": "browser", "rows": rows[start : start + 120]}
        answer = town.http.post("/api/requests/import", json=body, headers=admin)
        assert answer.status_code == 200, answer.text
        outcomes = {row["outcome"] for row in answer.json()["rows"]}
        assert outcomes <= {"accepted", "already"}, answer.text
    headers = town.token(f"{SLUG}/supervisor")

    def counted() -> Any:
        found = town.http.get("/api/reports/summary?from=2026-01-01", headers=headers).json()
        return found if found.get("figures", {}).get("opened", 0) >= ROWS else None

    town.until(counted, "counted history", 60)
    return town.http.get("/api/reports/summary", headers=headers).json()["figures"]


def _row(dice: random.Random, now: datetime, number: int) -> dict[str, Any]:
    opened = now - timedelta(minutes=dice.randrange(60, 60 * 24 * 62))
    closed = opened + timedelta(minutes=dice.randrange(60, 60 * 24 * 9))
    texts = ["Yolda çukur var", "Çöpler toplanmıyor", "Sokak lambası yanmıyor", "Başıboş köpek"]
    row: dict[str, Any] = {
        "source_number": f"b{number}",
        "opened_at": opened.isoformat(),
        "text": dice.choice(texts),
        "point": {"lat": dice.uniform(39.945, 39.956), "lon": dice.uniform(32.862, 32.885)},
    }
    if closed < now and number % 5:
        row["closed_at"] = closed.isoformat()
    return row


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_page_is_for_everybody(
    visit: Visit, told: dict[str, Any], size: str, language: str
) -> None:
    page = visit(None, size=size, language=language, person=MANAGER)
    for route in ROUTES:
        page.goto(route)
        page.wait_for_selector("html[data-ready]")
        for heading in page.locator("details summary").all():
            heading.click()
        axe(page)
        no_overflow(page)


def test_the_figures_are_those_of_the_api(visit: Visit, town: Town, told: dict[str, Any]) -> None:
    page = visit("/reports", person=MANAGER)
    figures = town.http.get(
        "/api/reports/summary", headers=town.token(f"{SLUG}/supervisor")
    ).json()["figures"]
    shown = {
        tile.get_attribute("data-key"): tile.locator("data").get_attribute("value")
        for tile in page.locator(".stat").all()
    }
    for key in ("open_now", "opened", "closed", "overdue", "reopen_requests", "voices"):
        assert shown[key] == str(figures[key]), key
    assert float(shown["on_time_rate"] or 0) == pytest.approx(figures["on_time_rate"])
    median = figures["resolution"]["median_seconds"]
    assert float(shown["resolution"] or 0) == pytest.approx(median)
    assert sum(_numbers(page, "#series tbody tr td:nth-child(2)")) == figures["opened"]
    assert sum(_numbers(page, "#channels tbody tr td:nth-child(3)")) == figures["opened"]


def _numbers(page: Page, selector: str) -> list[int]:
    texts = page.locator(selector).all_text_contents()
    return [int(re.sub(r"\D", "", text)) for text in texts]


def _first(page: Page, by: str) -> str:
    """The code that most requests have."""
    page.goto(f"/reports/by/{by}")
    code = page.locator("#breakdown tbody tr[data-code]:not([data-code=''])").first
    return code.get_attribute("data-code") or ""


@pytest.mark.parametrize("by", ["category", "department", "neighbourhood", "channel"])
def test_a_filter_holds_for_every_figure_that_is_kept_by_it(
    visit: Visit, town: Town, told: dict[str, Any], by: str
) -> None:
    page = visit(None, person=MANAGER)
    code = _first(page, by)
    page.goto("/reports")
    page.locator(f"#cut-{by}").select_option(code)
    page.locator(".cuts button").click()
    page.wait_for_url(f"**{by}={code}*")
    headers = town.token(f"{SLUG}/supervisor")
    figures = town.http.get(f"/api/reports/summary?{by}={code}", headers=headers).json()["figures"]
    assert 0 < figures["opened"] < ROWS
    for key in ("open_now", "opened", "closed", "overdue", "reopen_requests", "voices"):
        value = page.locator(f'[data-key="{key}"] data').get_attribute("value")
        assert value == str(figures[key]), key
    assert sum(_numbers(page, "#series tbody tr td:nth-child(2)")) == figures["opened"]
    table = {"category": "#categories", "neighbourhood": "#neighbourhoods", "channel": "#channels"}
    if by in table:
        assert _numbers(page, f"{table[by]} tbody tr td:nth-child(3)") == [figures["opened"]]
    assert page.locator(".hexmap").count() == 0
    assert page.locator("section[aria-labelledby=h-map] [data-uncut]").count() == 1
    answer = page.request.get(f"/reports/csv/summary?{by}={code}")
    now = next(csv.DictReader(io.StringIO(answer.text())))
    assert now["Açılan"] == str(figures["opened"])
    assert page.request.get(f"/reports/csv/words?{by}={code}").status == 422


def test_filters_that_are_not_kept_together_show_no_figure(
    visit: Visit, told: dict[str, Any]
) -> None:
    page = visit("/reports?department=FEN&channel=web", person=MANAGER)
    assert page.locator("#figures [data-uncut]").count() == 1
    assert page.locator(".stat, #series, #categories, #channels, #departments").count() == 0
    assert page.request.get("/reports/csv/summary?department=FEN&channel=web").status == 422
    page.locator("#figures [data-uncut] a").last.click()
    page.wait_for_url("**/reports?*department=FEN")
    assert page.locator(".stat").count() > 0


def test_a_figure_leads_to_its_rows_in_the_queue(visit: Visit, told: dict[str, Any]) -> None:
    page = visit("/reports/by/neighbourhood", person=MANAGER)
    links = page.locator("#breakdown td a")
    counts = [int(re.sub(r"\D", "", link.inner_text().split()[0])) for link in links.all()]
    place, open_now = min(enumerate(counts), key=lambda one: one[1])
    links.nth(place).click()
    page.wait_for_url("**/console?*neighbourhood=*")
    expect(page.locator("h1 + .count")).to_have_text(str(open_now))
    code = _first(page, "category")
    page.goto(f"/reports?category={code}")
    page.locator('[data-key="open_now"] a').click()
    page.wait_for_url(f"**/console?*status=open*category={code}*")
    page.goto(f"/reports?channel={_first(page, 'channel')}")
    assert page.locator(".to-queue").count() == 0, "the console knows no channel"


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_says_what_its_table_says(visit: Visit, told: dict[str, Any], separator: str) -> None:
    page = visit("/reports/by/category", person=MANAGER)
    table = {
        row.get_attribute("data-code"): row.locator("td strong").text_content()
        for row in page.locator("#breakdown tbody tr").all()
    }
    label = "Excel için CSV (;)" if separator == ";" else "CSV"
    with page.expect_download() as download:
        page.get_by_role("link", name=label, exact=True).click()
    text = download.value.path().read_bytes().decode()
    assert text.startswith("\ufeff") == (separator == ";")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator))
    assert {row[0]: row[2] for row in rows[1:]} == {
        code: (count or "").replace(".", "") for code, count in table.items()
    }


def test_a_hexagon_with_few_requests_is_hidden(
    visit: Visit, town: Town, told: dict[str, Any]
) -> None:
    page = visit("/reports?days=90", person=MANAGER)
    rare = h3.latlng_to_cell(RARE["lat"], RARE["lon"], 8)
    headers = town.token(f"{SLUG}/supervisor")
    since = (datetime.now(UTC) - timedelta(days=80)).date()
    places = town.http.get(f"/api/reports/places?from={since}", headers=headers).json()
    assert places["rows"]
    assert rare not in {row["cell"] for row in places["rows"]}
    assert places["hidden"] >= 2
    assert min(_numbers(page, "#places tbody td")) >= 3
    page.locator(".hexmap").scroll_into_view_if_needed()
    expect(page.locator(".hexmap")).to_have_attribute("data-drawn", "")
    assert page.locator(".hexmap path.h").count() == page.locator("#places tbody tr").count()


def test_a_manager_sees_no_other_municipality(visit: Visit, told: dict[str, Any]) -> None:
    page = visit(None, person="demo-supervisor-kecioren")
    for path in (
        f"/reports?tenant={SLUG}",
        f"/reports?tenant=kecioren&tenant={SLUG}",
        f"/reports/by/category?tenant={SLUG}",
        f"/reports/csv/series?tenant={SLUG}",
        f"/api/reports/stream?tenant={SLUG}",
    ):
        answer = page.request.get(path)
        assert answer.status == 403, path
        assert "Altındağ" not in answer.text()
    page.goto("/reports?group=ankara")
    assert "Altındağ" not in page.locator("main").inner_text()
    page.goto("/reports/tenants")
    assert "Altındağ" not in page.locator("main").inner_text()


def test_the_platform_sees_neighbours_side_by_side(visit: Visit, told: dict[str, Any]) -> None:
    page = visit("/reports", person="demo-platform")
    page.get_by_role("link", name="ilçeleri").click()
    page.wait_for_url("**/reports?group=ankara")
    assert page.locator("#each tbody tr").count() >= 3
    axe(page)
    opened = int(page.locator('[data-key="opened"] data').get_attribute("value") or 0)
    assert sum(_numbers(page, "#each tbody tr td:nth-child(2)")) == opened


def test_a_tile_is_live_and_can_be_paused(visit: Visit, town: Town, told: dict[str, Any]) -> None:
    page = visit("/reports?days=7", person=MANAGER)
    tile = page.locator('[data-key="opened"] data')
    before = int(tile.get_attribute("value") or 0)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    town.submit("Yolda derin bir çukur var", 39.945, 32.87)
    expect(tile).to_have_attribute("value", str(before + 1), timeout=15_000)
    page.locator("#pause").click()
    town.submit("Yolda derin bir çukur daha var", 39.945, 32.87)
    page.wait_for_timeout(4000)
    expect(tile).to_have_attribute("value", str(before + 1))
    page.locator("#pause").click()
    expect(tile).to_have_attribute("value", str(before + 2), timeout=15_000)


def test_a_stream_that_is_lost_is_said_in_words_until_it_is_there_again(
    visit: Visit, told: dict[str, Any]
) -> None:
    page = visit(None, person=MANAGER)
    page.route("**/api/reports/stream*", lambda route: route.abort())
    page.goto("/reports?days=7")
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("Canlı yenileme durdu. Yeniden deneniyor.", timeout=15_000)
    expect(state).to_have_attribute("role", "status")
    axe(page)
    page.unroute("**/api/reports/stream*")
    expect(state).to_have_text("", timeout=30_000)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusals


def test_neighbours_together_are_live_too(visit: Visit, town: Town, told: dict[str, Any]) -> None:
    page = visit("/reports?group=ankara&days=7", person="demo-platform")
    tile = page.locator('[data-key="opened"] data')
    before = int(tile.get_attribute("value") or 0)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    town.submit("Kaldırımda çukur var", 39.945, 32.87)
    expect(tile).to_have_attribute("value", str(before + 1), timeout=8_000)


def test_a_dashboard_is_small_and_quick(visit: Visit, told: dict[str, Any]) -> None:
    page = visit(None, person=MANAGER)
    sizes = weighed(page)
    page.goto("/reports")
    page.locator(".hexmap").scroll_into_view_if_needed()
    expect(page.locator(".hexmap")).to_have_attribute("data-drawn", "")
    expect(page.locator("[data-chart]")).to_have_attribute("data-drawn", "")
    loaded = {url: size for url, size in sizes.items() if "/outline/" not in url}
    took = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    print(f"\ndashboard {sum(loaded.values()) / 1024:.1f} KB of 130, page in {took:.0f} ms")
    assert sum(loaded.values()) <= BUDGET, loaded


def test_pictures(visit: Visit, told: dict[str, Any]) -> None:
    """For people to look at."""
    for size, language, scheme in (
        ("desktop", "tr", "light"),
        ("desktop", "en", "dark"),
        ("phone", "tr", "light"),
    ):
        page = visit(None, size=size, language=language, person=MANAGER, color_scheme=scheme)
        page.goto("/reports?days=90")
        page.locator(".hexmap").scroll_into_view_if_needed()
        expect(page.locator(".hexmap")).to_have_attribute("data-drawn", "")
        picture(page, f"reports-{size}-{language}-{scheme}")
        page.goto("/reports?department=FEN&category=ROAD_SURFACE")
        page.wait_for_selector("html[data-ready]")
        picture(page, f"reports-cut-{size}-{language}-{scheme}")
