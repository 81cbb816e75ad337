"""What a municipality brings of its own, where people see it: its logo."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture
from tests.browser.test_admin import begin
from tests.browser.test_admin_steps import saved
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
