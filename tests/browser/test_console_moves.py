"""What is done quickly in the console: taken back, dragged, called by name; a session that ends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, axe, console, no_overflow, picture, sign_in
from tests.browser.town import Town

OPERATOR = "demo-operator-kecioren"
BEFORE_A_TURN = """async () => {
    let done = 0
    document.addEventListener("click", (event) => {
        if (!event.target.closest("[data-go]")) return
        event.preventDefault()
        done += 1
    })
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }))
    const box = document.getElementById("d-menu"), input = box.querySelector("input")
    input.value = "gecik"
    input.dispatchEvent(new Event("input"))
    box.querySelector("form").requestSubmit()
    await new Promise((resolve) => setTimeout(resolve, 500))
    return done
}"""
"""The menu's key, words and Enter before the page has a turn to itself: how often it went."""


def _made(town: Town, text: str) -> Any:
    return town.task(town.submit(text)["id"])


def _status(town: Town, task: Any, status: str, **more: Any) -> Any:
    told = {"status": status, "version": task["version"], **more}
    path = f"/api/tasks/{task['id']}/status"
    answer = town.http.post(path, json=told, headers=town.token("kecioren/operator"))
    assert answer.is_success, answer.text
    return answer.json()


def test_an_assignment_is_taken_back_by_a_key(visit: Visit, town: Town) -> None:
    task = _made(town, "Bank kırık, geri alınacak")
    page = console(visit, f"/console/tasks/{task['id']}")
    page.keyboard.press("a")
    expect(page.locator(".facts")).to_contain_text("Demo Operator")
    expect(page.locator("#toasts button")).to_contain_text("Geri al")
    axe(page)
    picture(page, "console-undo")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Geri alındı")
    expect(page.locator(".facts")).not_to_contain_text("Demo Operator")
    now = town.task(task["id"])
    assert (now["operator"], now["department"]) == (None, task["department"])


def test_a_category_and_its_department_are_taken_back_together(visit: Visit, town: Town) -> None:
    task = _made(town, "Kaldırım çökmüş, konusu geri alınacak")
    page = console(visit, f"/console/tasks/{task['id']}")
    page.keyboard.press("t")
    page.locator("#c-category").select_option("TREE_PRUNE")
    page.locator("#d-category .primary").click()
    page.locator("#toasts button").click()
    expect(page.locator("#toasts")).to_contain_text("Geri alındı")
    now = town.task(task["id"])
    assert (now["category"], now["department"]) == (task["category"], task["department"])
    assert now["due_at"] == task["due_at"]


def test_what_no_command_undoes_offers_nothing(visit: Visit, town: Town) -> None:
    task = _made(town, "Çöp alınmadı, geri alınmayacak")
    page = console(visit, f"/console/tasks/{task['id']}")
    page.keyboard.press("s")
    page.locator("#s-status").select_option("resolved")
    page.locator("#s-message").fill("Alındı.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".task")).to_have_attribute("data-status", "resolved")
    expect(page.locator("#toasts")).to_contain_text("Oldu")
    assert page.locator("#toasts button").count() == 0


def _drag(page: Page, id: str, column: str) -> None:
    page.wait_for_timeout(1000)  # what has just changed is drawn anew
    page.locator(f'[data-column="{column}"] h2').scroll_into_view_if_needed()
    page.locator(f'.board li[data-id="{id}"]').hover(position={"x": 20, "y": 12})
    page.mouse.down()
    box = page.locator(f'[data-column="{column}"] h2').bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60, steps=8)
    page.mouse.up()


def test_a_card_is_dragged_to_a_column_and_asked_for_what_that_needs(
    visit: Visit, town: Town
) -> None:
    task = _made(town, "Panoda gezecek olan çukur")
    page = console(visit, "/console?show=board&q=gezecek")
    page.set_viewport_size({"width": 2400, "height": 900})  # all columns beside the open task
    card = page.locator(f'.board li[data-id="{task["id"]}"]')
    expect(page.locator('[data-column="assigned"]')).to_contain_text("Panoda gezecek")
    _drag(page, task["id"], "in_progress")
    expect(page.locator('[data-column="in_progress"]')).to_contain_text("Panoda gezecek")
    assert town.task(task["id"])["status"] == "in_progress"
    _drag(page, task["id"], "on_hold")
    expect(page.locator("#s-status")).to_have_value("on_hold")
    page.locator("#s-reason").select_option("weather")
    page.locator("#d-status .primary").click()
    expect(page.locator('[data-column="on_hold"]')).to_contain_text("Panoda gezecek")
    page.keyboard.press("z")
    expect(page.locator('[data-column="in_progress"]')).to_contain_text("Panoda gezecek")
    _drag(page, task["id"], "new")
    expect(page.locator('[data-column="in_progress"]')).to_contain_text("Panoda gezecek")
    assert town.task(task["id"])["status"] == "in_progress"
    expect(card).to_have_count(1)
    axe(page)
    picture(page, "console-board-moved")


def test_a_card_is_moved_by_keyboard_alone(visit: Visit, town: Town) -> None:
    task = _made(town, "Panoda tuşlarla yürüyecek lamba")
    page = console(visit, "/console?show=board&q=yuruyecek")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("#s-status").select_option("in_progress")
    page.keyboard.press("Control+Enter")
    expect(page.locator('[data-column="in_progress"]')).to_contain_text("tuşlarla yürüyecek")
    assert town.task(task["id"])["status"] == "in_progress"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_command_menu_goes_acts_and_finds(visit: Visit, town: Town, scheme: str) -> None:
    task = _made(town, "Menüden bulunacak rögar")
    page = console(visit, color_scheme=scheme)
    menu, options = page.locator("#d-menu"), page.locator("#k-list [role=option]")
    page.keyboard.press("Control+k")
    expect(menu).to_be_visible()
    expect(options.first).to_have_attribute("aria-selected", "true")
    axe(page)
    picture(page, f"console-menu-{scheme}")
    page.keyboard.type(task["tracking_number"])
    expect(options.first).to_contain_text("numaralı görevi aç")
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_attribute("data-number", task["tracking_number"])
    expect(page.locator("#pane")).not_to_have_attribute("aria-busy", "true")
    page.keyboard.press("Control+k")
    page.keyboard.type("bana ata")
    expect(options.first).to_contain_text(task["tracking_number"])
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text("Demo Operator")
    page.keyboard.press("Control+k")
    page.keyboard.type("gecik")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**overdue=1**")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("Control+k")
    page.keyboard.type("bulunacak")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=bulunacak**")
    expect(page.locator("tr[data-id]").first).to_contain_text("Menüden bulunacak")


def test_the_menu_acts_once_however_late_its_script_is(visit: Visit, town: Town) -> None:
    task = _made(town, "Menü gelmeden atanacak")
    page = console(visit, f"/console/tasks/{task['id']}")
    held: list[Route] = []
    page.route("**/chunk-console-menu-*.js", lambda route: held.append(route))
    page.keyboard.press("Control+k")
    page.keyboard.type("bana ata")
    page.keyboard.press("Enter")
    expect(page.locator("#d-menu")).to_be_visible()
    held[0].fallback()
    expect(page.locator(".facts")).to_contain_text("Demo Operator")
    expect(page.locator("#d-menu")).not_to_be_visible()
    done = page.evaluate(BEFORE_A_TURN)
    assert done == 1


def test_columns_are_chosen_and_kept(visit: Visit, town: Town) -> None:
    task = _made(town, "Sütunlarda aranacak")
    page = console(visit, "/console?q=aranacak")
    heads = page.locator(".queue thead th")
    expect(heads).to_have_count(6)
    page.get_by_text("Sütunlar").first.click()
    page.get_by_role("checkbox", name="Başvuru numarası").check()
    page.get_by_role("checkbox", name="Ses", exact=True).uncheck()
    page.locator('[data-do="columns"]').click()
    expect(page.locator(".queue thead")).to_contain_text("Başvuru numarası")
    expect(heads).to_have_count(6)
    row = page.locator(f'tr[data-id="{task["id"]}"]')
    expect(row.locator("td")).to_have_count(6)
    expect(row).to_contain_text(task["tracking_number"])
    axe(page)
    picture(page, "console-columns")
    no_overflow(page)
    _status(town, task, "in_progress")
    expect(row.locator(".status")).to_contain_text("Yapılıyor")
    expect(row.locator("td")).to_have_count(6)


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")])
def test_a_session_that_ends_is_said_and_no_word_is_lost(
    visit: Visit, town: Town, size: str, scheme: str
) -> None:
    task = _made(town, "Oturum biterken yazılan")
    page = console(visit, f"/console/tasks/{task['id']}", size=size, color_scheme=scheme)
    page.locator("#words").fill("Yarın sabah geliyoruz.")
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies([one for one in kept if one["name"] != "sokak_session"])  # type: ignore[misc]
    page.locator(".write .primary").click()
    dialog = page.locator("#d-session")
    expect(dialog).to_be_visible()
    axe(page)
    no_overflow(page)
    picture(page, f"console-session-{size}-{scheme}")
    dialog.get_by_role("button", name="Giriş yaptım").click()
    expect(dialog.locator("[data-error]")).to_be_visible()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link").click()
    sign_in(opened.value, OPERATOR)
    opened.value.close()
    page.evaluate("dispatchEvent(new Event('focus'))")  # coming back to this tab
    expect(dialog).to_be_hidden()
    expect(page.locator("#words")).to_have_value("Yarın sabah geliyoruz.")
    page.locator(".write .primary").click()
    expect(page.locator(".log")).to_contain_text("Yarın sabah geliyoruz.")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 401


def test_a_part_that_comes_after_the_session_does_not_replace_what_is_read(
    visit: Visit, town: Town
) -> None:
    task = _made(town, "Bölme yerinde kalsın")
    page = console(visit, f"/console?q=%23{task['tracking_number']}")
    page.locator("tr[data-id] a").click()
    expect(page.locator(".say")).to_contain_text("Bölme yerinde")
    page.context.clear_cookies()
    _status(town, task, "in_progress")
    expect(page.locator("#d-session")).to_be_visible()
    expect(page.locator(".say")).to_contain_text("Bölme yerinde")
    assert re.search("/console", page.url)
    visit.faults.clear()  # type: ignore[attr-defined]
