"""What can be tapped is large enough: 44 px on a phone, 24 px on a desk (WCAG 2.2, 2.5.8).

What a finger would meet is asked of the browser, point by point, so that a label, a row that
leads on and an invisible rim count, and what covers a target does not.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.town import Town

MEASURE = (Path(__file__).parent / "targets.js").read_text("utf8")
TOUCH = {"size": "phone", "has_touch": True, "is_mobile": True}
EACH_DEVICE = pytest.mark.parametrize("device", ["phone", "desktop"])

CITIZEN, OPERATOR, MANAGER, PLATFORM = (
    None,
    "demo-operator-kecioren",
    "demo-supervisor-kecioren",
    "demo-platform",
)
PAGES = {
    CITIZEN: (
        "/?tenant=kecioren",
        "/?tenant=",
        "/requests?tenant=kecioren",
        "/requests?tenant=kecioren&category=WATER_LEAK",
        "/search?q=qqq&tenant=kecioren",
        "/mine?tenant=kecioren",
        "/help?tenant=kecioren",
        "/privacy?tenant=kecioren",
        "/accessibility?tenant=kecioren",
        "/offline",
        "/requests/{number}",
        "/requests/{number}#{secret}",
        "/requests/0000-0000-1",
        "/sign-in",
        "/sign-in?for=staff",
        "/developers",
        "/open-data",
        "/account",
    ),
    "demo-citizen-Ayşe": ("/mine", "/sign-in"),
    OPERATOR: (
        "/console",
        "/console?q=yok-b%C3%B6yle",
        "/console?show=map",
        "/console?show=board",
        "/console?task={id}",
        "/console/tasks/{id}",
        "/console/tasks/{id}/words",
        "/console/call",
        "/reports",
    ),
    MANAGER: (
        "/reports?days=90",
        "/reports?department=FEN&channel=web",
        "/reports/by/category",
        "/reports/by/neighbourhood",
        "/reports/by/department",
        "/reports/topics",
        "/reports/webhooks",
        "/reports/tenants",
        "/admin",
    ),
    PLATFORM: (
        "/ops",
        "/ops/intake",
        "/ops/reporting",
        "/admin",
        *(
            f"/admin/kecioren{more}"
            for more in ("", "/check", "/versions", "/versions/1", "/file", "/state")
        ),
        *(
            f"/admin/kecioren/steps/{step}"
            for step in (
                "organisation",
                "boundary",
                "neighbourhoods",
                "departments",
                "departments?item=FEN",
                "categories",
                "categories?q=yol",
                "categories?item=ROAD_POTHOLE",
                "bodies",
                "bodies?item=water",
                "hours",
                "rules",
                "people?role=auditor&department=FEN",
                "look",
                "texts",
                "integrators",
                "history",
            )
        ),
    ),
}


@pytest.fixture(scope="module")
def given(town: Town) -> Any:
    """A request that has a department and an answer, so that its pages show what they can."""
    made = town.submit("Kaldırım taşları yerinden oynamış, düşüyorlar", category="ROAD_PAVEMENT")
    town.task(made["id"])
    headers = town.token("kecioren/operator") | {"If-Match": "*"}
    told = {"status": "awaiting_citizen", "message": "Tam olarak nerede?"}
    answer = town.http.post(f"/api/tasks/{made['id']}/status", json=told, headers=headers)
    assert answer.is_success, answer.text
    secret = {"Sokak-Secret": made["secret"]}
    path = f"/api/requests/{made['tracking_number']}"
    town.until(lambda: "nerede" in town.http.get(path, headers=secret).text, "a question")
    return made


def too_small(page: Page, device: str) -> list[str]:
    """What is smaller than it must be, also in what opens, each with where it is."""
    need = 44 if device == "phone" else 24
    return [f"{page.url}: {one}" for one in page.evaluate(f"({MEASURE})({need})")]


def _opened(visit: Visit, device: str, person: str | None) -> Page:
    more = TOUCH if device == "phone" else {"size": device}
    return visit(None, person=person, **more)


@EACH_DEVICE
@pytest.mark.parametrize("person", PAGES, ids=lambda one: one or "anybody")
def test_every_target_is_large_enough(
    visit: Visit, given: Any, device: str, person: str | None
) -> None:
    page = _opened(visit, device, person)
    found = []
    for path in PAGES[person]:
        told = {"number": given["tracking_number"], "secret": given["secret"], "id": given["id"]}
        page.goto(path.format(**told))
        page.wait_for_selector("html[data-ready]")
        found += too_small(page, device)
    visit.faults[:] = [one for one in visit.faults if "status of 40" not in one]  # type: ignore[attr-defined]
    assert found == [], "\n".join(found)


@EACH_DEVICE
def test_every_target_of_the_form_is_large_enough(
    visit: Visit, given: Any, device: str, tmp_path: Path
) -> None:
    page = _opened(visit, device, None)
    page.goto("/report?tenant=kecioren")
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("#text").fill("Kaldırım taşları yerinden oynamış, yaşlılar düşüyor")
    expect(page.locator("[data-guess]")).to_be_visible()
    picture = tmp_path / "a.jpg"
    out = io.BytesIO()
    Image.new("RGB", (300, 200)).save(out, "JPEG")
    picture.write_bytes(out.getvalue())
    found = []
    for step in ("what", "where", "more", "check"):
        if step == "where":
            page.wait_for_selector("[data-place][data-drawn]")
            page.locator("#find").fill("tepebasi")
            page.locator("#find").press("Enter")
            expect(page.locator("[data-here]")).to_be_visible()
        if step == "more":
            page.set_input_files("#photo", picture)
            expect(page.locator(".photos img")).to_have_count(1)
        found += too_small(page, device)
        page.locator(f'[data-step="{step}"] :is([data-next], [data-send])').first.click()
    page.wait_for_url("**/report/done**")
    page.wait_for_selector("html[data-ready]")
    found += too_small(page, device)
    assert found == [], "\n".join(found)
