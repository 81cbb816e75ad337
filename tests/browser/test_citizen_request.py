"""The page of a request: what the municipality does appears, and its citizen has the last word."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, map_drawn, no_overflow, picture
from tests.browser.town import Town

BOMB = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
LIVE_MS = 15_000


def _opened(visit: Visit, given: Any, **more: Any) -> Page:
    """The page as its guest opens it: by the link with the secret."""
    page = visit(f"/requests/{given['tracking_number']}#{given['secret']}", **more)
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#h-told")).to_be_visible()
    return page


def _act(town: Town, given: Any, path: str, body: Any) -> None:
    headers = town.token("kecioren/operator") | {"If-Match": "*"}
    answer = town.http.post(f"/api/tasks/{given['id']}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text


def _resolved(town: Town, words: str = "Onardık, teşekkür ederiz.") -> Any:
    given = town.submit("Kaldırım taşları oynuyor", category="ROAD_PAVEMENT")
    town.task(given["id"])
    _act(town, given, "/status", {"status": "in_progress"})
    _act(town, given, "/status", {"status": "resolved", "message": words})
    secret = {"Sokak-Secret": given["secret"]}
    path = f"/api/requests/{given['tracking_number']}"
    town.until(lambda: town.http.get(path, headers=secret).json()["status"] == "resolved", "answer")
    return given


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_request_is_for_everybody(visit: Visit, town: Town, size: str, language: str):
    done = _resolved(town)
    fresh = town.submit("Sokak lambası yanmıyor " * 20, category="LIGHT_STREET")
    for name, given in (("resolved", done), ("fresh", fresh)):
        page = _opened(visit, given, size=size, language=language)
        map_drawn(page)
        page.evaluate("scrollTo(0, 0)")
        axe(page)
        no_overflow(page)
        picture(page, f"citizen-request-{name}-{size}-{language}")
        stranger = visit(f"/requests/{given['tracking_number']}", size=size, language=language)
        stranger.wait_for_selector("html[data-ready]")
        axe(stranger)
        no_overflow(stranger)
        picture(stranger, f"citizen-request-{name}-stranger-{size}-{language}")


def test_an_answer_appears_while_the_citizen_looks(visit: Visit, town: Town):
    given = town.submit("Parkta bank kırık", category="PARK_MAINT")
    town.task(given["id"])
    page = _opened(visit, given)
    page.wait_for_selector('[data-live-state="live"]', timeout=LIVE_MS)
    words = f"Ekip yarın geliyor {uuid.uuid4().hex[:6]}"
    _act(town, given, "/comments", {"message": words, "public": True})
    expect(page.locator(".answer blockquote")).to_have_text(words, timeout=LIVE_MS)
    _act(town, given, "/comments", {"message": "Gizli not", "public": False})
    _act(town, given, "/status", {"status": "in_progress"})
    expect(page.locator(".title .status")).to_have_text("Yapılıyor", timeout=LIVE_MS)
    assert "Gizli not" not in page.content()


def test_a_question_is_answered_and_what_is_being_written_stays(visit: Visit, town: Town):
    given = town.submit("Burada koku var", category="ROAD_POTHOLE")
    town.task(given["id"])
    page = _opened(visit, given)
    page.wait_for_selector('[data-live-state="live"]', timeout=LIVE_MS)
    _act(town, given, "/status", {"status": "awaiting_citizen", "message": "Tam olarak nerede?"})
    box = page.get_by_label("Yanıtınız")
    expect(box).to_be_visible(timeout=LIVE_MS)
    expect(page.locator(".asked")).to_contain_text("Tam olarak nerede?")
    box.fill("Bakkalın")
    _act(town, given, "/comments", {"message": "Bekliyoruz", "public": True})
    expect(page.locator(".timeline")).to_contain_text("Bekliyoruz", timeout=LIVE_MS)
    assert box.input_value() == "Bakkalın"
    box.fill("Bakkalın önünde")
    axe(page)
    page.get_by_role("button", name="Yanıtı gönder").click()
    expect(page.locator(".timeline")).to_contain_text("Bakkalın önünde")
    expect(page.locator(".asked")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_its_citizen_corrects_the_words_and_the_address(visit: Visit, town: Town, scripts: bool):
    given = town.submit("Kaldırım kırık", address="Eski adres", category="ROAD_PAVEMENT")
    page = visit("/mine", size="phone", java_script_enabled=scripts)
    page.locator("#look-up summary").click()
    page.locator("#number").fill(given["tracking_number"])
    page.locator("#secret").fill(given["secret"])
    page.get_by_role("button", name="Göster").click()
    page.get_by_text("Yazdıklarımı düzelt").click()
    page.locator("#text").fill("x")
    page.locator("#address").fill("")
    page.get_by_role("button", name="Düzeltmeyi kaydet").click()
    expect(page.locator("#text-error")).to_contain_text("en az 3")
    assert (page.locator("#text").input_value(), page.title()[:5]) == ("x", "Hata:")
    if scripts:
        axe(page)
        no_overflow(page)
        picture(page, "citizen-correct-phone")
    page.locator("#text").fill("Kaldırım taşı kırık, tehlikeli")
    page.get_by_role("button", name="Düzeltmeyi kaydet").click()
    expect(page.locator(".words-of")).to_have_text("Kaldırım taşı kırık, tehlikeli")
    expect(page.locator("body")).not_to_contain_text("Eski adres")
    expect(page.locator("#correct")).not_to_have_attribute("open", "")
    _forgive(visit, "status of 422")
    town.until(
        lambda: "tehlikeli" in town.task(given["id"])["text"], "the correction at the municipality"
    )


def test_its_citizen_judges_and_asks_to_look_again(visit: Visit, town: Town):
    page = _opened(visit, _resolved(town))
    page.get_by_role("radio", name="Kötü", exact=True).check()
    page.get_by_label("Eklemek istediğiniz").first.fill("Taşlar yine oynuyor")
    page.get_by_role("button", name="Gönder", exact=True).click()
    expect(page.locator(".rate")).to_contain_text("Değerlendirmenizi aldık")
    page.get_by_text("Sorun sürüyor").first.click()
    page.get_by_role("button", name="Yeniden bakılsın").click()
    expect(page.locator(".rate")).to_contain_text("Yeniden bakılmasını istediniz")


def test_a_form_that_was_opened_stays_open_when_the_municipality_writes(visit: Visit, town: Town):
    given = _resolved(town)
    page = _opened(visit, given)
    page.wait_for_selector('[data-live-state="live"]', timeout=LIVE_MS)
    page.get_by_text("Sorun sürüyor").first.click()
    box = page.locator("#why")
    box.fill("Taşlar hâlâ")
    words = f"Bilginize {uuid.uuid4().hex[:6]}"
    _act(town, given, "/comments", {"message": words, "public": True})
    expect(page.locator(".answer")).to_contain_text(words, timeout=LIVE_MS)
    expect(box).to_be_visible()
    expect(box).to_be_focused()
    assert box.input_value() == "Taşlar hâlâ"


def test_a_secret_in_a_link_leaves_the_address_and_a_wrong_one_opens_nothing(
    visit: Visit, town: Town
):
    given = town.submit("Gizli kalacak sözler")
    page = _opened(visit, given)
    assert given["secret"] not in page.url
    stranger = visit(f"/requests/{given['tracking_number']}#{'a' * 26}")
    stranger.wait_for_timeout(1500)
    assert "Gizli kalacak" not in stranger.content()
    stranger.get_by_text("Başvuru sizin mi?").click()
    stranger.get_by_label("Şifre").fill(given["secret"].upper())
    stranger.get_by_role("button", name="Göster").click()
    expect(stranger.locator(".words-of")).to_have_text("Gizli kalacak sözler")
    _forgive(visit, "status of 403")


def test_what_a_guest_sent_is_claimed_by_who_signs_in(visit: Visit, town: Town):
    given = town.submit("Sahiplenilecek başvuru")
    page = _opened(visit, given)
    page.goto("/sign-in?for=citizens&next=/mine")
    page.locator("[data-provider]").first.click()
    page.locator('button[value^="demo-citizen"]').first.click()
    page.wait_for_url("**/mine")
    page.goto(f"/requests/{given['tracking_number']}")
    page.get_by_role("button", name="Hesabıma ekle").click()
    expect(page.get_by_role("button", name="Hesabıma ekle")).to_have_count(0)
    expect(page.locator("#h-told")).to_be_visible()


def test_script_in_any_words_is_text_everywhere(visit: Visit, town: Town):
    given = town.submit(
        f"Çukur var {BOMB}", address=BOMB, category="ROAD_POTHOLE", answers={"size": "plate"}
    )
    town.task(given["id"])
    _act(town, given, "/status", {"status": "awaiting_citizen", "message": f"Soru {BOMB}"})
    path, secret = f"/api/requests/{given['tracking_number']}", {"Sokak-Secret": given["secret"]}
    town.until(
        lambda: town.http.get(path, headers=secret).json()["status"] == "awaiting_citizen",
        "question",
    )
    page = _opened(visit, given)
    expect(page.locator(".words-of")).to_contain_text("<script>")
    page.get_by_label("Yanıtınız").fill(BOMB)
    page.get_by_role("button", name="Yanıtı gönder").click()
    expect(page.locator(".timeline")).to_contain_text("<script>")
    page.goto("/mine")
    expect(page.locator(".mine")).to_contain_text("<img")
    page.goto("/?tenant=kecioren")
    page.wait_for_selector("html[data-ready]")
    assert "pwned" not in page.title()
    stranger = visit(f"/requests/{given['tracking_number']}")
    stranger.wait_for_selector("html[data-ready]")
    assert "onerror" not in stranger.content()


def _forgive(visit: Visit, what: str) -> None:
    faults = visit.faults  # type: ignore[attr-defined]
    faults[:] = [one for one in faults if what not in one]


def test_numbers_are_read_with_slips_and_unknown_ones_say_so(visit: Visit, town: Town):
    given = town.submit("Bir başvuru")
    page = visit("/?tenant=kecioren")
    box = page.get_by_role("searchbox", name="Başvuru no veya mahalle")
    box.fill(given["tracking_number"].lower().replace("-", " "))
    box.press("Enter")
    page.wait_for_url(re.compile(r"/requests/\w{4}-\w{4}-\w$"))
    page.goto("/requests/0000-0000-1")
    expect(page.get_by_role("alert")).to_contain_text("Bu numarayla bir başvuru yok")
    _forgive(visit, "status of 404")


def test_who_follows_a_merged_request_follows_what_it_became_and_counts_once(
    visit: Visit, town: Town
):
    one = town.submit("Kaldırım taşı oynuyor", lat=39.9712, lon=32.8512, category="ROAD_PAVEMENT")
    two = town.submit("Kaldırım çökmüş", lat=39.9713, lon=32.8512, category="ROAD_PAVEMENT")
    for given in (one, two):
        town.task(given["id"])
    page = visit(f"/requests/{one['tracking_number']}")
    page.get_by_role("button", name="Aynı sorun, katıl").click()
    expect(page.locator("main")).to_contain_text("1 kişi daha istiyor")
    _act(town, one, "/merge", {"into": two["id"]})
    kept = f"/requests/{two['tracking_number']}"
    town.until(lambda: town.http.get(f"/api{kept}").json()["voices"] == 2, "voices")
    page.goto("/mine?state=followed")
    expect(page.locator(".mine .card")).to_have_attribute("href", kept)
    page.goto(f"/requests/{one['tracking_number']}")
    page.get_by_role("link", name=two["tracking_number"]).first.click()
    expect(page.locator("#h-voice ~ p")).to_contain_text("Sesiniz eklendi")
    expect(page.locator("main")).to_contain_text("2 kişi daha istiyor")
    sender = _opened(visit, one)
    expect(sender.locator(".rate")).to_contain_text("Sizinki başka bir konu mu?")
    expect(sender.locator(".rate .faces")).to_have_count(0)
    axe(sender)
    sender.goto("/mine?state=followed")
    expect(sender.locator(".mine .card")).to_have_attribute("href", kept)
    _act(town, one, "/status", {"status": "reopened", "reason": "mistake"})
    town.until(lambda: town.http.get(f"/api{kept}").json()["voices"] == 0, "parting")
    page.goto("/mine?state=followed")
    expect(page.locator(".mine .card")).to_have_attribute(
        "href", f"/requests/{one['tracking_number']}"
    )


def _photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2400, 1600), colour).save(out, "JPEG")
    return out.getvalue()


def test_photos_are_added_later_by_its_citizen_alone(visit: Visit, town: Town):
    given = town.submit("Çöp kutusu devrik", category="WASTE_MISSED")
    page = _opened(visit, given, size="phone")
    files = [
        {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": _photo(colour)}
        for colour in ("#8a7", "#a87")
    ]
    page.wait_for_selector("#photo[multiple]")
    page.set_input_files("#photo", files)
    expect(page.locator(".photos img")).to_have_count(2)
    expect(page.locator(".timeline")).to_contain_text("Fotoğraf eklediniz")
    axe(page)
    no_overflow(page)
    picture(page, "citizen-photos-later-phone")
    page.set_input_files(
        "#photo", [{"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}]
    )
    expect(page.locator("[data-photo-told]")).to_contain_text("okunamadı")
    stranger = visit(f"/requests/{given['tracking_number']}")
    expect(stranger.locator("#photo")).to_have_count(0)


def test_a_photo_is_added_later_without_scripts(visit: Visit, town: Town):
    given = town.submit("Çöp kutusu yine devrik", category="WASTE_MISSED")
    page = visit("/mine", java_script_enabled=False)
    page.locator("#look-up summary").click()
    page.locator("#number").fill(given["tracking_number"])
    page.locator("#secret").fill(given["secret"])
    page.get_by_role("button", name="Göster").click()
    one = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo("#78a")}
    page.set_input_files("#photo", [one])
    page.get_by_role("button", name="Bu fotoğrafı ekle").click()
    expect(page.locator(".photos img")).to_have_count(1)
    picture(page, "citizen-photos-later-plain")


def test_a_link_is_shared_or_copied_and_never_has_the_secret(visit: Visit, town: Town):
    given = town.submit("Paylaşılacak başvuru")
    page = _opened(visit, given)
    page.evaluate("() => { navigator.share = async (told) => { window.shared = told.url } }")
    page.get_by_role("button", name="Paylaş").click()
    assert page.evaluate("window.shared") == f"{town.url}/requests/{given['tracking_number']}"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => { navigator.share = undefined }")
    page.get_by_role("button", name="Paylaş").click()
    expect(page.get_by_role("button", name="Bağlantı kopyalandı")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{town.url}/requests/{given['tracking_number']}"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_its_citizen_has_the_words_erased(visit: Visit, town: Town, language: str):
    given = town.submit(f"Silinecek sözler {uuid.uuid4().hex}", category="LIGHT_STREET")
    page = _opened(visit, given, size="phone", language=language)
    summary, button = {
        "tr": ("Yazdıklarımı sil", "Sil"),
        "en": ("Erase what I wrote", "Erase it"),
    }[language]
    page.get_by_text(summary, exact=True).click()
    press = page.get_by_role("button", name=button, exact=True)
    press.click()  # the browser asks for the tick
    page.get_by_role("checkbox").check()
    axe(page)
    no_overflow(page)
    picture(page, f"citizen-erase-{language}")
    press.click()
    told = page.locator("#h-told ~ dl").first
    expect(told).to_contain_text({"tr": "İsteğiniz üzerine silindi", "en": "Erased"}[language])
    expect(page.locator("body")).not_to_contain_text("Silinecek sözler")
    expect(page.get_by_text(summary, exact=True)).to_have_count(0)
    axe(page)
    picture(page, f"citizen-erased-{language}")
