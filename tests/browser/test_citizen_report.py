"""Reporting: by hand, by keyboard alone, without a net, without scripts; always one request."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture, stored
from tests.browser.town import Town

KECIOREN = "tenant=kecioren"
WORDS = "Kaldırım taşları yerinden oynamış, yaşlılar düşüyor."


def _begin(visit: Visit, **more: Any) -> Page:
    page = visit(f"/report?{KECIOREN}", **more)
    page.wait_for_selector("[data-report][data-drawn]")
    return page


def _forgive(visit: Visit, what: str) -> None:
    """The browser tells of what the test has caused."""
    faults = visit.faults  # type: ignore[attr-defined]
    faults[:] = [one for one in faults if what not in one]


def _where(page: Page, name: str = "Tepebaşı") -> None:
    page.get_by_role("button", name="Devam: yerini göster").click()
    page.wait_for_selector("[data-place][data-drawn]")
    page.get_by_label("Mahalle ara").fill(name)
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("[data-here]")).to_contain_text(name)


def _at(page: Page, latitude: str, longitude: str) -> None:
    """From the words to the place, told by its coordinates."""
    page.get_by_role("button", name="Devam: yerini göster").click()
    page.wait_for_selector("[data-place][data-drawn]")
    page.get_by_text("Koordinatlar").click()
    page.get_by_label("Enlem").fill(latitude)
    page.get_by_label("Boylam").fill(longitude)
    page.get_by_label("Boylam").press("Tab")


def _photo(gps: tuple[float, float] | None = None) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Gizli yer"
    if gps:
        lat, lon = ((int(one), int(one % 1 * 60), round(one * 60 % 1 * 60, 3)) for one in gps)
        exif.get_ifd(0x8825).update({1: "N", 2: lat, 3: "E", 4: lon})
    Image.new("RGB", (3000, 2000), "#8a7").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_who_goes_on_before_the_script_has_come_goes_on_when_it_has(visit: Visit) -> None:
    page = visit(None)
    held: list[Route] = []
    page.route("**/chunk-report-*.js", lambda route: held.append(route))
    page.goto(f"/report?{KECIOREN}")
    page.locator("#text").fill(WORDS)
    page.get_by_role("button", name="Devam: yerini göster").click()
    expect(page.locator('[data-step="what"]')).to_be_visible()
    held[0].fallback()
    expect(page.locator('[data-step="where"]')).to_be_visible()
    assert page.url.endswith("#where")


def test_several_answers_are_chosen_kept_shown_and_sent(visit: Visit, town: Town) -> None:
    page = _begin(visit, size="phone")
    page.locator("#text").fill(WORDS)
    page.locator("#category").select_option("WASTE_CONTAINER")
    _where(page)
    page.get_by_role("button", name="Devam: fotoğraf ve ayrıntı").click()
    for name in ("Yeni konteyner", "Yerinin değişmesi"):
        page.get_by_role("checkbox", name=name).check()
    axe(page)
    page.reload()
    page.wait_for_selector("[data-report][data-drawn]")
    expect(page.get_by_role("checkbox", name="Yerinin değişmesi")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Onarım")).not_to_be_checked()
    page.get_by_role("button", name="Devam: kontrol et").click()
    expect(page.locator('[data-told="details"]')).to_have_text("Yeni konteyner, Yerinin değişmesi")
    with page.expect_request("**/api/requests") as sent:
        page.locator("[data-send]").click()
    assert sent.value.post_data_json["answers"] == {"need": "new,move"}
    page.wait_for_url("**/report/done**")


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_step_is_for_everybody(visit: Visit, town: Town, size: str, language: str):
    town.submit(WORDS, lat=39.9886, lon=32.8622, category="ROAD_PAVEMENT")
    page = _begin(visit, size=size, language=language)
    page.locator("#text").fill(f"{WORDS} {uuid.uuid4().hex[:6]}")
    expect(page.locator("[data-guess]")).to_be_visible()
    for step in ("what", "where", "more", "check"):
        if step == "more":
            page.set_input_files(
                "#photo", [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo()}]
            )
            expect(page.locator(".photos img")).to_have_count(1)
        if step == "where":
            page.wait_for_selector("[data-place][data-drawn]")
            page.locator("#find").fill("tepebasi")
            page.locator("#find").press("Enter")
            expect(page.locator("[data-here]")).to_be_visible()
        page.wait_for_timeout(700)
        axe(page)
        no_overflow(page)
        picture(page, f"citizen-report-{step}-{size}-{language}")
        if step != "check":
            page.locator(f'[data-step="{step}"] [data-next]').click()
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    page.wait_for_selector("html[data-ready]")
    axe(page)
    no_overflow(page)
    picture(page, f"citizen-done-{size}-{language}")


def test_a_report_is_made_by_keyboard_alone(visit: Visit, town: Town):
    mark = f"tuş{uuid.uuid4().hex[:8]}"
    page = _begin(visit)
    page.locator("h1").first.focus()

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"no way to {selector} by keyboard")

    tab_to("#text")
    page.keyboard.type(f"{WORDS} {mark}")
    tab_to('[data-step="what"] [data-next]')
    page.keyboard.press("Enter")
    expect(page.locator("#h-where")).to_be_focused()
    page.wait_for_selector("[data-place][data-drawn]")
    tab_to("[data-place] .leaflet-container")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    tab_to("[data-centre]")
    page.keyboard.press("Enter")
    tab_to("#find")
    page.keyboard.type("tepebasi")
    page.keyboard.press("Enter")
    expect(page.locator("[data-here]")).to_contain_text("Tepebaşı")
    tab_to('[data-step="where"] [data-next]')
    page.keyboard.press("Enter")
    expect(page.locator("#h-more")).to_be_focused()
    tab_to('[data-step="more"] [data-next]')
    page.keyboard.press("Enter")
    expect(page.locator("#h-check")).to_be_focused()
    tab_to("[data-send]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/report/done**")
    expect(page.locator(".plate.number")).to_have_text(re.compile(r"^\w{4}-\w{4}-\w$"))


def test_a_draft_is_there_after_a_reload_and_after_signing_in(visit: Visit, town: Town):
    page = _begin(visit)
    page.locator("#text").fill(WORDS)
    _where(page)
    page.reload()
    page.wait_for_selector("[data-report][data-drawn]")
    assert page.locator("#text").input_value() == WORDS
    page.goto("/report#check")
    page.wait_for_selector("[data-report][data-drawn]")
    page.get_by_role("link", name="Önce giriş yap").click()
    page.locator("[data-provider]").first.click()
    page.locator('button[value^="demo-citizen"]').first.click()
    page.wait_for_selector("[data-report][data-drawn]")
    expect(page.locator("#h-check")).to_be_visible()
    expect(page.locator('[data-told="text"]')).to_have_text(WORDS)


def test_two_hurried_taps_are_one_request(visit: Visit, town: Town):
    mark = f"çift{uuid.uuid4().hex[:8]}"
    page = _begin(visit)
    page.locator("#text").fill(f"{WORDS} {mark}")
    _where(page)
    page.goto("/report#check")
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("[data-send]").dblclick()
    page.wait_for_url("**/report/done**")
    number = page.locator("[data-done]").get_attribute("data-done")
    page.goto("/mine")
    expect(page.locator(".mine .card")).to_have_count(1)
    assert number is not None
    expect(page.locator(".mine .card")).to_have_attribute("href", f"/requests/{number}")


def test_a_report_without_scripts_is_a_request(visit: Visit, town: Town):
    page = visit(f"/report?{KECIOREN}", java_script_enabled=False)
    page.get_by_role("button", name="Gönder", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("en az 3")
    assert page.title().startswith("Hata:")
    page.get_by_label("Başvurunuz").fill(WORDS)
    page.get_by_label("Mahalle", exact=True).select_option(label="Tepebaşı")
    page.get_by_label("Konu", exact=True).select_option("ROAD_PAVEMENT")
    expect(page.locator("[data-place]")).to_be_hidden()
    expect(page.locator(".js:visible")).to_have_count(0)
    page.get_by_role("button", name="Gönder", exact=True).click()
    expect(page.locator("h1")).to_have_text("Aldık, teşekkür ederiz")
    expect(page.locator(".secret")).to_have_text(re.compile(r"^[a-z2-7]{26}$"))
    page.get_by_role("link", name="Başvurumu izle").click()
    expect(page.locator(".words-of")).to_have_text(WORDS)
    _forgive(visit, "status of 422")


def test_several_answers_are_taken_without_scripts(visit: Visit, town: Town) -> None:
    page = visit(f"/report?{KECIOREN}", java_script_enabled=False)
    page.get_by_label("Konu", exact=True).select_option("WASTE_CONTAINER")
    page.get_by_label("Mahalle", exact=True).select_option(label="Tepebaşı")
    page.get_by_role("button", name="Gönder", exact=True).click()
    for name in ("Yeni konteyner", "Onarım"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Gönder", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("en az 3")
    expect(page.get_by_role("checkbox", name="Onarım")).to_be_checked()
    page.get_by_label("Başvurunuz").fill(WORDS)
    page.get_by_role("button", name="Gönder", exact=True).click()
    number = page.locator(".plate.number").inner_text()
    told, operator = {"text": number}, town.token("kecioren/operator")

    def made() -> Any:
        return town.http.get("/api/tasks", params=told, headers=operator).json()["tasks"]

    answers = town.task(town.until(made, "a task")[0]["id"])["answers"]
    assert [(one["question"], one["answer"]) for one in answers] == [("need", "new,repair")]
    _forgive(visit, "status of 422")


def test_a_place_of_nobody_is_said_at_once(visit: Visit, town: Town):
    page = _begin(visit)
    page.locator("#text").fill(WORDS)
    _at(page, "41,0", "29,0")
    expect(page.locator("[data-outside]")).to_contain_text("En yakını")
    page.get_by_role("button", name="Devam: fotoğraf ve ayrıntı").click()
    expect(page.get_by_role("alert")).to_be_focused()


def test_the_pin_chooses_the_municipality(visit: Visit, town: Town):
    page = _begin(visit)
    page.locator("#text").fill(WORDS)
    _at(page, "39,95", "32,87")
    expect(page.locator(".plate").first).to_have_text("Altındağ")
    expect(page.locator("[data-place-told]")).to_contain_text("Altındağ Belediyesi")


@pytest.mark.parametrize(("size", "language"), [("phone", "tr"), ("desktop", "en")])
def test_a_neighbourhood_is_found_whosever_it_is(visit: Visit, size: str, language: str) -> None:
    page = visit("/report", size=size, language=language)
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("#text").fill(WORDS)
    page.locator("[data-next]").first.click()
    page.wait_for_selector("[data-place][data-drawn]")
    expect(page.locator("[data-place] path.m")).to_have_count(3)  # the districts, not the city
    axe(page)
    no_overflow(page)
    picture(page, f"citizen-where-common-{size}-{language}")
    find = page.locator("#find")
    find.fill("tepebasi")
    page.get_by_role("button", name="Tepebaşı Keçiören").click()
    expect(page.locator("[data-found]")).to_be_hidden()
    expect(page.locator("[data-here]")).to_have_attribute("data-tenant", "kecioren")
    expect(page.locator(".plate")).to_have_text("Keçiören")
    expect(page.locator("[data-choose]")).to_be_hidden()
    find.fill("Tepealtı")
    page.get_by_role("button", name="Tepealtı Yenimahalle").click()
    expect(page.locator(".plate")).to_have_text("Yenimahalle")
    expect(find).to_be_focused()


def test_a_report_without_net_waits_and_goes_by_itself_once(visit: Visit, town: Town):
    """Written, sent and loaded again without a net; then the net comes back."""
    mark = f"ağsız{uuid.uuid4().hex[:8]}"
    page = _begin(visit, service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("#text").fill(f"{WORDS} {mark}")
    _where(page)
    page.goto("/report#check")
    page.wait_for_selector("[data-report][data-drawn]")
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("[data-send-told]")).to_contain_text("Bağlantı yok")
    page.reload()
    page.wait_for_selector("[data-report][data-drawn]")
    page.goto("/mine")
    expect(page.locator("[data-outbox] .waiting")).to_contain_text(mark)
    expect(page.locator("[data-outbox] .waiting")).to_have_count(1)
    page.context.set_offline(False)
    expect(page.locator("[data-outbox] .waiting")).to_have_count(0, timeout=15_000)
    expect(page.locator("[data-outbox] .sent")).to_contain_text("Gönderildi")
    page.goto("/help")
    expect(page.locator("[data-outbox] .sent")).to_contain_text(mark)
    axe(page)
    picture(page, "citizen-sent-later")
    page.get_by_role("link", name="Numara ve şifre").click()
    expect(page.locator(".secret")).to_have_text(re.compile(r"^[a-z2-7]{26}$"))
    town.until(lambda: not stored(page, "sokak", "waiting"), "line that is seen and gone")
    page.goto("/mine")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".mine .card")).to_have_count(1)
    expect(page.locator(".mine .card")).to_contain_text(mark)
    expect(page.locator("[data-outbox] .sent")).to_have_count(0)
    _forgive(visit, "ERR_INTERNET_DISCONNECTED")


def test_a_file_that_is_no_photo_can_be_tried_again_or_taken_away(visit: Visit) -> None:
    page = _begin(visit, size="phone")
    page.locator("#text").fill(WORDS)
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    good = {"name": "iyi.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    bad = {"name": "bozuk.heic", "mimeType": "image/heic", "buffer": b"no photo"}
    page.set_input_files("#photo", [bad, good])  # type: ignore[list-item]
    expect(page.locator("[data-photos] img")).to_have_count(1)
    line = page.locator("[data-photos] .file")
    expect(line).to_contain_text("bozuk.heic")
    expect(line).to_contain_text("okunamadı")
    axe(page)
    no_overflow(page)
    line.get_by_role("button", name="Yeniden dene").click()
    expect(line).to_contain_text("okunamadı")
    line.get_by_role("button", name="Kaldır").click()
    expect(line).to_have_count(0)
    expect(page.locator("#photo")).to_be_focused()
    expect(page.locator("[data-photos] img")).to_have_count(1)


def test_a_photo_is_seen_to_be_prepared(visit: Visit) -> None:
    page = _begin(visit, size="phone")
    page.locator("#text").fill(WORDS)
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    held: list[Route] = []
    page.route("**/static/chunk-shrink-*.js", lambda route: held.append(route))
    good = {"name": "iyi.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    page.set_input_files("#photo", [good])  # type: ignore[list-item]
    expect(page.get_by_role("progressbar")).to_have_accessible_name(re.compile("iyi.jpg"))
    axe(page)
    held[0].continue_()
    expect(page.locator("[data-photos] img")).to_have_count(1)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def _to_the_check(visit: Visit, mark: str) -> Page:
    page = _begin(visit, size="phone")
    page.locator("#text").fill(f"{WORDS} {mark}")
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    page.set_input_files("#photo", [photo])
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator('[data-step="more"] [data-next]').click()
    return page


def _problem(route: Route, status: int, slug: str, **headers: str) -> None:
    body = json.dumps({"type": f"/problems/{slug}", "title": slug, "status": status})
    route.fulfill(
        status=status, body=body, content_type="application/problem+json", headers=headers
    )


def test_a_photo_that_is_refused_is_told_with_its_reason(visit: Visit, town: Town) -> None:
    page = _to_the_check(visit, uuid.uuid4().hex[:6])
    page.route("**/attachments", lambda route: _problem(route, 422, "photo-unreadable"))
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    lost = page.locator("[data-outbox] .sent")
    expect(lost).to_contain_text("Alınamayan fotoğraf: 1. Bu fotoğraf burada okunamadı")
    axe(page)
    no_overflow(page)
    picture(page, "citizen-photo-refused-phone")
    lost.get_by_role("link", name="Başvuruya git, fotoğrafı orada ekle").click()
    expect(page.locator("#photos")).to_be_visible()
    page.locator("[data-outbox]").get_by_role("button", name="Kapat").click()
    expect(page.locator("[data-outbox] .sent")).to_have_count(0)
    _forgive(visit, "status of 422")


@pytest.mark.parametrize(
    ("status", "slug", "words"),
    [(429, "too-many-requests", "kısa sürede çok"), (503, "unavailable", "Bizde bir sorun")],
)
def test_what_keeps_a_report_from_going_is_told_as_what_it_is(
    visit: Visit, town: Town, status: int, slug: str, words: str
) -> None:
    page = _to_the_check(visit, uuid.uuid4().hex[:6])
    tries: list[float] = []

    def refuse(route: Route) -> None:
        tries.append(time.monotonic())
        if len(tries) > 1:
            route.fallback()
        else:
            _problem(route, status, slug, **{"Retry-After": "4"})

    page.route("**/api/requests", refuse)
    page.locator("[data-send]").click()
    expect(page.locator("[data-send-told]")).to_contain_text(words)
    expect(page.locator("[data-send-told]")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    page.wait_for_url("**/report/done**", timeout=15_000)
    assert tries[1] - tries[0] >= 4
    _forgive(visit, f"status of {status}")


def test_a_report_from_a_page_that_was_open_too_long_gets_a_new_token(
    visit: Visit, town: Town
) -> None:
    page = _to_the_check(visit, uuid.uuid4().hex[:6])
    good = page.locator('meta[name="csrf"]').get_attribute("content")
    page.evaluate("document.querySelector('meta[name=csrf]').content = 'old'")
    shown: list[str | None] = []

    def check(route: Route) -> None:
        shown.append(route.request.headers.get("x-csrf-token"))
        if shown[-1] == good:
            route.fallback()
        else:
            _problem(route, 403, "form-not-ours")

    page.route("**/api/requests", check)
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    assert shown == ["old", good]
    _forgive(visit, "status of 403")


def test_words_written_at_home_are_kept_without_a_net(visit: Visit) -> None:
    page = _begin(visit, service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_selector("[data-report][data-drawn]")
    page.goto("/")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.locator("#text").fill(WORDS)
    page.get_by_role("button", name="Bildirmeye başla").click()
    page.wait_for_url("**/report#where")
    expect(page.locator('[data-step="where"]')).to_be_visible()
    page.go_back()
    page.context.set_offline(False)
    _forgive(visit, "ERR_INTERNET_DISCONNECTED")


def test_other_words_from_home_begin_another_report(visit: Visit) -> None:
    page = _begin(visit, size="phone")
    page.locator("#text").fill(WORDS)
    page.locator("#category").select_option("ROAD_PAVEMENT")
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    page.set_input_files("#photo", [photo])
    expect(page.locator(".photos img")).to_have_count(1)
    page.get_by_text("Yalnız ben ve belediye").click()
    page.goto("/")
    begun = page.locator("[data-begun]")
    expect(begun).to_contain_text(WORDS)
    axe(page)
    no_overflow(page)
    picture(page, "citizen-home-draft-phone")
    page.locator("#text").fill("Sokak lambası yanmıyor")
    page.get_by_role("button", name="Bildirmeye başla").click()
    page.wait_for_selector("[data-report][data-drawn]")
    draft = json.loads(page.evaluate("localStorage['sokak.draft']"))
    assert draft["text"] == "Sokak lambası yanmıyor"
    assert not {"lat", "lon", "private"} & set(draft)
    assert draft.get("category") != "ROAD_PAVEMENT"
    expect(page.locator(".photos img")).to_have_count(0)
    page.goto("/report")
    page.wait_for_selector("[data-report][data-drawn]")
    page.get_by_text("Baştan başla").click()
    axe(page)
    page.get_by_role("button", name="Taslağı sil").click()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("[data-anew]")).to_be_hidden()


def test_a_voice_that_is_refused_is_told_in_the_pages_language(visit: Visit, town: Town) -> None:
    given = town.submit("Parkın çeşmesi akıyor", lat=39.985, lon=32.865, category="PLAYGROUND")
    page = _begin(visit, size="phone")
    page.locator("#text").fill("Parkın çeşmesi hep akıyor")
    _at(page, "39.9851", "32.8651")
    page.route("**/support", lambda route: _problem(route, 409, "request-yours"))
    page.locator(f'[data-support="{given["tracking_number"]}"]').click()
    expect(page.locator("[data-voice-told]")).to_have_text("Bu sizin başvurunuz.")
    axe(page)
    no_overflow(page)
    picture(page, "citizen-voice-refused-phone")
    _forgive(visit, "status of 409")


def test_a_duplicate_is_followed_and_the_voice_counts(visit: Visit, town: Town):
    words = f"Parkın salıncağı kırık {uuid.uuid4().hex[:6]}"
    given = town.submit(words, lat=39.99, lon=32.87, category="PLAYGROUND")
    page = _begin(visit)
    page.locator("#text").fill("Parktaki salıncak kırılmış, çocuklar düşüyor")
    _at(page, "39.9901", "32.8701")
    card = page.locator("[data-same] article").filter(
        has=page.locator(f'[data-support="{given["tracking_number"]}"]')
    )
    expect(card).to_be_visible()
    assert words not in page.content()
    picture(page, "citizen-same-desktop")
    card.get_by_role("button", name="Aynı sorun, katıl").click()
    page.wait_for_url(f"**/requests/{given['tracking_number']}")
    expect(page.locator("main")).to_contain_text("1 kişi daha istiyor")
    page.goto("/mine?state=followed")
    expect(page.locator(".mine .card")).to_have_count(1)


def test_what_its_citizen_keeps_private_is_on_no_list_and_found_by_no_neighbour(
    visit: Visit, town: Town
):
    page = _begin(visit)
    page.locator("#text").fill("Komşumun köpeği bütün gece havlıyor")
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    page.get_by_text("Yalnız ben ve belediye").click()
    picture(page, "citizen-private-desktop")
    page.locator('[data-step="more"] [data-next]').click()
    expect(page.locator('[data-told="private"]')).to_have_text("Yalnız siz ve belediye")
    axe(page)
    page.locator("[data-send]").click()
    page.wait_for_url("**/report/done**")
    number = page.locator("[data-done]").get_attribute("data-done")
    page.goto(f"/requests/{number}")
    expect(page.locator("#h-told ~ dl")).to_contain_text("Yalnız siz ve belediye")
    view = page.locator("[data-view]").get_attribute("data-view") or ""
    lat, lon = (float(part) for part in view.split(",")[:2])
    assert number
    point = {"lat": lat, "lon": lon}
    town.submit("Komşumun köpeği bütün gece havlıyor, hep", **point)
    for asked in (f"/requests?{KECIOREN}", f"/?{KECIOREN}", f"/near?lat={lat}&lon={lon}"):
        assert number not in town.http.get(asked).text
    told = {"point": point, "text": "Komşumun köpeği bütün gece havlıyor"}
    alike = town.http.post("/api/requests/near", json=told).json()
    assert alike
    assert number not in [one["tracking_number"] for one in alike]


def _drafted_place(page: Page) -> tuple[float, float]:
    """Where the draft on the device says it is; the rest of it changes as suggestions come in."""
    draft = json.loads(page.evaluate("localStorage['sokak.draft']"))
    return draft["lat"], draft["lon"]


def test_the_place_of_a_photo_is_offered_and_taken_only_when_wanted(visit: Visit, town: Town):
    page = _begin(visit, size="phone")
    page.locator("#text").fill(WORDS)
    _where(page)
    page.locator('[data-step="where"] [data-next]').click()
    chosen = _drafted_place(page)
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo((39.99, 32.87))}
    page.set_input_files("#photo", [photo])
    offer = page.locator("[data-taken]")
    expect(offer).to_contain_text("Bu fotoğraf, seçtiğiniz yerden yaklaşık")
    axe(page)
    picture(page, "citizen-photo-place-phone")
    assert _drafted_place(page) == chosen, "nothing is kept of the photo's place"
    offer.get_by_role("button", name="Seçtiğim yer kalsın").click()
    expect(offer).to_be_hidden()
    page.set_input_files("#photo", [photo])
    offer.get_by_role("button", name="Fotoğrafın yerini kullan").click()
    expect(page.locator("#h-where")).to_be_visible()
    expect(page.locator("#lat")).to_have_value("39.99")
    expect(page.locator("#lon")).to_have_value("32.87")
    page.locator('[data-step="where"] [data-next]').click()
    plain = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    page.set_input_files("#photo", [plain])
    expect(page.locator(".photos img")).to_have_count(3)
    expect(offer).to_be_hidden()
