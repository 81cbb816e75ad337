"""The console's single keys: other ones, none, and the usual ones again, kept for their person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, console, no_overflow, picture
from tests.browser.town import Town

ALTINDAG = "demo-operator-altindag"
"""Nobody else's tests are of this person."""


def _sheet(page: Page) -> None:
    page.locator('.top [data-do="keys"]').click()
    expect(page.locator("#d-keys")).to_be_visible()
    page.get_by_text("Başka tuş seç").click()


def _changed(page: Page, **keys: str) -> None:
    for name, key in keys.items():
        page.locator(f"#key-{name}").fill(key)
    page.get_by_role("button", name="Bu tuşları kaydet").click()


def _again(page: Page) -> Page:
    """The page that the sheet asks for anew."""
    page.wait_for_selector("#d-keys", state="hidden")
    page.wait_for_selector("html[data-ready]")
    return page


@pytest.fixture
def page(visit: Visit, town: Town) -> Page:
    """A page with a task and the usual keys, which act."""
    made = town.submit("Tuşlarla açılacak", lat=39.95, lon=32.87)
    town.task(made["id"], "altindag")
    page = console(visit, "/console?q=tuslarla", person=ALTINDAG)
    on = page.locator("[data-keys-on]")
    if page.locator("#key-status").input_value() != "S" or not on.is_checked():
        _sheet(page)
        on.evaluate("it => { it.checked = true }")
        page.get_by_role("button", name="Alışılmış tuşlara dön").click()
        _again(page)
    return page


def test_a_command_has_the_key_that_one_gives_it(page: Page, visit: Visit) -> None:
    _sheet(page)
    axe(page)
    no_overflow(page)
    picture(page, "console-keys")
    _changed(page, status="d", down="+", sheet="!")
    _again(page)
    page.keyboard.press("j")
    expect(page.locator("tr[data-id] a")).not_to_be_focused()
    page.keyboard.press("+")
    expect(page.locator("tr[data-id] a")).to_be_focused()
    page.keyboard.press("Enter")
    button = page.locator('.do [data-do="status"]')
    expect(button).to_have_attribute("aria-keyshortcuts", "D")
    expect(button.locator("kbd")).to_have_text("D")
    page.keyboard.press("s")
    expect(page.locator("#d-status")).not_to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#d-status")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("!")
    expect(page.locator("#d-keys dl")).to_contain_text("+")
    expect(page.locator("#key-status")).to_have_value("D")
    other = console(visit, person=ALTINDAG)
    expect(other.locator("footer.keys kbd").first).to_have_text("+")
    page.keyboard.press("Escape")
    _sheet(page)
    page.get_by_role("button", name="Alışılmış tuşlara dön").click()
    _again(page)
    expect(page.locator('.do [data-do="status"]')).to_have_attribute("aria-keyshortcuts", "S")


def test_a_key_that_cannot_be_is_refused_in_plain_words(page: Page, visit: Visit) -> None:
    _sheet(page)
    _changed(page, status="ı", reply="@", note="k", select="5")
    errors = page.locator("#d-keys [data-errors]")
    expect(errors).to_be_focused()
    expect(errors.locator("li")).to_have_count(4)
    expect(errors).to_contain_text("I tuşu")
    expect(errors).to_contain_text("AltGr")
    expect(page.locator("#key-note")).to_have_attribute("aria-invalid", "true")
    axe(page)
    picture(page, "console-keys-refused")
    errors.get_by_role("link").first.click()
    expect(page.locator("#key-select")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#d-keys")).to_be_visible()
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 422


def test_keys_can_be_switched_off_everywhere_at_once(page: Page, visit: Visit) -> None:
    page.keyboard.press("?")
    with page.expect_response("**/api/tasks/keys**"):
        page.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#d-keys")).not_to_be_visible()
    other = console(visit, person=ALTINDAG)
    other.keyboard.press("?")
    expect(other.locator("#d-keys")).not_to_be_visible()
    assert other.locator("[aria-keyshortcuts], footer.keys").count() == 0
    other.keyboard.press("Control+k")
    expect(other.locator("#d-menu")).to_be_visible()
    other.keyboard.press("Escape")
    _sheet(other)
    with other.expect_response("**/api/tasks/keys**"):
        other.locator("[data-keys-on]").check()
    other.keyboard.press("Escape")
    other.keyboard.press("?")
    expect(other.locator("#d-keys")).to_be_visible()


def test_that_this_browser_had_them_off_is_handed_over(page: Page, town: Town) -> None:
    page.evaluate("localStorage.setItem('console keys off', '1')")
    with page.expect_response("**/api/tasks/keys**"):
        page.reload()
    kept = "localStorage.getItem('console keys off')"
    town.until(lambda: page.evaluate(kept) is None, "nothing kept")
    page.keyboard.press("?")
    expect(page.locator("#d-keys")).not_to_be_visible()
    with page.expect_response("**/api/tasks/keys**"):
        page.locator('.top [data-do="keys"]').click()
        page.locator("[data-keys-on]").check()
