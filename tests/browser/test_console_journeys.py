"""From a citizen's page to the operator's and back: a photo, a question, a wish to reopen."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe, console
from tests.browser.test_citizen_report import _begin, _photo, _where
from tests.browser.test_citizen_request import LIVE_MS, _opened, _resolved
from tests.browser.town import Town


def _asks_to_reopen(visit: Visit, town: Town) -> Any:
    """A resolved request whose citizen says that the problem goes on."""
    given = _resolved(town)
    page = _opened(visit, given)
    page.get_by_text("Sorun sürüyor").first.click()
    page.get_by_role("button", name="Yeniden bakılsın").click()
    expect(page.locator(".rate")).to_contain_text("Yeniden bakılmasını istediniz")
    town.until(lambda: town.task(given["id"])["reopen_asked"], "a wish to reopen")
    page.wait_for_selector('[data-live-state="live"]', timeout=LIVE_MS)
    return given, page


def test_a_wish_to_reopen_is_granted_and_the_citizen_sees_it(visit: Visit, town: Town) -> None:
    given, citizen = _asks_to_reopen(visit, town)
    page = console(visit, "/console?reopen=1")
    page.locator(f'tr[data-id="{given["id"]}"] a').click()
    expect(page.locator(".decide")).to_contain_text("yeniden")
    axe(page)
    page.locator('[data-do="reopen"]').click()
    expect(page.locator(".task")).to_have_attribute("data-status", "reopened")
    expect(page.locator(".decide")).to_have_count(0)
    expect(citizen.locator(".title .status")).not_to_have_text("Çözüldü", timeout=LIVE_MS)
    page.goto("/console?reopen=1")
    expect(page.locator(f'tr[data-id="{given["id"]}"]')).to_have_count(0)


def test_a_wish_to_reopen_is_declined_with_words_that_the_citizen_reads(
    visit: Visit, town: Town
) -> None:
    given, citizen = _asks_to_reopen(visit, town)
    page = console(visit, f"/console/tasks/{given['id']}")
    page.locator('[data-do="decline"]').click()
    words = f"Yerinde bakıldı, taşlar sağlam {uuid.uuid4().hex[:6]}"
    page.locator("#x-message").fill(words)
    page.locator("#d-decline .primary").click()
    expect(page.locator(".decide")).to_have_count(0)
    expect(page.locator(".log")).to_contain_text(words)
    expect(citizen.locator("body")).to_contain_text(words, timeout=LIVE_MS)
    expect(citizen.locator(".rate")).not_to_contain_text("Yeniden bakılmasını istediniz")
    expect(citizen.get_by_text("Sorun sürüyor").first).to_be_visible()
    now = town.task(given["id"])
    assert (now["status"], now["reopen_asked"]) == ("resolved", False)


def test_a_question_stops_the_clock_until_its_answer_is_in_the_open_pane(
    visit: Visit, town: Town
) -> None:
    given = town.submit("Burada koku var", category="ROAD_POTHOLE")
    town.task(given["id"])
    citizen = _opened(visit, given)
    page = console(visit, f"/console?q=%23{given['tracking_number']}")
    page.locator("tr[data-id] a").click()
    page.locator("#words").fill("Tam olarak hangi kapının önünde?")
    page.locator("[data-ask]").check()
    page.locator(".write .primary").click()
    expect(page.locator(".task")).to_have_attribute("data-status", "awaiting_citizen")
    expect(page.locator(".clocks [data-sla]").first).to_have_attribute("data-sla", "paused")
    assert town.task(given["id"])["paused_at"] is not None
    expect(citizen.locator(".asked")).to_contain_text("hangi kapının", timeout=LIVE_MS)
    citizen.get_by_label("Yanıtınız").fill("Bakkalın önünde, 12 numara")
    citizen.get_by_role("button", name="Yanıtı gönder").click()
    expect(page.locator(".log")).to_contain_text("Bakkalın önünde, 12 numara", timeout=LIVE_MS)
    expect(page.locator(".task")).to_have_attribute("data-status", "in_progress")
    expect(page.locator(".clocks [data-sla]").first).not_to_have_attribute("data-sla", "paused")
    now = town.task(given["id"])
    assert (now["paused_at"], len(now["pauses"])) == (None, 1)


def test_a_photo_from_the_citizens_form_is_seen_by_the_operator(visit: Visit, town: Town) -> None:
    citizen = _begin(visit)
    citizen.locator("#text").fill(f"Fotoğraflı kaldırım başvurusu {uuid.uuid4().hex[:6]}")
    _where(citizen)
    citizen.locator('[data-step="where"] [data-next]').click()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    citizen.set_input_files("#photo", [photo])  # type: ignore[list-item]
    expect(citizen.locator(".photos img")).to_have_count(1)
    citizen.locator('[data-step="more"] [data-next]').click()
    citizen.locator("[data-send]").click()
    citizen.wait_for_url("**/report/done**")
    number = citizen.locator(".plate.number").inner_text()
    operator = town.token("kecioren/operator")

    def task() -> Any:
        told = town.http.get("/api/tasks", params={"text": number}, headers=operator).json()
        return told["tasks"] and told["tasks"][0]["photos"] and told["tasks"][0]

    id = town.until(task, "a task with a photo")["id"]
    page = console(visit, f"/console/tasks/{id}")
    shown = page.locator(".media img")
    expect(shown).to_have_count(1)
    address = shown.get_attribute("src") or ""
    assert address.startswith("/attachments/")
    shown.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelector('.media img').naturalWidth > 100", polling=100
    )
    assert address.endswith("?size=small")
    address = page.locator(".media a").first.get_attribute("href") or ""
    answer = page.request.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert b"Gizli yer" not in answer.body()
    assert town.http.get(address).status_code in (401, 403, 404)
