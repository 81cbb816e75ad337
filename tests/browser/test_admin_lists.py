"""Departments, categories and other bodies in a browser, from the Turkish set and by hand."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture
from tests.browser.test_admin import begin


@pytest.fixture
def slug() -> str:
    """A municipality of this test alone."""
    return f"t{uuid.uuid4().hex[:10]}"


def take_the_set(page: Page, slug: str) -> None:
    """Two clicks from the step for categories."""
    page.goto(f"/admin/{slug}/steps/categories")
    page.click("#begin")
    page.click("#take")
    page.wait_for_url("**/steps/categories?saved*")


def save(page: Page) -> None:
    """Save the form, and be back at the list."""
    page.get_by_role("button", name="Kaydet", exact=True).first.click()
    page.wait_for_url("**?saved*")


@FOR_EVERYBODY
def test_the_lists_are_for_everybody(
    visit: Visit,
    slug: str,
    size: str,
    language: str,
    scheme: str,
) -> None:
    page = visit(None, size=size, language=language, person="demo-platform", color_scheme=scheme)
    begin(page, slug)
    empty = ("departments", "categories", "categories?set", "bodies")
    filled = (
        "departments",
        "departments?item=FEN",
        "departments?item=~",
        "categories",
        "categories?q=yol",
        "categories?q=yok+öyle",
        "categories?item=ROAD_POTHOLE",
        "categories?item=G_ROADS",
        "categories?item=~",
        "bodies",
        "bodies?item=water",
        "bodies?rule=road_class",
    )
    for state, paths in (("empty", empty), ("filled", filled)):
        if state == "filled":
            take_the_set(page, slug)
        for path in paths:
            page.goto(f"/admin/{slug}/steps/{path}")
            page.wait_for_selector("html[data-ready]")
            axe(page)
            no_overflow(page)
            name = path.replace("?", "-").replace("=", "-")
            picture(page, f"admin-{name}-{state}-{size}-{scheme}-{language}")


def test_a_new_municipality_has_its_categories_in_two_clicks(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    take_the_set(page, slug)
    expect(page.locator("#categories > li")).to_have_count(79)
    expect(page.locator("#without")).to_have_count(0)
    page.goto(f"/admin/{slug}")
    for step in ("departments", "categories", "bodies"):
        expect(page.locator(f'[data-step="{step}"] [data-state]')).to_have_attribute(
            "data-state", "done"
        )


def test_departments_are_added_renamed_and_kept_while_they_are_used(
    visit: Visit,
    slug: str,
) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/departments")
    page.fill("#several", "Fen İşleri Müdürlüğü\nPark ve Bahçeler Müdürlüğü")
    page.get_by_role("button", name="Ekle", exact=True).click()
    page.wait_for_url("**?saved*")
    expect(page.locator("#departments > li")).to_have_count(2)
    page.select_option("#triage_department", "FEN_ISLERI")
    page.select_option("#forwarding_department", "PARK_BAHCELER")
    page.get_by_role("button", name="Masaları kaydet").click()
    page.wait_for_url("**?saved*")
    expect(page.locator("#triage_department")).to_have_value("FEN_ISLERI")
    page.locator('[data-code="FEN_ISLERI"] a').click()
    page.fill("#name_en", "Technical Works")
    page.fill("#code", "FEN")
    page.fill("#t0_tr", "Asfalt ekibi")
    page.get_by_role("button", name="Başka ekip").click()
    page.fill("#t3_tr", "Kaldırım ekibi")
    save(page)
    expect(page.locator('[data-code="FEN"]')).to_contain_text("Asfalt ekibi, Kaldırım ekibi")
    expect(page.locator("#triage_department")).to_have_value("FEN")
    page.locator('[data-code="FEN"] a').click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Bu birimi kaldır").click()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors")).to_contain_text("Ayırma masası")
    expect(page.locator("#t0_tr")).to_have_value("Asfalt ekibi")
    axe(page)
    page.goto(f"/admin/{slug}/steps/departments")
    page.select_option("#triage_department", "PARK_BAHCELER")
    page.get_by_role("button", name="Masaları kaydet").click()
    page.wait_for_url("**?saved*")
    page.locator('[data-code="FEN"] a').click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Bu birimi kaldır").click()
    page.wait_for_url("**?saved*")
    expect(page.locator("#departments > li")).to_have_count(1)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_a_category_is_found_while_typing_and_gets_a_question(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    take_the_set(page, slug)
    page.wait_for_selector("html[data-ready]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = page.locator("#categories > li:visible")
    page.locator("#q").press_sequentially("ÇUKUR")
    expect(shown).to_have_count(2)
    expect(shown.first).to_contain_text("Yol ve kaldırım")
    expect(page.locator("#said")).to_contain_text("Bulunan: 1")
    assert asked == []
    page.fill("#q", "")
    expect(shown).to_have_count(79)
    page.fill("#q", "konteyner")
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=konteyner")
    page.locator('[data-code="WASTE_CONTAINER"] a').click()
    expect(page.locator('[data-row="q0"] .options')).to_be_visible()
    expect(page.locator('[data-row="q1"] .options')).to_be_hidden()
    page.fill("#q1_tr", "Kaç konteyner?")
    page.select_option("#q1_kind", "choice")
    expect(page.locator("#q1o0_tr")).to_be_visible()
    page.get_by_role("button", name="Kaydet", exact=True).first.click()
    expect(page.locator("#q1o0_tr-error")).to_be_visible()
    axe(page)
    page.locator('[data-row="q1"]').get_by_role("button", name="Başka yanıt").click()
    expect(page.locator("#q1o3_tr")).to_be_focused()
    expect(page.get_by_label("4. yanıtın Türkçesi")).to_have_count(2)
    page.get_by_role("button", name="Başka soru").click()
    expect(page.locator("#q3_tr")).to_be_focused()
    expect(page.locator('[data-row="q3"] > legend')).to_contain_text("Soru 4")
    axe(page)
    page.fill("#q3_tr", "Kapağı var mı?")
    page.select_option("#q3_kind", "boolean")
    page.select_option("#q1_kind", "number")
    page.fill("#sla", "6")
    page.select_option("#sla_unit", "hours")
    save(page)
    row = page.locator('[data-code="WASTE_CONTAINER"]')
    expect(row).to_contain_text("6 çalışma saati")
    expect(row).to_contain_text("Sorular: 3")
    expect(row).to_be_in_viewport()
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_many_categories_are_changed_at_once(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    take_the_set(page, slug)
    expect(page.get_by_label("Seç: Park bakımı")).to_be_hidden()
    page.locator("#many summary").click()
    for name in ("PARK_MAINT", "PLAYGROUND"):
        page.locator(f'[data-code="{name}"] input').check()
    page.select_option("#many_department", "FEN")
    page.fill("#many_sla", "3")
    axe(page)
    no_overflow(page)
    page.get_by_role("button", name="Seçilenleri değiştir").click()
    page.wait_for_url("**?saved*")
    for name in ("PARK_MAINT", "PLAYGROUND"):
        row = page.locator(f'[data-code="{name}"]')
        expect(row).to_contain_text("Fen İşleri Müdürlüğü")
        expect(row).to_contain_text("3 iş günü")
    expect(page.locator('[data-code="TREE_PRUNE"]')).to_contain_text("Park ve Bahçeler")
    page.locator("#many summary").click()
    page.get_by_role("button", name="Seçilenleri değiştir").click()
    expect(page.locator("#errors")).to_be_focused()
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_another_body_and_its_rule_are_chosen_by_a_category(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/bodies?item=~")
    page.fill("#name_tr", "ASKİ Genel Müdürlüğü")
    page.fill("#contact", "185")
    save(page)
    expect(page.locator("#bodies")).to_contain_text("185")
    page.get_by_role("link", name="Kural ekle").click()
    page.fill("#name_tr", "Ana borular idarenindir")
    page.fill("#text_contains", "ana boru, isale hattı")
    page.select_option("#body", "aski_genel")
    save(page)
    expect(page.locator("#rules")).to_contain_text("isale hattı")
    page.goto(f"/admin/{slug}/steps/categories?item=~")
    page.fill("#name_tr", "Su kaçağı")
    page.select_option("#tier_rule", label="Ana borular idarenindir")
    save(page)
    page.goto(f"/admin/{slug}/steps/categories")
    expect(page.locator('[data-code="SU_KACAGI"]')).to_contain_text("Ayırma masası")
    expect(page.locator("#without")).to_contain_text("1")


def test_everything_works_without_a_script(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform", java_script_enabled=False)
    begin(page, slug)
    take_the_set(page, slug)
    page.fill("#q", "cukur")
    page.keyboard.press("Enter")
    expect(page.locator("#categories > li")).to_have_count(2)
    page.locator('[data-code="ROAD_POTHOLE"] a').click()
    page.fill("#q1_tr", "Araç zarar gördü mü?")
    page.select_option("#q1_kind", "boolean")
    save(page)
    expect(page.locator('[data-code="ROAD_POTHOLE"]')).to_contain_text("Sorular: 2")
    page.locator('[data-code="ROAD_POTHOLE"] a').click()
    page.get_by_role("button", name="Aşağı taşı").click()
    page.wait_for_url("**?saved*")
    codes = page.locator("#categories > li").evaluate_all("all => all.map(one => one.id)")
    assert codes.index("c-ROAD_PAVEMENT") < codes.index("c-ROAD_POTHOLE")
