"""Who writes of danger to life is told whom to call, at once and without being held up."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.town import Town

GAS = "Apartmanin onunde gaz kokusu var"


def _called(page: Page) -> list[str]:
    """The numbers that can be tapped, of what is in sight."""
    links = page.get_by_role("alert").locator("a")
    return [link.get_attribute("href") or "" for link in links.all()]


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_whom_to_call_is_told_while_one_writes_and_again_before_sending(
    visit: Visit, town: Town, size: str, scheme: str
) -> None:
    page = visit("/report?tenant=kecioren", size=size, color_scheme=scheme)
    page.wait_for_selector("[data-report][data-drawn]")
    words = page.locator("#text")
    words.press_sequentially(GAS)
    expect(page.get_by_role("alert")).to_contain_text("gaz kaçağına benziyor")
    assert _called(page) == ["tel:112", "tel:187"]
    expect(words).to_be_focused()
    axe(page)
    no_overflow(page)
    picture(page, f"citizen-danger-{size}-{scheme}")
    words.fill("Parkta bank kırık")
    expect(page.get_by_role("alert")).to_have_count(0)
    words.fill(GAS)
    page.get_by_role("button", name="Devam: yerini göster").click()
    page.wait_for_selector("[data-place][data-drawn]")
    page.get_by_label("Mahalle ara").fill("Tepebaşı")
    page.get_by_role("button", name="Tepebaşı", exact=True).click()
    page.locator('[data-step="where"] [data-next]').click()
    page.locator('[data-step="more"] [data-next]').click()
    expect(page.locator('[data-step="check"]').get_by_role("alert")).to_be_visible()
    axe(page)
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    expect(page.get_by_role("alert")).to_contain_text("187")


def test_an_urgent_category_is_enough(visit: Visit, town: Town) -> None:
    page = visit("/report?tenant=kecioren", language="en")
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("#category").select_option("GAS")
    expect(page.get_by_role("alert")).to_contain_text("This may be a danger to life.")
    page.locator("#category").select_option("PARK_MAINT")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_whom_to_call_is_told_without_scripts(visit: Visit, town: Town) -> None:
    page = visit("/?tenant=kecioren", java_script_enabled=False)
    page.locator("#text").fill(GAS)
    page.get_by_role("button", name="Bildirmeye başla").click()
    expect(page.get_by_role("alert")).to_contain_text("187")
    expect(page.locator('[data-step="check"]')).to_contain_text("112")
    page.get_by_label("Mahalle", exact=True).select_option(label="Tepebaşı")
    page.get_by_role("button", name="Gönder", exact=True).click()
    expect(page.locator("h1")).to_have_text("Aldık, teşekkür ederiz")
    expect(page.get_by_role("alert")).to_contain_text("187")


def test_the_call_centre_is_told_too(visit: Visit, town: Town) -> None:
    page = visit("/console/call", person="demo-operator-kecioren")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector(".call[data-map]")
    page.locator("#n-text").fill("Kopan elektrik kablosu yerde")
    expect(page.locator("[data-danger]")).to_contain_text("186")
    axe(page)
    no_overflow(page)
    page.get_by_role("button", name="Formu boşalt").click()
    expect(page.locator("[data-danger]")).to_be_empty()
