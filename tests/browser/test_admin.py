"""The administration in a browser: steps, forms that lose nothing, versions."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, map_drawn, no_overflow, picture
from tests.browser.town import Town


@pytest.fixture
def slug() -> str:
    """A municipality of this test alone."""
    return f"t{uuid.uuid4().hex[:10]}"


def begin(page: Page, slug: str, name: str = "Deneme Belediyesi") -> None:
    """Begin a new municipality as those who run the platform do."""
    page.goto("/admin")
    page.fill("#name_tr", name)
    page.fill("#slug", slug)
    page.locator("#h-new").locator("xpath=ancestor::section").locator("button").click()
    page.wait_for_url(f"**/admin/{slug}")


@FOR_EVERYBODY
def test_administration_is_for_everybody(
    visit: Visit, slug: str, size: str, language: str, scheme: str
) -> None:
    page = visit(None, size=size, language=language, person="demo-platform", color_scheme=scheme)
    begin(page, slug)
    for path in (
        "",
        *(f"/{slug}{more}" for more in ("", "/check", "/versions", "/file", "/state")),
        *(f"/{slug}/steps/{step}" for step in ("organisation", "boundary", "neighbourhoods")),
        *(f"/altindag{more}" for more in ("/steps/boundary", "/steps/neighbourhoods", "/state")),
    ):
        page.goto(f"/admin{path}")
        page.wait_for_selector("html[data-ready]")
        if page.locator(".map").count():
            map_drawn(page)
        axe(page)
        no_overflow(page)
        name = path.replace(slug, "x").replace("/", "-") or "-list"
        picture(page, f"admin{name}-{size}-{scheme}-{language}")


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    page.goto("/admin")
    page.fill("#name_tr", "Yeni Belediye")
    page.fill("#slug", "Keçiören!")
    page.locator("section form button").click()
    expect(page.locator("#slug-error")).to_be_visible()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#name_tr")).to_have_value("Yeni Belediye")
    axe(page)
    page.fill("#slug", "kecioren")
    page.locator("section form button").click()
    expect(page.locator("#slug-error")).to_contain_text("zaten var")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/organisation")
    page.fill("#domain", "bu alan adı değil")
    page.get_by_role("button", name="Kaydet").click()
    expect(page.locator("#domain-error")).to_be_visible()
    expect(page.locator("#domain")).to_have_value("bu alan adı değil")
    page.fill("#domain", "https://www.ornek.bel.tr/")
    page.get_by_role("button", name="Kaydet").click()
    expect(page.locator("#domain")).to_have_value("ornek.bel.tr")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusals


def test_two_administrators_on_one_page_lose_nothing(visit: Visit, slug: str) -> None:
    one = visit(None, person="demo-platform")
    begin(one, slug)
    one.goto(f"/admin/{slug}/steps/organisation")
    other = visit(f"/admin/{slug}/steps/organisation", context=one.context)
    other.fill("#name_tr", "Onun adı")
    other.get_by_role("button", name="Kaydet").click()
    other.wait_for_url("**?saved*")
    one.fill("#name_tr", "Benim adım")
    one.get_by_role("button", name="Kaydet").click()
    expect(one.locator("#conflict")).to_contain_text("Onun adı")
    expect(one.locator("#conflict")).to_be_focused()
    expect(one.locator("#name_tr")).to_have_value("Benim adım")
    axe(one)
    one.get_by_role("button", name="Kaydet").click()
    one.wait_for_url("**?saved*")
    expect(one.locator("#name_tr")).to_have_value("Benim adım")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_what_was_typed_is_not_lost_by_leaving(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/organisation")
    page.fill("#name_en", "Another")
    expect(page.locator(".unsaved")).to_be_visible()
    asked = []

    def stay(dialog) -> None:  # type: ignore[no-untyped-def]
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("location.assign('/admin')")
    expect(page.locator("#name_en")).to_have_value("Another")
    page.get_by_role("button", name="Kaydet").click()
    page.wait_for_url("**?saved*")
    assert asked == ["beforeunload"]


def test_an_administrators_change_is_published_and_the_boundary_is_not_his(visit: Visit) -> None:
    page = visit("/admin", person="demo-admin-altindag")
    page.wait_for_url("**/admin/altindag")
    page.goto("/admin/altindag/steps/organisation")
    page.fill("#name_en", "Altındağ Municipality of Ankara")
    page.get_by_role("button", name="Kaydet").click()
    page.goto("/admin/altindag/check")
    expect(page.locator('[data-place="names.en"]')).to_contain_text("of Ankara")
    page.click("#publish")
    page.wait_for_url("**/admin/altindag?published=*")
    page.goto("/admin/altindag/steps/organisation")
    page.fill("#domain", "baska.bel.tr")
    page.get_by_role("button", name="Kaydet").click()
    page.goto("/admin/altindag/check")
    expect(page.locator("#platform-only")).to_be_visible()
    expect(page.locator("#publish")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("form[action$=discard] button").click()
    page.goto("/admin/altindag/check")
    expect(page.locator("form[action$=discard]")).to_have_count(0)


def put_file(page: Page, name: str, content: Any) -> None:
    """Choose a file as a person does, with content made here."""
    told = content if isinstance(content, bytes) else json.dumps(content).encode()
    page.locator("#file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": told}
    )


def look(page: Page) -> None:
    """Press the button beside the file."""
    page.locator("form:has(#file) button").click()


def test_a_crooked_boundary_is_shown_before_and_after(visit: Visit, slug: str) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/boundary")
    tie = [[39.5, 32.0], [39.6, 32.1], [39.6, 32.0], [39.5, 32.1]]
    put_file(page, "a.geojson", {"type": "Polygon", "coordinates": [tie]})
    look(page)
    for finding in ("swapped", "closed", "crossed"):
        expect(page.locator(f'[data-finding="{finding}"]')).to_be_visible()
    map_drawn(page)
    assert page.locator(".map path.was").count() == 1
    axe(page)
    no_overflow(page)
    picture(page, "admin-boundary-mended")
    page.click("#take")
    page.wait_for_url("**/steps/boundary?saved")
    expect(page.locator("#km2")).to_contain_text("km²")


def test_metres_are_explained_and_taken_once_their_projection_is_chosen(
    visit: Visit, slug: str
) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/boundary")
    metres = [[482896.34, 4418444.81], [491448.17, 4418430.45], [491460.61, 4429533.82]]
    outline = {"type": "Polygon", "coordinates": [metres]}
    put_file(page, "a.geojson", outline)
    look(page)
    expect(page.locator("#file-error")).to_contain_text("projeksiyon")
    expect(page.locator("#epsg")).to_contain_text("TUREF / TM33: 39.95")
    axe(page)
    page.select_option("#epsg", "5255")
    put_file(page, "a.geojson", outline)
    look(page)
    expect(page.locator('[data-finding="reprojected"]')).to_contain_text("TM33")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_ground_that_a_neighbour_claims_is_told_and_can_be_left_to_it(
    visit: Visit, slug: str
) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/boundary")
    west, south, east, north = 32.80, 39.95, 32.95, 40.3
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    put_file(page, "a.geojson", {"type": "Polygon", "coordinates": [ring]})
    look(page)
    claimed = page.locator("#overlaps li:not([data-expected])")
    expect(page.locator('#overlaps [data-tenant="kecioren"]')).to_contain_text("km²")
    assert claimed.count() >= 2
    page.click("#cut")
    expect(page.locator("#take")).to_be_visible()
    expect(claimed).to_have_count(0)


def test_neighbourhoods_come_from_a_file_and_those_outside_are_named(
    visit: Visit, slug: str
) -> None:
    page = visit(None, person="demo-platform")
    begin(page, slug)
    page.goto(f"/admin/{slug}/steps/boundary")
    folder = Path("deploy/tenants")
    put_file(page, "a.geojson", (folder / "pursaklar.geojson").read_bytes())
    look(page)
    page.click("#take")
    page.wait_for_url("**?saved")
    page.goto(f"/admin/{slug}/steps/neighbourhoods")
    places = json.loads((folder / "pursaklar_neighbourhoods.geojson").read_text("utf-8"))
    far = json.loads((folder / "mamak_neighbourhoods.geojson").read_text("utf-8"))["features"][0]
    places["features"].append(far)
    put_file(page, "n.geojson", places)
    look(page)
    expect(page.locator('[data-finding="outside"]')).to_contain_text(far["properties"]["name"])
    expect(page.locator("#name")).to_have_value("name")
    page.select_option("#code", "")
    page.get_by_role("button", name="Yeniden bak").click()
    expect(page.locator("#code")).to_have_value("")
    axe(page)
    no_overflow(page)
    picture(page, "admin-neighbourhoods-look")
    page.click("#take")
    page.wait_for_url("**?saved")
    expect(page.locator("#places tbody tr")).to_have_count(len(places["features"]) - 1)
    page.fill("#names", "Merkez\nYeni Mahalle")
    page.locator("form:has(#names) button").click()
    expect(page.locator("#places tbody tr")).to_have_count(2)


def test_a_version_is_taken_back_and_the_file_comes_in_again(visit: Visit) -> None:
    page = visit(None, person="demo-admin-yenimahalle")
    page.goto("/admin/yenimahalle/steps/organisation")
    before = page.locator("#name_en").input_value()
    page.fill("#name_en", "Another Name")
    page.get_by_role("button", name="Kaydet").click()
    page.goto("/admin/yenimahalle/check")
    page.click("#publish")
    page.wait_for_url("**?published=*")
    page.goto("/admin/yenimahalle/file")
    with page.expect_download() as taken:
        page.click("#take-published")
    content = Path(taken.value.path()).read_bytes()
    page.goto("/admin/yenimahalle/versions")
    axe(page)
    page.locator("#versions a").first.click()
    expect(page.locator('[data-place="names.en"] ins')).to_have_text(before)
    axe(page)
    page.click("#restore")
    page.wait_for_url("**?published=*")
    page.goto("/admin/yenimahalle/steps/organisation")
    expect(page.locator("#name_en")).to_have_value(before)
    page.goto("/admin/yenimahalle/file")
    put_file(page, "a.zip", content)
    look(page)
    page.wait_for_url("**/check")
    expect(page.locator('[data-place="names.en"] ins')).to_have_text("Another Name")
    expect(page.locator(".changes li")).to_have_count(1)
    page.goto("/admin/yenimahalle/file")
    put_file(page, "a.yaml", b"slug: yenimahalle\ncolour: red\nnames: {tr: x}\n")
    look(page)
    expect(page.locator(".field .error").first).to_be_visible()
    assert page.locator(".field .error").count() == 2
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_a_suspended_municipality_refuses_with_an_explanation(visit: Visit, town: Town) -> None:
    page = visit("/admin/ankara/state", person="demo-platform")
    page.check('[value="suspended"]')
    page.fill("#typed", "evet")
    page.locator("button.danger").click()
    expect(page.locator("#typed-error")).to_be_visible()
    expect(page.locator('[value="suspended"]')).to_be_checked()
    axe(page)
    page.fill("#typed", "ankara")
    page.locator("button.danger").click()
    page.wait_for_url("**?published=*")
    point = {"lat": 39.9208, "lon": 32.8541}  # in no district that is with us
    body = {"text": "Çukur var", "point": point}

    def refused() -> Any:
        answer = town.http.post("/api/requests", json=body)
        return answer.json() if answer.status_code == 422 else None

    assert town.until(refused, "a refusal")["type"] == "/problems/tenant-suspended"
    told = visit(f"/report/place?lat={point['lat']}&lon={point['lon']}")
    expect(told.locator("[data-outside]")).to_contain_text("şu anda başvuru almıyor")
    page.goto("/admin/ankara/state")
    page.check('[value="active"]')
    page.fill("#typed", "ankara")
    page.locator("button.danger").click()
    page.wait_for_url("**?published=*")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusals
