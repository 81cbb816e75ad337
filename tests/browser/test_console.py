"""The operator console: every route for everybody, and what operators do all day."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, console, no_overflow, picture
from tests.browser.town import Town

OPERATOR = "demo-operator-kecioren"
SUPERVISOR = "demo-supervisor-kecioren"
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'


@pytest.fixture(scope="module")
def task(town: Town) -> Any:
    """A task that a department has."""
    return town.task(town.submit("Kaldırım taşları yerinden oynamış, yaşlılar düşüyor")["id"])


def _ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready]")
    return page


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console?show=map",
        "/console?show=board",
        "/console?q=yok-b%C3%B6yle-bir-s%C3%B6z",
        "/console?reopen=1",
        "/console?task={id}",
        "/console/tasks/{id}",
    ],
)
def test_every_page_of_the_console_is_for_everybody(
    visit: Visit, task: Any, path: str, size: str, language: str
) -> None:
    page = console(visit, path.format(id=task["id"]), size=size, language=language)
    if "map" in path:
        page.wait_for_selector(".map[data-drawn]")
        box = page.locator(".list .leaflet-container").bounding_box()
        assert box
        assert box["height"] > 300, "the map has no room"
        expect(page.locator(".list .map .pin").first).to_be_visible()
    axe(page)
    no_overflow(page)
    assert page.locator("html").get_attribute("lang") == language


def test_a_phone_s_bar_says_where_one_is(visit: Visit, task: Any) -> None:
    page = console(visit, size="phone")
    for path, word in (
        ("/console", "Kuyruk"),
        ("/console?show=map", "Harita"),
        ("/console?assignee=me", "Bana atanan"),
        ("/console/call", "Yeni"),
    ):
        page.goto(path)
        expect(page.locator(".tabbar [aria-current]")).to_have_text(word)


def test_an_operator_takes_works_and_resolves_by_keyboard(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Köşedeki rögar kapağı kırık, tehlikeli")["id"])
    page = console(visit, f"/console?q=%23{made['tracking_number']}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_attribute("data-number", made["tracking_number"])
    page.keyboard.press("a")
    expect(page.locator(".facts")).to_contain_text("Demo Operator")
    page.keyboard.press("s")
    page.locator("#s-status").select_option("in_progress")
    expect(page.locator("[data-preview]")).to_have_text("Yapılıyor")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".task")).to_have_attribute("data-status", "in_progress")
    page.keyboard.press("s")
    page.locator("#s-status").select_option("resolved")
    page.locator("#s-message").fill("Kapak değiştirildi.")
    expect(page.locator("[data-preview-message]")).to_have_text("Kapak değiştirildi.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".task")).to_have_attribute("data-status", "resolved")
    assert town.task(made["id"])["history"][-1]["message"] == "Kapak değiştirildi."


def test_long_words_of_a_neighbour_do_not_widen_a_task(visit: Visit, town: Town) -> None:
    long = "Ihlamur ağacının dalları çok uzun bir cümleyle anlatılıyor, bakılsın; " * 3
    other = town.task(town.submit(long)["id"])
    made = town.task(town.submit("Ihlamur ağacının dalları")["id"])
    page = console(visit, f"/console/tasks/{made['id']}")
    near = page.locator(f'.near a[data-open="{other["id"]}"]')
    near.scroll_into_view_if_needed()
    sizes = page.locator("#pane .in").evaluate("one => [one.scrollWidth, one.clientWidth]")
    assert sizes[0] <= sizes[1]
    picture(page, "console-near-long")


def test_two_operators_collide_and_nothing_is_lost(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Parktaki salıncak kopmuş")["id"])
    page = console(visit, f"/console/tasks/{made['id']}")
    page.get_by_role("button", name="Durum").first.click()
    page.locator("#s-status").select_option("in_progress")
    other = town.token("kecioren/supervisor")
    told = {"status": "scheduled", "message": "Yarın", "version": made["version"]}
    answer = town.http.post(f"/api/tasks/{made['id']}/status", json=told, headers=other)
    assert answer.is_success
    page.locator("#d-status .primary").click()
    conflict = page.locator("#d-conflict")
    expect(conflict).to_be_visible()
    expect(conflict.locator("tbody tr").first).to_contain_text("Planlandı")
    axe(page)
    conflict.get_by_role("button", name="Benimkini uygula").click()
    expect(page.locator(".task")).to_have_attribute("data-status", "in_progress")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 409


def test_words_are_sent_to_the_citizen_or_kept_for_colleagues(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Çöp konteyneri taşmış")["id"])
    page = console(visit, f"/console/tasks/{made['id']}")
    page.locator("#words").fill("Bugün boşaltıyoruz.")
    page.locator(".write .primary").click()
    expect(page.locator(".log")).to_contain_text("Bugün boşaltıyoruz.")
    expect(page.locator("#words")).to_have_value("")
    page.keyboard.press("Escape")
    page = console(visit, f"/console/tasks/{made['id']}")
    page.locator('[data-to="note"]').click()
    page.locator("#words").fill("Kamyon arızalı.")
    page.locator(".write .primary").click()
    expect(page.locator(".log .note")).to_contain_text("Kamyon arızalı.")
    kinds = [(line["message"], line["public"]) for line in town.task(made["id"])["history"][-2:]]
    assert kinds == [("Bugün boşaltıyoruz.", True), ("Kamyon arızalı.", False)]


def test_a_note_that_is_not_sent_comes_back_as_a_note(visit: Visit, town: Town) -> None:
    made, other = (town.task(town.submit(f"Taslaktan {n}")["id"]) for n in range(2))
    page = console(visit, f"/console/tasks/{made['id']}")
    page.locator('[data-to="note"]').click()
    page.locator("#words").fill("Şikâyetçi her hafta arıyor.")
    page.goto(f"/console/tasks/{other['id']}")
    expect(page.locator('[data-to="citizen"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#words")).to_have_value("")
    _ready(page).goto(f"/console/tasks/{made['id']}")
    expect(page.locator("#words")).to_have_value("Şikâyetçi her hafta arıyor.")
    expect(page.locator('[data-to="note"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#words")).to_have_attribute("placeholder", re.compile("çalışma"))
    page.locator(".write .primary").click()
    expect(page.locator(".log .note")).to_contain_text("her hafta arıyor")
    last = town.task(made["id"])["history"][-1]
    assert (last["message"], last["public"]) == ("Şikâyetçi her hafta arıyor.", False)


def test_ready_words_are_added_to_what_is_written(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Hazır sözlü görev")["id"])
    page = console(visit, f"/console/tasks/{made['id']}")
    words, template = page.locator("#words"), page.locator("#template")
    template.select_option(index=1)
    ready = words.input_value()
    assert ready
    words.fill("Merhaba. Ekip yolda.")
    words.evaluate("area => area.setSelectionRange(8, 8)")
    template.select_option(index=1)
    expect(words).to_have_value(f"Merhaba. {ready} Ekip yolda.")
    expect(template).to_have_value("")
    words.fill("Kalsın")
    template.select_option(index=0)
    expect(words).to_have_value("Kalsın")


def test_what_is_selected_on_the_board_is_seen(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Panoda seçilecek")["id"])
    page = console(visit, "/console?show=board&q=panoda")
    box = page.locator(f'li[data-id="{made["id"]}"] input')
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(box).to_be_checked()
    expect(page.locator("[data-count]")).to_have_text("1")
    axe(page)
    told = {"status": "in_progress", "version": made["version"]}
    headers = town.token("kecioren/supervisor")
    page.wait_for_timeout(500)
    town.http.post(f"/api/tasks/{made['id']}/status", json=told, headers=headers)
    expect(page.locator('[data-column="in_progress"] li[data-id] input')).to_be_checked()
    box.click()
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_what_a_citizen_writes_is_only_ever_text(visit: Visit, town: Town) -> None:
    made = town.submit(f"Çukur {HOSTILE}", address=HOSTILE)
    town.task(made["id"])
    page = console(visit, f"/console?q=%23{made['tracking_number']}")
    expect(page.locator("tr[data-id] a")).to_contain_text("<script>alert(2)</script>{{7*7}}")
    page.locator("tr[data-id] a").click()
    expect(page.locator(".say")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0


def test_nobody_opens_another_tenants_console(visit: Visit, town: Town, task: Any) -> None:
    page = console(visit, person="demo-operator-altindag")
    for path in (f"/console/tasks/{task['id']}", f"/console?task={task['id']}"):
        page.goto(path)
        expect(page.locator("body")).not_to_contain_text("yaşlılar düşüyor")
    for path in (
        "/console",
        f"/console/tasks/{task['id']}",
        f"/console/changed?shown={task['id']}",
    ):
        answer = page.goto(f"{path}{'&' if '?' in path else '?'}tenant=kecioren")
        assert answer is not None
        assert answer.status == 403
    visit.faults.clear()  # type: ignore[attr-defined]


def test_what_others_do_appears_without_moving_anything(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Yağmurda yol göle dönüyor")["id"])
    page = console(visit, f"/console?q=%23{made['tracking_number']}")
    page.locator("tr[data-id] a").focus()
    page.wait_for_timeout(500)
    told = {"status": "in_progress", "version": made["version"]}
    headers = town.token("kecioren/supervisor")
    town.http.post(f"/api/tasks/{made['id']}/status", json=told, headers=headers)
    expect(page.locator("tr[data-id] .status")).to_have_text(re.compile("Yapılıyor"))
    expect(page.locator("tr[data-id] a")).to_be_focused()


STREAMS = """
window.streams = []
window.EventSource = class extends EventSource {
    constructor(address) { super(address); streams.push(this) }
}"""
AWAY = """
window.EventSource = class extends EventTarget {
    constructor() { super(); setTimeout(() => this.dispatchEvent(new Event("error"))) }
    close() {}
}
streams.at(-1).dispatchEvent(new Event("error"))"""
BACK = "void (window.EventSource = Object.getPrototypeOf(streams[0].constructor))"
LIVE_MS = 20_000


def _stream_lost(page: Page) -> None:
    page.evaluate(AWAY)
    state = page.locator("[data-live-state]")
    expect(state).to_have_attribute("data-live-state", "lost")
    told = re.compile(r"Canlı yenileme durdu \(\d\d:\d\d\)\. \d+ sn sonra yeniden denenecek")
    expect(state).to_have_text(told)


def test_what_was_missed_while_the_stream_was_away_is_asked_for(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Akıntıkayması önceki")["id"])
    page = visit(None, person=OPERATOR)
    page.add_init_script(STREAMS)
    page.goto(f"/console?status=open&q=akintikaymasi&task={made['id']}")
    alone = page.context.new_page()
    alone.add_init_script(STREAMS)
    alone.goto(f"/console/tasks/{made['id']}")
    for one in (page, alone):
        one.wait_for_timeout(1000)
        _stream_lost(one)
    told = {"message": "Boşlukta yazılan", "public": False}
    headers = town.token("kecioren/supervisor")
    town.http.post(f"/api/tasks/{made['id']}/comments", json=told, headers=headers)
    town.task(town.submit("Akıntıkayması sonraki")["id"])
    for one in (page, alone):
        expect(one.locator(".log")).not_to_contain_text("Boşlukta")
        one.evaluate(BACK)
        expect(one.locator(".log")).to_contain_text("Boşlukta yazılan", timeout=LIVE_MS)
    expect(page.locator("[data-fresh] span")).to_have_text("1 yeni")


def test_only_what_was_opened_since_is_new(visit: Visit, town: Town) -> None:
    made = [town.task(town.submit(f"Sayfalıkta {n}")["id"]) for n in range(52)]
    page = console(visit, "/console?q=sayfalikta")
    expect(page.locator("tr[data-id]")).to_have_count(50)
    page.wait_for_timeout(1000)
    headers = town.token("kecioren/supervisor")
    with page.expect_response("**/console/changed**"):
        for task in made[:2]:  # the oldest, which are on the second page
            told = {"status": "in_progress", "version": task["version"]}
            town.http.post(f"/api/tasks/{task['id']}/status", json=told, headers=headers)
    page.wait_for_timeout(1000)
    expect(page.locator("[data-fresh]")).to_be_hidden()
    town.submit("Sayfalıkta yenisi")
    expect(page.locator("[data-fresh] span")).to_have_text("1 yeni")


def test_a_pin_goes_with_its_task(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Iğnelik", lat=39.981, lon=32.861)["id"])
    page = console(visit, f"/console?show=map&q=%23{made['tracking_number']}")
    page.wait_for_selector(".map[data-drawn]")
    expect(page.locator('.list .pin[data-st="assigned"]')).to_have_count(1)
    told = {"status": "in_progress", "version": made["version"]}
    headers = town.token("kecioren/supervisor")
    page.wait_for_timeout(1000)
    town.http.post(f"/api/tasks/{made['id']}/status", json=told, headers=headers)
    expect(page.locator('.list .pin[data-st="progress"]')).to_have_count(1)


def test_what_the_reader_has_opened_stays_open_when_others_write(visit: Visit, town: Town) -> None:
    made = town.task(town.submit("Yağmur suyu birikiyor")["id"])
    page = console(visit, f"/console/tasks/{made['id']}")
    page.locator('[data-log="internal"]').click()
    page.locator(".task details.menu summary").click()
    page.wait_for_selector('[data-live-state="live"]')
    page.wait_for_timeout(500)
    told = {"message": "Kanal temizlenecek", "public": False}
    headers = town.token("kecioren/supervisor")
    town.http.post(f"/api/tasks/{made['id']}/comments", json=told, headers=headers)
    expect(page.locator(".log .note")).to_contain_text("Kanal temizlenecek")
    expect(page.locator('[data-log="internal"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-log="all"]')).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".log")).to_have_attribute("data-only", "internal")
    expect(page.locator(".task details.menu .card")).to_be_visible()


def test_an_auditor_reads_and_changes_nothing(visit: Visit, task: Any) -> None:
    page = console(visit, f"/console/tasks/{task['id']}", person="demo-auditor-kecioren")
    expect(page.locator(".say")).to_contain_text("Kaldırım")
    assert page.locator(".do, .write").count() == 0
    listed = console(visit, person="demo-auditor-kecioren")
    listed.keyboard.press("j")
    listed.keyboard.press("x")
    expect(listed.locator("tr[data-id]").first).to_be_visible()
    assert listed.locator(".c-sel:visible, [data-bulk], tr[data-id] :checked").count() == 0
    axe(listed)


def test_who_works_for_several_tenants_switches_between_them(town: Town) -> None:
    both = town.token("kecioren/operator", "altindag/operator") | {"Accept": "text/html"}
    text = town.http.get("/console?tenant=altindag", headers=both).text
    assert 'href="/console?tenant=kecioren"' in text
    assert 'data-tenant="altindag"' in text
    alone = town.token("kecioren/operator") | {"Accept": "text/html"}
    assert "tenant=altindag" not in town.http.get("/console", headers=alone).text
