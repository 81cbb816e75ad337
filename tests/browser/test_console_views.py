"""Saved views of the console: kept by the service, counted, in an order, one's own or shared."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, axe, console, no_overflow, picture
from tests.browser.town import Town

OPERATOR = "demo-operator-kecioren"
SUPERVISOR = "demo-supervisor-kecioren"
LONG = "Bu hafta bakılacak bütün yol çukurları"


@pytest.fixture(autouse=True)
def _none_saved(town: Town) -> None:
    """Nobody here has a view."""
    leads = town.token("kecioren/supervisor")
    for one in town.http.get("/api/tasks/views", headers=leads).json()["shared"]:
        town.http.delete(f"/api/tasks/views/shared/{one['id']}", headers=leads).raise_for_status()


def _save(page: Page, name: str, shared: bool = False) -> None:
    page.get_by_role("button", name="Görünümü kaydet").click()
    page.locator("#v-name").fill(name)
    if shared:
        page.get_by_label("Bu belediyedeki herkes için").check()
    page.keyboard.press("Enter")
    expect(_saved(page, name)).to_be_visible()


def _saved(page: Page, name: str) -> Locator:
    return page.locator("[data-saved] a").filter(has_text=name)


def _names(page: Page, inside: str) -> list[str]:
    return [one.strip() for one in page.locator(inside).all_inner_texts()]


def _forget(page: Page, *names: str) -> None:
    page.locator('[data-do="arrange"]').click()
    for name in names:
        page.get_by_role("button", name=f"{name} görünümünü kaldır").click()
        expect(page.locator(f'#d-arrange li[data-name="{name}"]')).to_have_count(0)
    page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_view_is_saved_and_found_with_its_count_in_another_browser(
    visit: Visit, town: Town, scheme: str
) -> None:
    task = town.task(town.submit("Görünümlü çukur")["id"])
    query = f"category={task['category']['code']}"
    page = console(visit, f"/console?{query}", person=OPERATOR, color_scheme=scheme)
    total = page.locator("#list header .count").inner_text()
    _save(page, LONG)
    expect(_saved(page, LONG).locator(".count")).to_have_text(total)
    expect(page.locator("#list h1")).not_to_have_text(LONG)
    count = _saved(page, LONG).locator(".count").bounding_box()
    rail = page.locator(".rail").bounding_box()
    assert count
    assert rail
    assert count["x"] + count["width"] <= rail["x"] + rail["width"]
    axe(page)
    no_overflow(page)
    other = console(visit, "/console", person=OPERATOR)
    expect(_saved(other, LONG).locator(".count")).to_have_text(total)
    _saved(other, LONG).click()
    other.wait_for_url(f"**/console?{query}")
    expect(other.locator("#list h1")).to_have_text(LONG)
    expect(_saved(other, LONG)).to_have_attribute("aria-current", "page")
    picture(other, f"console-views-{scheme}")
    _forget(other, LONG)
    expect(other.locator("[data-saved]")).to_be_hidden()


def test_a_count_follows_what_happens(visit: Visit, town: Town) -> None:
    task = town.task(town.submit("Sayılacak olan ilk")["id"])
    page = console(visit, f"/console?category={task['category']['code']}", person=OPERATOR)
    _save(page, "Sayılan")
    count = _saved(page, "Sayılan").locator(".count")
    before = int(count.inner_text().replace(".", ""))
    page.goto("/console?overdue=1")
    expect(count).to_have_text(str(before))
    town.submit("Sayılacak olan ikinci")
    expect(count).to_have_text(str(before + 1), timeout=20_000)
    _forget(page, "Sayılan")


def test_what_nobody_counts_shows_no_number(visit: Visit, town: Town) -> None:
    page = console(visit, "/console?q=kimsesaymaz&status=closed", person=OPERATOR)
    with page.expect_response("**/console/views**"):
        _save(page, "Sözle")
    expect(_saved(page, "Sözle").locator(".count")).to_have_count(0)
    _forget(page, "Sözle")


def test_views_are_put_in_order_by_keyboard(visit: Visit, town: Town) -> None:
    page = console(visit, "/console?overdue=1", person=OPERATOR)
    for name in ("Bir", "İki", "Üç"):
        _save(page, name)
    page.locator('[data-do="arrange"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#d-arrange li")).to_have_count(3)
    axe(page)
    picture(page, "console-arrange")
    up = page.get_by_role("button", name="Üç görünümünü yukarı al")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#d-arrange li").nth(1)).to_contain_text("Üç")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#d-arrange li").nth(0)).to_contain_text("Üç")
    expect(page.get_by_role("button", name="Üç görünümünü aşağı al")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('[data-do="arrange"]')).to_be_focused()
    assert _names(page, "[data-saved] .cut") == ["Üç", "Bir", "İki"]
    page.reload()
    assert _names(page, "[data-saved] .cut") == ["Üç", "Bir", "İki"]
    _forget(page, "Üç", "Bir", "İki")


def test_a_name_that_is_taken_takes_the_new_list(visit: Visit, town: Town) -> None:
    page = console(visit, "/console?overdue=1", person=OPERATOR)
    _save(page, "Bugün")
    page.goto("/console?soon=1")
    _save(page, "Bugün")
    expect(_saved(page, "Bugün")).to_have_attribute("href", re.compile("soon=1"))
    _save(page, "Yarın")
    page.get_by_role("button", name="Görünümü kaydet").click()
    page.locator("#v-name").fill("BUGÜN")
    page.keyboard.press("Enter")
    expect(page.locator("#d-view [data-error]")).to_have_text("Bu adda başka bir görünüm var.")
    page.keyboard.press("Escape")
    _forget(page, "Bugün", "Yarın")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 409


def test_what_is_shared_is_everybodys_and_only_who_leads_shares(visit: Visit, town: Town) -> None:
    page = console(visit, "/console?reopen=1", person=SUPERVISOR)
    _save(page, "Herkesinki", shared=True)
    other = console(visit, "/console", person=OPERATOR)
    expect(other.locator('[data-shelf="shared/"] h2')).to_have_text("Ortak")
    expect(_saved(other, "Herkesinki")).to_have_attribute("href", "/console?reopen=1")
    assert other.locator('#d-view [name="shared"], [data-do="arrange"]').count() == 0
    _forget(page, "Herkesinki")


def test_what_this_browser_had_kept_is_handed_over_once(visit: Visit, town: Town) -> None:
    page = console(visit, "/console", person=OPERATOR)
    old: list[Any] = [
        {"name": "Eskiden", "query": "overdue=1&tenant=kecioren"},
        {"name": "Hiç", "query": "status=yok&tenant=kecioren"},
    ]
    kept = "console views kecioren"
    page.evaluate("([key, told]) => localStorage.setItem(key, told)", [kept, json.dumps(old)])
    page.reload()
    expect(_saved(page, "Eskiden")).to_have_attribute("href", "/console?overdue=1")
    town.until(
        lambda: page.evaluate("(key) => localStorage.getItem(key)", kept) is None, "nothing kept"
    )
    expect(page.locator("[data-saved] a")).to_have_count(1)
    _forget(page, "Eskiden")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 422
