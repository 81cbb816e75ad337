"""A municipality leaves and is removed by the pages, with its data taken along before."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture
from tests.browser.town import Town
from tests.integration.api.system import point_in
from tests.integration.api.system import town as a_document


@FOR_EVERYBODY
def test_leaving_has_two_confirmed_steps_and_data_to_take_along(
    visit: Visit, town: Town, size: str, language: str, scheme: str, tmp_path: Path
) -> None:
    slug = f"t{uuid.uuid4().hex[:10]}"
    document, who = a_document(slug, 36.2), town.token("platform")
    town.http.put(f"/api/tenants/{slug}", json=document, headers=who).raise_for_status()
    body = {"text": "Köprünün korkuluğu kırık", "point": point_in(document)}

    def sent() -> bool:
        answer = town.http.post("/api/requests", json=body)
        return answer.status_code == 201 and bool(answer.json()["tenant"]["slug"] == slug)

    town.until(sent, "the municipality to be known")
    page = visit(
        f"/admin/{slug}/state",
        size=size,
        language=language,
        person="demo-platform",
        color_scheme=scheme,
    )
    with page.expect_download() as began:
        page.locator('a[href^="/api/requests/data/requests"]').click()
    file = tmp_path / began.value.suggested_filename
    began.value.save_as(file)
    assert file.name == f"{slug}-requests.jsonl"
    taken = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert body["text"] in [one["text"] for one in taken]
    expect(page.locator("code")).to_have_text(f"sokak tenant data {slug} --to {slug}.zip")
    expect(page.locator("#remove")).to_have_count(0)
    axe(page)
    no_overflow(page)
    picture(page, f"admin-state-{size}-{scheme}-{language}")

    page.check('[value="left"]')
    page.fill("#typed", slug)
    page.locator("button.danger").click()
    page.wait_for_url("**?published=2")
    page.goto(f"/admin/{slug}/state")
    page.fill("#remove", "evet")
    page.locator('form[action$="/remove"] button').click()
    expect(page.locator("#remove-error")).to_be_visible()
    expect(page.locator("#remove")).to_have_value("evet")
    axe(page)
    no_overflow(page)
    picture(page, f"admin-remove-{size}-{scheme}-{language}")
    page.fill("#remove", slug)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin?removed={slug}")
    expect(page.locator(".notice")).to_contain_text(slug)
    expect(page.locator(f'[data-slug="{slug}"]')).to_have_count(0)
    axe(page)
    assert town.http.get(f"/api/tenants/{slug}").status_code == 404
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_an_auditor_is_offered_no_personal_data(visit: Visit) -> None:
    page = visit("/admin/kecioren/state", person="demo-auditor-kecioren")
    expect(page.locator("#h-take")).to_be_visible()
    expect(page.locator('a[href^="/api/"]')).to_have_count(0)
    expect(page.locator("button.danger")).to_have_count(0)
