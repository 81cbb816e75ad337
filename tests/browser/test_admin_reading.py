"""The administration as an auditor sees it: all of it to be read, nothing to press in vain."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.town import Town

AUDITOR = "demo-auditor-altindag"
STEPS = (
    *("organisation", "boundary", "neighbourhoods", "departments", "departments?item=FEN"),
    *("categories", "bodies", "hours", "rules", "people", "look", "publication"),
    *("integrators", "history"),
)
MORE = ("", "/check", "/versions", "/file", "/state")


@pytest.mark.parametrize(
    ("size", "language", "scheme"), [("phone", "tr", "light"), ("desktop", "en", "dark")]
)
def test_all_pages_are_readable_and_have_nothing_to_save(
    visit: Visit, size: str, language: str, scheme: str
) -> None:
    page = visit(None, size=size, language=language, person=AUDITOR, color_scheme=scheme)
    for place in (*MORE, *(f"/steps/{step}" for step in STEPS)):
        page.goto(f"/admin/altindag{place}")
        page.wait_for_selector("html[data-ready]")
        expect(page.locator("#read-only")).to_be_visible()
        enabled = page.locator(".admin form[method=post] button:enabled")
        assert enabled.count() == (1 if place == "/steps/rules" else 0), place
        expect(page.locator(".unsaved")).to_have_count(0)
        axe(page)
        no_overflow(page)
        name = place.strip("/").replace("/", "-").partition("?")[0] or "steps"
        picture(page, f"admin-read-{name}-{size}-{scheme}-{language}")


def test_an_auditor_sees_who_is_let_in_and_how(visit: Visit, town: Town) -> None:
    name = f"app-{uuid.uuid4().hex[:8]}"
    admin = town.token("altindag/admin")
    made = town.http.post("/api/integrators?tenant=altindag", json={"name": name}, headers=admin)
    assert made.status_code == 201, made.text
    page = visit(None, person=AUDITOR)
    page.goto("/admin/altindag/steps/integrators")
    row = page.locator(f'li[data-name="{name}"]')
    expect(row).to_contain_text("Kafka hesabı: açık")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(page.locator(".admin form")).to_have_count(0)
    page.get_by_role("link", name="Webhook’lara git").click()
    expect(page.locator("h1")).to_have_text(re.compile("^Webhook.lar$"))


def test_an_auditor_tries_the_rules(visit: Visit) -> None:
    page = visit(None, person=AUDITOR)
    page.goto("/admin/altindag/steps/rules")
    page.fill("#text", "Yolda çukur var")
    page.get_by_role("button", name="Dene", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("Neden")
