"""The steps of the administration in a browser: hours, rules, people, look, keys, old requests."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.test_admin import begin
from tests.browser.town import Town

STEPS = (
    "hours?moment=2026-10-28T12:00&minutes=480",
    "rules",
    "people?role=auditor&department=FEN",
    "look",
    "texts",
    "integrators",
    "history",
)


@pytest.fixture
def slug() -> str:
    """A municipality of this test alone."""
    return f"t{uuid.uuid4().hex[:10]}"


def saved(page: Page, name: str | re.Pattern[str] = "Kaydet") -> None:
    """Press the button and wait for the page that says so: its address may be the same."""
    with page.expect_navigation(url="**?saved*"):
        page.get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.parametrize(
    ("size", "language", "scheme"),
    [("phone", "tr", "dark"), ("desktop", "en", "light"), ("phone", "en", "light")],
)
def test_steps_are_for_everybody(visit: Visit, size: str, language: str, scheme: str) -> None:
    page = visit(None, size=size, language=language, person="demo-platform", color_scheme=scheme)
    for step in STEPS:
        page.goto(f"/admin/kecioren/steps/{step}")
        page.wait_for_selector("html[data-ready]")
        if step == "integrators":
            expect(page.locator("[data-list], [data-loading]").first).to_be_visible()
        axe(page)
        no_overflow(page)
        picture(page, f"admin-{step.partition('?')[0]}-{size}-{scheme}-{language}")


def test_hours_holidays_and_when_a_request_is_due(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/hours")
    expect(page.locator("#monday")).to_have_value("08:30–12:30, 13:30–17:30")
    page.fill("#friday", "sabah")
    page.press("#friday", "Enter")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#friday")).to_have_value("sabah")
    axe(page)
    page.fill("#friday", "8-12")
    saved(page)
    expect(page.locator("#friday")).to_have_value("08:00–12:00")
    saved(page, re.compile("resmî tatil"))
    page.fill("#date", "2026-12-28")
    page.fill("#holiday_tr", "Kurtuluş günü")
    saved(page)
    page.fill("#moment", "2026-12-25T17:30")
    page.fill("#minutes", "60")
    page.get_by_role("button", name="Hesapla").click()
    told = page.locator("#due")
    expect(told).to_contain_text("Son gün: 29 Aralık 2026 Salı, saat 09:30.")
    expect(told.locator('[data-why="day_off"]')).to_contain_text("26 Aralık")
    expect(told.locator('[data-why="holiday"]')).to_contain_text("Kurtuluş günü")
    page.locator('[data-date="2026-12-28"] input').check()
    saved(page)
    expect(page.locator('[data-date="2026-12-28"]')).to_have_count(0)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_hours_without_a_script(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform", java_script_enabled=False)
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/hours")
    page.fill("#saturday", "9-12")
    saved(page)
    expect(page.locator("#saturday")).to_have_value("09:00–12:00")
    page.fill("#moment", "2026-11-27T18:00")
    page.get_by_role("button", name="Hesapla").click()
    expect(page.locator("#due")).to_contain_text("28 Kasım Cumartesi, saat 09:00")


def test_rules_in_their_order_and_on_the_bench(visit: Visit) -> None:
    page = visit(None, person="demo-admin-altindag")
    page.goto("/admin/altindag/steps/rules")
    rules = page.locator("#rules > li")
    before = rules.count()
    page.fill("#text_contains", "köprü çöktü")
    page.select_option("#priority", "urgent")
    saved(page, "Kuralı kaydet")
    page.fill("#text_contains", "köprü")
    page.select_option("#priority", "low")
    saved(page, "Kuralı kaydet")
    expect(rules).to_have_count(before + 2)
    page.get_by_role("button", name=f"{before + 2}. kuralı yukarı al").focus()
    with page.expect_navigation(url="**?saved*"):
        page.keyboard.press("Enter")
    expect(rules.nth(before)).to_contain_text("Düşük")
    page.fill("#text", "Yaya köprüsü yıkıldı, yolda çukur var")
    page.get_by_role("button", name="Dene", exact=True).click()
    tried = page.locator("#tried")
    expect(tried).to_contain_text("Düşük")
    expect(tried.locator("[data-decided]")).to_have_attribute("data-decided", "kopru")
    expect(tried).to_contain_text("Neden")
    axe(page)
    no_overflow(page)
    picture(page, "admin-bench-desktop")
    expect(page.locator("#text")).to_have_value("Yaya köprüsü yıkıldı, yolda çukur var")
    page.locator(".map[data-drawn]").click(position={"x": 200, "y": 150})
    expect(page.locator("#lat")).to_have_value(re.compile(r"^(39|40)\.\d{5}$"))
    page.get_by_role("link", name=re.compile(f"^Değiştir {before + 1}")).click()
    expect(page.locator("#text_contains")).to_have_value("köprü")
    page.fill("#text_contains", "üst geçit")
    saved(page, "Kuralı kaydet")
    expect(rules.nth(before)).to_contain_text("üst geçit")
    expect(rules).to_have_count(before + 2)
    for _ in range(2):
        saved(page, f"{before + 1}. kuralı kaldır")
    expect(rules).to_have_count(before)


@pytest.mark.parametrize(("size", "language"), [("phone", "tr"), ("desktop", "en")])
def test_a_draft_is_tried_on_the_last_requests(
    visit: Visit, town: Town, size: str, language: str
) -> None:
    # The citizen chose: of a text that was read in the first minute of a version nothing is known.
    more = {"type": "question", "category": "TREE_PLANT"}
    asked = town.submit("Yolda çukur var", 39.9697, 32.9083, **more)
    town.task(asked["id"], "altindag")
    page = visit(None, size=size, language=language, person="demo-admin-altindag")
    page.goto("/admin/altindag/steps/rules")
    rules = page.locator("#rules > li")
    before = rules.count()
    page.locator("#rule summary").nth(2).click()
    page.locator('#rule input[value="question"]').check()
    page.select_option("#priority", "urgent")
    with page.expect_navigation(url="**?saved*"):
        page.locator("#rule button.primary").click()
    expect(rules).to_have_count(before + 1)
    page.locator("#recent button").press("Enter")
    page.wait_for_url("**?recent=1#recent")
    row = page.locator(f'tr[data-request="{asked["id"]}"]')
    expect(row).to_be_visible()
    expect(row).to_contain_text("Acil" if language == "tr" else "Urgent")
    expect(row).to_contain_text("1. kuralı" if language == "tr" else "Rule 1 of")
    moved = int(page.locator('[data-count="moved"]').inner_text())
    expect(page.locator("#moved tbody tr")).to_have_count(moved)
    axe(page)
    no_overflow(page)
    picture(page, f"admin-recent-{size}-{language}")
    row.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("Yolda çukur var")
    page.goto("/admin/altindag/check")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator('form[action$="/discard"] button').click()


def test_what_a_person_may_see_and_the_groups_to_give(visit: Visit) -> None:
    page = visit("/admin/kecioren/steps/people", person="demo-admin-kecioren")
    page.goto("/admin/kecioren/steps/people")
    page.select_option("#role", "auditor")
    page.locator("summary", has_text="Birimler").click()
    page.locator('input[value="FEN"]').check()
    page.get_by_role("button", name="Göster").click()
    expect(page.locator("#groups")).to_have_value("kecioren/auditor\nkecioren/department/FEN")
    expect(page.locator('[data-right="work"]')).to_have_attribute("data-has", "no")
    expect(page.locator('[data-right="see"]')).to_have_attribute("data-has", "yes")


def test_colours_are_checked_while_they_are_chosen_and_again_by_the_server(
    visit: Visit, slug: str
) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/look")
    white = page.locator('[data-check="white"]')
    page.fill("#look-accent", "#f0b429")
    expect(white).to_contain_text("1,9:1")
    expect(white.locator(".status")).to_have_attribute("data-st", "overdue")
    saved_at = page.url
    page.get_by_role("button", name="Kaydet", exact=True).click()
    expect(page.locator("#look-accent-error")).to_contain_text("1.9:1")
    assert page.url == saved_at
    page.fill("#look-accent", "#8a1538")
    expect(white.locator(".status")).to_have_attribute("data-st", "resolved")
    button = page.locator('.sample[data-theme="light"] .btn.primary')
    expect(button).to_have_css("background-color", "rgb(138, 21, 56)")
    saved(page)
    page.reload()
    expect(button).to_have_css("background-color", "rgb(138, 21, 56)")
    axe(page)
    picture(page, "admin-look-chosen")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_old_requests_are_mapped_looked_over_and_taken_once(visit: Visit, tmp_path: Path) -> None:
    page = visit(None, person="demo-admin-altindag")
    page.goto("/admin/altindag/steps/history")
    file = tmp_path / "eski.csv"
    here = "39,9697;32.9083"
    lines = [
        "Başvuru No;Açılış Tarihi;Kapanış Tarihi;Enlem;Boylam;Konu;Açıklama",
        f"1;05.01.2024 09:00;06.01.2024 10:00;{here};Ağaç;Kuru dal düşecek",
        f'2;05.01.2024 09:30;;{here};Başka;"Yolda; çukur var"',
        f"3;dün;;{here};;Zamanı yok",
        "4;05.01.2024 09:40;;0;0;;Yeri yok",
        f"5;05.01.2024 09:50;;{here};;",
    ]
    file.write_bytes("\r\n".join(lines).encode("cp1254"))
    page.set_input_files("#file", file)
    expect(page.locator("output")).to_contain_text("5 satır")
    expect(page.locator("#column-lat")).to_have_value("3")
    expect(page.locator("#column-text")).to_have_value("6")
    page.fill("#source", f"old-{uuid.uuid4().hex[:8]}")
    axe(page)
    page.get_by_role("button", name="Gözden geçir").click()
    told = page.locator("[data-told]")
    expect(told).to_have_text("2 satır alınabilir, 0 zaten var, 3 alınamaz.")
    expect(page.locator("[data-errors] > li")).to_have_count(3)
    expect(page.locator("[data-errors]")).to_contain_text("4. satır: “dün” bir zaman değil")
    axe(page)
    no_overflow(page)
    picture(page, "admin-history-checked")
    with page.expect_download() as download:
        page.get_by_role("link", name="Hatalar dosya olarak").click()
    errors = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(errors) == 4
    assert errors[1].startswith("4,“dün” bir zaman değil,3,")
    page.get_by_role("button", name="Aktar", exact=True).click()
    expect(told).to_have_text("2 satır alındı, 0 zaten vardı, 3 alınmadı.")
    expect(page.locator("[data-send]")).not_to_be_visible()
    page.get_by_role("button", name="Gözden geçir").click()
    expect(told).to_have_text("0 satır alınabilir, 2 zaten var, 3 alınamaz.")
