"""The citizen site's first pages: for everybody, in both languages, and telling nobody's words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe, map_drawn, no_overflow, picture
from tests.browser.town import Town

PAGES = ("/", "/requests", "/mine", "/search?q=qqq", "/help", "/privacy", "/accessibility")
KECIOREN = "tenant=kecioren"


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(visit: Visit, town: Town, path: str, size: str, language: str):
    town.submit("Kaldırım taşları yerinden oynamış", category="ROAD_PAVEMENT")
    page = visit(None, size=size, language=language)
    page.goto(f"{path}{'&' if '?' in path else '?'}{KECIOREN}")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("h1")).to_be_visible()
    axe(page)
    no_overflow(page)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_pictures_of_home(visit: Visit, town: Town, size: str):
    for step, code in enumerate(("ROAD_POTHOLE", "WASTE_CONTAINER", "TREE_PRUNE", "LIGHT_STREET")):
        town.submit("Burada bir sorun var", lat=39.985 + step * 0.004, category=code)
    for scheme in ("light", "dark"):
        page = visit(f"/?{KECIOREN}", size=size, color_scheme=scheme)
        page.wait_for_selector("[data-drawn]")
        expect(page.locator(".rows .item").first).to_be_visible()
        picture(page, f"citizen-home-{size}-{scheme}")
    page = visit(f"/requests?{KECIOREN}", size=size)
    map_drawn(page)
    picture(page, f"citizen-list-{size}")


def test_the_public_list_has_nobodys_words_and_the_map_is_equal_to_it(visit: Visit, town: Town):
    secret = "Komşum Gülizar Öztürkoğlu gürültü yapıyor <script>alert(1)</script>"
    given = town.submit(secret, address="Gizli Sokak 5", contact={"name": "Gizli Kişi"})
    page = visit(f"/requests?{KECIOREN}")
    row = page.locator(f"#r-{given['tracking_number']}")
    expect(row).to_be_visible()
    content = page.content()
    for word in ("Gülizar", "Gizli", "alert(1)"):
        assert word not in content
    listed = page.locator(".rows .item").evaluate_all("all => all.map((one) => one.id.slice(2))")
    pins = page.locator(".map[data-pins]").evaluate("box => JSON.parse(box.dataset.pins)")
    assert [pin["id"] for pin in pins] == listed
    assert all(re.fullmatch(r"-?\d+(\.\d{1,3})?", str(x)) for pin in pins for x in pin["at"])


def test_filters_are_in_the_address_and_the_back_button_works(visit: Visit, town: Town):
    given = town.submit("Ağaç devrilecek", category="TREE_DANGER")
    page = visit(f"/requests?{KECIOREN}")
    page.get_by_label("Konu").select_option("TREE_DANGER")
    page.wait_for_url("**category=TREE_DANGER**")
    expect(page.locator(f"#r-{given['tracking_number']}")).to_be_visible()
    page.get_by_role("link", name="Kapalı", exact=True).click()
    page.wait_for_url("**state=closed**")
    expect(page.locator(f"#r-{given['tracking_number']}")).to_have_count(0)
    page.go_back()
    expect(page.locator(f"#r-{given['tracking_number']}")).to_be_visible()


def test_near_me_lists_what_is_near_and_says_how_far(visit: Visit, town: Town):
    given = town.submit("Yakında bir çukur", lat=39.9921, lon=32.8711)
    page = visit(
        f"/?{KECIOREN}",
        geolocation={"latitude": 39.9925, "longitude": 32.8712},
        permissions=["geolocation"],
    )
    page.wait_for_selector("[data-drawn]")
    page.get_by_role("button", name="Konumumu bul").click()
    row = page.locator(f"#near-list #r-{given['tracking_number']}")
    expect(row).to_be_visible()
    expect(row).to_contain_text(" m")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("language", ["tr", "en"])
def test_pages_of_what_went_wrong_are_for_everybody(
    visit: Visit, town: Town, size: str, language: str
) -> None:
    page = visit("/offline", size=size, language=language)
    page.wait_for_selector("html[data-ready]")
    axe(page)
    no_overflow(page)
    page.goto("/requests/0000-0000-1")
    expect(page.locator(".reference")).to_have_text(re.compile("^[0-9a-f]{32}$"))
    axe(page)
    no_overflow(page)
    page.goto("/mine")
    page.evaluate("document.querySelector('#look-up [name=csrf]').value = 'old'")
    page.locator("#look-up summary").click()
    page.locator("#number").fill("7F3K-9QHX-M")
    page.locator("#secret").fill("wrong")
    page.locator("#look-up button").click()
    heading = {"tr": "Bu sayfa çok uzun süre açık kaldı", "en": "This page was open for too long"}
    expect(page.locator("h1")).to_contain_text(heading[language])
    retry = page.get_by_role("link", name={"tr": "Yeniden dene", "en": "Try again"}[language])
    expect(retry).to_have_attribute("href", "/mine")
    axe(page)
    no_overflow(page)
    picture(page, f"problem-403-{size}-{language}")
    faults = visit.faults  # type: ignore[attr-defined]
    faults[:] = [one for one in faults if "status of 40" not in one]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_names_on_the_map_keep_clear_of_its_buttons(visit: Visit, size: str) -> None:
    page = visit(f"/requests?{KECIOREN}", size=size)
    map_drawn(page)
    assert page.locator(".map .hood").count() > 0
    covered = page.evaluate(
        """() => [...document.querySelectorAll(".map .hood")].filter((name) => {
            const one = name.getBoundingClientRect()
            return [...document.querySelectorAll(".map .leaflet-control")].some((control) => {
                const other = control.getBoundingClientRect()
                return one.left < other.right && one.right > other.left
                    && one.top < other.bottom && one.bottom > other.top
            })
        }).map((name) => name.textContent)"""
    )
    assert covered == []


def test_who_cannot_be_located_reads_what_to_do_instead(visit: Visit) -> None:
    page = visit(f"/?{KECIOREN}", size="phone")
    page.wait_for_selector("[data-drawn]")
    page.get_by_role("button", name="Konumumu bul").click()
    expect(page.locator("[data-denied]")).to_be_visible()
    axe(page)
    no_overflow(page)


def test_search_finds_a_number_and_a_neighbourhood(visit: Visit, town: Town):
    page = visit(f"/?{KECIOREN}")
    box = page.get_by_role("searchbox", name="Başvuru no veya mahalle")
    box.fill("tepebasi")
    box.press("Enter")
    page.wait_for_url("**/requests?neighbourhood=**")
    expect(page.get_by_label("Mahalle", exact=True)).not_to_have_value("")


def test_search_finds_the_neighbourhoods_of_all_where_it_is_nobodys_site(visit: Visit) -> None:
    page = visit("/search?q=tepe")
    expect(page.get_by_role("link", name="Tepebaşı Keçiören")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Tepealtı Yenimahalle").click()
    expect(page.locator("a.plate").first).to_have_text("Yenimahalle")
    page.goto("/search?q=tepebasi")  # it has none of that name, and there is one elsewhere
    page.wait_for_url("**/requests?tenant=kecioren&neighbourhood=*")


def test_the_common_site_asks_whose_it_is_and_remembers(visit: Visit, town: Town):
    page = visit("/")
    page.get_by_role("link", name="Keçiören").click()
    expect(page.locator(".plate").first).to_have_text("Keçiören")
    page.goto("/help")
    expect(page.locator(".plate").first).to_have_text("Keçiören")


def test_the_list_is_there_for_programs_at_the_same_filters(visit: Visit, town: Town):
    given = town.submit("Gizli sözler", category="TREE_PRUNE", contact={"name": "Gizli Kişi"})
    town.submit("Başka bir şey", category="LIGHT_STREET")
    page = visit(f"/requests?{KECIOREN}&category=TREE_PRUNE")
    listed = page.locator(".rows .item").evaluate_all("all => all.map(one => one.pathname)")
    assert f"/requests/{given['tracking_number']}" in listed
    for name, kind in (("RSS", "application/rss+xml"), ("GeoJSON", "application/geo+json")):
        path = page.get_by_role("link", name=name).get_attribute("href") or ""
        feed = town.http.get(path)
        assert feed.headers["content-type"].startswith(kind)
        assert set(re.findall(r"/requests/\w{4}-\w{4}-\w", feed.text)) == set(listed)
        assert "Gizli" not in feed.text
        assert "Accept-Language" not in feed.headers["vary"]
        again = town.http.get(path, headers={"If-None-Match": feed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert town.http.get("/requests/feed.rss?tenant=nobody").status_code == 404
