"""Signing in and out in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe, no_overflow
from tests.browser.town import Town


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("people", ["citizens", "staff"])
def test_the_page_of_signing_in_is_for_everybody(
    visit: Visit, people: str, size: str, language: str
):
    page = visit(f"/sign-in?for={people}", size=size, language=language)
    page.wait_for_selector("html[data-ready]")
    axe(page)
    no_overflow(page)


def test_a_person_signs_in_and_out(visit: Visit):
    page = visit(None, person="demo-operator-kecioren")
    assert "Demo Operat" in page.locator(".bar").inner_text()
    page.get_by_role("button", name="Çıkış").click()
    page.goto("/sign-in")
    assert "Demo Operat" not in page.locator(".bar").inner_text()


@pytest.mark.parametrize(
    ("language", "told"),
    [("tr", "Yetkili olanlar: Yönetici"), ("en", "Who may: Administrator")],
)
def test_who_lacks_a_role_reads_which_has_it(visit: Visit, language: str, told: str):
    page = visit("/reports/webhooks", person="demo-supervisor-kecioren", language=language)
    expect(page.locator(".notice")).to_contain_text(told)
    axe(page)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 403


def test_a_sign_in_leads_to_no_other_site(visit: Visit, town: Town):
    page = visit("/sign-in?next=https://example.org/")
    href = page.locator("[data-provider]").first.get_attribute("href")
    assert href is not None
    assert "example" not in href


def test_a_session_changes_nothing_without_the_pages_token(visit: Visit, town: Town):
    page = visit("/sign-in", person="demo-operator-kecioren")
    there = "/api/tasks/019a3c5e-7b10-7c41-9d2e-5f0a8b6c1d23/comments"
    send = """([there, token]) => fetch(there, {
        method: 'POST',
        body: '{"message": "a", "public": false}',
        headers: {'content-type': 'application/json', ...(token ? {'x-csrf-token': token} : {})},
    }).then((answer) => answer.status)"""
    token = page.locator('meta[name="csrf"]').get_attribute("content")
    assert page.evaluate(send, [there, None]) == 403
    assert page.evaluate(send, [there, token]) == 404
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of both
