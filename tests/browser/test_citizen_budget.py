"""What the citizen's pages weigh: HTML, styles and scripts by gzip -9, before and with a map."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from libs.web.assets import DIST
from tests.browser.conftest import Visit, map_drawn, weighed
from tests.browser.town import Town

KB = 1024
BEFORE_THE_MAP, WITH_IT = 45 * KB, 110 * KB


@pytest.mark.parametrize("path", ["/", "/report", "/requests"])
def test_a_page_is_light(visit: Visit, town: Town, path: str):
    """Lazy parts that the page asks for by itself count as well; icons are counted by nobody."""
    page = visit(None, size="phone")
    sizes = weighed(page)
    page.goto(f"{path}?tenant=kecioren")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    before = sum(size for url, size in sizes.items() if not _is_of_a_map(url))
    if path == "/report":
        page.locator("#text").fill("Kaldırım taşları")
        page.locator("[data-next]").first.click()
    map_drawn(page)
    page.wait_for_load_state("networkidle")
    town.until(lambda: _both_have_come(page, sizes), "the map's parts, weighed")
    whole = sum(sizes.values())
    print(f"\n{path}: {before / KB:.1f} KB before the map, {whole / KB:.1f} KB with it")
    assert before <= BEFORE_THE_MAP
    assert whole <= WITH_IT


def _is_of_a_map(url: str) -> bool:
    return "/outline/" in url or _is_leaflet(url)


def _is_leaflet(url: str) -> bool:
    file = DIST / url.rpartition("/")[2]
    return url.endswith(".js") and file.exists() and b"leafletjs" in file.read_bytes()


def _both_have_come(page: Page, sizes: dict[str, int]) -> bool:
    """What a page has loaded is weighed a little later, when the browser hands it over."""
    page.wait_for_timeout(50)
    return any("/outline/" in url for url in sizes) and any(map(_is_leaflet, sizes))
