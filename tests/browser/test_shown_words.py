"""People of a municipality show a request's words and photos to everybody, and take them back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.town import Town

SLUG = "yenimahalle"
OPERATOR = f"demo-operator-{SLUG}"
TEXT = "Komşum Ahmet Yılmaz çöpünü <b>yola</b> bırakıyor, telefonu 0532 000 00 00. Lütfen bakın."
LEFT = "Komşum çöpünü <b>yola</b> bırakıyor, Lütfen bakın."
READ = "Komşum […] çöpünü <b>yola</b> bırakıyor, […] Lütfen bakın."
HERE = {"lat": 39.97, "lon": 32.79}


@pytest.fixture(scope="module")
def shows(town: Town) -> Iterator[None]:
    """Yenimahalle's rules let its people show words and photos, while these tests run."""
    headers, place = town.token("platform"), f"/api/tenants/{SLUG}"
    before = town.http.get(f"{place}/document", headers=headers).json()

    def publish(words: bool) -> None:
        rules = {**before["publication"], "words": words}
        document = {**before, "publication": rules, "version": 0}
        told = town.http.put(place, json=document, headers=headers)
        assert told.is_success, told.text

    publish(True)
    town.until(lambda: "showable" in town.http.get(f"/report?tenant={SLUG}").text, "the rule")
    yield
    publish(False)


def _sent(town: Town, **more: Any) -> tuple[Any, str]:
    """A request with a photo, and the photo's id."""
    given = town.submit(TEXT, **HERE, category="WASTE_MISSED", **more)
    content = io.BytesIO()
    Image.new("RGB", (320, 200), "#8a3b12").save(content, "JPEG")
    added = town.http.post(
        f"/api/requests/{given['tracking_number']}/attachments",
        files={"photo": ("p.jpg", content.getvalue())},
        headers={"Sokak-Secret": given["secret"]},
    )
    assert added.status_code == 201, added.text
    task = town.task(given["id"], SLUG)
    operator = town.token(f"{SLUG}/operator")
    path = f"/api/tasks/{given['id']}?tenant={SLUG}"
    town.until(lambda: town.http.get(path, headers=operator).json()["attachments"], "the photo")
    assert task["showable"] == bool(more.get("showable"))
    return given, added.json()["id"]


def _stranger(town: Town, path: str) -> httpx.Response:
    """What somebody gets who has sent nothing: the town's own client keeps cookies."""
    return httpx.get(f"{town.url}{path}", timeout=20.0)


def _page(visit: Visit, id: str, **more: Any) -> Page:
    page = visit(None, person=OPERATOR, **more)
    page.goto(f"/console/tasks/{id}?tenant={SLUG}")
    page.locator(".task > header summary").click()
    page.get_by_role("link", name="Herkese sözler ve fotoğraflar").click()
    page.wait_for_url("**/words**")
    return page


def test_words_are_taken_out_looked_at_shown_and_taken_back(
    visit: Visit, town: Town, shows: None
) -> None:
    given, photo = _sent(town, showable=True)
    number, told = given["tracking_number"], visit(None)
    public = f"/requests/{number}"
    told.goto(public)
    expect(told.locator(".shown")).to_have_count(0)
    assert _stranger(town, f"/attachments/{photo}").status_code == 404
    page = _page(visit, given["id"])
    expect(page.locator("#text")).to_have_value(TEXT)
    page.fill("#text", f"{LEFT} Çok acil")
    page.get_by_role("button", name="Herkesin göreceği gibi bak").click()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors")).to_contain_text("hiçbir şey eklenemez")
    axe(page)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal
    page.fill("#text", LEFT)
    page.locator(f'input[value="{photo}"]').check()
    page.get_by_role("button", name="Herkesin göreceği gibi bak").click()
    expect(page.locator("#preview")).to_have_text(READ)
    axe(page)
    no_overflow(page)
    picture(page, "words-preview")
    assert "Ahmet" not in told.content()
    page.get_by_role("button", name="Herkese göster").click()
    page.wait_for_url(f"**/console/tasks/{given['id']}?tenant={SLUG}")
    expect(page.locator(".log")).to_contain_text("sözleri veya fotoğrafları herkese gösterdi")
    town.until(lambda: 'class="card stack shown"' in _stranger(town, public).text, "the words")
    told.goto(public)
    expect(told.locator(".shown blockquote")).to_have_text(READ)
    expect(told.locator(".shown b")).to_have_count(0)
    image = told.locator(".shown img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("one => one.naturalWidth") == 320
    content = told.content()
    assert not any(word in content for word in ("Ahmet", "0532"))
    axe(told)
    no_overflow(told)
    picture(told, "words-shown")
    open311 = f"/open311/v2/requests/{number}.json?jurisdiction_id={SLUG}.bel.tr"
    (said,) = _stranger(town, open311).json()
    assert said["description"] == READ
    assert httpx.get(said["media_url"]).status_code == 200
    listed = _stranger(town, f"/open311/v2/requests.json?jurisdiction_id={SLUG}.bel.tr").json()
    assert READ in [one["description"] for one in listed]
    for path in (f"/open-data/{SLUG}/requests.csv", f"/requests?tenant={SLUG}"):
        assert "çöpünü" not in _stranger(town, path).text
    page = _page(visit, given["id"], size="phone", color_scheme="dark")
    axe(page)
    no_overflow(page)
    picture(page, "words-phone-dark")
    page.get_by_role("button", name="Gösterileni geri al").click()
    page.wait_for_url(f"**/console/tasks/{given['id']}?tenant={SLUG}")
    town.until(lambda: "çöpünü" not in _stranger(town, public).text, "the words taken back")
    assert _stranger(town, f"/attachments/{photo}").status_code == 404


def test_a_changed_text_is_shown_no_more(visit: Visit, town: Town, shows: None) -> None:
    given, photo = _sent(town, showable=True)
    operator = town.token(f"{SLUG}/operator") | {"If-Match": "*"}
    path = f"/api/tasks/{given['id']}/words?tenant={SLUG}"
    body = {"text": LEFT, "photos": [photo]}
    assert town.http.post(path, json=body, headers=operator).status_code == 200
    public = f"/requests/{given['tracking_number']}"
    town.until(lambda: "çöpünü" in _stranger(town, public).text, "the words")
    own = {"Sokak-Secret": given["secret"]}
    change = {"text": "Adımı yazmıştım, başka sözler."}
    amended = town.http.patch(f"/api/requests/{given['tracking_number']}", json=change, headers=own)
    assert amended.status_code == 200, amended.text
    text = _stranger(town, public).text
    assert "çöpünü" not in text
    assert "Adımı" not in text
    assert _stranger(town, f"/attachments/{photo}").status_code == 404


def test_who_was_not_told_is_not_shown(visit: Visit, town: Town, shows: None) -> None:
    given, _ = _sent(town)
    operator = town.token(f"{SLUG}/operator") | {"If-Match": "*"}
    path = f"/api/tasks/{given['id']}/words?tenant={SLUG}"
    refused = town.http.post(path, json={"text": LEFT}, headers=operator)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
        409,
        "words-not-showable",
    )
    page = visit("/report?tenant=kecioren")
    expect(page.locator("#text-hint")).to_contain_text("Yazdıklarınız herkese gösterilmez")
    page.goto(f"/report?tenant={SLUG}")
    expect(page.locator("#text-hint")).to_contain_text("herkese gösterebilir")
    expect(page.locator('[name="showable"]')).to_have_value("yes")
