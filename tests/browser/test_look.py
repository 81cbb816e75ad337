"""What a municipality brings of its own, where people see it: its logo and its words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture
from tests.browser.test_admin import begin
from tests.browser.test_admin_steps import saved
from tests.browser.town import Town
from tests.unit.tenants.test_logo import picture as drawing

PAGES = (
    ("home", "/?tenant=kecioren", None),
    ("report", "/report?tenant=kecioren", None),
    ("console", "/console?tenant=kecioren", "demo-operator-kecioren"),
    ("reports", "/reports?tenant=kecioren", "demo-supervisor-kecioren"),
    ("admin", "/admin/kecioren", "demo-admin-kecioren"),
)
DRAWN = "image => image.complete && image.naturalWidth > 0"


@FOR_EVERYBODY
@pytest.mark.parametrize(("name", "path", "person"), PAGES)
def test_the_logo_stands_before_the_name(
    visit: Visit, name: str, path: str, person: str | None, size: str, language: str, scheme: str
) -> None:
    page = visit(path, size=size, language=language, person=person, color_scheme=scheme)
    page.wait_for_selector("html[data-ready]")
    plate = page.locator("a.plate").first
    expect(plate).to_have_text("Keçiören")
    logo = plate.locator("img")
    expect(logo).to_have_attribute("alt", "")
    assert re.match(r"^/logo/kecioren-[0-9a-f]{8}\.png$", logo.get_attribute("src") or "")
    assert logo.evaluate(DRAWN)
    box, around = logo.bounding_box(), plate.bounding_box()
    assert box is not None
    assert around is not None
    assert 16 <= box["height"] <= around["height"]
    axe(page)
    no_overflow(page)
    picture(page, f"logo-{name}-{size}-{scheme}")


def test_without_a_logo_all_stays_as_it_was(visit: Visit) -> None:
    page = visit("/?tenant=yenimahalle")
    expect(page.locator("a.plate").first).to_have_text("Yenimahalle")
    expect(page.locator("img.logo")).to_have_count(0)


def test_the_place_brings_its_municipality_s_logo(visit: Visit) -> None:
    page = visit("/report?tenant=kecioren")
    page.locator("#text").fill("Kaldırım taşları yerinden oynamış")
    page.locator("[data-next]").first.click()
    page.locator("summary", has_text="Koordinatlar").click()
    page.locator("#lat").fill("39.95")
    page.locator("#lon").fill("32.87")
    page.locator("#lon").press("Tab")
    plate = page.locator(".plate").first
    expect(plate).to_have_text("Altındağ")
    expect(plate.locator("img")).to_have_attribute("src", re.compile("^/logo/altindag-"))
    assert plate.locator("img").evaluate("image => image.decode().then(() => true)")


def test_a_logo_is_brought_seen_published_and_changed(visit: Visit, tmp_path: Path) -> None:
    slug = f"t{uuid.uuid4().hex[:10]}"
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/look")
    _choose(page, tmp_path, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    page.get_by_role("button", name="Logoyu kaydet").click()
    expect(page.locator("#file-error")).to_contain_text("SVG")
    expect(page.locator("#errors")).to_be_focused()
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal
    _choose(page, tmp_path, drawing())
    expect(page.locator(".upload output")).to_have_text("logo.png")
    saved(page, "Logoyu kaydet")
    for scheme in ("light", "dark"):
        assert page.locator(f'.sample[data-theme="{scheme}"] img').evaluate(DRAWN)
    axe(page)
    no_overflow(page)
    picture(page, "admin-look-logo")
    page.on("dialog", lambda dialog: dialog.accept())
    saved(page, "Logoyu kaldır")
    expect(page.locator("img.logo")).to_have_count(0)


def test_a_logo_s_change_is_shown_in_pictures(visit: Visit, tmp_path: Path) -> None:
    page = visit(None, person="demo-admin-altindag")
    page.goto("/admin/altindag/steps/look")
    before = page.locator("a.plate img").get_attribute("src")
    _choose(page, tmp_path, drawing((700, 300)))
    saved(page, "Logoyu kaydet")
    page.goto("/admin/altindag/check")
    row = page.locator('[data-place="logo"]')
    expect(row.locator("del img")).to_have_attribute("alt", "eskisi")
    expect(row.locator("ins img")).to_have_attribute("alt", "yenisi")
    assert all(row.locator("img").nth(place).evaluate(DRAWN) for place in (0, 1))
    axe(page)
    picture(page, "admin-check-logo")
    page.locator("#publish").click()
    page.wait_for_url("**published=*")
    number = int(page.url.rpartition("=")[2])
    _seen(page, lambda src: src != before)
    page.goto(f"/admin/altindag/versions/{number - 1}")
    expect(page.locator('[data-place="logo"] img')).to_have_count(2)
    page.locator("#restore").click()
    page.wait_for_url("**published=*")
    _seen(page, lambda src: src == before)


def _choose(page: Page, folder: Path, content: bytes) -> None:
    (folder / "logo.png").write_bytes(content)
    page.locator("#file").set_input_files(folder / "logo.png")


def _seen(page: Page, right: Callable[[str | None], bool]) -> None:
    """The plate's logo is the right one once the topic has brought it."""
    for _ in range(100):
        page.goto("/admin/altindag")
        if right(page.locator("a.plate img").get_attribute("src")):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the logo on the plate is another one")


HOSTILE = "<img src=x onerror=alert(1)>"
WORDS = {
    "welcome": f"Yenimahalle’ye hoş geldiniz {HOSTILE}",
    "promise": f"Gelmeden önce sizi ararız {HOSTILE}",
    "sent": f"Bize yazdığınız için teşekkürler {HOSTILE}",
    "emergency": f"Tehlikede 112’yi arayın {HOSTILE}",
}


@pytest.fixture(scope="module")
def own_words(town: Town) -> Iterator[None]:
    """Yenimahalle says everything in its own words, hostile ones, while these tests run."""
    headers, place = town.token("platform"), "/api/tenants/yenimahalle"
    before = town.http.get(f"{place}/document", headers=headers).json()
    texts = {name: {"tr": text, "en": text} for name, text in WORDS.items()}
    texts["welcome"]["en"] = f"Welcome to Yenimahalle {HOSTILE}"
    privacy = f"Sorumlu biziz.\n\nHaklarınız: {HOSTILE}\nüç satır"
    more = {
        "telephone": "444 0 999",
        "email": "cozum@ornek.bel.tr",
        "address": f"Deneme Mahallesi 1 {HOSTILE}",
        "privacy": {"tr": privacy, "en": privacy},
        "privacy_url": "https://ornek.bel.tr/kvkk",
    }

    def publish(document: Any) -> None:
        told = town.http.put(place, json={**document, "version": 0}, headers=headers)
        assert told.is_success, told.text

    publish({**before, "texts": {**texts, **more}})
    town.until(lambda: "hoş geldiniz" in town.http.get("/?tenant=yenimahalle").text, "own words")
    yield
    publish(before)


@FOR_EVERYBODY
def test_own_words_stand_where_they_belong_as_text(
    visit: Visit, own_words: None, size: str, language: str, scheme: str
) -> None:
    page = visit("/?tenant=yenimahalle", size=size, language=language, color_scheme=scheme)
    english = language == "en"
    lead = page.locator(".lead")
    expect(lead).to_contain_text("Welcome to" if english else "hoş geldiniz")
    expect(lead).to_contain_text(HOSTILE)
    danger = page.locator(".danger-line")
    expect(danger).to_contain_text(WORDS["emergency"])
    expect(danger.locator("a")).to_have_attribute("href", "tel:112")
    assert (danger.locator("[lang=tr]").count() == 1) == english
    expect(page.locator('.foot a[href="tel:4440999"]')).to_have_text("444 0 999")
    _checked(page, f"texts-home-{size}-{scheme}")
    page.goto("/help")
    expect(page.locator(".words")).to_contain_text("Deneme Mahallesi 1")
    expect(page.locator('.words a[href="mailto:cozum@ornek.bel.tr"]')).to_be_visible()
    _checked(page, f"texts-help-{size}-{scheme}")
    page.goto("/accessibility")
    expect(page.locator('.words a[href="tel:4440999"]')).to_be_visible()
    page.goto("/privacy")
    expect(page.locator("#own-notice p")).to_have_count(2)
    expect(page.locator("#own-notice")).to_contain_text(HOSTILE)
    expect(page.locator('a[href="https://ornek.bel.tr/kvkk"]')).to_be_visible()
    _checked(page, f"texts-privacy-{size}-{scheme}")


def test_own_words_are_said_before_and_after_sending(visit: Visit, own_words: None) -> None:
    page = visit("/report?tenant=yenimahalle", size="phone")
    page.locator("#text").fill("Kaldırım taşları yerinden oynamış")
    page.locator("#category").select_option("ROAD_PAVEMENT")
    for step in range(3):
        if step == 1:
            page.locator("summary", has_text="Koordinatlar").click()
            page.locator("#lat").fill("39.97")
            page.locator("#lon").fill("32.79")
            page.locator("#lon").press("Tab")
            expect(page.locator("[data-here]")).to_be_visible()
        page.locator(".step.on [data-next]").click()
    expect(page.locator("[data-promise]")).to_contain_text(WORDS["promise"])
    expect(page.locator("#phone-hint")).to_contain_text("444 0 999 numarasını")
    _checked(page, "texts-check")
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    expect(page.locator(".thanks")).to_contain_text(WORDS["sent"])
    expect(page.locator(".thanks .card").first).to_contain_text(WORDS["promise"])
    _checked(page, "texts-done")
    page.get_by_role("link", name="Başvurumu izle").click()
    promised = page.locator(".kept")
    expect(promised).to_contain_text(WORDS["promise"], timeout=20_000)
    _checked(page, "texts-request")


def _checked(page: Page, name: str) -> None:
    """Nothing of it has become a part of the page."""
    expect(page.locator("img[src=x]")).to_have_count(0)
    axe(page)
    no_overflow(page)
    picture(page, name)


def test_english_is_offered_only_where_the_municipality_does(visit: Visit, town: Town) -> None:
    headers, place = town.token("platform"), "/api/tenants/ankara"
    before = town.http.get(f"{place}/document", headers=headers).json()
    home = "/?tenant=ankara&lang=en"
    for languages in (["tr"], ["tr", "en"]):
        document = {**before, "languages": languages, "version": 0}
        assert town.http.put(place, json=document, headers=headers).is_success
        one = languages == ["tr"]
        town.until(lambda one=one: _is_turkish(town, home) == one, "languages")
        page = visit(home, language="en")
        assert page.locator("html").get_attribute("lang") == languages[-1]
        expect(page.get_by_role("link", name="Türkçe")).to_have_count(0 if one else 1)
        expect(page.get_by_role("link", name="English")).to_have_count(0)
        page.goto("/?tenant=kecioren")
        assert page.locator("html").get_attribute("lang") == "en"


def _is_turkish(town: Town, path: str) -> bool:
    return '<html lang="tr">' in town.http.get(path).text
