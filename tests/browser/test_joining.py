"""A municipality that was never used before joins by the pages alone, and its first request is
routed.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, map_drawn, picture
from tests.browser.test_admin import begin
from tests.browser.town import Town

SLUG, DISTRICT = "nilufer", "1829"
INSIDE = {"lat": 40.18377, "lon": 28.83325}


def save(page: Page) -> None:
    """Press the step's button; the page says that it is kept in the draft."""
    with page.expect_navigation(url="**?saved*"):
        page.get_by_role("button", name="Kaydet", exact=True).first.click()


def state_of(page: Page, step: str) -> str | None:
    """How far a step has come, as the list says."""
    return page.locator(f'[data-step="{step}"] [data-state]').get_attribute("data-state")


def test_a_municipality_joins_by_the_pages_alone(visit: Visit, town: Town) -> None:
    body = {"text": "Sokağımızda büyük bir çukur var, araçlar zarar görüyor", "point": INSIDE}
    assert town.http.post("/api/requests", json=body).status_code == 422
    page = visit(None, person="demo-platform")
    begin(page, SLUG, "Nilüfer Belediyesi")
    assert state_of(page, "boundary") == "not_started"

    page.goto(f"/admin/{SLUG}/steps/organisation")
    page.fill("#name_en", "Nilüfer Municipality")
    page.fill("#domain", "nilufer.bel.tr")
    save(page)

    page.goto(f"/admin/{SLUG}/steps/boundary")
    page.select_option("#district", DISTRICT)
    page.locator("form:has(#district) button").click()
    expect(page.locator("#h-look")).to_contain_text("Nilüfer, Bursa")
    expect(page.locator("#attribution")).to_have_value(re.compile("OpenStreetMap"))
    map_drawn(page)
    page.click("#take")
    page.wait_for_url("**?saved*")

    page.goto(f"/admin/{SLUG}/steps/neighbourhoods")
    page.fill("#names", "Görükle\nÖzlüce\nBeşevler")
    save(page)

    page.goto(f"/admin/{SLUG}/steps/categories")
    page.click("#begin")
    page.click("#take")
    page.wait_for_url("**?saved*")

    page.goto(f"/admin/{SLUG}/check")
    expect(page.locator("#faults")).to_contain_text("Çalışma saatleri")
    expect(page.locator("#publish")).to_have_count(0)
    page.locator("#faults a").first.click()
    page.wait_for_url("**/steps/hours")
    save(page)

    page.goto(f"/admin/{SLUG}")
    for step in ("organisation", "boundary", "neighbourhoods", "departments", "categories"):
        assert state_of(page, step) == "done", step
    axe(page)
    picture(page, "admin-joined-desktop")
    page.goto(f"/admin/{SLUG}/check")
    expect(page.locator("#sound")).to_be_visible()
    page.click("#publish")
    page.wait_for_url("**?published=1")

    def taken() -> Any:
        answer = town.http.post("/api/requests", json=body)
        return answer.json() if answer.status_code == 201 else None

    request = town.until(taken, "the new municipality to take requests")
    task = town.task(request["id"], SLUG)
    assert task["department"]["code"] == "FEN"
    site = visit(f"/?tenant={SLUG}")
    expect(site.locator(".plate").first).to_have_text("Nilüfer")
